import type { Vec3 } from "@skyvox/core";
import type { DetectionView } from "./view.ts";

/** The peaks of one frame set and what is known of cameras, volume and targets. */
export interface DetectionOptions {
  readonly timeNs: bigint;
  /** `[count, 16]` uint32, the kernels' table `peaks`; word 14 is the level of a peak's voxels. */
  readonly peaks: Uint32Array;
  readonly views: readonly DetectionView[];
  /** Lower corner in the local east-north-up frame and voxel edge at level 0, metres; it doubles from level to level. */
  readonly volume: { readonly minEnuM: Vec3; readonly voxelSizeM: number };
  /** Distinct cameras that must agree on one peak of a detection. */
  readonly viewsMin: number;
  /** Largest side of a target, metres, and its speed, metres per second. */
  readonly target: { readonly sizeM: number; readonly speedMps: number };
  /** One standard deviation of a blob's centroid, pixels; 0.5 by default. */
  readonly pixelSigmaPx?: number;
}
