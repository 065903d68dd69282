/**
 * True paths from samples: each target's positions joined by a cubic through the samples (Hermite, tangents from the neighbours).
 *
 * Exact at the samples and for motion of constant acceleration in between on even samples. No path is drawn over a hole of more than
 * three usual sample distances, nor before the first sample or after the last.
 */
import { assert, type Vec3 } from "@skyvox/core";
import type { Truth, TruthPoint } from "./scored-run.ts";

/** Where one target was at one time, seconds and metres local east-north-up. */
export interface TruthSample extends TruthPoint {
  readonly timeS: number;
}

/** Joins samples, in any order, to paths. @throws {AssertionError} without samples. */
export function pathsThrough(samples: readonly TruthSample[]): Truth {
  assert(samples.length > 0, "a path has at least one sample");
  const paths = [...Map.groupBy(samples, ({ name }) => name)].map(([name, own]) => newPath(name, own));
  return {
    at: (timeS) => paths.flatMap((path) => pointAt(path, timeS) ?? []),
    startS: Math.min(...paths.map(({ times }) => times[0]!)),
    endS: Math.max(...paths.map(({ times }) => times.at(-1)!)),
  };
}

interface SampledPath {
  readonly name: string;
  readonly times: Float64Array;
  readonly positions: readonly Vec3[];
  readonly gapS: number;
}

function newPath(name: string, samples: readonly TruthSample[]): SampledPath {
  const ordered = samples.toSorted((a, b) => a.timeS - b.timeS);
  // Of two samples at one time the first counts.
  const own = ordered.filter(({ timeS }, index) => index === 0 || timeS > ordered[index - 1]!.timeS);
  const times = Float64Array.from(own, ({ timeS }) => timeS);
  const spans = Float64Array.from({ length: times.length - 1 }, (_, k) => times[k + 1]! - times[k]!).sort();
  return {
    name,
    times,
    positions: own.map(({ positionEnuM }) => positionEnuM),
    gapS: GAP_SPANS * (spans[spans.length >> 1] ?? 0),
  };
}

const GAP_SPANS = 3;

function pointAt({ name, times, positions, gapS }: SampledPath, timeS: number): TruthPoint | null {
  const last = times.length - 1;
  if (!(timeS >= times[0]! && timeS <= times[last]!)) return null;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= timeS) low = middle;
    else high = middle;
  }
  if (timeS === times[low]) return { name, positionEnuM: positions[low]! };
  if (timeS === times[high]) return { name, positionEnuM: positions[high]! };
  const spanS = times[high]! - times[low]!;
  if (spanS > gapS) return null;
  const share = (timeS - times[low]!) / spanS;
  const before = low > 0 && times[low]! - times[low - 1]! <= gapS ? low - 1 : low;
  const after = high < last && times[high + 1]! - times[high]! <= gapS ? high + 1 : high;
  const axis = (i: 0 | 1 | 2): number => {
    const p = (k: number): number => positions[k]![i];
    const chord = (p(high) - p(low)) / spanS;
    const slopeLow = before === low ? chord : slope(times, p, before, low, high);
    const slopeHigh = after === high ? chord : slope(times, p, low, high, after);
    return hermite(share, p(low), slopeLow * spanS, p(high), slopeHigh * spanS);
  };
  return { name, positionEnuM: [axis(0), axis(1), axis(2)] };
}

/** The slope at the middle one of three samples of the parabola through them. */
function slope(times: Float64Array, p: (k: number) => number, a: number, b: number, c: number): number {
  const left = (p(b) - p(a)) / (times[b]! - times[a]!);
  const right = (p(c) - p(b)) / (times[c]! - times[b]!);
  return (left * (times[c]! - times[b]!) + right * (times[b]! - times[a]!)) / (times[c]! - times[a]!);
}

function hermite(u: number, from: number, slopeFrom: number, to: number, slopeTo: number): number {
  const v = 1 - u;
  return (1 + 2 * u) * v * v * from + u * v * v * slopeFrom + u * u * (3 - 2 * u) * to - u * u * v * slopeTo;
}
