import type { Mat3 } from "./mat.ts";
import type { Vec3 } from "./vec3.ts";

/**
 * A place where enough cameras agree that something moves, from one frame set.
 *
 * `covarianceM2` is `[3, 3]` row-major in square metres in the local east-north-up frame. `extentM` is one standard deviation of
 * the evidence about its centre per axis: how large the thing looks. `cameraCount` says how many distinct cameras took part,
 * `weight` is the sum of their motion.
 */
export interface Detection {
  readonly timeNs: bigint;
  readonly positionEnuM: Vec3;
  readonly covarianceM2: Mat3;
  readonly extentM: Vec3;
  readonly cameraBits: number;
  readonly cameraCount: number;
  readonly weight: number;
}
