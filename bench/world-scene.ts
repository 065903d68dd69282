/**
 * A world of ten kilometres that the sparse grid is measured on: targets over a plain, seen by 8K cameras around it and in it.
 *
 * Half of the cameras stand in a ring and look in, the others stand further in and look across. A target shows as 3 by 3 pixels,
 * whatever its distance, with its centre where it is to a fraction of a pixel: what a blob's weighted centre gives.
 */
import { createPrng, type Intrinsics, lookAt, type Pose, project, type Vec3 } from "@skyvox/core";
import { buildRayModel, type GridSpec, type RayModel } from "@skyvox/kernels";
import { WORLD_LIMITS } from "@skyvox/reconstruction";
import { superblockLevels, WORLD_VOXEL_SIZE_M } from "@skyvox/voxels";

/** One time step of a world. */
export interface WorldScene {
  readonly grid: GridSpec;
  readonly minEnuM: Vec3;
  readonly targets: readonly Vec3[];
  readonly views: readonly { readonly model: RayModel; readonly points: Uint32Array }[];
  readonly rayCount: number;
}

/** How large a world is. */
export interface WorldSize {
  readonly targets: number;
  readonly sideM: number;
  readonly heightM: number;
  readonly cameras: number;
}

/** As many views must agree. */
export const WORLD_VIEWS_MIN = 3;

const FOUND_MAX = { peaksMax: 16_384, voxelsMax: 65_536 } as const;

const intrinsics: Intrinsics = {
  widthPx: 7680,
  heightPx: 4320,
  fxPx: 3840 / Math.tan(Math.PI / 6),
  fyPx: 3840 / Math.tan(Math.PI / 6),
  cxPx: 3839.5,
  cyPx: 2159.5,
  distortion: [0, 0, 0, 0, 0],
};

/** Builds a time step from a seed. */
export function worldScene({
  seed,
  targets: targetCount,
  sideM,
  heightM,
  cameras,
}: WorldSize & { seed: number }): WorldScene {
  const prng = createPrng(seed);
  const minEnuM: Vec3 = [-sideM / 2, -sideM / 2, 0];
  const across = (sizeM: number) => Math.ceil(sizeM / WORLD_VOXEL_SIZE_M);
  const sizeVoxels = [across(sideM), across(sideM), across(heightM)] as const;
  const poses = Array.from({ length: cameras }, (_, i) => poseOf(i, cameras, sideM));
  const place = { minEnuM, voxelSizeM: WORLD_VOXEL_SIZE_M, sizeVoxels };
  const seen = poses.map((pose) => ({ intrinsics, cameraInEnuM: pose.cameraInEnuM }));
  const levels = superblockLevels(place, seen, WORLD_VIEWS_MIN);
  const targets: Vec3[] = [];
  while (targets.length < targetCount) {
    const along = (half: number) => prng.uniform(-half, half);
    const target: Vec3 = [along(0.4 * sideM), along(0.4 * sideM), prng.uniform(0.1, 0.9) * heightM];
    // What fewer see cannot be found by any.
    const seenBy = poses.filter((pose) => squareAround(project(intrinsics, pose, target)).length > 0);
    if (seenBy.length >= WORLD_VIEWS_MIN) targets.push(target);
  }
  const views = poses.map((pose) => ({
    model: buildRayModel({ intrinsics, pose, grid: place }),
    points: Uint32Array.from(targets.flatMap((target) => squareAround(project(intrinsics, pose, target)))),
  }));
  const rayCount = views.reduce((sum, { points }) => sum + points.length / 4, 0);
  return {
    grid: {
      ...FOUND_MAX,
      sizeVoxels,
      raysMax: rayCount,
      bricksMax: WORLD_LIMITS.superblocksMax,
      dense: false,
      fine: { levels, ...WORLD_LIMITS.fine },
    },
    minEnuM,
    targets,
    views,
    rayCount,
  };
}

function poseOf(index: number, count: number, sideM: number): Pose {
  const turn = (2 * Math.PI * index) / count;
  const isOuter = index % 2 === 0;
  const radiusM = (isOuter ? 0.48 : 0.25) * sideM;
  const at: Vec3 = [radiusM * Math.cos(turn), radiusM * Math.sin(turn), 3 + (index % 5)];
  const aim: Vec3 = isOuter ? [0, 0, 0.06 * sideM] : [-at[0], -at[1], 0.06 * sideM];
  return lookAt({ cameraInEnuM: at, targetEnuM: aim });
}

const MARGIN_PX = 3;

/** Rows `[u, v, weight, 1]` of the 3 by 3 pixels around an image point, in 1/256 pixel; none where they leave the picture. */
function squareAround(uv: readonly [number, number] | null): number[] {
  if (uv === null) return [];
  const [u, v] = uv;
  const isInside =
    u >= MARGIN_PX && v >= MARGIN_PX && u <= intrinsics.widthPx - MARGIN_PX && v <= intrinsics.heightPx - MARGIN_PX;
  if (!isInside) return [];
  return Array.from({ length: 9 }, (_, i) => {
    const [du, dv] = [(i % 3) - 1, Math.floor(i / 3) - 1];
    return [Math.round(256 * (u + du)), Math.round(256 * (v + dv)), 200 - 40 * (du * du + dv * dv), 1];
  }).flat();
}
