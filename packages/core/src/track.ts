import type { TrackId } from "./brand.ts";
import type { Vec3 } from "./vec3.ts";

/** Where a track stands in its life. A coasting track is confirmed but had no detection in the last frame set. */
export type TrackState = "tentative" | "confirmed" | "coasting" | "deleted";

/**
 * The estimate of one target after one frame set.
 *
 * `covariance` is `[6, 6]` row-major over `[e, n, u, ve, vn, vu]` in metres and metres per second, local east-north-up.
 * `score` is the log-likelihood ratio of "target" against "clutter". `firstTimeNs` is the time of the detection it began with.
 */
export interface TrackUpdate {
  readonly id: TrackId;
  readonly state: TrackState;
  readonly timeNs: bigint;
  readonly firstTimeNs: bigint;
  readonly positionEnuM: Vec3;
  readonly velocityEnuMps: Vec3;
  readonly covariance: Float64Array;
  readonly score: number;
  readonly detectionCount: number;
  readonly missedCount: number;
}
