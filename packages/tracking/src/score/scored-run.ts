import type { Mat3, Vec3 } from "@skyvox/core";

/** Where a target truly is; `name` identifies it over time. Metres, local east-north-up. */
export interface TruthPoint {
  readonly name: string;
  readonly positionEnuM: Vec3;
}

/** Where a track that counts (confirmed or coasting) says a target is; covariance `[3, 3]` row-major in square metres. */
export interface ScoredTrack {
  readonly id: number;
  readonly positionEnuM: Vec3;
  readonly covarianceM2: Mat3;
}

/** One instant of a run that is scored; names and ids occur once each. */
export interface ScoredStep {
  readonly timeS: number;
  readonly truth: readonly TruthPoint[];
  readonly tracks: readonly ScoredTrack[];
}

/** Where every target is at a time in seconds, or those whose path covers that time. */
export type TruthAt = (timeS: number) => readonly TruthPoint[];

/** The true paths of a run and the span they cover. */
export interface Truth {
  readonly at: TruthAt;
  readonly startS: number;
  readonly endS: number;
}
