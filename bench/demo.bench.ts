/**
 * The demo as a person runs it: a node process in real time, its latency from capture to published track, and how quick its API answers
 * meanwhile. The small size asks a handful of times, too few for a percentile to mean much.
 */
import { resolve } from "node:path";
import { type Bench, type BenchOptions, type BenchResult, digestOf, median } from "./harness.ts";
import { targets } from "./targets.ts";

const REPOSITORY = resolve(import.meta.dir, "..");
/** The first seconds compile code; they are played but not measured. */
const WARM_UP_MS = 5_000;
const MEASURED_MS = 15_000;
const PATHS = ["/api/v1/tracks", "/api/v1/cameras", "/api/v1/pipeline/stats", "/api/v1/site"];

export const bench: Bench = {
  name: "demo",
  subject: "api",
  async run({ small }: BenchOptions): Promise<BenchResult> {
    await using node = await startDemo();
    if (!small) await Bun.sleep(WARM_UP_MS);
    const answersMs = await askFor(node.url, small ? 100 : MEASURED_MS);
    const stats = (await (await fetch(`${node.url}/api/v1/pipeline/stats`)).json()) as {
      latencyMs: { p50: number; p99: number };
      line: { frameSetsPerS: number } | null;
    };
    const site = await (await fetch(`${node.url}/api/v1/site`)).text();
    const apiMsP99 = percentile(answersMs, 0.99);
    return {
      rows: [
        { name: "capture to track p50", median: stats.latencyMs.p50, unit: "ms" },
        { name: "capture to track p99", median: stats.latencyMs.p99, unit: "ms" },
        { name: "API answer p50", median: median(answersMs), unit: "ms" },
        { name: "API answer p99", median: apiMsP99, unit: "ms", note: `${answersMs.length} answers` },
      ],
      targets: [
        {
          name: "capture to track p99",
          achieved: stats.latencyMs.p99,
          wanted: targets.endToEndMsP99,
          unit: "ms",
          better: "lower",
        },
        { name: "API answer p99", achieved: apiMsP99, wanted: targets.apiMsP99, unit: "ms", better: "lower" },
      ],
      digest: digestOf(site),
    };
  },
};

/** Starts a node on a free port and waits for its first tracks. */
async function startDemo(): Promise<{ readonly url: string } & AsyncDisposable> {
  const child = Bun.spawn(
    [process.execPath, "run", "apps/node", "--role", "master", "--port", "0", "--kernels", "cpu"],
    {
      cwd: REPOSITORY,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    },
  );
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true });
    if (/dashboard \S+\n/.test(text)) break;
  }
  const url = /dashboard (\S+)\n/.exec(text)?.[1] ?? "";
  while ((await fetch(`${url}/readyz`)).status !== 200) await Bun.sleep(20);
  return {
    url,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}

/** Asks one path after another, fifty times a second, and returns how long each answer took. */
async function askFor(url: string, forMs: number): Promise<Float64Array> {
  const answersMs: number[] = [];
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    const begunMs = performance.now();
    await (await fetch(`${url}${PATHS[answersMs.length % PATHS.length]}`)).arrayBuffer();
    answersMs.push(performance.now() - begunMs);
    await Bun.sleep(20);
  }
  return Float64Array.from(answersMs);
}

function percentile(values: Float64Array, fraction: number): number {
  const sorted = values.slice().sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? Number.NaN;
}
