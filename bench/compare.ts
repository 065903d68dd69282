/**
 * Compares the rows of two runs and says which became worse.
 *
 * A row counts as worse past 10 % plus what chance explains: three spreads of each run, and how far memory itself was slower or faster
 * between the two (the anchor that `run.ts` takes before and after all benches). Rows of only one run and rows whose unit has no
 * better direction are left out.
 */
import type { BenchResult, BenchRow } from "./harness.ts";

/** What `--json` writes and `--compare` reads. */
export interface Run {
  readonly machine: string;
  /** Bytes copied per second by one core, before and after the benches. */
  readonly anchor: readonly [number, number];
  readonly benches: readonly ({ readonly name: string } & BenchResult)[];
}

/** One row in both runs. */
export interface Change {
  readonly name: string;
  /** Positive when worse: 0.2 takes a fifth longer, or does a fifth less. */
  readonly worseBy: number;
  /** Past this share the row counts as a regression. */
  readonly allowed: number;
}

const SHARE_ALLOWED = 0.1;
const SPREADS_ALLOWED = 3;
/** Rows that state no spread of their own. */
const NOISE_DEFAULT = 0.03;

/** Compares all rows that both runs have, in the order of the newer one. */
export function compareRuns(before: Run, after: Run): Change[] {
  const drift = driftOf([...before.anchor, ...after.anchor]);
  return after.benches.flatMap((bench) => {
    const old = before.benches.find((other) => other.name === bench.name);
    return bench.rows.flatMap((row) => {
      const oldRow = old?.rows.find((other) => other.name === row.name && other.unit === row.unit);
      const direction = directionOf(row.unit);
      if (oldRow === undefined || direction === 0 || oldRow.median <= 0 || row.median <= 0) return [];
      const ratio = direction > 0 ? oldRow.median / row.median : row.median / oldRow.median;
      const allowed = SHARE_ALLOWED + SPREADS_ALLOWED * (noiseOf(oldRow) + noiseOf(row)) + drift;
      return [{ name: `${bench.name} / ${row.name}`, worseBy: ratio - 1, allowed }];
    });
  });
}

/** Names the benches whose values (not times) differ between two runs. */
export function changedDigests(before: Run, after: Run): string[] {
  return after.benches
    .filter((bench) => before.benches.some((old) => old.name === bench.name && old.digest !== bench.digest))
    .map((bench) => bench.name);
}

/** 1 when more is better, -1 when less is better, 0 when the unit does not say. */
export function directionOf(unit: string): -1 | 0 | 1 {
  if (/\/s$|fps$/.test(unit)) return 1;
  return /^(?:ns|us|µs|ms|s)\b/.test(unit) ? -1 : 0;
}

function noiseOf(row: BenchRow): number {
  return row.noise ?? NOISE_DEFAULT;
}

function driftOf(anchors: readonly number[]): number {
  return Math.max(...anchors) / Math.min(...anchors) - 1;
}
