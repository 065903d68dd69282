/** The protocols of ring and pool as models, in every interleaving and with a death at every step, by Spin; and models with a fault. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runToEnd } from "./native-program.ts";

const models = join(import.meta.dir, "..", "native", "test");
const folder = mkdtempSync(join(tmpdir(), "skyvox-model-"));
afterAll(() => rmSync(folder, { recursive: true }));

const missing = ["spin", "gcc"].filter((program) => Bun.which(program) === null);
if (missing.length > 0)
  console.log(`The models are left out: ${missing.join(" and ")} not found (apt-get install spin gcc)`);
const whereInstalled = test.skipIf(missing.length > 0);
const TEST_MS_MAX = 120_000;

interface Found {
  readonly errors: number;
  readonly states: number;
  readonly violated: string | undefined;
}

/** Searches all states of a model, and fails where the search is cut short. */
async function search(model: string, defines: readonly string[], optimisation: string): Promise<Found> {
  const place = mkdtempSync(join(folder, "search-"));
  const run = async (command: string) => {
    const { status, output } = await runToEnd(["sh", "-c", `cd "${place}" && ${command}`]);
    expect([command, status, output]).toEqual([command, 0, expect.any(String)]);
    return output;
  };
  await run(`spin ${defines.map((define) => `-D${define}`).join(" ")} -a "${join(models, model)}"`);
  await run(`gcc ${optimisation} -w -DSAFETY -DCOLLAPSE -DVECTORSZ=256 -o pan pan.c`);
  const output = await run("./pan -n -m100000");
  expect(output).not.toContain("max search depth too small");
  expect(output).not.toContain("out of memory");
  return {
    errors: Number(/errors: (\d+)/.exec(output)?.[1]),
    states: Number(/(\d+) states, stored/.exec(output)?.[1]),
    violated: /assertion violated \(?(.*?)\)? \(at depth/.exec(output)?.[1],
  };
}

describe("In every interleaving", () => {
  for (const [model, defines] of [
    ["pool.pml", ["WRITERS=2", "READERS=1", "GENERATIONS=4"]],
    ["pool.pml", ["WRITERS=1", "READERS=2", "GENERATIONS=3"]],
    ["ring.pml", ["PRODUCERS=1", "POSITIONS=6"]],
    ["ring.pml", ["PRODUCERS=2", "POSITIONS=3"]],
    ["ring.pml", ["PRODUCERS=1", "LOSSLESS=1", "POSITIONS=4"]],
  ] as const) {
    whereInstalled(
      `${model} with ${defines.join(", ")} keeps its promises`,
      async () => {
        const found = await search(model, defines, "-O1");
        expect(found).toMatchObject({ errors: 0, violated: undefined });
        expect(found.states).toBeGreaterThan(100_000);
      },
      TEST_MS_MAX,
    );
  }
});

describe("Spin refutes", () => {
  for (const [model, mutant, defines] of [
    ["pool.pml", "MUTANT_RECHECK", []],
    ["pool.pml", "MUTANT_HOLDERS", []],
    ["pool.pml", "MUTANT_REAP", []],
    ["ring.pml", "MUTANT_RECHECK", ["PRODUCERS=1"]],
    ["ring.pml", "MUTANT_HOLDERS", ["PRODUCERS=1"]],
    ["ring.pml", "MUTANT_REAP", ["PRODUCERS=1"]],
    ["ring.pml", "MUTANT_GATE", ["PRODUCERS=1", "LOSSLESS=1", "POSITIONS=4"]],
  ] as const) {
    whereInstalled(
      `${model} with ${mutant}`,
      async () => {
        const found = await search(model, [mutant, ...defines], "-O0");
        expect(found).toMatchObject({ errors: 1, violated: expect.stringMatching(/held|holders|first|isLossless/) });
      },
      TEST_MS_MAX,
    );
  }
});
