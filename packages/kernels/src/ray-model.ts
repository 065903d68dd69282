/**
 * A camera as kernels see it: integers, quantised once in double precision on the host.
 *
 * A point (u, v), in 1/256 pixel from the centre of the top-left pixel, becomes a direction in four integer steps:
 *   1. U = ((u - principalU) << 4) + bend(u, v), V likewise: offset from the principal point in 1/4096 pixel, distortion removed.
 *      `bend` interpolates the table `bendQ12` bilinearly (below).
 *   2. d_k = c_k + floor((a_k U + b_k V) / 2^fractionBits) for k = x, y, z, the sum taken in 64 bits.
 * |U|, |V| < 2^25 and |a|, |b| < 2^27, so the sum stays under 2^53: exact in float64, int64 and two 32-bit words alike.
 * |d_k| < 2^30; only the ratios of d are used. The fraction of a pixel lost is under 0.02 down to lenses of 2 degrees.
 *
 * Bilinear bend: with s = 8 + bendShift, i = u >> s, j = v >> s, fu = u & (2^s - 1), fv likewise, and n(i, j) the table entry,
 *   top = n(i, j) + (((n(i+1, j) - n(i, j)) * fu + 2^(s-1)) >> s), bottom the same in row j+1,
 *   bend = top + (((bottom - top) * fv + 2^(s-1)) >> s). The host keeps |difference| << s below 2^30, so i32 holds every product.
 *
 * The origin is in voxels from the grid's lower corner, Q11.20, each component in [-2048, 2048).
 */
import { type Intrinsics, type Mat3, type Pose, SkyvoxError, type Vec3 } from "@skyvox/core";
import { checkGridRange } from "./grid-range.ts";
import { type ImageSamples, samplesOf } from "./image-samples.ts";
import { bendOf } from "./lens-bend.ts";
import type { LensBend } from "./node-table.ts";
import { assertInteger, CAMERA_SIDE_PX_MAX, GRID_SIDE_VOXELS_MAX } from "./preconditions.ts";

/** The integers of one view of one grid; plain data, the same on every backend. */
export interface RayModel extends LensBend {
  readonly originQ20: readonly [number, number, number];
  readonly a: readonly [number, number, number];
  readonly b: readonly [number, number, number];
  readonly c: readonly [number, number, number];
  /** 0 … 30. */
  readonly fractionBits: number;
  /** 1/256 pixel. */
  readonly principalU: number;
  readonly principalV: number;
}

/** A box of voxels along the axes of the local east-north-up frame. */
export interface GridPlace {
  readonly minEnuM: Vec3;
  readonly voxelSizeM: number;
  readonly sizeVoxels: readonly [number, number, number];
}

/**
 * Quantises a camera for a grid.
 *
 * @throws {SkyvoxError} code "calibration": a value that is not finite or out of range, a lens that folds inside the image, or a
 * camera so far from the grid that its rays leave the range of Q11.20 positions.
 */
export function buildRayModel(options: {
  readonly intrinsics: Intrinsics;
  readonly pose: Pose;
  readonly grid: GridPlace;
}): RayModel {
  const { intrinsics, pose, grid } = options;
  checkValues(intrinsics, pose, grid);
  const samples = samplesOf(intrinsics);
  const { offsetPxMax } = samples;
  refuseUnless(
    offsetPxMax < OFFSET_PX_MAX,
    `image ${offsetPxMax} px from its principal point`,
    `less than ${OFFSET_PX_MAX} px`,
  );
  const origin = (k: number) => (pose.cameraInEnuM[k]! - grid.minEnuM[k]!) / grid.voxelSizeM;
  checkGridRange([origin(0), origin(1), origin(2)], grid, samples, pose.cameraFromEnu);
  return {
    originQ20: triple((k) => origin(k) * 2 ** 20),
    ...quantiseDirections(intrinsics, pose.cameraFromEnu, samples),
    ...bendOf(intrinsics),
  };
}

/** Names a ray model by its integers: 16 hex digits, the same on every machine. */
export function rayModelHash(model: RayModel): string {
  const { originQ20, a, b, c, fractionBits, principalU, principalV, bendShift, bendColumns, bendRows } = model;
  const shape = [fractionBits, principalU, principalV, bendShift, bendColumns, bendRows];
  const integers = Int32Array.from([...originQ20, ...a, ...b, ...c, ...shape]);
  return new Bun.CryptoHasher("sha256").update(integers).update(model.bendQ12).digest("hex").slice(0, 16);
}

