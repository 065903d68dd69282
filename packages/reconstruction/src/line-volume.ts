/**
 * The volume of a site as voxels: one grid of voxels of the size that the site states, or, where it says "auto", a sparse world whose
 * voxels follow what the cameras resolve.
 */
import { cameraIntrinsics, cameraPose, type Site } from "@skyvox/cameras";
import { SkyvoxError, type Vec3 } from "@skyvox/core";
import {
  type Lattice,
  latticeOf,
  sizeVoxelsOf,
  superblockLevels,
  voxelSizeAtLevelM,
  WORLD_VOXEL_SIZE_M,
} from "@skyvox/voxels";

/** The grid that rays are cast into: voxel `[x, y, z]` spans `minEnuM + voxelSizeM * [x, y, z]` to one voxel further. */
export interface LineVolume {
  readonly minEnuM: Vec3;
  readonly voxelSizeM: number;
  readonly sizeVoxels: readonly [number, number, number];
  /** Level of each brick of a sparse world; null for voxels of one size. */
  readonly levels: Uint8Array | null;
  /** Edge of the voxels that detections come from at level 0, metres. */
  readonly finestSizeM: number;
  /** Where voxels are listed for people: the grid itself, or one lattice for all levels of a world. */
  readonly lattice: Lattice;
}

const AXIS_VOXELS_MAX = 2047;

/**
 * Limits of a sparse world, about 80 MB in all: blocks of 102 m in which cameras meet, and what is resolved within them. With 200 targets
 * and 12 cameras around 10 km there are 10,923 blocks, and about 15 bricks a target and as many again by chance (`bun bench world`).
 */
export const WORLD_LIMITS = {
  superblocksMax: 12_288,
  fine: { tilesMax: 4096, segmentsMax: 2 ** 17, marksMax: 2 ** 21, bricksMax: 4096 },
} as const;

/**
 * Divides the volume of a site.
 *
 * @throws {SkyvoxError} "site" for a volume of too many voxels.
 */
export function lineVolume(site: Site): LineVolume {
  const { minM: minEnuM, maxM, voxelSizeM: wanted } = site.volume;
  const { voxelSizeM, sizeVoxels } = divide(site);
  const place = { minEnuM, voxelSizeM, sizeVoxels };
  if (wanted !== "auto") {
    return { ...place, levels: null, finestSizeM: voxelSizeM, lattice: { voxelSizeM, sizeVoxels } };
  }
  const cameras = site.cameras.map((camera) => ({
    intrinsics: cameraIntrinsics(camera),
    cameraInEnuM: cameraPose(camera).cameraInEnuM,
  }));
  const levels = superblockLevels(place, cameras, site.options.viewsMin);
  return { ...place, levels, finestSizeM: voxelSizeAtLevelM(0), lattice: latticeOf(minEnuM, maxM) };
}

/**
 * Checks that the volume of a site can be divided, in no time.
 *
 * @throws {SkyvoxError} "site" for a volume of too many voxels.
 */
export function checkVolume(site: Site): void {
  divide(site);
}

function divide({ volume }: Site): Pick<LineVolume, "voxelSizeM" | "sizeVoxels"> {
  const isWorld = volume.voxelSizeM === "auto";
  const voxelSizeM = volume.voxelSizeM === "auto" ? WORLD_VOXEL_SIZE_M : volume.voxelSizeM;
  const sizeVoxels = sizeVoxelsOf(volume.minM, volume.maxM, voxelSizeM);
  const most = Math.max(...sizeVoxels);
  if (most <= AXIS_VOXELS_MAX) return { voxelSizeM, sizeVoxels };
  const found = `its longest side takes ${most}, need at most ${AXIS_VOXELS_MAX}`;
  const cure = isWorld
    ? `a side of at most ${Math.floor((AXIS_VOXELS_MAX * voxelSizeM) / 1000)} km`
    : `volume.voxelSizeM of ${((most * voxelSizeM) / AXIS_VOXELS_MAX).toPrecision(3)} or more, or "auto"`;
  throw new SkyvoxError("site", `Cannot divide the volume into voxels of ${voxelSizeM} m: ${found} (${cure})`);
}
