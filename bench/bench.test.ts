/** Every bench runs at its small size, so that none rots; the timing, the comparison and the report are tested beside them. */
import { describe, expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import { referenceAdapter } from "@skyvox/kernels";
import { compiledAnchor, pythonAnchor } from "./anchors.ts";
import { askBackend } from "./backends.ts";
import { changedDigests, compareRuns, directionOf, type Run } from "./compare.ts";
import { bandwidthNote } from "./copy.ts";
import { digestOf, interleave, median, perSecond } from "./harness.ts";
import { changeLines, digits, resultLines } from "./report.ts";
import { loadBenches } from "./run.ts";
import { foundShare } from "./time-step.ts";

/** A bench takes a second or two; one of them starts a whole node, twice, while other tests may hold the cores. */
const BENCH_MS_MAX = 60_000;

describe("Every bench", async () => {
  const benches = await loadBenches();
  const cpu = await askBackend("cpu");
  const adapter = cpu.ok ? cpu.adapter : referenceAdapter;

  test("has a name of its own", () => {
    expect(new Set(benches.map(({ name }) => name)).size).toBe(benches.length);
  });

  for (const bench of benches) {
    test(
      `${bench.name} runs small and computes the same values twice`,
      async () => {
        const options = { small: true, anchors: false, rounds: 1, adapter };
        const first = await bench.run(options);
        const second = await bench.run(options);
        expect(first.digest).toMatch(/^[0-9a-f]{8,64}$/);
        expect(second.digest).toBe(first.digest);
        expect(first.rows.length).toBeGreaterThan(0);
        for (const { name, median: value } of first.rows) expect([name, value > 0]).toEqual([name, true]);
        for (const { name, achieved, wanted } of first.targets)
          expect([name, achieved > 0 && wanted > 0]).toEqual([name, true]);
      },
      BENCH_MS_MAX,
    );
  }
});

describe("Interleaved timing", () => {
  /** Each variant moves the clock by its own time and writes its name down. */
  function stage(times: Readonly<Record<string, readonly number[]>>) {
    let nowMs = 0;
    const calls: string[] = [];
    const variants = Object.entries(times).map(([name, ms]) => {
      let turn = 0;
      return {
        name,
        run: () => {
          calls.push(name);
          nowMs += ms[turn++ % ms.length] ?? 0;
        },
      };
    });
    return { variants, calls, clock: { nowNs: () => BigInt(nowMs * 1e6) } };
  }

  test("warms each variant up once, then reverses the order every second round", async () => {
    const { variants, calls, clock } = stage({ a: [1], b: [1] });
    await interleave(variants, 3, clock);
    expect(calls.join("")).toBe("ab" + "ab" + "ba" + "ab");
  });

  test("reports median, minimum, spread and the median of the ratios to the first variant", async () => {
    // The first call is the warm-up; of 10, 20, 60 the median is 20 and the distances from it are 10, 0, 40.
    const { variants, clock } = stage({ a: [99, 10, 20, 60], b: [99, 5, 40, 20] });
    const [a, b] = await interleave(variants, 3, clock);
    expect(a).toEqual({ name: "a", medianMs: 20, minMs: 10, noise: 0.5, speedup: 1 });
    // Ratios a/b by round: 10/5, 20/40, 60/20.
    expect(b).toEqual({ name: "b", medianMs: 20, minMs: 5, noise: 0.75, speedup: 2 });
  });

  test("waits for a variant that returns a promise", async () => {
    let nowMs = 0;
    const run = async () => {
      await Promise.resolve();
      nowMs += 7;
    };
    const [timing] = await interleave([{ name: "async", run }], 1, { nowNs: () => BigInt(nowMs * 1e6) });
    expect(timing?.medianMs).toBe(7);
  });

  test("asserts on no variant and no round", async () => {
    await expect(interleave([], 1)).rejects.toBeInstanceOf(AssertionError);
    await expect(interleave([{ name: "a", run: () => 0 }], 0)).rejects.toBeInstanceOf(AssertionError);
  });

  test("finds the middle of odd and even counts, and rates per second", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(() => median([])).toThrow(AssertionError);
    expect(perSecond(64, 4)).toBe(16_000);
  });

  test("digests values by their bytes and order", () => {
    // SHA-256 of "abc" begins so (FIPS 180-2, appendix B.1).
    expect(digestOf("abc")).toBe("ba7816bf8f01cfea");
    expect(digestOf("a", new Uint8Array([98, 99]))).toBe("ba7816bf8f01cfea");
    expect(digestOf(new Uint16Array([1, 2]))).not.toBe(digestOf(new Uint16Array([2, 1])));
  });
});

