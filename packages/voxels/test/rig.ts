/**
 * Hand-made peaks, views and blobs for the tests of the detector: four cameras around a volume of 20 m, truth known.
 *
 * Point targets become one peak with their true centre as moments; bodies become many. Blobs are single rows whose moments hold the
 * projected place plus noise, to 1/1000 pixel.
 */
import { type Intrinsics, lookAt, type PixelUv, type Prng, project, type Vec3 } from "@skyvox/core";
import type { DetectionOptions, DetectionView } from "../src/mod.ts";

export const voxelSizeM = 0.05;
export const minEnuM: Vec3 = [-10, -10, 0];

const intrinsics: Intrinsics = {
  widthPx: 1280,
  heightPx: 720,
  fxPx: 800,
  fyPx: 800,
  cxPx: 639.5,
  cyPx: 359.5,
  distortion: [0, 0, 0, 0, 0],
};

const cameraPlaces: readonly Vec3[] = [
  [-15, -14, 3],
  [16, -13, 4],
  [14, 15, 2],
  [-13, 16, 5],
];

/** One camera of the rig, aimed at a point, with its blobs. */
export function viewAt(index: number, aimEnuM: Vec3, blobs: Uint32Array, timeSigmaS = 0): DetectionView {
  const pose = lookAt({ cameraInEnuM: cameraPlaces[index] ?? [0, 0, 0], targetEnuM: aimEnuM });
  return { index, intrinsics, pose, timeSigmaS, blobs };
}

/** All four cameras, aimed at the middle, showing blobs at the given points with pixel noise of `noisePx`. */
export function viewsOf(points: readonly Vec3[], prng: Prng, noisePx = 0): DetectionView[] {
  const middle: Vec3 = [0, 0, 3];
  return cameraPlaces.map((_, index) => {
    const { pose } = viewAt(index, middle, new Uint32Array());
    const rows = points.flatMap((point) => {
      const [u, v] = project(intrinsics, pose, point) ?? [0, 0];
      return [...blobRow([u + noisePx * prng.normal(), v + noisePx * prng.normal()])];
    });
    return viewAt(index, middle, Uint32Array.from(rows));
  });
}

/** A row of the table `blobs`: 25 pixels about a centre. */
export function blobRow([u, v]: PixelUv, halfPx = 2): Uint32Array {
  const corner = (x: number, y: number): number =>
    (Math.max(0, Math.round(x)) | (Math.max(0, Math.round(y)) << 16)) >>> 0;
  const row = new Uint32Array(16);
  row.set([25, corner(u - halfPx, v - halfPx), corner(u + halfPx, v + halfPx), 100]);
  row.set([1000, 0, Math.round(u * 1000), 0, Math.round(v * 1000), 0], 8);
  return row;
}

/** A row of the table `peaks` whose evidence is centred on a point. */
export function peakRow(pointEnuM: Vec3, sum = 1000, viewBits = 0b1111): Uint32Array {
  const row = new Uint32Array(16);
  const moments = pointEnuM.map((metres, axis) => {
    const voxels = (metres - (minEnuM[axis] ?? 0)) / voxelSizeM;
    row[axis] = Math.floor(voxels);
    return Math.round((voxels - Math.floor(voxels) - 0.5) * sum);
  });
  row.set([sum, viewBits, 27, sum, 0], 3);
  for (const [axis, moment] of moments.entries()) row.set([moment, moment < 0 ? 0xffff_ffff : 0], 8 + 2 * axis);
  return row;
}

/** Joins rows into one table. */
export function table(rows: readonly Uint32Array[]): Uint32Array {
  return Uint32Array.from(rows.flatMap((row) => [...row]));
}

/** Peaks strewn over an upright body, 0.4 by 0.3 by 1.75 m on its feet at `feetEnuM`, with a gap at the waist. */
export function bodyPeaks(feetEnuM: Vec3, prng: Prng, count = 150): Uint32Array[] {
  const rows = new Map<string, Uint32Array>();
  while (rows.size < count) {
    const up = prng.uniform(0, 1.75);
    if (up > 0.8 && up < 1.1) continue;
    const row = peakRow(
      [feetEnuM[0] + prng.uniform(-0.2, 0.2), feetEnuM[1] + prng.uniform(-0.15, 0.15), feetEnuM[2] + up],
      200,
    );
    rows.set(row.subarray(0, 3).join(), row);
  }
  return [...rows.values()];
}

/** Options of a detection run of this rig. */
export function optionsOf(
  peaks: readonly Uint32Array[],
  views: readonly DetectionView[],
  sizeM: number,
): DetectionOptions {
  return {
    timeNs: 7n,
    peaks: table(peaks),
    views,
    volume: { minEnuM, voxelSizeM },
    viewsMin: 3,
    target: { sizeM, speedMps: 10 },
  };
}
