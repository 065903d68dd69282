/**
 * What a camera's views say about its clock over time: by how much its frames would have to be later, in blocks.
 *
 * A residual along the target's movement in the picture is time: δ = -(j · r) / (j · j) with j the movement in pixels per second. The median
 * over a block is moved little by outliers; blocks in which the target hardly moves say nothing. A clock of constant rate leaves blocks near zero, one of variable
 * rate a curve, one that was set a step.
 */
import { factorCholesky, solveCholesky } from "@skyvox/core";
import type { CameraEstimate } from "./camera-estimate.ts";
import { captureTimeS } from "./camera-state.ts";
import { PathPlace, type PathSpline, placeOnPath } from "./path-spline.ts";
import { ProjectionScratch, projectWithDerivatives } from "./projection.ts";

/** One block of a camera's views: from the middle of it, how late its clock is. */
export interface ClockBlock {
  readonly nominalS: number;
  readonly lateS: number;
  readonly viewCount: number;
}

/** A jump of a clock between two blocks. */
export interface ClockStep {
  readonly nominalS: number;
  readonly jumpS: number;
}

const BLOCK_S = 10;
const VIEWS_PER_BLOCK_MIN = 20;
/** Views in which the target moves slower than this share of the focal length per second say nothing of time. */
const SPEED_MIN = 0.01;
/** Blocks that differ from their median by less than this (by the median) have one clock. */
const BEND_MIN_S = 0.005;
/** Blocks with less than this share of the views of the fullest are of hovering and edges: they do not say that a clock is bent. */
const BLOCK_SHARE_MIN = 0.3;
const STEP_MIN_S = 0.2;
const STEP_LEFT_MAX = 0.15;
const STEP_BLOCKS_MIN = 5;
/** Knots of a variable clock stand this far apart, seconds. */
const KNOT_S = 20;

/** Lateness per view: `[count]` seconds, NaN where the target hardly moves or is not where it should be seen. */
export function latenessOf(estimate: CameraEstimate, path: PathSpline): Float64Array {
  const { views, state } = estimate;
  const speedMin = SPEED_MIN * estimate.input.intrinsics.fxPx;
  const projection = new ProjectionScratch();
  const place = new PathPlace();
  return views.nominalS.map((nominalS, i) => {
    placeOnPath(path, captureTimeS(state, nominalS, views.vPx[i]!), place);
    if (!projectWithDerivatives(state.cameraFromEnu, state.values, place.position, projection)) return Number.NaN;
    const { velocity } = place;
    const w = projection.byWorld;
    const ju = w[0]! * velocity[0]! + w[1]! * velocity[1]! + w[2]! * velocity[2]!;
    const jv = w[3]! * velocity[0]! + w[4]! * velocity[1]! + w[5]! * velocity[2]!;
    const square = ju * ju + jv * jv;
    if (square < speedMin * speedMin) return Number.NaN;
    return -(ju * (projection.u - views.uPx[i]!) + jv * (projection.v - views.vPx[i]!)) / square;
  });
}

/** Medians of lateness over blocks of the camera's own time. */
export function clockBlocks({ views }: CameraEstimate, latenessS: Float64Array): ClockBlock[] {
  const blocks: ClockBlock[] = [];
  let values: number[] = [];
  let block = Number.NaN;
  const close = () => {
    if (values.length < VIEWS_PER_BLOCK_MIN) return;
    values.sort((a, b) => a - b);
    blocks.push({ nominalS: (block + 0.5) * BLOCK_S, lateS: values[values.length >> 1]!, viewCount: values.length });
  };
  for (let i = 0; i < latenessS.length; i++) {
    if (Number.isNaN(latenessS[i]!)) continue;
    const at = Math.floor(views.nominalS[i]! / BLOCK_S);
    if (at !== block) {
      close();
      values = [];
      block = at;
    }
    values.push(latenessS[i]!);
  }
  close();
  return blocks;
}

/**
 * Finds the one jump that explains what a line does not, or null.
 *
 * For every block that may hold the jump, a line and a line with a step are fitted to the others; the step must leave `STEP_LEFT_MAX` of the line's
 * squares or less.
 */
