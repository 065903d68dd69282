import type { CameraId, FrameSeq } from "./brand.ts";
import type { Pose } from "./pose.ts";

/**
 * What one camera saw in one frame: a few kilobytes that may cross machines instead of the frame.
 *
 * `cells` is the motion the rays are cast from, `blobs` the connected motion the bearings come from; both are the integers the
 * kernels returned (layouts: `CellList` and `BlobList` of `@skyvox/kernels`), so an observation replays to the last bit.
 */
export interface Observation {
  readonly cameraId: CameraId;
  readonly seq: FrameSeq;
  readonly captureNs: bigint;
  readonly timeSigmaNs: number;
  readonly pose: Pose;
  /** Pixels past the threshold in the whole frame. */
  readonly motionPixelCount: number;
  /** True when so much of the frame moved (a light switched, the mast shook) that the motion says nothing about targets. */
  readonly flooded: boolean;
  /** `[count, 4]` uint32: u and v in 1/256 pixel (u unsigned, from the centre of the top-left pixel), weight, pixel count. */
  readonly cells: Uint32Array;
  /** `[count, 16]` uint32, one row per blob: see `BlobList` of `@skyvox/kernels`. */
  readonly blobs: Uint32Array;
}