/**
 * Direction of a pixel in grid axes: transpose(cameraFromEnu) · (x, y, 1), with x = (U / 4096 + what rounding the principal point
 * left) / fx and y likewise. That is linear in U and V: `a` and `b` are its slopes, `c` its value in the principal point.
 */
function quantiseDirections(intrinsics: Intrinsics, m: Mat3, samples: ImageSamples) {
  const { fxPx, fyPx, cxPx, cyPx } = intrinsics;
  const principalU = Math.round(cxPx * 256);
  const principalV = Math.round(cyPx * 256);
  const scale = DIRECTION_MAX / samples.normMax;
  const slopeU = (k: number) => (scale * m[k]!) / (4096 * fxPx);
  const slopeV = (k: number) => (scale * m[3 + k]!) / (4096 * fyPx);
  const slopeMax = Math.max(...AXES.flatMap((k) => [Math.abs(slopeU(k)), Math.abs(slopeV(k))]));
  const fractionBits = Math.min(30, Math.floor(Math.log2(SLOPE_MAX / slopeMax)));
  refuseUnless(fractionBits >= 0, `focal length of ${Math.min(fxPx, fyPx)} px`, "a longer one");
  const x = (principalU / 256 - cxPx) / fxPx;
  const y = (principalV / 256 - cyPx) / fyPx;
  return {
    a: triple((k) => slopeU(k) * 2 ** fractionBits),
    b: triple((k) => slopeV(k) * 2 ** fractionBits),
    c: triple((k) => scale * (m[k]! * x + m[3 + k]! * y + m[6 + k]!)),
    fractionBits,
    principalU,
    principalV,
  };
}

const AXES = [0, 1, 2] as const;

/** The values for x, y and z as int32, rounded. */
function triple(value: (k: number) => number): [number, number, number] {
  return [Math.round(value(0)) | 0, Math.round(value(1)) | 0, Math.round(value(2)) | 0];
}

/** Just under 2^30: a thousandth is left for what lies between the samples of a bent image, and for rounding. */
const DIRECTION_MAX = 0.999 * 2 ** 30;
const SLOPE_MAX = 2 ** 27 - 1;
/** Offsets from the principal point in pixels: 2^25 in 1/4096 pixel, less the same thousandth. */
const OFFSET_PX_MAX = 0.999 * 8192;
const PRINCIPAL_PX_MAX = 2 ** 15;

function checkValues(intrinsics: Intrinsics, pose: Pose, grid: GridPlace): void {
  const { widthPx, heightPx, fxPx, fyPx, cxPx, cyPx, distortion } = intrinsics;
  const values = { fxPx, fyPx, cxPx, cyPx, distortion, ...pose, minEnuM: grid.minEnuM, voxelSizeM: grid.voxelSizeM };
  for (const [name, value] of Object.entries(values)) {
    refuseUnless([value].flat().every(Number.isFinite), `${name} of ${value}`, "finite numbers");
  }
  for (const side of [widthPx, heightPx]) {
    const isInRange = Number.isInteger(side) && side >= 1 && side <= CAMERA_SIDE_PX_MAX;
    refuseUnless(isInRange, `image side of ${side} px`, `1 to ${CAMERA_SIDE_PX_MAX} px`);
  }
  refuseUnless(fxPx > 0 && fyPx > 0, `focal lengths of ${fxPx} and ${fyPx} px`, "positive ones");
  const principalPx = Math.max(Math.abs(cxPx), Math.abs(cyPx));
  refuseUnless(
    principalPx < PRINCIPAL_PX_MAX,
    `principal point ${principalPx} px out`,
    `less than ${PRINCIPAL_PX_MAX} px`,
  );
  refuseUnless(grid.voxelSizeM > 0, `voxel size of ${grid.voxelSizeM} m`, "a positive one");
  for (const side of grid.sizeVoxels) assertInteger(side, 1, GRID_SIDE_VOXELS_MAX, "each of sizeVoxels");
}

function refuseUnless(isFit: boolean, found: string, wanted: string): void {
  if (!isFit) throw new SkyvoxError("calibration", `Cannot quantise camera: ${found}, need ${wanted}`);
}