describe("Comparison of two runs", () => {
  const run = (
    median: number,
    unit: string,
    more: { noise?: number; anchor?: [number, number]; digest?: string } = {},
  ): Run => ({
    machine: "m",
    anchor: more.anchor ?? [10, 10],
    benches: [
      {
        name: "cast",
        rows: [{ name: "a", median, unit, noise: more.noise ?? 0 }],
        targets: [],
        digest: more.digest ?? "d",
      },
    ],
  });
  const isWorse = (before: Run, after: Run) =>
    compareRuns(before, after).some(({ worseBy, allowed }) => worseBy > allowed);

  test("takes a time that grew by more than a tenth for worse, and one that shrank for better", () => {
    expect(isWorse(run(100, "ms"), run(111, "ms"))).toBe(true);
    expect(isWorse(run(100, "ms"), run(109, "ms"))).toBe(false);
    expect(isWorse(run(100, "ms"), run(50, "ms"))).toBe(false);
  });

  test("takes a rate that fell for worse", () => {
    expect(isWorse(run(100, "rays/s"), run(89, "rays/s"))).toBe(true);
    expect(isWorse(run(100, "rays/s"), run(130, "rays/s"))).toBe(false);
  });

  test("allows three spreads of each run, and what the anchor drifted", () => {
    expect(isWorse(run(100, "ms", { noise: 0.02 }), run(120, "ms", { noise: 0.02 }))).toBe(false);
    expect(isWorse(run(100, "ms", { noise: 0.02 }), run(123, "ms", { noise: 0.02 }))).toBe(true);
    expect(isWorse(run(100, "ms"), run(130, "ms", { anchor: [10, 8] }))).toBe(false);
  });

  test("leaves out rows of one run, other units and units without a direction", () => {
    expect(compareRuns(run(1, "bytes"), run(9, "bytes"))).toEqual([]);
    expect(compareRuns(run(1, "ms"), run(9, "us"))).toEqual([]);
    expect(compareRuns({ ...run(1, "ms"), benches: [] }, run(9, "ms"))).toEqual([]);
    expect(["ns", "us/frame", "ms p99", "GB/s", "fps", "steps"].map(directionOf)).toEqual([-1, -1, -1, 1, 1, 0]);
  });

  test("names benches whose digest changed", () => {
    expect(changedDigests(run(1, "ms"), run(1, "ms", { digest: "e" }))).toEqual(["cast"]);
  });

  test("prints only what changed by more than chance", () => {
    const lines = changeLines(compareRuns(run(100, "ms"), run(150, "ms")));
    expect(lines[0]).toBe("compared 1 rows, 1 changed");
    expect(lines[1]?.trim()).toBe("worse  cast / a  50.0 %  (chance explains 10.0 %)");
  });
});

describe("A rival", () => {
  test("that is not installed is left out with the reason", () => {
    expect(pythonAnchor("opencv-motion.py", ["no_such_module"])).toEqual({
      ok: false,
      reason: "not installed (python3 with no_such_module)",
    });
    expect(compiledAnchor("octomap-cast", "no/such.h", [])).toEqual({ ok: false, reason: "not installed (no/such.h)" });
  });
});

describe("Found targets", () => {
  test("are those with a peak within two voxels on each axis", () => {
    const targets = [
      [10.5, 20.5, 30.5],
      [40.5, 20.5, 30.5],
    ] as const;
    // Voxel 12 has its centre at 12.5, two from the first target; the second target's peak is three off on one axis.
    const peaks = new Uint32Array(32);
    peaks.set([12, 18, 30], 0);
    peaks.set([40, 20, 33], 16);
    expect(foundShare(targets, peaks)).toBe(0.5);
    expect(foundShare(targets, new Uint32Array())).toBe(0);
  });
});

describe("Report of a bench", () => {
  test("shows rows, targets as ok or missed, and the digest", () => {
    const lines = resultLines(
      { name: "cast", subject: "kernels" },
      {
        rows: [{ name: "cpu", median: 12.345, unit: "GB/s", noise: 0.02, note: "2 threads" }],
        targets: [
          { name: "rays", achieved: 1_500_000, wanted: 1_000_000, unit: "rays/s", better: "higher" },
          { name: "latency", achieved: 60, wanted: 50, unit: "ms", better: "lower" },
        ],
        digest: "abcd",
      },
    );
    expect(lines).toEqual([
      "cast (kernels)",
      "    cpu  12.3 GB/s  ±2.0 %  2 threads",
      "  wanted",
      "    rays     1,500,000 rays/s  ≥ 1,000,000 rays/s  ok",
      "    latency  60 ms             ≤ 50 ms             missed, 120 % of it",
      "  digest abcd",
    ]);
  });

  test("says what share of a copy an op moves", () => {
    // 8 MB in 2 ms are 4 GB/s; the copy moves 10 MB in 1 ms.
    expect(bandwidthNote(8e6, 2, { bytesMoved: 10e6, ms: 1 })).toBe("4.0 GB/s, 40 % of copy");
  });

  test("writes small numbers with three digits and large ones whole", () => {
    expect([0.012345, 12.345, 999.4, 1234567.8].map(digits)).toEqual(["0.0123", "12.3", "999", "1,234,568"]);
  });
});