export function clockStep(
  blocks: readonly ClockBlock[],
  latenessS: Float64Array,
  nominalS: Float64Array,
): ClockStep | null {
  let best: StepFit | null = null;
  for (let k = 1; k + 1 < blocks.length; k++) {
    const others = blocks.filter((_, index) => index !== k);
    const fit = fitStep(others, k);
    if (fit !== null && (best === null || fit.leftShare < best.leftShare)) best = { ...fit, block: k };
  }
  if (best === null || Math.abs(best.jumpS) < STEP_MIN_S || best.leftShare > STEP_LEFT_MAX) return null;
  return { nominalS: splitBest(latenessS, nominalS, blocks, best), jumpS: best.jumpS };
}

interface StepFit {
  readonly block: number;
  readonly offsetS: number;
  readonly slope: number;
  readonly jumpS: number;
  /** Squares left by the line with the step, as a share of those of the line alone. */
  readonly leftShare: number;
}

/** Least squares of lateness on 1, time and the step before index `at`, by 3 x 3 normal equations. */
function fitStep(blocks: readonly ClockBlock[], at: number): StepFit | null {
  const middleS = blocks[blocks.length >> 1]!.nominalS;
  const rows = blocks.map(({ nominalS, lateS }, index) => ({ t: nominalS - middleS, h: index < at ? 0 : 1, y: lateS }));
  const solve = (withStep: boolean): { a: number[]; left: number } | null => {
    const size = withStep ? 3 : 2;
    const normal = new Float64Array(size * size);
    const a = new Float64Array(size);
    for (const { t, h, y } of rows) {
      const row = [1, t, h];
      for (let i = 0; i < size; i++) {
        a[i]! += row[i]! * y;
        for (let j = 0; j <= i; j++) normal[i * size + j]! += row[i]! * row[j]!;
      }
    }
    if (!factorCholesky(normal, size)) return null;
    solveCholesky(normal, size, a);
    const left = rows.reduce((sum, { t, h, y }) => sum + (y - a[0]! - a[1]! * t - (withStep ? a[2]! * h : 0)) ** 2, 0);
    return { a: [...a], left };
  };
  const line = solve(false);
  const step = solve(true);
  if (line === null || step === null || blocks.length < STEP_BLOCKS_MIN) return null;
  const [offsetAtMiddle = 0, slope = 0, jumpS = 0] = step.a;
  return { block: at, offsetS: offsetAtMiddle - slope * middleS, slope, jumpS, leftShare: step.left / line.left };
}

/** True where the blocks differ by more than those of one clock of constant rate would. */
export function isBent(blocks: readonly ClockBlock[]): boolean {
  const fullest = blocks.reduce((most, { viewCount }) => Math.max(most, viewCount), 0);
  const full = blocks.filter(({ viewCount }) => viewCount >= BLOCK_SHARE_MIN * fullest);
  if (full.length < 3) return false;
  const middle = medianOf(full.map(({ lateS }) => lateS));
  return medianOf(full.map(({ lateS }) => Math.abs(lateS - middle))) > BEND_MIN_S;
}

/** Knots of a variable clock over the views of a camera, a pair of them around a step. */
export function bentKnots(nominalS: Float64Array, step: ClockStep | null): number[] {
  const from = nominalS[0]!;
  const to = nominalS.at(-1)!;
  const pieces = Math.max(1, Math.round((to - from) / KNOT_S));
  const knots = Array.from({ length: pieces + 1 }, (_, k) => from + ((to - from) * k) / pieces);
  if (step === null) return knots;
  const half = 0.02;
  const clear = knots.filter((knot) => Math.abs(knot - step.nominalS) > 1);
  return [...clear, step.nominalS - half, step.nominalS + half].sort((a, b) => a - b);
}

/** The time in or next to the block of a step at which the switch explains the views best (least absolute differences). */
function splitBest(
  latenessS: Float64Array,
  nominalS: Float64Array,
  blocks: readonly ClockBlock[],
  { block, offsetS, slope, jumpS }: StepFit,
): number {
  const fromS = blocks[block - 1]!.nominalS;
  const toS = blocks[block + 1]!.nominalS;
  let cost = 0;
  let best = Number.POSITIVE_INFINITY;
  let at = blocks[block]!.nominalS;
  for (let i = 0; i < latenessS.length; i++) {
    const timeS = nominalS[i]!;
    if (timeS < fromS || timeS > toS || Number.isNaN(latenessS[i]!)) continue;
    const before = latenessS[i]! - offsetS - slope * timeS;
    cost += Math.min(1, Math.abs(before)) - Math.min(1, Math.abs(before - jumpS));
    if (cost >= best) continue;
    best = cost;
    at = (timeS + (nominalS[i + 1] ?? timeS)) / 2;
  }
  return at;
}

function medianOf(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
