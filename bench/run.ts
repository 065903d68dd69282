/**
 * Runs benches by name or subject: `bun bench [filter…]`.
 *
 * Every `bench/*.bench.ts` is one bench. Copying memory before and after all of them tells how steady the machine was.
 * Ends with 0, with 1 when the backend cannot run or `--compare` found a regression, with 2 on wrong usage.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SkyvoxError } from "@skyvox/core";
import type { BackendName } from "@skyvox/kernels";
import { adapterOf, backendNamed } from "./backends.ts";
import { changedDigests, compareRuns, type Run } from "./compare.ts";
import { type Bench, interleave, memcpyVariant, perSecond } from "./harness.ts";
import { changeLines, machineLine, resultLines } from "./report.ts";
import { runCommand, wholeNumber } from "./run-command.ts";

const HELP = `Usage: bun bench [filter…] [--backend NAME] [--anchors] [--rounds N] [--json FILE] [--compare FILE]

Runs the benches whose name or subject is one of the filters; all of them without a filter.

  --backend NAME   the kernels that are measured: cpu (default), cuda, wgsl or reference
  --anchors        also measure the rivals that are installed
  --rounds N       how often each variant is timed, 1 to 1000 (default 9)
  --json FILE      write the run as JSON
  --compare FILE   compare with an earlier --json; a row worse by more than 10 % and chance ends with status 1

Example: bun bench memory --rounds 5 --json before.json
`;
const ROUNDS_DEFAULT = 9;
const ROUNDS_MAX = 1000;
const ANCHOR_BYTES = 2 ** 26;

interface Arguments {
  readonly help: boolean;
  readonly filters: readonly string[];
  readonly backend: BackendName;
  readonly anchors: boolean;
  readonly rounds: number;
  readonly json: string | undefined;
  readonly compare: string | undefined;
}

/** Loads every bench of this folder, in the order of their file names. */
export async function loadBenches(): Promise<Bench[]> {
  const files = readdirSync(import.meta.dir).filter((name) => name.endsWith(".bench.ts"));
  const modules = await Promise.all(files.sort().map((name) => import(join(import.meta.dir, name))));
  return modules.map((module: { bench: Bench }) => module.bench);
}

async function main(): Promise<number> {
  const args = readArguments(process.argv.slice(2));
  if (args.help) {
    console.log(HELP);
    return 0;
  }
  const chosen = choose(await loadBenches(), args.filters);
  const before = args.compare === undefined ? undefined : await readRun(args.compare);
  const run = await runAll(chosen, args);
  if (args.json !== undefined) await Bun.write(args.json, `${JSON.stringify(run, null, 2)}\n`);
  if (before === undefined) return 0;
  const changes = compareRuns(before, run);
  for (const line of changeLines(changes)) console.log(line);
  for (const name of changedDigests(before, run))
    console.log(`${name}: the digest changed, so the times are of other work`);
  return changes.some(({ worseBy, allowed }) => worseBy > allowed) ? 1 : 0;
}

async function runAll(benches: readonly Bench[], { backend, anchors, rounds }: Arguments): Promise<Run> {
  const adapter = await adapterOf(backend);
  console.log(machineLine());
  const first = await anchor(rounds);
  const results = [];
  for (const bench of benches) {
    const result = await bench.run({ small: false, anchors, rounds, adapter });
    console.log(`\n${resultLines(bench, result).join("\n")}`);
    results.push({ name: bench.name, ...result });
  }
  const last = await anchor(rounds);
  console.log(`\nanchor: memcpy ${(first / 1e9).toFixed(1)} GB/s before, ${(last / 1e9).toFixed(1)} GB/s after`);
  return { machine: machineLine(), anchor: [first, last], benches: results };
}

async function anchor(rounds: number): Promise<number> {
  const [timing] = await interleave([memcpyVariant(ANCHOR_BYTES)], rounds);
  return perSecond(ANCHOR_BYTES, timing?.medianMs ?? 0);
}

function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      help: { type: "boolean", default: false },
      backend: { type: "string", default: "cpu" },
      anchors: { type: "boolean", default: false },
      rounds: { type: "string", default: String(ROUNDS_DEFAULT) },
      json: { type: "string" },
      compare: { type: "string" },
    },
  });
  const rounds = wholeNumber("rounds", values.rounds, 1, ROUNDS_MAX);
  const { help, anchors, json, compare } = values;
  return { help, filters: positionals, backend: backendNamed(values.backend), anchors, rounds, json, compare };
}

function choose(benches: readonly Bench[], filters: readonly string[]): readonly Bench[] {
  const names = [...new Set(benches.flatMap(({ name, subject }) => [name, subject]))].sort();
  for (const filter of filters) {
    if (!names.includes(filter)) {
      throw new SkyvoxError("usage", `Cannot find the bench "${filter}": need one of ${names.join(", ")}`);
    }
  }
  if (filters.length === 0) return benches;
  return benches.filter(({ name, subject }) => filters.includes(name) || filters.includes(subject));
}

async function readRun(path: string): Promise<Run> {
  const file = Bun.file(path);
  if (!(await file.exists()))
    throw new SkyvoxError("usage", `Cannot compare with "${path}": no such file, need one that --json wrote`);
  const run: Partial<Run> = await file.json();
  if (!Array.isArray(run.benches) || run.anchor?.length !== 2) {
    throw new SkyvoxError(
      "usage",
      `Cannot compare with "${path}": found no benches in it, need a file that --json wrote`,
    );
  }
  return { machine: run.machine ?? "", anchor: run.anchor, benches: run.benches };
}

if (import.meta.main) await runCommand(main);
