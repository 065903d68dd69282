import type { Site } from "@skyvox/cameras";
import type { Intrinsics } from "@skyvox/core";
import { type MotionParams, type SpotParams, snrMinQ4For } from "@skyvox/kernels";

/** Noise of rounding to whole grey levels and a little more, in 1/256 square grey level: half a level of standard deviation. */
const VARIANCE_MIN_Q8 = 64;

/** Turns what a site says of motion into what the kernels take: standard deviations into squares in 1/16, frames into shifts. */
export function motionParams({ mode, threshold, step, gaussian }: Site["options"]["motion"]): MotionParams {
  if (mode !== "gaussian") return { mode, threshold, step };
  const slowShift = shiftOf(gaussian.slowFrames);
  return {
    mode,
    threshold,
    gaussian: {
      slowShift,
      fastShift: shiftOf(gaussian.fastFrames),
      holdShift: Math.min(8, Math.max(0, shiftOf(gaussian.holdFrames) - slowShift)),
      snrMinQ4: Math.max(1, Math.round(16 * gaussian.snrMin ** 2)),
      varianceMinQ8: VARIANCE_MIN_Q8,
    },
  };
}

/** Chooses how faint a point may be so that a still picture of this size gives the site's number of false alarms; null: no points. */
export function spotParams(spots: Site["options"]["spots"], { widthPx, heightPx }: Intrinsics): SpotParams | null {
  if (spots === undefined) return null;
  const { falseAlarmsPerFrame, perTileMax } = spots;
  return { snrMinQ4: snrMinQ4For({ falseAlarmsPerFrame, pixelCount: widthPx * heightPx }), perTileMax };
}

function shiftOf(frames: number): number {
  return Math.round(Math.log2(frames));
}
