/**
 * What cameras that mark points saw between two frame sets, as bearings for the tracker.
 *
 * Frame sets keep at most one observation per camera and instant; a tracker of bearings takes every one at its own time, so they are
 * gathered beside the sets. Only a site whose cameras all give marks is tracked so: the blobs of pictures break up, merge and linger as
 * holes in the background, which the search for meeting points knows how to judge and bearings of single cameras do not.
 */
import { cameraIntrinsics, givesPictures, labelSigmaPx, type Site } from "@skyvox/cameras";
import type { CameraId, Intrinsics, Observation } from "@skyvox/core";
import { blobPoints } from "@skyvox/reconstruction";
import { type BearingView, type PicturePoint, viewFromPoints } from "@skyvox/tracking";

/** True for a site that is tracked by bearings. */
export function tracksByBearings({ cameras }: Site): boolean {
  return !cameras.some(givesPictures);
}

/** Gathers observations as views until they are taken. */
export class BearingViews {
  readonly #lenses: ReadonlyMap<CameraId, { readonly intrinsics: Intrinsics; readonly sigmaPx: number }>;
  #gathered: BearingView[] = [];

  /** A camera of the site that gives pictures is passed over. */
  constructor({ cameras }: Site) {
    this.#lenses = new Map(
      cameras.flatMap((camera) => {
        const sigmaPx = labelSigmaPx(camera);
        return sigmaPx === null ? [] : [[camera.id, { intrinsics: cameraIntrinsics(camera), sigmaPx }] as const];
      }),
    );
  }

  add({ cameraId, captureNs, timeSigmaNs, pose, blobs }: Observation): void {
    const lens = this.#lenses.get(cameraId);
    if (lens === undefined) return;
    const { intrinsics, sigmaPx } = lens;
    const points = pointsOf(blobs, sigmaPx);
    const view = viewFromPoints({ camera: cameraId, captureNs, timeSigmaNs, pose, intrinsics, points });
    const lastingRad = LASTING_SIGMAS * sigmaPx * view.pixelRad;
    this.#gathered.push({ ...view, pose: { ...pose, angleSigmaRad: Math.hypot(pose.angleSigmaRad, lastingRad) } });
  }

  /** Gives what was gathered since the last time. */
  take(): readonly BearingView[] {
    const gathered = this.#gathered;
    this.#gathered = [];
    return gathered;
  }
}

/**
 * How much of a mark's error lasts, in its own sigmas: a hand or a tracker that slips off the target stays off for seconds. Of the marks
 * of six cameras on a flight with RTK, as many lay outside the 95 % of their tracks' covariance as should with this, 31 % without.
 */
const LASTING_SIGMAS = 3;

/** The weighted centres of blobs, each as well known as a mark. */
function pointsOf(blobs: Uint32Array, sigmaPx: number): PicturePoint[] {
  const cells = blobPoints(blobs);
  const variance = sigmaPx * sigmaPx;
  return Array.from({ length: cells.length / 4 }, (_, index) => ({
    u: cells[index * 4]! / 256,
    v: cells[index * 4 + 1]! / 256,
    covariancePx2: [variance, 0, variance],
  }));
}
