/**
 * What callers of every backend guarantee, checked once per op. A broken rule is a programmer error and asserts; what can happen in
 * operation (too many rays, no memory) is a SkyvoxError of the op instead.
 */
import { assert } from "@skyvox/core";
import type { CameraSpec, FuseParams, GaussianParams, MotionParams, SpotParams } from "./camera-spec.ts";
import { FINE_GRID_BYTES_MAX, gridMemoryBytes } from "./grid-memory.ts";
import type { Evidence, FineSpec, GridSpec } from "./grid-spec.ts";
import type { LensBend } from "./node-table.ts";

/** Largest picture side: a point of op `rays` has 21 bits of 1/256 pixel. */
export const CAMERA_SIDE_PX_MAX = 8192;
/** Largest grid side: Q11.20 positions hold one voxel more. */
export const GRID_SIDE_VOXELS_MAX = 2047;
/** Most voxels of a dense grid: 1 GiB of sums. */
export const DENSE_VOXELS_MAX = 2 ** 28;
/** Views of one grid: one bit each in a word. */
export const VIEWS_MAX = 32;

/** @throws {AssertionError} when there is nothing to lock. */
export function assertLockable(bytes: Uint8Array): void {
  assert(bytes.length > 0, "there are bytes to lock");
  // A short array lies in its object until somebody asks for its buffer, and then moves for good: ask before its address is kept.
  assert(bytes.buffer.byteLength >= bytes.length, "the bytes lie in their buffer");
}

/** @throws {AssertionError} when a side or a limit is out of range. */
export function assertCameraSpec(spec: CameraSpec): void {
  assertInteger(spec.widthPx, 1, CAMERA_SIDE_PX_MAX, "widthPx");
  assertInteger(spec.heightPx, 1, CAMERA_SIDE_PX_MAX, "heightPx");
  assertInteger(spec.motionMax, 1, ROWS_MAX, "motionMax");
  assertInteger(spec.cellsMax, 1, ROWS_MAX, "cellsMax");
  assertInteger(spec.blobsMax, 1, ROWS_MAX, "blobsMax");
  if (spec.spotsMax !== undefined) assertInteger(spec.spotsMax, 1, ROWS_MAX, "spotsMax");
  if (spec.fusedMax !== undefined) assertInteger(spec.fusedMax, 1, ROWS_MAX, "fusedMax");
}

/** @throws {AssertionError} when a side or a limit is out of range. */
export function assertGridSpec(spec: GridSpec): void {
  for (const side of spec.sizeVoxels) assertInteger(side, 1, GRID_SIDE_VOXELS_MAX, "each of sizeVoxels");
  assertInteger(spec.raysMax, 1, ROWS_MAX, "raysMax");
  assertInteger(spec.bricksMax, 1, ROWS_MAX, "bricksMax");
  assertInteger(spec.peaksMax, 1, ROWS_MAX, "peaksMax");
  assertInteger(spec.voxelsMax, 1, ROWS_MAX, "voxelsMax");
  const [nx, ny, nz] = spec.sizeVoxels;
  assert(!spec.dense || nx * ny * nz <= DENSE_VOXELS_MAX, "a dense grid has at most 2^28 voxels");
  assert(!spec.dense || spec.fine === undefined, "a dense grid has no finer voxels");
  if (spec.fine !== undefined) assertFineSpec(spec.fine, spec);
}

function assertFineSpec(fine: FineSpec, spec: GridSpec): void {
  const brickCount = spec.sizeVoxels.reduce((count, side) => count * Math.ceil(side / 8), 1);
  assert(fine.levels.length === brickCount, "levels holds one level per brick");
  let highest = 0;
  for (const level of fine.levels) highest = Math.max(highest, level);
  assert(highest <= LEVEL_MAX, "a level is 0 to 4");
  assertInteger(fine.tilesMax, 1, ROWS_MAX, "tilesMax");
  assertInteger(fine.segmentsMax, 1, ROWS_MAX, "segmentsMax");
  assertInteger(fine.marksMax, 1, ROWS_MAX, "marksMax");
  assertInteger(fine.bricksMax, 1, ROWS_MAX, "bricksMax");
  assert(gridMemoryBytes(spec) <= FINE_GRID_BYTES_MAX, "a grid with finer voxels holds at most 500 MB");
}

