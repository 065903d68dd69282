/**
 * What callers of every backend guarantee, checked once per op. A broken rule is a programmer error and asserts; what can happen in
 * operation (too many rays, no memory) is a SkyvoxError of the op instead.
 */
import { assert } from "@skyvox/core";
import type { CameraSpec, GridSpec, MotionParams } from "./kernels.ts";

/** Largest picture side: a point of op `rays` has 21 bits of 1/256 pixel. */
export const CAMERA_SIDE_PX_MAX = 8192;
/** Largest grid side: Q11.20 positions hold one voxel more. */
export const GRID_SIDE_VOXELS_MAX = 2047;
/** Most voxels of a dense grid: 1 GiB of sums. */
export const DENSE_VOXELS_MAX = 2 ** 28;
/** Views of one grid: one bit each in a word. */
export const VIEWS_MAX = 32;

/** @throws {AssertionError} when a side or a limit is out of range. */
export function assertCameraSpec(spec: CameraSpec): void {
  assertInteger(spec.widthPx, 1, CAMERA_SIDE_PX_MAX, "widthPx");
  assertInteger(spec.heightPx, 1, CAMERA_SIDE_PX_MAX, "heightPx");
  assertInteger(spec.motionMax, 1, ROWS_MAX, "motionMax");
  assertInteger(spec.cellsMax, 1, ROWS_MAX, "cellsMax");
  assertInteger(spec.blobsMax, 1, ROWS_MAX, "blobsMax");
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
}

/** @throws {AssertionError} when the frame, the threshold or the step does not fit the camera. */
export function assertMotion(spec: CameraSpec, pixels: Uint8Array, { threshold, step = 1 }: MotionParams): void {
  assert(pixels.length === spec.widthPx * spec.heightPx, "pixels holds widthPx * heightPx values");
  assertInteger(threshold, 0, 255, "threshold");
  assertInteger(step, 1, 255, "step");
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

/** @throws {AssertionError} when a sum is out of range. */
export function assertSumMin(sumMin: number): void {
  assertInteger(sumMin, 1, 2 ** 32 - 1, "sumMin");
}

/** @throws {AssertionError} when `value` is no integer from `least` to `most`. */
export function assertInteger(value: number, least: number, most: number, name: string): void {
  assert(Number.isInteger(value), `${name} is an integer`);
  assert(value >= least && value <= most, `${name} is in ${least} to ${most}`);
}

const ROWS_MAX = 2 ** 28;
