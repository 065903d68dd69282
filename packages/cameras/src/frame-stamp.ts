import { type Frame, frameSeq, NS_PER_MS, nsFromSeconds, secondsFromNs } from "@skyvox/core";
import type { SiteCamera } from "./site.ts";

/** Puts frames of one camera on the site's time line, by the clock its site gives it. */
export interface FrameStamp {
  /** Returns the site time of a row (the middle one where none is given) of the frame at an instant on the source's own time line. */
  captureNs(sourceNs: bigint, row?: number): bigint;
  /** Dresses pixels as a frame. The pixels stay the source's. */
  frame(index: number, sourceNs: bigint, pixels: Uint8Array): Frame;
}

/** Creates the stamp of a site's camera. */
export function frameStampOf(camera: SiteCamera): FrameStamp {
  const { sigmaMs, state, lineTimeUs = 0 } = camera.clock;
  const { widthPx, heightPx } = camera.intrinsics;
  const timeSigmaNs = sigmaMs * Number(NS_PER_MS);
  const clockNs = clockOf(camera.clock);
  const captureNs = (sourceNs: bigint, row = heightPx / 2): bigint =>
    clockNs(sourceNs) + BigInt(Math.round(lineTimeUs * row * 1e3));
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

/** Returns the site time of the first row at an instant of the camera's own time. */
function clockOf({ offsetS, rate, pieces }: SiteCamera["clock"]): (sourceNs: bigint) => bigint {
  if (pieces !== undefined) {
    return (sourceNs) => sourceNs + nsFromSeconds(addedSeconds(pieces, secondsFromNs(sourceNs)));
  }
  const offsetNs = nsFromSeconds(offsetS);
  // Only the rate's departure from 1 goes through floats, so a clock that runs true stays exact to the nanosecond.
  return (sourceNs) => sourceNs + BigInt(Math.round(Number(sourceNs) * (rate - 1))) + offsetNs;
}

/** The seconds to add at an instant: on the straight line of the piece it lies in, or of the nearest one. */
function addedSeconds(pieces: readonly (readonly [number, number])[], atS: number): number {
  let after = 1;
  while (after < pieces.length - 1 && atS >= (pieces[after]?.[0] ?? 0)) after += 1;
  const [fromS, fromAdd] = pieces[after - 1] ?? [0, 0];
  const [toS, toAdd] = pieces[after] ?? [1, 0];
  return fromAdd + ((atS - fromS) / (toS - fromS)) * (toAdd - fromAdd);
}
