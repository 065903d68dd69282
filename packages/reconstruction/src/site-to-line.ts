/**
 * Opens a site's cameras and volume on a kernel backend: the numbers the line works with, worked out once.
 *
 * Cells are as large as a voxel looks from the camera: larger ones would blur the voxels, smaller ones cast many rays through the same
 * voxels. The size is taken at the volume's far end, where a voxel looks smallest, so neighbouring cells leave no gaps there.
 */

import { cameraIntrinsics, cameraPose, type Site } from "@skyvox/cameras";
import { assert, type CameraId, distance, type Intrinsics, type Pose, SkyvoxError, type Vec3 } from "@skyvox/core";
import { buildRayModel, type CameraHandle, type GridHandle, type Kernels, type MotionParams } from "@skyvox/kernels";

/** The volume as voxels: the cell `[x, y, z]` spans `minEnuM + voxelSizeM * [x, y, z]` to one voxel further. */
export interface LineVolume {
  readonly minEnuM: Vec3;
  readonly voxelSizeM: number;
  readonly sizeVoxels: readonly [number, number, number];
}

/** A camera opened on the backend, with what follows from where it stands. */
export interface LineCamera {
  readonly id: CameraId;
  /** Bit of this camera in voxels and masks, 0 … 31. */
  readonly view: number;
  readonly handle: CameraHandle;
  readonly intrinsics: Intrinsics;
  readonly pose: Pose;
  /** Cells are squares of 2^cellShift pixels now: as `cellShifts` allows and the number of cells asks for. */
  cellShift: number;
  readonly cellShifts: { readonly min: number; readonly max: number };
  /** Half a voxel's footprint at the volume's centre, in 1/256 pixel. */
  readonly bundleSpreadQ8: number;
  /** From this many moving pixels on the frame says nothing about targets. */
  readonly floodedPixelCount: number;
}

/** A site opened on a backend. Owns the backend's cameras and grid, not the backend. */
export interface Line extends Disposable {
  readonly kernels: Kernels;
  readonly grid: GridHandle;
  readonly volume: LineVolume;
  readonly cameras: readonly LineCamera[];
  readonly viewsMin: number;
  readonly motion: MotionParams;
  readonly blobPixelsMin: number;
  readonly raysPerViewMax: number;
  readonly target: Site["options"]["target"];
  /** @throws {AssertionError} for a camera the site does not have. */
  cameraOf(id: CameraId): LineCamera;
}

/** Rays one view casts in a frame set: about a millisecond of one core. A view with more cells takes larger ones. */
const RAYS_PER_VIEW_MAX = 2048;
const BRICKS_MAX = 16384;
const PEAKS_MAX = 16384;
const VOXELS_MAX = 65536;
const BLOBS_MAX = 4096;
const CELL_SHIFT_MAX = 5;
/** A camera inside the volume would spread its bundles over the whole picture: 32 pixels at most. */
const BUNDLE_SPREAD_Q8_MAX = 32 << 8;
const AXIS_VOXELS_MAX = 2047;

/**
 * Opens every camera of the site and the grid of its volume.
 *
 * @throws {SkyvoxError} "site" for a volume of too many voxels; "calibration" for a camera whose lens or place no ray model can hold.
 */
export function openLine(site: Site, kernels: Kernels): Line {
  const volume = volumeOf(site);
  const grid = kernels.openGrid({
    sizeVoxels: volume.sizeVoxels,
    raysMax: RAYS_PER_VIEW_MAX * site.cameras.length,
    bricksMax: BRICKS_MAX,
    peaksMax: PEAKS_MAX,
    voxelsMax: VOXELS_MAX,
    dense: false,
  });
  // Cameras of one make share a lens: its table of distortion, kept by object, is made once.
  const lenses = new Map<string, Intrinsics>();
  const cameras = site.cameras.map((camera, view) => {
    const key = JSON.stringify(camera.intrinsics);
    const lens = lenses.get(key) ?? cameraIntrinsics(camera);
    lenses.set(key, lens);
    return openCamera(site, camera, view, lens, volume, kernels, grid);
  });
  const byId = new Map(cameras.map((camera) => [camera.id, camera]));
  return {
    kernels,
    grid,
    volume,
    cameras,
    viewsMin: site.options.viewsMin,
    motion: site.options.motion,
    blobPixelsMin: site.options.blobPixelsMin,
    raysPerViewMax: RAYS_PER_VIEW_MAX,
    target: site.options.target,
    cameraOf(id) {
      const camera = byId.get(id);
      assert(camera !== undefined, `camera "${id}" belongs to the line's site`);
      return camera;
    },
    [Symbol.dispose]() {
      for (const camera of cameras) kernels.closeCamera(camera.handle);
      kernels.closeGrid(grid);
    },
  };
}

