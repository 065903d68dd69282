/**
 * Chooses the kernel backend this node runs, and says why.
 *
 * Every backend this build holds but the reference is asked in a child process of its own (a broken driver may crash it, and only it), checked there against
 * the reference on seeded data and timed. The fastest one that gave the reference's bits runs. A backend asked for by name is never
 * replaced by another: if it cannot run here, that is an error.
 */

import { SkyvoxError } from "@skyvox/core";
import {
  type BackendName,
  type Kernels,
  type KernelsAdapter,
  type OpenOptions,
  referenceAdapter,
} from "@skyvox/kernels";
import { cpuAdapter } from "@skyvox/kernels-cpu";
import type { BackendAnswer } from "./node-view.ts";

const adapters: readonly KernelsAdapter[] = [cpuAdapter, referenceAdapter];

/** Threads of the cpu kernels. Decoders and the node need the other cores, and threads that wait for a busy core cost more than they bring. */
export const KERNEL_THREADS = 1;

/** Names of `--kernels`: a backend, or the fastest that works here. */
export const kernelChoices = ["auto", "cuda", "wgsl", "cpu", "reference"] as const;
export type KernelChoice = (typeof kernelChoices)[number];

/** What the child process found out about one backend. */
export interface ProbeReport {
  readonly ok: boolean;
  readonly reason: string;
  readonly device?: string;
  readonly stepMs?: number;
}

/** The backend that runs, why, and what every other answered. */
export interface Selection {
  readonly backend: BackendName;
  readonly reason: string;
  readonly answers: readonly BackendAnswer[];
}

const PROBE_TIMEOUT_MS = 5000;

/**
 * Asks the backends and chooses one.
 *
 * @throws {SkyvoxError} "backend" when the one asked for, or none at all, can run here.
 */
export async function selectKernels(choice: KernelChoice): Promise<Selection> {
  const asked = choice === "auto" ? adapters.filter(({ backend }) => backend !== "reference") : [adapterOf(choice)];
  const reports = await Promise.all(asked.map(async ({ backend }) => ({ backend, report: await probe(backend) })));
  const able = reports
    .filter(({ report }) => report.ok)
    .sort((a, b) => (a.report.stepMs ?? Number.POSITIVE_INFINITY) - (b.report.stepMs ?? Number.POSITIVE_INFINITY));
  // The reference is what the others are checked against: right by definition and slower than any of them.
  const chosen = able[0]?.backend ?? (choice === "auto" ? "reference" : null);
  if (chosen === null) {
    const why = reports.map(({ backend, report }) => `${backend}: ${report.reason}`).join("; ");
    throw new SkyvoxError("backend", `Cannot use kernels "${choice}": ${why}`);
  }
  const reason =
    choice !== "auto"
      ? `asked for by --kernels ${choice}`
      : chosen === "reference"
        ? "no other backend works here"
        : "the fastest that gives the reference's bits";
  const answers = reports.map((entry) => answerOf(entry, chosen, reason));
  if (choice === "auto") {
    const isChosen = chosen === "reference";
    answers.push({
      backend: "reference",
      ok: true,
      chosen: isChosen,
      reason: isChosen ? reason : "the truth the others are checked against",
    });
  }
  return { backend: chosen, reason, answers };
}

/**
 * Finds a backend by its name.
 *
 * @throws {SkyvoxError} "backend" for one this build does not hold.
 */
export function adapterOf(name: BackendName): KernelsAdapter {
  const adapter = adapters.find(({ backend }) => backend === name);
  if (adapter === undefined) {
    const known = adapters.map(({ backend }) => backend).join(" or ");
    throw new SkyvoxError(
      "backend",
      `Cannot use kernels "${name}": this build does not hold that backend, need ${known}`,
    );
  }
  return adapter;
}

/** Opens a backend by its name. @throws {SkyvoxError} "backend" when it cannot run here. */
export async function openKernels(name: BackendName, options: OpenOptions): Promise<Kernels> {
  return await adapterOf(name).open(options);
}

async function probe(backend: BackendName): Promise<ProbeReport> {
  const child = Bun.spawn([process.execPath, new URL("./probe-kernels.ts", import.meta.url).pathname, backend], {
    stdout: "pipe",
    stderr: "pipe",
    timeout: PROBE_TIMEOUT_MS,
    killSignal: "SIGKILL",
  });
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const line = output.trim().split("\n").at(-1) ?? "";
  if (code === 0 && line.startsWith("{")) return JSON.parse(line) as ProbeReport;
  const lastError = errors.trim().split("\n").at(-1);
  const ended = child.signalCode === null ? `exit code ${code}` : `signal ${child.signalCode}`;
  return { ok: false, reason: `the probe ended with ${ended}${lastError ? ` (${lastError})` : ""}` };
}

function answerOf(
  { backend, report }: { backend: BackendName; report: ProbeReport },
  chosen: BackendName,
  reason: string,
): BackendAnswer {
  return {
    backend,
    ok: report.ok,
    chosen: backend === chosen,
    reason: backend === chosen ? reason : report.reason,
    ...(report.device === undefined ? {} : { device: report.device }),
    ...(report.stepMs === undefined ? {} : { stepMs: report.stepMs }),
  };
}
