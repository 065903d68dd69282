import { type Intrinsics, lookAt, mat3FromQuaternion, type Pose } from "@skyvox/core";
import type { SiteCamera } from "./site.ts";

const RAD_PER_DEG = Math.PI / 180;

/** Returns the lens of a site's camera. */
export function cameraIntrinsics(camera: SiteCamera): Intrinsics {
  return camera.intrinsics;
}

/** Returns where a site's camera stands and looks, sigmas in metres and radians. */
export function cameraPose(camera: SiteCamera): Pose {
  const { positionM, orientation, positionSigmaM, angleSigmaDeg } = camera.pose;
  const sigmas = { positionSigmaM, angleSigmaRad: angleSigmaDeg * RAD_PER_DEG };
  if ("lookAtM" in orientation) {
    return lookAt({ cameraInEnuM: positionM, targetEnuM: orientation.lookAtM, ...sigmas });
  }
  return { cameraInEnuM: positionM, cameraFromEnu: mat3FromQuaternion(orientation.cameraFromEnu), ...sigmas };
}
