import { type Intrinsics, lookAt, mat3FromQuaternion, type Pose } from "@skyvox/core";
import type { SiteCamera } from "./site.ts";
import { sourceSchemeOf } from "./source-address.ts";

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

/** Says whether a camera gives pictures; one that does not gives observations. */
export function givesPictures(camera: Pick<SiteCamera, "source">): boolean {
  return sourceSchemeOf(camera.source) !== "labels";
}

/** Returns one standard deviation of a label's coordinates, in pixels; null for a camera whose points are not labels. */
export function labelSigmaPx(camera: SiteCamera): number | null {
  return givesPictures(camera) ? null : (camera.sigmaPx ?? LABEL_SIGMA_PX);
}

/** Labels set by hand or by a tracker in the picture are seldom better. */
const LABEL_SIGMA_PX = 1;
