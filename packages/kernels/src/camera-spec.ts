/** What a camera of a backend is opened with, what its ops take, and which tables it has. */

/** Limits of one camera; what passes a limit is counted in `Table.total` and flagged, never silent. */
export interface CameraSpec {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly motionMax: number;
  readonly cellsMax: number;
  readonly blobsMax: number;
  /** Rows of table "spots"; absent: the camera takes no op `spots`. */
  readonly spotsMax?: number;
  /** Rows of tables "registered" and "fused"; absent: the camera takes no ops `register` and `fuse`. */
  readonly fusedMax?: number;
}

/** How the background follows the picture: previous frame, one grey level per frame, mean over 16 frames, or mean and variance. */
export type MotionMode = "diff" | "sigmaDelta" | "average" | "gaussian";

/** How one frame is compared. `threshold` is 0 … 255 grey levels; `step` (1 … 255, by default 1) is how fast `sigmaDelta` follows. */
export interface MotionParams {
  readonly mode: MotionMode;
  readonly threshold: number;
  readonly step?: number;
  /** Needed by mode `gaussian`, unused by the others. */
  readonly gaussian?: GaussianParams;
}

/** The model of mode `gaussian`: a slow mean with its variance, which what moves hardly changes, and a fast mean. */
export interface GaussianParams {
  /** The slow mean and the variance follow by 2^-slowShift of the way per frame, 1 … 12. */
  readonly slowShift: number;
  /** The fast mean follows by 2^-fastShift, 1 … 8. */
  readonly fastShift: number;
  /** Where a pixel moves its slow mean follows 2^holdShift times slower, 0 … 8: so long does a hovering target stay a target. */
  readonly holdShift: number;
  /** A pixel moves past this square of its signal-to-noise ratio, in 1/16, 1 … 2^14: 256 is four standard deviations. */
  readonly snrMinQ4: number;
  /** Least variance, in 1/256 square grey level, 16 … 65535: the noise of rounding to whole grey levels. */
  readonly varianceMinQ8: number;
}

/** How op `spots` chooses: the least square of the filtered signal-to-noise ratio in 1/16, and the most spots of 64 by 64 pixels. */
export interface SpotParams {
  readonly snrMinQ4: number;
  /** 1 … 1024. */
  readonly perTileMax: number;
}

/** How op `fuse` joins: how far apart on each axis, in 1/256 pixel (0 … 2^20), and what thermal weight counts, in 1/16 (0 … 255). */
export interface FuseParams {
  readonly gateQ8: number;
  readonly gainQ4: number;
}

/** Which table of a camera is read back; the layout of a row stands in the op of the same name. */
export type CameraTable = "motion" | "cells" | "blobs" | "spots" | "registered" | "fused";
