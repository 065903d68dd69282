/**
 * How far the tracks are from the truth: as they are, after laying them on the truth, and after shifting their clock.
 *
 * All combinations are stated side by side, because a number after alignment says nothing of a wrong frame, and one after a time fit
 * nothing of a wrong clock. No pair is dropped. The time fit moves the truth by one offset for the whole run, searched in steps of
 * `windowS` / 20 and then by golden section; the alignment is fitted anew for each offset.
 */
import { assert, distance, type Vec3 } from "@skyvox/core";
import { type Alignment, type AlignmentKind, apply, fitAlignment } from "./align.ts";
import type { TruthAt } from "./scored-run.ts";

/** An estimate at a time and the target it is taken for. */
export interface EstimatePair {
  readonly timeS: number;
  readonly name: string;
  readonly positionEnuM: Vec3;
}

/** Errors in metres under one treatment of frame and clock. */
export interface PositionErrors {
  readonly alignment: AlignmentKind;
  readonly hasTimeFit: boolean;
  /** What is added to the time of a track to read the truth, seconds; 0 without a time fit. */
  readonly offsetS: number;
  readonly scale: number;
  readonly pairCount: number;
  readonly rmseM: number;
  readonly meanM: number;
  readonly medianM: number;
  readonly p90M: number;
  readonly maxM: number;
}

/**
 * Measures the errors of the pairs under all six treatments; none where there is no pair.
 *
 * @throws {AssertionError} when the window is not above 0.
 */
export function positionErrors(pairs: readonly EstimatePair[], truthAt: TruthAt, windowS: number): PositionErrors[] {
  assert(windowS > 0, "the window of the time fit is above 0 s");
  const steps = [...Map.groupBy(pairs, ({ timeS }) => timeS).values()];
  if (shifted(steps, truthAt, 0).from.length === 0) return [];
  return ALIGNMENTS.flatMap((alignment) => [
    errorsAt(steps, truthAt, { alignment, offsetS: 0, hasTimeFit: false }),
    errorsAt(steps, truthAt, { alignment, offsetS: fitOffset(steps, truthAt, alignment, windowS), hasTimeFit: true }),
  ]);
}

const ALIGNMENTS: readonly AlignmentKind[] = ["none", "rigid", "similarity"];

type Steps = readonly (readonly EstimatePair[])[];

/** The estimates whose target has a place at their time plus the offset, and these places. */
function shifted(steps: Steps, truthAt: TruthAt, offsetS: number): { readonly from: Vec3[]; readonly to: Vec3[] } {
  const from: Vec3[] = [];
  const to: Vec3[] = [];
  for (const pairs of steps) {
    const places = new Map(truthAt(pairs[0]!.timeS + offsetS).map(({ name, positionEnuM }) => [name, positionEnuM]));
    for (const { name, positionEnuM } of pairs) {
      const place = places.get(name);
      if (place === undefined) continue;
      from.push(positionEnuM);
      to.push(place);
    }
  }
  return { from, to };
}

function fitOffset(steps: Steps, truthAt: TruthAt, alignment: AlignmentKind, windowS: number): number {
  const pairCount = shifted(steps, truthAt, 0).from.length;
  const cost = (offsetS: number): number => {
    const { from, to } = shifted(steps, truthAt, offsetS);
    // An offset that leaves the truth behind would win by having nothing to be wrong about.
    if (from.length < pairCount / 2 || from.length === 0) return Number.POSITIVE_INFINITY;
    return meanSquare(distances(from, to, fitAlignment(from, to, alignment)));
  };
  const spanS = windowS / COARSE_STEPS;
  let bestS = 0;
  let least = cost(0);
  for (let k = -COARSE_STEPS; k <= COARSE_STEPS; k++) {
    const found = cost(k * spanS);
    if (found >= least) continue;
    least = found;
    bestS = k * spanS;
  }
  const refinedS = goldenSection(cost, bestS - spanS, bestS + spanS);
  return cost(refinedS) < least ? refinedS : bestS;
}

const COARSE_STEPS = 20;

/** The least place of a function with one valley, to a 1e-5th of the span. */
function goldenSection(cost: (at: number) => number, low: number, high: number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let [left, right] = [b - ratio * (b - a), a + ratio * (b - a)];
  let [costLeft, costRight] = [cost(left), cost(right)];
  for (let round = 0; round < GOLDEN_ROUNDS; round++) {
    if (costLeft <= costRight) {
      [b, right, costRight] = [right, left, costLeft];
      left = b - ratio * (b - a);
      costLeft = cost(left);
    } else {
      [a, left, costLeft] = [left, right, costRight];
      right = a + ratio * (b - a);
      costRight = cost(right);
    }
  }
  return (a + b) / 2;
}

const GOLDEN_ROUNDS = 24;

type Treatment = Pick<PositionErrors, "alignment" | "offsetS" | "hasTimeFit">;

function errorsAt(steps: Steps, truthAt: TruthAt, treatment: Treatment): PositionErrors {
  const { from, to } = shifted(steps, truthAt, treatment.offsetS);
  const fitted = fitAlignment(from, to, treatment.alignment);
  const errors = distances(from, to, fitted).sort();
  return {
    ...treatment,
    scale: fitted.scale,
    pairCount: errors.length,
    rmseM: Math.sqrt(meanSquare(errors)),
    meanM: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    medianM: quantileOf(errors, 0.5),
    p90M: quantileOf(errors, 0.9),
    maxM: errors.at(-1) ?? 0,
  };
}

function distances(from: readonly Vec3[], to: readonly Vec3[], alignment: Alignment): Float64Array {
  return Float64Array.from(from, (point, index) => distance(apply(alignment, point), to[index]!));
}

function meanSquare(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0) / values.length;
}

/** The value that a share of ascending values does not exceed, between two of them by proportion; 0 of none. */
export function quantileOf(ascending: ArrayLike<number>, share: number): number {
  const place = share * (ascending.length - 1);
  const low = Math.floor(place);
  const before = ascending[low] ?? 0;
  return before + (place - low) * ((ascending[low + 1] ?? before) - before);
}
