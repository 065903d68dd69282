import { type Frame, frameSeq, NS_PER_MS, nsFromSeconds } from "@skyvox/core";
import type { SiteCamera } from "./site.ts";

/** Puts frames of one camera on the site's time line, by the clock its site gives it. */
export interface FrameStamp {
  /** Returns the site time of an instant on the source's own time line: `time × rate + offset`. */
  captureNs(sourceNs: bigint): bigint;
  /** Dresses pixels as a frame. The pixels stay the source's. */
  frame(index: number, sourceNs: bigint, pixels: Uint8Array): Frame;
}

/** Creates the stamp of a site's camera. */
export function frameStampOf(camera: SiteCamera): FrameStamp {
  const { offsetS, rate, sigmaMs, state } = camera.clock;
  const { widthPx, heightPx } = camera.intrinsics;
  const offsetNs = nsFromSeconds(offsetS);
  const timeSigmaNs = sigmaMs * Number(NS_PER_MS);
  // Only the rate's departure from 1 goes through floats, so a clock that runs true stays exact to the nanosecond.
  const captureNs = (sourceNs: bigint): bigint =>
    sourceNs + BigInt(Math.round(Number(sourceNs) * (rate - 1))) + offsetNs;
  return {
    captureNs,
    frame: (index, sourceNs, pixels) => ({
      cameraId: camera.id,
      seq: frameSeq(index),
      captureNs: captureNs(sourceNs),
      timeSigmaNs,
      clockState: state,
      widthPx,
      heightPx,
      pixels,
    }),
  };
}
