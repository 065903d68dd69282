/**
 * The line: what happens to a frame, station by station.
 *
 *   observe      frame → motion → cells, blobs and spots     one camera, one frame; only a few kilobytes leave the device
 *   reconstruct  observations of one instant → rays → marked bricks → cast voxels (→ finer voxels) → peaks → detections
 *
 * Both call one kernel op per station, in order, and wait once at the end. Nothing here knows where frames come from or where
 * detections go. Rays are cast in two passes: pass 1 marks the bricks each view's rays may cross, pass 2 adds the rays only inside
 * bricks that enough views marked, so memory and time follow what is seen and not the volume. In a sparse world the voxels where views
 * meet are then cut finer and cast once more.
 */

import type { FrameSet } from "@skyvox/cameras";
import { assert, type Detection, type Frame, type Observation } from "@skyvox/core";
import type { Table } from "@skyvox/kernels";
import { detectionsFromPeaks, latticeRows } from "@skyvox/voxels";
import { nextCellShift } from "./cell-shift.ts";
import { detectionViews } from "./detection-views.ts";
import { rayPoints } from "./ray-points.ts";
import type { Line } from "./site-to-line.ts";
import { withSpots } from "./spot-points.ts";
import { joinPairs } from "./thermal-pair.ts";

/** What one frame set gave: detections, and the voxels enough views agree on: `[count, 4]` uint32 `[x | y << 16, z, sum, viewBits]` on the volume's lattice. */
export interface Reconstruction {
  readonly timeNs: bigint;
  readonly detections: readonly Detection[];
  readonly voxels: Uint32Array;
  readonly rayCount: number;
  /** Cells that cast no ray because its view held more than the line's `raysPerViewMax`. */
  readonly thinnedCellCount: number;
}

/**
 * Finds what moves in one frame.
 *
 * The frame's pixels may be reused once the promise resolves.
 */
export async function observe(line: Line, frame: Frame): Promise<Observation> {
  const camera = line.cameraOf(frame.cameraId);
  const { kernels } = line;
  assert(frame.widthPx === camera.intrinsics.widthPx, "a frame is as wide as its camera's intrinsics say");
  assert(frame.heightPx === camera.intrinsics.heightPx, "a frame is as high as its camera's intrinsics say");

  kernels.motion(camera.handle, frame.pixels, line.motion);
  kernels.cells(camera.handle, { shift: camera.cellShift, pixelsMin: 1 });
  kernels.blobs(camera.handle, { pixelsMin: line.blobPixelsMin });
  if (camera.spots !== null) kernels.spots(camera.handle, camera.spots);
  const tables = Promise.all([
    kernels.readCamera(camera.handle, "cells"),
    kernels.readCamera(camera.handle, "blobs"),
    camera.spots === null ? null : kernels.readCamera(camera.handle, "spots"),
  ]);
  await kernels.submit();
  const [cells, blobs, spots] = await tables;

  camera.cellShift = nextCellShift(camera.cellShift, camera.cellShifts, cells.count, line.raysPerViewMax);
  const motionPixelCount = pixelCountOf(cells);
  return {
    cameraId: frame.cameraId,
    seq: frame.seq,
    captureNs: frame.captureNs,
    timeSigmaNs: frame.timeSigmaNs,
    pose: camera.pose,
    motionPixelCount,
    flooded: motionPixelCount >= camera.floodedPixelCount,
    ...(spots === null ? { cells: cells.rows, blobs: blobs.rows } : withSpots(cells.rows, blobs.rows, spots.rows)),
  };
}

/** Finds where the cameras of one instant agree. A flooded observation casts no rays: its motion is not a target's. */
export async function reconstruct(line: Line, set: FrameSet<Observation>): Promise<Reconstruction> {
  const { kernels, grid, viewsMin, volume } = line;
  const unflooded = set.members.filter((observation) => !observation.flooded);
  const observations = await joinPairs(line, unflooded);
  const points = rayPoints(line, observations);

  kernels.clear(grid);
  for (const view of points.views) kernels.rays(grid, view.index, view.points);
  kernels.mark(grid);
  kernels.select(grid, viewsMin);
  kernels.cast(grid);
  if (volume.levels !== null) {
    kernels.refine(grid, viewsMin);
    kernels.castTiles(grid, viewsMin);
  }
  kernels.peaks(grid, { viewsMin, sumMin: 1 });
  kernels.voxels(grid, { viewsMin, sumMin: 1 });
  const tables = Promise.all([
    kernels.readGrid(grid, "peaks"),
    kernels.readGrid(grid, "voxels"),
    volume.levels === null ? null : kernels.readGrid(grid, "tiles"),
  ]);
  await kernels.submit();
  const [peaks, voxels, tiles] = await tables;

  return {
    timeNs: set.timeNs,
    detections: detectionsFromPeaks({
      timeNs: set.timeNs,
      peaks: peaks.rows,
      views: detectionViews(line, observations, set.timeNs),
      volume: { minEnuM: volume.minEnuM, voxelSizeM: volume.finestSizeM },
      viewsMin,
      target: line.target,
    }),
    voxels: tiles === null ? voxels.rows : latticeRows(tiles.rows, voxels.rows, volume.lattice),
    rayCount: points.rayCount,
    thinnedCellCount: points.thinnedCellCount,
  };
}

function pixelCountOf(cells: Table): number {
  let pixelCount = 0;
  for (let row = 0; row < cells.count; row++) pixelCount += cells.rows[row * 4 + 3]!;
  return pixelCount;
}
