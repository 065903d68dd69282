/**
 * What must pass before a commit: `bun run check`.
 *
 * Format and lint, types and the repository's rules start together, since each takes a second or two of one core; what they say is
 * printed in that order. Only when all three pass are natives built and all other tests run. Every step prints its seconds.
 */
import { join } from "node:path";

interface Step {
  readonly name: string;
  readonly command: readonly string[];
}

interface Outcome {
  readonly step: Step;
  readonly status: number;
  readonly seconds: number;
  readonly output: string;
}

const root = join(import.meta.dir, "..");

const quick: readonly Step[] = [
  { name: "format and lint", command: ["biome", "ci", "--colors=off", "."] },
  { name: "types", command: ["tsc", "--noEmit", "-p", "tsconfig.json"] },
  { name: "tidy", command: ["bun", "test", "--only-failures", "tools/tidy.test.ts"] },
];
const slow: readonly Step[] = [
  { name: "natives", command: ["bun", "run", "native", "--output-logs=errors-only"] },
  // Where there is no nvcc this builds nothing and says so.
  { name: "cuda", command: ["bun", "run", "native:cuda", "--output-logs=errors-only"] },
  { name: "tests", command: ["bun", "test", "--only-failures", "--path-ignore-patterns=tools/tidy.test.ts"] },
];

/** Runs a step to its end and keeps what it printed. */
async function run(step: Step): Promise<Outcome> {
  const startNs = Bun.nanoseconds();
  const child = Bun.spawn([...step.command], { cwd: root, env: environment(), stdin: "ignore", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const status = await child.exited;
  return { step, status, seconds: (Bun.nanoseconds() - startNs) / 1e9, output: out + err };
}

function environment(): Record<string, string | undefined> {
  const path = `${join(root, "node_modules/.bin")}:${process.env.PATH ?? ""}`;
  return { ...process.env, PATH: path };
}

/** Prints one line for a step, and all it said when it failed. */
function show({ step, status, seconds, output }: Outcome): boolean {
  if (status !== 0) console.log(output.trimEnd());
  console.log(`${status === 0 ? "ok    " : "failed"} ${step.name.padEnd(16)} ${seconds.toFixed(1).padStart(5)} s`);
  return status === 0;
}

const startNs = Bun.nanoseconds();
const outcomes = await Promise.all(quick.map(run));
let passed = outcomes.map(show).every((ok) => ok);
for (const step of slow) {
  if (passed) passed = show(await run(step));
}
console.log(
  `${passed ? "ok    " : "failed"} ${"in all".padEnd(16)} ${((Bun.nanoseconds() - startNs) / 1e9).toFixed(1).padStart(5)} s`,
);
process.exitCode = passed ? 0 : 1;
