/**
 * Runs simulated clusters under seeds: `bun sim --seed N` tells one run, `bun sim --seeds A..B` runs many and stops at the first that
 * breaks. A run that breaks is told in its shortest form, with the command that replays it.
 */
import { tellFault } from "./faults.ts";
import { loadScheduler, type PlantedBug, plantedBugs } from "./planted-bugs.ts";
import { episodesOf, type Program, runSeed, type SeedResult } from "./run-seed.ts";
import { shrinkEpisodes } from "./shrink.ts";

const HELP = `Usage: bun sim [--seed N | --seeds A..B] [--plant BUG]
  --seed N      runs one seed and tells its story
  --seeds A..B  runs seeds A to B and stops at the first that breaks
  --plant BUG   plants a bug that must be found: ${plantedBugs.join(", ")}
Example: bun sim --seeds 1..1000`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const parsed = parse(args);
  if (typeof parsed === "string") {
    console.error(parsed);
    return 2;
  }
  if (parsed.isHelp) {
    console.log(HELP);
    return 0;
  }
  const { from, to, planted } = parsed;
  return runSeeds({ from, to }, { planted, Scheduler: await loadScheduler(planted) });
}

interface Arguments {
  readonly from: number;
  readonly to: number;
  readonly planted: PlantedBug | null;
  readonly isHelp: boolean;
}

/** Reads the command line; a text says what is wrong with it. */
function parse(args: readonly string[]): Arguments | string {
  let parsed: Arguments = { from: 1, to: 1, planted: null, isHelp: false };
  for (let i = 0; i < args.length; i++) {
    const [name, value = ""] = [args[i], args[i + 1]];
    if (name === "--help") return { ...parsed, isHelp: true };
    i += 1;
    if (name === "--seed" && /^\d{1,9}$/.test(value)) parsed = { ...parsed, from: Number(value), to: Number(value) };
    else if (name === "--seeds" && /^\d{1,9}\.\.\d{1,9}$/.test(value)) {
      const [from = 0, to = 0] = value.split("..").map(Number);
      parsed = { ...parsed, from, to };
    } else if (name === "--plant" && plantedBugs.some((bug) => bug === value)) {
      parsed = { ...parsed, planted: value as PlantedBug };
    } else return `Cannot read "${[name, value].join(" ").trim()}": need what \`bun sim --help\` shows`;
  }
  return parsed.from <= parsed.to ? parsed : `Cannot run seeds ${parsed.from}..${parsed.to}: need the lower one first`;
}

function runSeeds({ from, to }: Pick<Arguments, "from" | "to">, program: Program): number {
  const results: SeedResult[] = [];
  for (let seed = from; seed <= to; seed++) {
    const result = runSeed(seed, program);
    if (result.breach !== null) {
      tellBreach(result, program);
      return 1;
    }
    if (from === to) console.log([...result.faults.map(tellFault), ...result.story].join("\n"));
    results.push(result);
  }
  const times = (name: "takeoversMs" | "nodeRecoveriesMs" | "masterRecoveriesMs") =>
    tellTimes(results.flatMap((result) => result[name]));
  console.log(`seeds ${from}..${to}: nothing broke`);
  const count = (name: "accepted" | "completed") => results.reduce((sum, { tasks }) => sum + tasks[name], 0);
  console.log(`tasks: ${count("accepted")} taken, ${count("completed")} completed, none lost, none committed twice`);
  console.log(`master killed, next in office:         ${times("takeoversMs")}`);
  console.log(`node killed, its cameras in use again: ${times("nodeRecoveriesMs")}`);
  console.log(`the same where it led or hosted the engine alone: ${times("masterRecoveriesMs")}`);
  return 0;
}

function tellBreach({ seed, breach }: SeedResult, program: Program): void {
  const episodes = shrinkEpisodes(
    episodesOf(seed),
    (candidate) => kindOf(runSeed(seed, program, candidate).breach) === kindOf(breach),
  );
  const shortest = runSeed(seed, program, episodes);
  const plant = program.planted === null ? "" : ` --plant ${program.planted}`;
  console.log([...shortest.faults.map((fault) => `needs ${tellFault(fault)}`), ...shortest.story].join("\n"));
  console.log(`seed ${seed} breaks: ${shortest.breach}; replay with: bun sim --seed ${seed}${plant}`);
}

/** A breach without its numbers: with fewer faults the same thing goes wrong with another task at another time. */
function kindOf(breach: string | null): string | null {
  return breach === null ? null : breach.replace(/\d+/g, "#");
}

/** p50, p99 and maximum of some times. */
function tellTimes(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  if (sorted.length === 0) return "no such fault in these seeds";
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms, ${sorted.length} runs`;
}
