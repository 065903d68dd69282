/**
 * Chooses the kernel backend from what each one answered, and the next one when the one that ran is gone. Values in, values out: who is
 * asked, how, and what becomes of workers is decided in `select-kernels.ts` and `site-run.ts`.
 *
 * - `auto` takes the fastest backend that gave the reference's bits; the reference itself, right by definition and slower than any of
 *   them, where there is none. A backend asked for by name is never replaced by another.
 * - A worker that ended may have been killed: its backend is tried once more. One that ends twice within `CRASH_WINDOW_MS`, loses its
 *   device or cannot be opened is not taken again in this run, and the next fastest goes on.
 * - The one asked for by name is opened again instead, `NAMED_ENDS_MAX` times within that window; if it cannot be opened, the run ends.
 */
import { SkyvoxError } from "@skyvox/core";
import type { BackendName } from "@skyvox/kernels";

/** Names of `--kernels`: a backend, or the fastest that works here. */
export const kernelChoices = ["auto", "cuda", "wgsl", "cpu", "reference"] as const;
export type KernelChoice = (typeof kernelChoices)[number];

/** What a backend said of itself when it was probed. */
export interface ProbeReport {
  readonly ok: boolean;
  /** Why it can or cannot run. */
  readonly reason: string;
  readonly device?: string;
  /** Milliseconds one time step of the micro-benchmark took. */
  readonly stepMs?: number;
}

/** Where an answer came from: a probe now, one of an earlier start, or the end of a probe that crashed or took too long. */
export const answerOrigins = ["probe", "cache", "crash"] as const;
export type AnswerOrigin = (typeof answerOrigins)[number];

/** One backend's report and where it came from. */
export interface ProbeAnswer {
  readonly backend: BackendName;
  readonly report: ProbeReport;
  readonly from: AnswerOrigin;
}

/** How a worker came to its end: it crashed or was killed, its device was lost, or its backend could not be opened. */
export interface WorkerEnd {
  readonly kind: "crashed" | "lost" | "refused";
  /** `signal SIGKILL`, or what the backend said. */
  readonly why: string;
  readonly atMs: number;
}

/** The backend that runs and why, what every one answered, and what became of those that ran before. */
export interface Selection {
  readonly choice: KernelChoice;
  readonly backend: BackendName;
  readonly reason: string;
  readonly answers: readonly ProbeAnswer[];
  /** Backends given up in this run, and why. */
  readonly givenUp: ReadonlyMap<BackendName, string>;
  /** When workers of the backend that runs ended, in milliseconds, within the last `CRASH_WINDOW_MS`. */
  readonly endsMs: readonly number[];
}

const CRASH_WINDOW_MS = 60_000;
/** Workers of a backend asked for by name that may end within the window; when more do, another will not mend it. */
const NAMED_ENDS_MAX = 5;

/** Says which backends are asked for a choice. The reference needs no probe to stand in where nothing else works. */
export function askedFor(choice: KernelChoice): readonly BackendName[] {
  return choice === "auto" ? ["cuda", "wgsl", "cpu"] : [choice];
}

/** True where a GPU simulated in software will do: it is slower than the cpu backend, so only where it was asked for by name. */
export function allowsSoftware(choice: KernelChoice): boolean {
  return choice === "wgsl";
}

/**
 * Chooses from the answers.
 *
 * @throws {SkyvoxError} "backend" with the reason when the one asked for cannot run here.
 */
export function chooseBackend(answers: readonly ProbeAnswer[], choice: KernelChoice): Selection {
  const [backend] = rank(answers, choice);
  if (backend === undefined) {
    const why = answers.map(({ report }) => report.reason).join("; ");
    throw new SkyvoxError("backend", `Cannot use kernels "${choice}": ${why}`);
  }
  const reason =
    choice !== "auto"
      ? `asked for by --kernels ${choice}`
      : backend === "reference"
        ? "no other backend works here"
        : "the fastest that gives the reference's bits";
  return { choice, backend, reason, answers, givenUp: new Map(), endsMs: [] };
}

/** Says which backend goes on after a worker's end, and why; null where none can. */
export function nextBackend(selection: Selection, end: WorkerEnd): Selection | null {
  const { choice, backend, answers } = selection;
  const what = describeEnd(backend, end);
  const endsMs = [...selection.endsMs.filter((ms) => end.atMs - ms < CRASH_WINDOW_MS), end.atMs];
  if (isWorthAnotherTry(choice, end, endsMs.length)) {
    return { ...selection, reason: `${what}; went on with ${backend}`, endsMs };
  }
  if (choice !== "auto") return null;
  const givenUp = new Map(selection.givenUp).set(backend, what);
  const next = rank(answers, choice).find((candidate) => !givenUp.has(candidate));
  if (next === undefined) return null;
  return { ...selection, backend: next, reason: `${what}; went on with ${next}`, givenUp, endsMs: [] };
}

/** True where the backend that runs was not asked by this start: if it cannot be opened, what is known of it may be out of date. */
export function isKnownFromCache({ backend, answers }: Selection): boolean {
  return answers.some((answer) => answer.backend === backend && answer.from === "cache");
}

/** Says in words how a worker ended. */
export function describeEnd(backend: BackendName, { kind, why }: WorkerEnd): string {
  if (kind === "lost") return `${backend} lost its device: ${why}`;
  if (kind === "refused") return `${backend} could not be opened: ${why}`;
  return `the ${backend} worker ended with ${why}`;
}

function isWorthAnotherTry(choice: KernelChoice, { kind }: WorkerEnd, endCount: number): boolean {
  if (kind === "refused") return false;
  return choice === "auto" ? kind === "crashed" && endCount < 2 : endCount <= NAMED_ENDS_MAX;
}

/** Backends that can run, the fastest first. */
function rank(answers: readonly ProbeAnswer[], choice: KernelChoice): BackendName[] {
  const stepMs = ({ report }: ProbeAnswer) => report.stepMs ?? Number.POSITIVE_INFINITY;
  const able = answers.filter(({ report }) => report.ok).toSorted((a, b) => stepMs(a) - stepMs(b));
  return [...able.map(({ backend }) => backend), ...(choice === "auto" ? (["reference"] as const) : [])];
}
