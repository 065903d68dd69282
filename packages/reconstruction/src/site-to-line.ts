/**
 * Opens a site's cameras and volume on a kernel backend: the numbers the line works with, worked out once.
 *
 * Cells are as large as a voxel looks from the camera: larger ones would blur the voxels, smaller ones cast many rays through the same
 * voxels. The size is taken at the volume's far end, where a voxel looks smallest, so neighbouring cells leave no gaps there.
 */

import { cameraIntrinsics, cameraPose, type Site, type SiteCamera } from "@skyvox/cameras";
import { assert, type CameraId, distance, type Intrinsics, type Pose, type Vec3 } from "@skyvox/core";
import type { CameraHandle, FineSpec, GridHandle, Kernels, MotionParams, SpotParams } from "@skyvox/kernels";
import { levelForFootprint, pixelFootprintM, voxelSizeAtLevelM } from "@skyvox/voxels";
import { inSiteWords, rayModelOf } from "./camera-refusal.ts";
import { type LineVolume, lineVolume, WORLD_LIMITS } from "./line-volume.ts";
import { motionParams, spotParams } from "./motion-params.ts";
import { type ThermalPartner, thermalPartner } from "./thermal-pair.ts";

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
  /** Looks for faint points too; null: it does not. */
  readonly spots: SpotParams | null;
  /** The thermal camera beside it; null: there is none. */
  readonly thermal: ThermalPartner | null;
  /** False for a thermal camera beside another one, whose rays carry what it sees. */
  readonly castsRays: boolean;
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
  readonly raysThrough: Site["options"]["rays"];
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
const SPOTS_MAX = 4096;
const FUSED_MAX = 16384;
const CELL_SHIFT_MAX = 5;
/** A camera inside the volume would spread its bundles over the whole picture: 32 pixels at most. */
const BUNDLE_SPREAD_Q8_MAX = 32 << 8;

/**
 * Opens every camera of the site and the grid of its volume.
 *
 * @throws {SkyvoxError} "site" for a volume of too many voxels; "calibration" for a camera whose lens or place no ray model can hold, naming it.
 */
export function openLine(site: Site, kernels: Kernels): Line {
  const volume = lineVolume(site);
  const grid = kernels.openGrid({
    sizeVoxels: volume.sizeVoxels,
    raysMax: RAYS_PER_VIEW_MAX * site.cameras.length,
    bricksMax: volume.levels === null ? BRICKS_MAX : WORLD_LIMITS.superblocksMax,
    peaksMax: PEAKS_MAX,
    voxelsMax: VOXELS_MAX,
    dense: false,
    ...fineOf(volume),
  });
  // Cameras of one make share a lens: its table of distortion, kept by object, is made once.
  const lenses = new Map<string, Intrinsics>();
  const lensOf = (camera: SiteCamera): Intrinsics => {
    const key = JSON.stringify(camera.intrinsics);
    const lens = lenses.get(key) ?? cameraIntrinsics(camera);
    lenses.set(key, lens);
    return lens;
  };
  for (const [view, camera] of site.cameras.entries()) {
    const optics = { intrinsics: lensOf(camera), pose: cameraPose(camera) };
    kernels.setView(grid, view, rayModelOf(site, view, { ...optics, grid: volume }));
  }
  const cameras = site.cameras.map((camera, view) => openCamera(site, camera, view, lensOf(camera), volume, kernels));
  const byId = new Map(cameras.map((camera) => [camera.id, camera]));
  return {
    kernels,
    grid,
    volume,
    cameras,
    viewsMin: site.options.viewsMin,
    motion: motionParams(site.options.motion),
    blobPixelsMin: site.options.blobPixelsMin,
    raysThrough: site.options.rays,
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

function fineOf({ levels }: LineVolume): { fine?: FineSpec } {
  return levels === null ? {} : { fine: { levels, ...WORLD_LIMITS.fine } };
}

function openCamera(
  site: Site,
  camera: SiteCamera,
  view: number,
  intrinsics: Intrinsics,
  volume: LineVolume,
  kernels: Kernels,
): LineCamera {
  const pose = cameraPose(camera);
  const range = rangesM(site, pose);
  const fixed = site.options.cellShift;
  const cellShift = fixed === "auto" ? cellShiftFor(volume, intrinsics, range.farM) : fixed;
  const floodedPixelCount = Math.ceil(site.options.floodedFraction * intrinsics.widthPx * intrinsics.heightPx);
  const cellSizePx = 2 ** cellShift;
  const cellsInPicture = Math.ceil(intrinsics.widthPx / cellSizePx) * Math.ceil(intrinsics.heightPx / cellSizePx);
  const spots = spotParams(site.options.spots, intrinsics);
  const thermal = inSiteWords(site, view, "thermal", () => thermalPartner(site, camera));
  const handle = kernels.openCamera({
    widthPx: intrinsics.widthPx,
    heightPx: intrinsics.heightPx,
    motionMax: floodedPixelCount,
    // A cell holds at least one moving pixel.
    cellsMax: Math.min(cellsInPicture, floodedPixelCount),
    blobsMax: BLOBS_MAX,
    ...(spots === null ? {} : { spotsMax: SPOTS_MAX }),
    ...(thermal === null ? {} : { fusedMax: FUSED_MAX }),
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
      Math.round((128 * voxelSizeAtM(volume, intrinsics, range.centreM) * intrinsics.fxPx) / range.centreM),
    ),
    floodedPixelCount,
    spots,
    thermal,
    castsRays: !site.cameras.some((other) => other.thermal?.camera === camera.id),
  };
}

function cellShiftFor(volume: LineVolume, intrinsics: Intrinsics, rangeM: number): number {
  const voxelSizeM = voxelSizeAtM(volume, intrinsics, rangeM);
  const voxelFootprintPx = (voxelSizeM * Math.max(intrinsics.fxPx, intrinsics.fyPx)) / rangeM;
  return Math.min(CELL_SHIFT_MAX, Math.max(0, Math.floor(Math.log2(voxelFootprintPx))));
}

/** How large the voxels are that this camera resolves at a range. */
function voxelSizeAtM(volume: LineVolume, intrinsics: Intrinsics, rangeM: number): number {
  if (volume.levels === null) return volume.voxelSizeM;
  return voxelSizeAtLevelM(levelForFootprint(pixelFootprintM(intrinsics, rangeM)));
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
