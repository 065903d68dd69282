/**
 * Examines backends on random seeds: `bun run exam --seeds 1000`.
 *
 * Every case of the kernels' exam runs on each seed, on the reference and on each backend, and all tables must be equal to the last bit.
 * The first seed is random and printed, so that a failure can be had again. Ends with 0, with 1 when anything differed or a backend
 * that was asked for cannot run, with 2 on wrong usage.
 */
import { parseArgs } from "node:util";
import { SkyvoxError } from "@skyvox/core";
import { type BackendName, type Kernels, type OpenOptions, referenceAdapter } from "@skyvox/kernels";
import { type Examinee, examineSeed, RUNS_PER_SEED } from "@skyvox/kernels/random-exam";
import { askBackend, backendNamed, backendNames, refusalOf } from "./backends.ts";
import { runCommand, wholeNumber } from "./run-command.ts";

const HELP = `Usage: bun run exam [--seeds N] [--first SEED] [--backend NAME]…

Compares kernel backends with the reference, table by table, on random cameras, pictures and grids.

  --seeds N        how many seeds, 1 to 1000000 (default 10); one takes seconds, a dozen where a GPU is simulated
  --first SEED     the first of them (default: random)
  --backend NAME   cpu, cuda, wgsl or reference; may be given again (default: all that can run here)

Example: bun run exam --seeds 2 --backend cpu
`;
const SEEDS_DEFAULT = 10;
const SEEDS_MAX = 1_000_000;
/** A broken backend fails everywhere; the first failures say enough. */
const FAILURES_MAX = 20;
const SEEDS_PER_LINE = 50;

interface Arguments {
  readonly help: boolean;
  readonly seeds: number;
  readonly first: number;
  readonly backends: readonly BackendName[];
}

async function main(): Promise<number> {
  const { help, seeds, first, backends } = readArguments(process.argv.slice(2));
  if (help) {
    console.log(HELP);
    return 0;
  }
  using stack = new DisposableStack();
  const examinees = await openAll(backends, stack);
  const count = seeds === 1 ? "1 seed" : `${seeds} seeds`;
  console.log(`first seed ${first}, ${count} of ${RUNS_PER_SEED} cases: ${examinees.map(nameOf).join("; ")}`);
  const reference = stack.use(await referenceAdapter.open());
  const startNs = Bun.nanoseconds();
  let failureCount = 0;
  for (let seed = first; seed < first + seeds; seed++) {
    const failures = await examineSeed(seed, reference, examinees);
    for (const line of failures.slice(0, FAILURES_MAX - failureCount)) console.log(line);
    failureCount += failures.length;
    if (failureCount >= FAILURES_MAX) break;
    if ((seed + 1 - first) % SEEDS_PER_LINE === 0) console.log(`${seed + 1 - first} seeds done`);
  }
  const seconds = ((Bun.nanoseconds() - startNs) / 1e9).toFixed(1);
  console.log(failureCount === 0 ? `equal on every seed, ${seconds} s` : `${failureCount} differ, ${seconds} s`);
  return failureCount === 0 ? 0 : 1;
}

/** Opens what is asked for, or all that can run here; says why another cannot. */
async function openAll(asked: readonly BackendName[], stack: DisposableStack): Promise<Examinee[]> {
  const examinees: Examinee[] = [];
  for (const name of asked.length > 0 ? asked : backendNames.filter((known) => known !== "reference")) {
    const answer = await askBackend(name, { software: true });
    if (answer.ok) {
      for (const options of openings(name)) {
        const kernels: Kernels = stack.use(await answer.adapter.open(options));
        examinees.push({ name: `${name} (${kernels.device})`, kernels });
      }
    } else if (asked.length > 0) {
      throw refusalOf("examine", name, answer.reason);
    } else {
      console.log(`left out: ${name}: ${answer.reason}`);
    }
  }
  if (examinees.length === 0) throw new SkyvoxError("backend", "Cannot examine backends: none can run here, need one");
  return examinees;
}

/** The ways through a backend: those of the cpu are its vectors on all threads, and plain instructions on one. */
function openings(name: BackendName): readonly OpenOptions[] {
  return name === "cpu" ? [{}, { threads: 1, scalar: true }] : [{ software: true }];
}

function nameOf({ name }: Examinee): string {
  return name;
}

function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      help: { type: "boolean", default: false },
      seeds: { type: "string", default: String(SEEDS_DEFAULT) },
      first: { type: "string" },
      backend: { type: "string", multiple: true, default: [] },
    },
  });
  return {
    help: values.help,
    seeds: wholeNumber("seeds", values.seeds, 1, SEEDS_MAX),
    first: values.first === undefined ? randomSeed() : wholeNumber("first", values.first, 0, 2 ** 48),
    backends: values.backend.map(backendNamed),
  };
}

function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}

if (import.meta.main) await runCommand(main);