function volumeOf(site: Site): LineVolume {
  const { minM, maxM, voxelSizeM } = site.volume;
  const axis = (k: 0 | 1 | 2): number => Math.ceil((maxM[k] - minM[k]) / voxelSizeM - 1e-9);
  const sizeVoxels = [axis(0), axis(1), axis(2)] as const;
  const most = Math.max(...sizeVoxels);
  if (most > AXIS_VOXELS_MAX) {
    throw new SkyvoxError(
      "site",
      `Cannot divide the volume into voxels of ${voxelSizeM} m: its longest side takes ${most}, need at most ${AXIS_VOXELS_MAX}` +
        ` (volume.voxelSizeM of ${((most * voxelSizeM) / AXIS_VOXELS_MAX).toPrecision(3)} or more)`,
    );
  }
  return { minEnuM: minM, voxelSizeM, sizeVoxels };
}

function openCamera(
  site: Site,
  camera: Site["cameras"][number],
  view: number,
  intrinsics: Intrinsics,
  volume: LineVolume,
  kernels: Kernels,
  grid: GridHandle,
): LineCamera {
  const pose = cameraPose(camera);
  kernels.setView(grid, view, buildRayModel({ intrinsics, pose, grid: volume }));
  const range = rangesM(site, pose);
  const fixed = site.options.cellShift;
  const cellShift = fixed === "auto" ? cellShiftFor(volume, intrinsics, range.farM) : fixed;
  const floodedPixelCount = Math.ceil(site.options.floodedFraction * intrinsics.widthPx * intrinsics.heightPx);
  const cellSizePx = 2 ** cellShift;
  const handle = kernels.openCamera({
    widthPx: intrinsics.widthPx,
    heightPx: intrinsics.heightPx,
    motionMax: floodedPixelCount,
    cellsMax: Math.ceil(intrinsics.widthPx / cellSizePx) * Math.ceil(intrinsics.heightPx / cellSizePx),
    blobsMax: BLOBS_MAX,
  });
  return {
    id: camera.id,
    view,
    handle,
    intrinsics,
    pose,
    cellShift,
    cellShifts: { min: cellShift, max: fixed === "auto" ? CELL_SHIFT_MAX : fixed },
    bundleSpreadQ8: Math.min(
      BUNDLE_SPREAD_Q8_MAX,
      Math.round((128 * volume.voxelSizeM * intrinsics.fxPx) / range.centreM),
    ),
    floodedPixelCount,
  };
}

function cellShiftFor(volume: LineVolume, intrinsics: Intrinsics, rangeM: number): number {
  const voxelFootprintPx = (volume.voxelSizeM * Math.max(intrinsics.fxPx, intrinsics.fyPx)) / rangeM;
  return Math.min(CELL_SHIFT_MAX, Math.max(0, Math.floor(Math.log2(voxelFootprintPx))));
}

/** Distances from the camera to the volume's centre and to its farthest corner. */
function rangesM(site: Site, pose: Pose): { centreM: number; farM: number } {
  const { minM, maxM } = site.volume;
  const corners: Vec3[] = [];
  for (const x of [minM[0], maxM[0]])
    for (const y of [minM[1], maxM[1]]) for (const z of [minM[2], maxM[2]]) corners.push([x, y, z]);
  const centre: Vec3 = [(minM[0] + maxM[0]) / 2, (minM[1] + maxM[1]) / 2, (minM[2] + maxM[2]) / 2];
  return {
    centreM: Math.max(1e-3, distance(pose.cameraInEnuM, centre)),
    farM: Math.max(...corners.map((corner) => distance(pose.cameraInEnuM, corner))),
  };
}
