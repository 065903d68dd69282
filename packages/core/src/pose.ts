import type { Mat3 } from "./mat.ts";
import { cross, norm, normalize, scale, subtract, type Vec3 } from "./vec3.ts";

/**
 * Where a camera stands and looks, with its uncertainty.
 *
 * `cameraFromEnu` maps a vector of the site's local east-north-up frame to the optical frame (x right, y down, z forward);
 * `cameraInEnuM` is the centre of projection in metres. The sigmas are one standard deviation per axis.
 */
export interface Pose {
  readonly cameraInEnuM: Vec3;
  readonly cameraFromEnu: Mat3;
  readonly positionSigmaM: number;
  readonly angleSigmaRad: number;
}

/**
 * Aims a camera: optical axis from `cameraInEnuM` at `targetEnuM`, image x level (no roll). Looking straight up or down, image x
 * points east.
 */
export function lookAt(options: {
  readonly cameraInEnuM: Vec3;
  readonly targetEnuM: Vec3;
  readonly positionSigmaM?: number;
  readonly angleSigmaRad?: number;
}): Pose {
  const forward = normalize(subtract(options.targetEnuM, options.cameraInEnuM));
  const level = cross(forward, [0, 0, 1]);
  // Within a nanoradian of straight up or down "level" is rounding noise; east, made exactly square to the axis, takes its place.
  const right = normalize(norm(level) < 1e-9 ? subtract([1, 0, 0], scale(forward, forward[0])) : level);
  const down = cross(forward, right);
  return {
    cameraInEnuM: options.cameraInEnuM,
    cameraFromEnu: [...right, ...down, ...forward],
    positionSigmaM: options.positionSigmaM ?? 0,
    angleSigmaRad: options.angleSigmaRad ?? 0,
  };
}
