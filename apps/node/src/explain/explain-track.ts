/**
 * Why a track is a track: the detection it took last, the cameras that took part, and its score against what it needs.
 *
 * Everything is of one moment, at most a tenth of a second old. The detection is found again as the nearest one in sigmas: the tracker decides
 * with the prediction, which the update has moved towards it meanwhile.
 */
import {
  distance,
  dot,
  inverse3,
  type Mat3,
  secondsFromNs,
  subtract,
  type TrackUpdate,
  transform3,
} from "@skyvox/core";
import type { CameraVerdict, TrackExplanation } from "@skyvox/dashboard";
import type { Evidence, Looker } from "./evidence.ts";
import { lookAtPlace } from "./look.ts";

/** Explains a track by its last update, which may be older than the evidence where the track has ended. */
export function explainTrack(evidence: Evidence, update: TrackUpdate): TrackExplanation {
  const { tracker, confirmScore, gate } = evidence;
  const ended = update.state === "deleted";
  const detection = ended || update.missedCount > 0 ? null : takenDetection(evidence, update);
  const cameras = ended ? [] : evidence.lookers.map((looker) => verdictOf(evidence, update, looker, detection));
  const ageS = secondsFromNs(update.timeNs - update.firstTimeNs);
  const said = { update, ageS, seenBy: cameras.filter(({ verdict }) => verdict === "seen").length };
  return {
    id: update.id,
    timeS: secondsFromNs(update.timeNs),
    state: update.state,
    summary: summaryOf(evidence, said),
    score: update.score,
    confirmScore,
    existence: 1 / (1 + Math.exp(-update.score)),
    ageS,
    detectionCount: update.detectionCount,
    missedCount: update.missedCount,
    model: `constant velocity, wandering by ${tracker.accelerationMps2} m/s² (one sigma in a second)`,
    covarianceM2: COVARIANCE_PLACES.map((place) => update.covariance[place]!),
    detection: detection && {
      positionM: detection.positionEnuM,
      distanceM: distance(detection.positionEnuM, update.positionEnuM),
      squaredSigmas: detection.squaredSigmas,
      gate,
      cameraCount: detection.cameraCount,
    },
    cameras,
  };
}

/** Where `[ee, en, eu, nn, nu, uu]` stand in the covariance of a state. */
const COVARIANCE_PLACES = [0, 1, 2, 7, 8, 14];

type Taken = Evidence["detections"][number] & { readonly squaredSigmas: number };

/** The detection a track was updated with: the nearest one in sigmas of its own time, if it lies within the gate. */
function takenDetection(evidence: Evidence, update: TrackUpdate): Taken | null {
  let nearest: Taken | null = null;
  for (const detection of evidence.detections) {
    if (detection.timeNs !== update.timeNs) continue;
    const inverse = inverse3(sum(positionCovariance(update), detection.covarianceM2));
    if (inverse === null) continue;
    const apart = subtract(detection.positionEnuM, update.positionEnuM);
    const squaredSigmas = dot(apart, transform3(inverse, apart));
    if (nearest === null || squaredSigmas < nearest.squaredSigmas) nearest = { ...detection, squaredSigmas };
  }
  return nearest !== null && nearest.squaredSigmas <= evidence.gate ? nearest : null;
}

/** A camera that took part in the detection has seen the track; any other says why it has not. */
function verdictOf(evidence: Evidence, update: TrackUpdate, looker: Looker, taken: Taken | null): CameraVerdict {
  const reachM = GATE_SIGMAS * Math.sqrt(Math.max(...[0, 7, 14].map((place) => update.covariance[place]!)));
  const answer = lookAtPlace(evidence, looker, {
    pointM: update.positionEnuM,
    velocityMps: update.velocityEnuMps,
    reachM,
  });
  const tookPart = taken !== null && looker.bit !== null && ((taken.cameraBits >>> looker.bit) & 1) === 1;
  if (tookPart) return { ...answer, verdict: "seen", detail: "took part in its detection" };
  if (answer.verdict !== "moves") return answer;
  return { ...answer, detail: `${answer.detail}, not part of ${taken === null ? "any" : "its"} detection` };
}

/** Motion further from a track than this many sigmas is not its own. */
const GATE_SIGMAS = 3;

interface Said {
  readonly update: TrackUpdate;
  readonly ageS: number;
  readonly seenBy: number;
}

function summaryOf({ tracker, confirmScore, lookers }: Evidence, { update, ageS, seenBy }: Said): string {
  const { score, detectionCount, missedCount } = update;
  const seen = `${seenBy} of ${lookers.length} cameras`;
  const needs = `${score.toFixed(1)}, confirmed from ${confirmScore.toFixed(1)} on`;
  switch (update.state) {
    case "tentative":
      return `Not confirmed yet: its score is ${needs}; ${detectionCount} detections in ${ageS.toFixed(1)} s`;
    case "confirmed":
      return missedCount === 0
        ? `Confirmed: ${seen} see it now; score ${needs}`
        : `Confirmed, but not seen in the last ${missedCount} frame sets; score ${needs}`;
    case "coasting":
      return `Coasting: no detection in its gate for ${missedCount} frame sets; it ends after ${tracker.coastSecondsMax} s without one`;
    case "deleted":
      return `Ended after ${ageS.toFixed(1)} s and ${detectionCount} detections: ${missedCount} frame sets without one, or another track took its target`;
  }
}

function positionCovariance({ covariance }: TrackUpdate): Mat3 {
  const at = (row: number, column: number): number => covariance[row * 6 + column]!;
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}

function sum(a: Mat3, b: Mat3): Mat3 {
  const at = (place: number): number => a[place]! + b[place]!;
  return [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8)];
}
