/**
 * Examines and measures the GPU backends in one go: `bun run gpu`.
 *
 * For a machine that is at hand for minutes: each backend that can run there is examined on random seeds, once more under
 * compute-sanitizer where that is installed (cuda only), and measured by all benches of subject kernels; what was promised stands in one
 * table at the end. Every step is a process of its own with a time limit, so that a crash or a hang costs that step. Needs no network.
 * Ends with 0, with 1 where no GPU backend can run or an exam fails, with 2 on wrong usage; a missed target is no failure.
 */
import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { askBackend } from "./backends.ts";
import type { Run } from "./compare.ts";
import { digits, isReached, machineLine, table } from "./report.ts";
import { runCommand, wholeNumber } from "./run-command.ts";
import { targets } from "./targets.ts";

const HELP = `Usage: bun run gpu [--seeds N] [--rounds N] [--out FOLDER]

Examines and measures the backends cuda and wgsl on the GPU of this machine.

  --seeds N      random seeds of each exam, 1 to 1000 (default 3)
  --rounds N     how often each variant of a bench is timed, 1 to 1000 (default 9)
  --out FOLDER   where the measurements are written as JSON (default: a new folder)

Example: bun run gpu --rounds 5
`;
/** More seeds or rounds than this do not end within the time limits. */
const COUNT_MAX = 1000;
const EXAM_SECONDS = 180;
/** Its tools slow kernels down a hundred times. */
const SANITIZER_SECONDS = 300;
const BENCH_SECONDS = 300;

const backends = ["cuda", "wgsl"] as const;
type GpuBackend = (typeof backends)[number];

interface Options {
  readonly seeds: string;
  readonly rounds: string;
  readonly out: string;
}

/** How a step ended: what it printed last, or everything it printed where it failed. */
interface Outcome {
  readonly ok: boolean;
  readonly text: string;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      help: { type: "boolean", default: false },
      seeds: { type: "string", default: "3" },
      rounds: { type: "string", default: "9" },
      out: { type: "string" },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  for (const option of ["seeds", "rounds"] as const) wholeNumber(option, values[option], 1, COUNT_MAX);
  console.log(machineLine());
  const able: GpuBackend[] = [];
  for (const backend of backends) if (await isAble(backend)) able.push(backend);
  if (able.length === 0) {
    console.log("no GPU backend can run here");
    return 1;
  }
  const options = { ...values, out: values.out ?? mkdtempSync(join(tmpdir(), "skyvox-gpu-")) };
  mkdirSync(options.out, { recursive: true });
  const exams = able.map((backend) => examine(backend, options));
  const runs = new Map<GpuBackend, Run>();
  for (const backend of able) {
    const run = await measure(backend, options);
    if (run !== null) runs.set(backend, run);
  }
  for (const line of targetLines(runs)) console.log(line);
  return exams.every((ok) => ok) && runs.size === able.length ? 0 : 1;
}

/** Asks a backend and prints what it answers. */
async function isAble(backend: GpuBackend): Promise<boolean> {
  const answer = await askBackend(backend);
  console.log(`${backend}: ${answer.ok ? answer.device : `no, ${answer.reason}`}`);
  return answer.ok;
}

/** Examines a backend plainly and, where there is a tool for it, under a sanitizer. */
function examine(backend: GpuBackend, { seeds }: Options): boolean {
  const exam = join(import.meta.dir, "./exam.ts");
  const steps = [{ name: "exam", ...runStep([exam, "--backend", backend, "--seeds", seeds], EXAM_SECONDS) }];
  const sanitizer = backend === "cuda" ? sanitizerPath() : null;
  for (const tool of sanitizer === null ? [] : ["memcheck", "racecheck"]) {
    const wrapper = [sanitizer ?? "", "--tool", tool, "--error-exitcode", "3"];
    const outcome = runStep([exam, "--backend", backend, "--seeds", "1"], SANITIZER_SECONDS, wrapper);
    steps.push({ name: tool, ...outcome });
  }
  for (const { name, ok, text } of steps) console.log(`${backend} ${name}: ${ok ? "ok, " : "FAILED\n"}${text}`);
  if (backend === "cuda" && sanitizer === null)
    console.log("cuda memcheck, racecheck: compute-sanitizer is not installed");
  return steps.every(({ ok }) => ok);
}

/** Runs the benches of a backend and prints them; null where they failed. */
async function measure(backend: GpuBackend, { rounds, out }: Options): Promise<Run | null> {
  const file = join(out, `${backend}.json`);
  const command = [
    join(import.meta.dir, "./run.ts"),
    "kernels",
    "--backend",
    backend,
    "--rounds",
    rounds,
    "--json",
    file,
  ];
  const { ok, text } = runStep(command, BENCH_SECONDS, [], true);
  console.log(`\n${backend}, written to ${file}\n${text}`);
  return ok ? ((await Bun.file(file).json()) as Run) : null;
}

function runStep(command: readonly string[], seconds: number, wrapper: readonly string[] = [], all = false): Outcome {
  const child = Bun.spawnSync([...wrapper, process.execPath, ...command], {
    stderr: "pipe",
    timeout: seconds * 1000,
    killSignal: "SIGKILL",
  });
  const out = child.stdout.toString().trimEnd();
  if (child.exitCode === 0) return { ok: true, text: all ? out : (out.split("\n").at(-1) ?? "") };
  const ending = child.exitedDueToTimeout
    ? `not done after ${seconds} s`
    : `ended with ${child.signalCode ?? child.exitCode}`;
  return { ok: false, text: [out, child.stderr.toString().trimEnd(), ending].filter((part) => part !== "").join("\n") };
}

function sanitizerPath(): string | null {
  const beside = "/usr/local/cuda/bin/compute-sanitizer";
  return Bun.which("compute-sanitizer") ?? (existsSync(beside) ? beside : null);
}

/** Lays out what was promised beside what was reached. */
export function targetLines(runs: ReadonlyMap<string, Run>): string[] {
  const rows = [...runs].flatMap(([backend, run]) =>
    run.benches.flatMap((bench) => bench.targets.map((target) => ({ backend, bench: bench.name, target }))),
  );
  const [cuda, wgsl] = [stepMs(runs.get("cuda")), stepMs(runs.get("wgsl"))];
  if (cuda !== null && wgsl !== null) {
    const target = { name: "speed of cuda", achieved: cuda / wgsl, wanted: targets.gpu.wgslShareOfCuda, unit: "" };
    rows.push({ backend: "wgsl", bench: "world", target: { ...target, better: "higher" } });
  }
  return table(
    rows.map(({ backend, bench, target }) => [
      backend,
      bench,
      target.name,
      `${digits(target.achieved)} ${target.unit}`,
      `${target.better === "higher" ? "≥" : "≤"} ${digits(target.wanted)} ${target.unit}`,
      isReached(target) ? "ok" : "missed",
    ]),
  );
}

/** The time of a step in which neither backend is handed pictures, so that the bus does not count. */
function stepMs(run: Run | undefined): number | null {
  return run?.benches.find(({ name }) => name === "world")?.rows[0]?.median ?? null;
}

if (import.meta.main) await runCommand(main);
