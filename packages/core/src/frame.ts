import type { CameraId, FrameSeq } from "./brand.ts";

/** What is known about the clock that stamped a frame. */
export type ClockState = "locked" | "holdover" | "free";

/**
 * One image of one camera with its capture time.
 *
 * `pixels` is `[heightPx, widthPx]` uint8, row-major, without padding. It is borrowed: valid until the source is asked for its
 * next frame. `captureNs` is the middle of the exposure on the site's time line; `timeSigmaNs` is one standard deviation.
 */
export interface Frame {
  readonly cameraId: CameraId;
  readonly seq: FrameSeq;
  readonly captureNs: bigint;
  readonly timeSigmaNs: number;
  readonly clockState: ClockState;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixels: Uint8Array;
}
