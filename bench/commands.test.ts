/** The commands of this folder as they are typed: status, what they print, and what they refuse. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Run } from "./compare.ts";
import { targetLines } from "./gpu.ts";

const folder = mkdtempSync(join(tmpdir(), "skyvox-bench-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Each starts programs, while other tests may hold the cores. */
const COMMAND_MS_MAX = 60_000;

function run(program: string, ...args: readonly string[]) {
  const child = Bun.spawnSync([process.execPath, join(import.meta.dir, program), ...args], { cwd: folder });
  return { status: child.exitCode, out: child.stdout.toString(), err: child.stderr.toString() };
}

describe("The bench command", () => {
  const bench = (...args: readonly string[]) => run("run.ts", ...args);

  test(
    "writes a run, compares with it and fails on a regression",
    async () => {
      expect(bench("memory", "--rounds", "1", "--json", "now.json").status).toBe(0);
      const now: Run = await Bun.file(join(folder, "now.json")).json();
      expect(now.benches.map(({ name }) => name)).toEqual(["bytes"]);
      const faster = now.benches.map((item) => ({
        ...item,
        rows: item.rows.map((row) => ({ ...row, median: row.median * 100 })),
      }));
      await Bun.write(join(folder, "faster.json"), JSON.stringify({ ...now, benches: faster }));
      const compared = bench("bytes", "--rounds", "1", "--compare", "faster.json");
      expect(compared.status).toBe(1);
      expect(compared.out).toContain("worse");
    },
    COMMAND_MS_MAX,
  );

  test(
    "refuses an unknown filter, option, file and count of rounds in one line with status 2",
    () => {
      const calls = [["no-such"], ["--fast"], ["memory", "--compare", "absent.json"], ["--rounds", "0"]];
      for (const args of calls) {
        const { status, err } = bench(...args);
        expect([args, status, err.trimEnd().split("\n").length]).toEqual([args, 2, 1]);
        expect(err).toContain("need ");
      }
      expect(bench("--fast").err).toBe(
        "Cannot read the command line: Unknown option '--fast', need the options of --help\n",
      );
      expect(bench("no-such").err).toStartWith('Cannot find the bench "no-such": need one of ');
      expect(bench("--backend", "abacus").err).toBe(
        'Cannot find the backend "abacus": need one of reference, cpu, cuda, wgsl\n',
      );
    },
    COMMAND_MS_MAX,
  );

  test(
    "prints help with an example",
    () => {
      const { status, out } = bench("--help");
      expect(status).toBe(0);
      expect(out).toContain("Example: bun bench memory");
    },
    COMMAND_MS_MAX,
  );
});

describe("The exam command", () => {
  const exam = (...args: readonly string[]) => run("exam.ts", ...args);

  test(
    "runs every case on the seeds it names",
    () => {
      const { status, out } = exam("--seeds", "1", "--first", "7", "--backend", "reference");
      const [first, last] = out.trim().split("\n");
      expect(first).toMatch(/^first seed 7, 1 seed of \d+ cases: reference \(TypeScript, 1 thread\)$/);
      expect(last).toMatch(/^equal on every seed, [\d.]+ s$/);
      expect(status).toBe(0);
    },
    COMMAND_MS_MAX,
  );

  test(
    "refuses counts, seeds and backends that are none in one line with status 2",
    () => {
      const calls = [["--seeds", "0"], ["--first", "-1"], ["--seeds"], ["--backend", "abacus"], ["--fast"], ["x"]];
      for (const args of calls) {
        const { status, err } = exam(...args);
        expect([args, status, err.trimEnd().split("\n").length]).toEqual([args, 2, 1]);
        expect(err).toContain("need ");
      }
      expect(exam("--seeds", "0").err).toBe('Cannot take --seeds "0": need a whole number from 1 to 1000000\n');
    },
    COMMAND_MS_MAX,
  );
});

describe("A backend that cannot run here", () => {
  // The Vulkan loader says lines of its own where it finds no driver, and reads this variable before any other.
  const env = { ...process.env, VK_DRIVER_FILES: "/no-such-driver.json" };

  for (const [program, ...args] of [["exam.ts"], ["run.ts", "memory"]] as const) {
    test(
      `is refused by ${program} in one line of what was found and what is needed, and no line of a driver`,
      () => {
        const child = Bun.spawnSync([process.execPath, join(import.meta.dir, program), ...args, "--backend", "wgsl"], {
          env,
        });
        expect(child.stderr.toString()).toMatch(/^Cannot (examine|run kernels) "wgsl": (?!Cannot)[^\n]+\n$/);
        expect(child.stderr.toString().match(/need/g)).toHaveLength(1);
        expect(child.exitCode).toBe(1);
      },
      COMMAND_MS_MAX,
    );
  }
});

describe("The gpu command", () => {
  // In programs of their own, as a broken driver may crash the one that asks.
  const hasGpu = ["cuda", "wgsl"].some((backend) => JSON.parse(run("probe.ts", backend).out).ok);

  test(
    "refuses counts and options that are none in one line with status 2",
    () => {
      for (const args of [["--seeds", "0"], ["--rounds", "x"], ["--fast"], ["x"]]) {
        const { status, err } = run("gpu.ts", ...args);
        expect([args, status, err.trimEnd().split("\n").length]).toEqual([args, 2, 1]);
        expect(err).toContain("need ");
      }
    },
    COMMAND_MS_MAX,
  );

  test.skipIf(hasGpu)(
    "says why no backend can run on a machine without a GPU, with status 1",
    () => {
      const { status, out } = run("gpu.ts");
      expect(out).toMatch(/^cuda: no, .+$/m);
      expect(out).toMatch(/^wgsl: no, .+$/m);
      expect(out.trim().split("\n").at(-1)).toBe("no GPU backend can run here");
      expect(status).toBe(1);
    },
    COMMAND_MS_MAX,
  );

  test("puts what was promised beside what was reached, and wgsl beside cuda", () => {
    const runOf = (worldMs: number): Run => ({
      machine: "m",
      anchor: [1, 1],
      benches: [
        {
          name: "cast",
          rows: [],
          digest: "d",
          targets: [
            { ...({ name: "dense", unit: "rays/s", better: "higher" } as const), achieved: 60e6, wanted: 30e6 },
          ],
        },
        { name: "world", rows: [{ name: "time step", median: worldMs, unit: "ms" }], digest: "d", targets: [] },
      ],
    });
    const both = new Map([
      ["cuda", runOf(2)],
      ["wgsl", runOf(8)],
    ]);
    // 2 ms of cuda are a quarter of the 8 ms of wgsl, where half is promised.
    expect(targetLines(both).map((line) => line.trim().split(/ {2,}/))).toEqual([
      ["cuda", "cast", "dense", "60,000,000 rays/s", "≥ 30,000,000 rays/s", "ok"],
      ["wgsl", "cast", "dense", "60,000,000 rays/s", "≥ 30,000,000 rays/s", "ok"],
      ["wgsl", "world", "speed of cuda", "0.25", "≥ 0.5", "missed"],
    ]);
    expect(targetLines(new Map([["wgsl", runOf(8)]])).length).toBe(1);
  });
});
