/** What explanations are made of: one frame set's detections and tracks, and what every camera saw about then. */
import { cameraIntrinsics, cameraPose, camerasWithRays, type Site } from "@skyvox/cameras";
import type { CameraId, Detection, Intrinsics, Pose, TrackUpdate } from "@skyvox/core";
import { chiSquareQuantile, type TrackerOptions } from "@skyvox/tracking";
import type { CameraReport } from "../worker-messages.ts";

/** A camera as explanations look through it. */
export interface Looker {
  readonly id: CameraId;
  readonly intrinsics: Intrinsics;
  readonly pose: Pose;
  /** Its bit in `Detection.cameraBits`; null for the thermal partner of another, whose motion counts as that one's. */
  readonly bit: number | null;
}

/** What does not change while a site runs. */
export interface ExplainedSite {
  readonly site: Site;
  readonly lookers: readonly Looker[];
  readonly tracker: TrackerOptions;
  /** The score from which a track is confirmed: Wald's upper bound. */
  readonly confirmScore: number;
  /** Squared distance, in sigmas, beyond which a detection belongs to no track. */
  readonly gate: number;
}

/** One moment of a site. */
export interface Evidence extends ExplainedSite {
  readonly timeNs: bigint;
  readonly detections: readonly Detection[];
  readonly updates: readonly TrackUpdate[];
  /** What each camera saw last: of this frame set or a frame beside it. */
  readonly reports: readonly CameraReport[];
}

/** Prepares a site to be explained, with the options of its tracker. */
export function explainedSite(site: Site, tracker: TrackerOptions): ExplainedSite {
  const withRays = camerasWithRays(site);
  return {
    site,
    lookers: site.cameras.map((camera) => {
      const bit = withRays.indexOf(camera);
      const place = { intrinsics: cameraIntrinsics(camera), pose: cameraPose(camera) };
      return { id: camera.id, ...place, bit: bit < 0 ? null : bit };
    }),
    tracker,
    confirmScore: Math.log((1 - tracker.trueDeleteProbability) / tracker.falseConfirmProbability),
    gate: chiSquareQuantile(tracker.gateProbability, 3),
  };
}
