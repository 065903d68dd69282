/**
 * How fast a camera's background may follow the picture at first.
 *
 * The first frame becomes the background, with whatever flies in it. When that moves on, the place it left differs from the background just
 * as a target does: a hole that looks like a target standing still. At one grey level per frame such a hole takes seconds to close, so
 * for the first second the background follows faster, and ever more slowly, so that the smear a moving target leaves meanwhile closes
 * too. A target that stands still from the first frame on is lost for as long as it does, here as later.
 */
const SETTLING_NS = 1_000_000_000n;
const STEP_FIRST = 8;
const STEP = 1;

/** Returns the grey levels per frame that the background may follow at `captureNs`, for a camera whose first frame was captured at `firstNs`. */
export function backgroundStep(captureNs: bigint, firstNs: bigint): number {
  const passed = Number(captureNs - firstNs) / Number(SETTLING_NS);
  return Math.max(STEP, Math.ceil(STEP_FIRST * (1 - passed)));
}
