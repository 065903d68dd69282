/**
 * Why there is no track at a place, or which one there is: the first thing on the way from motion to a track that is missing there.
 */
import { distance, secondsFromNs, type TrackUpdate, type Vec3 } from "@skyvox/core";
import type { PlaceExplanation } from "@skyvox/dashboard";
import type { Evidence } from "./evidence.ts";
import { lookAtPlace } from "./look.ts";

/** Explains a place by the first step from motion to track that is missing there. */
export function explainPlace(evidence: Evidence, positionM: Vec3): PlaceExplanation {
  const { site, lookers } = evidence;
  const reachM = site.options.target.sizeM;
  const cameras = lookers.map((looker) => lookAtPlace(evidence, looker, { pointM: positionM, reachM }));
  const track = nearestTrack(evidence, positionM);
  const detection = nearestDetection(evidence, positionM);
  const found: Found = {
    ...{ track, detection, needed: site.options.viewsMin, reachM },
    // A thermal partner's motion counts as its camera's.
    looking: cameras.filter(({ verdict }, i) => lookers[i]?.bit !== null && LOOKING.has(verdict)).length,
    moving: cameras.filter(({ verdict }, i) => lookers[i]?.bit !== null && verdict === "moves").length,
  };
  const inside = positionM.every((value, axis) => value >= site.volume.minM[axis]! && value <= site.volume.maxM[axis]!);
  return {
    ...{ positionM, timeS: secondsFromNs(evidence.timeNs), camerasNeeded: found.needed, cameras },
    ...(inside ? firstMissing(evidence, found) : OUTSIDE),
    track,
    detection,
  };
}

interface Found {
  readonly track: PlaceExplanation["track"];
  readonly detection: PlaceExplanation["detection"];
  readonly needed: number;
  readonly reachM: number;
  readonly looking: number;
  readonly moving: number;
}

const LOOKING: ReadonlySet<string> = new Set(["moves", "still"]);
const OUTSIDE = { verdict: "outside", summary: "The place lies outside the watched volume" } as const;

function firstMissing(evidence: Evidence, found: Found): Pick<PlaceExplanation, "verdict" | "summary"> {
  const { track, detection, needed, looking, moving, reachM } = found;
  if (track !== null && track.state !== "tentative") {
    return { verdict: "track", summary: `Track ${track.id} is here, ${track.distanceM.toFixed(1)} m off` };
  }
  if (track !== null) {
    const needs = `its score is ${track.score.toFixed(1)} and must reach ${evidence.confirmScore.toFixed(1)}`;
    return { verdict: "tentative", summary: `Track ${track.id} is here but not confirmed yet: ${needs}` };
  }
  if (detection !== null) {
    const cameras = `${detection.cameraCount} cameras agree ${detection.distanceM.toFixed(1)} m off`;
    return { verdict: "detection", summary: `${cameras}: a track begins with the second detection in its gate` };
  }
  if (looking < needed) {
    return { verdict: "unwatched", summary: `${looking} cameras look here and can see motion, ${needed} must agree` };
  }
  if (moving < needed) {
    const seen = `${moving} of ${looking} cameras that look here see something move`;
    return { verdict: "still", summary: `${seen}, ${needed} must agree` };
  }
  const apart = `${moving} cameras see motion in this direction, but no ${needed} of them agree within ${reachM} m`;
  return { verdict: "apart", summary: apart };
}

/** The track nearest to a place that may well be there: within three sigmas and a target's size. */
function nearestTrack({ updates, site }: Evidence, positionM: Vec3): PlaceExplanation["track"] {
  let nearest: PlaceExplanation["track"] = null;
  for (const update of updates) {
    const { id, state, score } = update;
    const distanceM = distance(update.positionEnuM, positionM);
    if (state === "deleted" || distanceM > 3 * largestSigmaM(update) + site.options.target.sizeM) continue;
    if (nearest === null || distanceM < nearest.distanceM) nearest = { id, state, score, distanceM };
  }
  return nearest;
}

function largestSigmaM({ covariance }: TrackUpdate): number {
  return Math.sqrt(Math.max(covariance[0]!, covariance[7]!, covariance[14]!));
}

/** The detection nearest to a place, within three of its sigmas and a target's size. */
function nearestDetection({ detections, site }: Evidence, positionM: Vec3): PlaceExplanation["detection"] {
  let nearest: PlaceExplanation["detection"] = null;
  for (const { positionEnuM, covarianceM2, cameraCount } of detections) {
    const distanceM = distance(positionEnuM, positionM);
    const sigmaM = Math.sqrt(Math.max(covarianceM2[0], covarianceM2[4], covarianceM2[8]));
    if (distanceM > 3 * sigmaM + site.options.target.sizeM) continue;
    if (nearest === null || distanceM < nearest.distanceM) nearest = { distanceM, cameraCount };
  }
  return nearest;
}
