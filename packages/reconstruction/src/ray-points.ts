import type { Observation } from "@skyvox/core";
import type { Line } from "./site-to-line.ts";

/** The points one time step casts rays through, per view: `[count, 4]` uint32, u and v in 1/256 pixel, weight, 0. */
export interface RayPoints {
  readonly views: readonly { readonly index: number; readonly points: Uint32Array }[];
  readonly rayCount: number;
  readonly thinnedCellCount: number;
}

/** A ray's weight is cut here, so that the rays of 32 full views can never add up to 2^32 in one voxel. */
const WEIGHT_MAX = 0xffff;

/** A view with fewer cells than this casts a bundle of five rays per cell. */
const BUNDLE_CELLS_MAX = 256;

/**
 * Chooses the points that rays are cast through.
 *
 * A ray has no width, but a cell has, and so has the doubt about where its camera looks. Where a view holds few cells (small, distant
 * targets) each casts five rays, at its centre and half a voxel's footprint left, right, above and below, so that the rays of
 * several views meet in one voxel wherever its walls happen to lie. Large targets fill the space between their cells anyway. Past
 * `raysPerViewMax` every n-th cell is kept, by position in the list, so the same cells give the same rays. A site may ask for rays
 * through blobs instead: far fewer, and enough where targets are small.
 */
export function rayPoints(line: Line, observations: readonly Observation[]): RayPoints {
  const { raysPerViewMax } = line;
  let rayCount = 0;
  let thinnedCellCount = 0;
  const views = observations.map((observation) => {
    const camera = line.cameraOf(observation.cameraId);
    const cells =
      line.raysThrough === "blobs" && camera.thermal === null ? blobPoints(observation.blobs) : observation.cells;
    const cellCount = cells.length / 4;
    const bundle = cellCount <= BUNDLE_CELLS_MAX && cellCount * 5 <= raysPerViewMax;
    const stride = bundle ? 1 : Math.max(1, Math.ceil(cellCount / raysPerViewMax));
    const points = bundle
      ? bundledPoints(cells, camera.bundleSpreadQ8, lastColumnsQ8(camera.intrinsics))
      : singlePoints(cells, stride);
    rayCount += points.length / 4;
    thinnedCellCount += cellCount - Math.ceil(cellCount / stride);
    return { index: camera.view, points };
  });
  return { views, rayCount, thinnedCellCount };
}

function lastColumnsQ8(intrinsics: { readonly widthPx: number; readonly heightPx: number }): readonly [number, number] {
  return [(intrinsics.widthPx - 1) << 8, (intrinsics.heightPx - 1) << 8];
}

/** Returns the weighted centre of each blob as a cell: `[count, 4]` uint32, u and v in 1/256 pixel, weight, pixel count. */
export function blobPoints(blobs: Uint32Array): Uint32Array {
  const points = new Uint32Array(blobs.length / 4);
  for (let row = 0, at = 0; row < blobs.length; row += BLOB_WORDS, at += 4) {
    const wide = (word: number): number => blobs[row + word + 1]! * 2 ** 32 + blobs[row + word]!;
    const weight = wide(8);
    points[at] = Math.round((256 * wide(10)) / weight);
    points[at + 1] = Math.round((256 * wide(12)) / weight);
    points[at + 2] = Math.min(weight, WEIGHT_MAX);
    points[at + 3] = blobs[row]!;
  }
  return points;
}

const BLOB_WORDS = 16;

function singlePoints(cells: Uint32Array, stride: number): Uint32Array {
  const cellCount = cells.length / 4;
  const points = new Uint32Array(Math.ceil(cellCount / stride) * 4);
  for (let cell = 0, at = 0; cell < cellCount; cell += stride, at += 4) {
    points[at] = cells[cell * 4]!;
    points[at + 1] = cells[cell * 4 + 1]!;
    points[at + 2] = Math.min(cells[cell * 4 + 2]!, WEIGHT_MAX);
  }
  return points;
}

function bundledPoints(cells: Uint32Array, spreadQ8: number, [uMaxQ8, vMaxQ8]: readonly [number, number]): Uint32Array {
  const offsets = [0, 0, -spreadQ8, 0, spreadQ8, 0, 0, -spreadQ8, 0, spreadQ8];
  const points = new Uint32Array((cells.length / 4) * 5 * 4);
  let at = 0;
  for (let cell = 0; cell < cells.length; cell += 4) {
    const weight = Math.min(cells[cell + 2]!, WEIGHT_MAX);
    for (let ray = 0; ray < 10; ray += 2, at += 4) {
      points[at] = Math.min(uMaxQ8, Math.max(0, cells[cell]! + offsets[ray]!));
      points[at + 1] = Math.min(vMaxQ8, Math.max(0, cells[cell + 1]! + offsets[ray + 1]!));
      points[at + 2] = weight;
    }
  }
  return points;
}