/** @throws {AssertionError} when the frame, the threshold or the step does not fit the camera. */
export function assertMotion(spec: CameraSpec, pixels: Uint8Array, params: MotionParams): void {
  const { mode, threshold, step = 1, gaussian } = params;
  assert(pixels.length === spec.widthPx * spec.heightPx, "pixels holds widthPx * heightPx values");
  assertInteger(threshold, 0, 255, "threshold");
  assertInteger(step, 1, 255, "step");
  if (mode === "gaussian") assertGaussian(gaussian);
}

function assertGaussian(gaussian: GaussianParams | undefined): void {
  assert(gaussian !== undefined, "mode gaussian has its parameters");
  assertInteger(gaussian.slowShift, 1, 12, "slowShift");
  assertInteger(gaussian.fastShift, 1, 8, "fastShift");
  assertInteger(gaussian.holdShift, 0, 8, "holdShift");
  assertInteger(gaussian.snrMinQ4, 1, SNR_Q4_MAX, "snrMinQ4");
  assertInteger(gaussian.varianceMinQ8, 16, 65_535, "varianceMinQ8");
}

/** @throws {AssertionError} when the camera takes no spots or a parameter is out of range. */
export function assertSpots(spec: CameraSpec, { snrMinQ4, perTileMax }: SpotParams): void {
  assert(spec.spotsMax !== undefined, "the camera has been opened with spotsMax");
  assertInteger(snrMinQ4, 1, SNR_Q4_MAX, "snrMinQ4");
  assertInteger(perTileMax, 1, 1024, "perTileMax");
}

/** @throws {AssertionError} when the camera takes no points of others, or points or table are not whole. */
export function assertRegister(spec: CameraSpec, points: Uint32Array, shift: LensBend): void {
  assert(spec.fusedMax !== undefined, "the camera has been opened with fusedMax");
  assertPoints(points);
  assertBend(shift);
}

/** @throws {AssertionError} when a table does not hold the nodes it says. */
export function assertBend({ bendColumns, bendRows, bendQ12 }: LensBend): void {
  assert(bendQ12.length === bendRows * bendColumns * 2, "bendQ12 holds bendRows * bendColumns * 2 values");
}

/** @throws {AssertionError} when the camera takes no points of others or a parameter is out of range. */
export function assertFuse(spec: CameraSpec, points: Uint32Array, { gateQ8, gainQ4 }: FuseParams): void {
  assert(spec.fusedMax !== undefined, "the camera has been opened with fusedMax");
  assertPoints(points);
  assertInteger(gateQ8, 0, 2 ** 20, "gateQ8");
  assertInteger(gainQ4, 0, 255, "gainQ4");
}

/** @throws {AssertionError} when points is not whole rows of coordinates within 8192 pixels. */
export function assertPoints(points: Uint32Array): void {
  assert(points.length % 4 === 0, "points holds rows of 4 words");
  let highest = 0;
  for (let p = 0; p < points.length; p += 4) highest |= points[p]! | points[p + 1]!;
  assert(highest >>> 21 === 0, "u and v are below 2^21");
}

/** @throws {AssertionError} when a view number is out of range. */
export function assertView(view: number): void {
  assertInteger(view, 0, VIEWS_MAX - 1, "view");
}

/** @throws {AssertionError} when a number of views is out of range. */
export function assertViewsMin(viewsMin: number): void {
  assertInteger(viewsMin, 1, VIEWS_MAX, "viewsMin");
}

/** @throws {AssertionError} when a number of views or a sum is out of range. */
export function assertEvidence({ viewsMin, sumMin }: Evidence): void {
  assertViewsMin(viewsMin);
  assertInteger(sumMin, 1, 2 ** 32 - 1, "sumMin");
}

/** @throws {AssertionError} when `value` is no integer from `least` to `most`. */
export function assertInteger(value: number, least: number, most: number, name: string): void {
  assert(Number.isInteger(value), `${name} is an integer`);
  assert(value >= least && value <= most, `${name} is in ${least} to ${most}`);
}

const ROWS_MAX = 2 ** 28;
const SNR_Q4_MAX = 2 ** 14;
/** Coarsest level of finer voxels: one brick per tile. */
const LEVEL_MAX = 4;
