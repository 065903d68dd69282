/**
 * Sharpens a candidate from the blobs its views show: sub-pixel bearings are finer than voxels.
 *
 * Per view the moments of its own blobs add up to one centroid and so to one bearing. Their weighted meeting point replaces the voxel
 * centroid if at least `viewsMin` bearings take part, their residuals pass a chi-square test (dropping the worst view while enough
 * are left), and the point stays on the body. Otherwise the voxel centroid stands: where blobs of two targets run together in a view,
 * voxels still tell them apart.
 */
import { unproject, type Vec3 } from "@skyvox/core";
import { type Bearing, chiSquareLimit, type Meeting, meetBearings, squaredResidual } from "./bearings.ts";
import { addDiagonal, BODY_REACH, type Candidate, priorSigmaM, type Sighting } from "./candidate.ts";

/** Position and covariance of a candidate from its bearings, or null where they do not agree. */
export function refineByBearings(candidate: Candidate, viewsMin: number): Meeting | null {
  const { positionEnuM, extentM, wanderM2, voxelSizeM } = candidate;
  const prior = { positionEnuM, sigmaM: priorSigmaM(extentM, voxelSizeM) };
  // Views of an extended body need not see the same parts move: that much they may miss each other by.
  const bodyM2 = (wanderM2[0] + wanderM2[1] + wanderM2[2]) / 3;
  let bearings = candidate.sightings.flatMap((sighting) => bearingOf(sighting, bodyM2) ?? []);
  while (bearings.length >= Math.max(2, viewsMin)) {
    const meeting = meetBearings(bearings, prior);
    const residuals = bearings.map((bearing) => squaredResidual(bearing, meeting.positionEnuM));
    const total = residuals.reduce((sum, value) => sum + value, 0);
    if (total <= chiSquareLimit(2 * bearings.length - 3)) {
      return isOnBody(meeting, candidate) ? finish(meeting, wanderM2, bodyM2) : null;
    }
    const worst = residuals.indexOf(Math.max(...residuals));
    bearings = bearings.filter((_, index) => index !== worst);
  }
  return null;
}

function bearingOf({ view, sigmaM, own }: Sighting, bodyM2: number): Bearing | null {
  const { weight, weightU, weightV } = view.blobs;
  let sum = 0;
  let sumU = 0;
  let sumV = 0;
  for (const blob of own) {
    sum += weight[blob]!;
    sumU += weightU[blob]!;
    sumV += weightV[blob]!;
  }
  if (sum === 0) return null;
  const direction = unproject(view.intrinsics, view.pose, [sumU / sum, sumV / sum]);
  if (direction === null) return null;
  return { originEnuM: view.pose.cameraInEnuM, direction, sigmaM: Math.sqrt(sigmaM * sigmaM + bodyM2) };
}

/** Where bearings are vague, evidence lies anywhere along them: their own doubt widens what counts as on the body. */
function isOnBody(meeting: Meeting, { positionEnuM, extentM, voxelSizeM }: Candidate): boolean {
  for (let axis = 0; axis < 3; axis++) {
    const reach = BODY_REACH * extentM[axis]! + 2 * voxelSizeM + 3 * Math.sqrt(meeting.covarianceM2[axis * 4]!);
    if (Math.abs(meeting.positionEnuM[axis]! - positionEnuM[axis]!) > reach) return false;
  }
  return true;
}

/** The centre of an extended body wanders for all views alike, so no number of bearings averages it out: it is added whole. */
function finish(meeting: Meeting, wanderM2: Vec3, bodyM2: number): Meeting {
  if (bodyM2 === 0) return meeting;
  return { positionEnuM: meeting.positionEnuM, covarianceM2: addDiagonal(meeting.covarianceM2, wanderM2) };
}
