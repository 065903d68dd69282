/**
 * One camera as the frame-set assembler sees it: the items that wait, its period, and what became of its frames.
 *
 * When sets open and close is decided in `frame-sets.ts`.
 */
import { assert, type CameraId, NS_PER_MS } from "@skyvox/core";
import { FramePeriod } from "./frame-period.ts";

/** What the assembler needs of an item: an observation or a frame. Capture times of one camera rise. */
export interface FrameSetItem {
  readonly cameraId: CameraId;
  readonly captureNs: bigint;
  readonly timeSigmaNs: number;
}

/** What a frame set assembler holds of one camera. */
export interface CameraState<Item> {
  readonly id: CameraId;
  readonly period: FramePeriod;
  readonly queue: { readonly item: Item; readonly arrivalNs: bigint }[];
  /** Capture time of the last item pushed. */
  latestNs: bigint | null;
  /** Capture time of the last item taken out of the queue. */
  takenNs: bigint | null;
  /** End of the last cell this camera had a member in. */
  memberEndNs: bigint | null;
  ended: boolean;
  silent: boolean;
  readonly counts: { paired: number; missing: number; late: number; surplus: number; outOfGate: number };
}

/** One instant and the stretch of time it owns: after `startNs` (null: from the beginning) up to and with `endNs`. */
export interface Cell {
  readonly instantNs: bigint;
  readonly startNs: bigint | null;
  readonly endNs: bigint;
}

/** Periods that differ by less than this are equal: the reference must not hop between cameras of one rate. */
const EQUAL_PERIODS_PERCENT = 10n;
/** The period where no camera has given two frames yet. */
export const UNKNOWN_PERIOD_NS = 100n * NS_PER_MS;

/**
 * Says whether a camera lost the frame it should have in a cell: between its last frame and its next there is room for others at its own
 * rate, and one of those falls into the cell. Where the next is not known (live), its rate alone tells.
 */
export function isMissing<Item extends FrameSetItem>(camera: CameraState<Item>, { startNs, endNs }: Cell): boolean {
  if (isGone(camera)) return false;
  const next = camera.queue[0]?.item.captureNs ?? null;
  const { takenNs } = camera;
  const periodNs = camera.period.ns;
  if (takenNs === null) return next === null;
  if (periodNs === null) return true;
  const gapNs = next === null ? periodNs : next - takenNs;
  const steps = next === null ? 1n : stepCount(gapNs, periodNs);
  // Frame k of the gap stands at takenNs + gapNs * k / steps: the last one not after the cell's end must lie in the cell.
  const k = ((endNs - takenNs) * steps) / gapNs;
  const isInCell = startNs === null || takenNs + (gapNs * k) / steps > startNs;
  return k >= 1n && (next === null || k < steps) && isInCell;
}

/** Notes that the camera's next frame has been dealt with, and counts the frames lost before it. */
export function takeTime<Item>(camera: CameraState<Item>, captureNs: bigint): void {
  if (camera.takenNs !== null && camera.period.ns !== null) {
    camera.counts.missing += Number(stepCount(captureNs - camera.takenNs, camera.period.ns)) - 1;
  }
  camera.takenNs = captureNs;
}

/** Returns how many frame intervals a gap holds: at least one. */
export function stepCount(gapNs: bigint, periodNs: bigint): bigint {
  return largerOf(1n, (gapNs + periodNs / 2n) / periodNs);
}

/** Begins a camera of which nothing is known yet. */
export function newCameraState<Item>(id: CameraId): CameraState<Item> {
  return {
    id,
    period: new FramePeriod(),
    queue: [],
    latestNs: null,
    takenNs: null,
    memberEndNs: null,
    ended: false,
    silent: false,
    counts: { paired: 0, missing: 0, late: 0, surplus: 0, outOfGate: 0 },
  };
}

/** True where nothing of the camera is left to come. */
export function isGone<Item>(camera: CameraState<Item>): boolean {
  return camera.ended && camera.queue.length === 0;
}

/** Returns the capture time of the first item that waits; there is one. */
export function headNs<Item extends FrameSetItem>(camera: CameraState<Item>): bigint {
  const head = camera.queue[0];
  assert(head !== undefined, "the camera has an item waiting");
  return head.item.captureNs;
}

/** Orders cameras by period, those of almost the fastest's period by site order before all others. */
export function fastestFirst<Item>(cameras: readonly CameraState<Item>[]): CameraState<Item>[] {
  const left = [...cameras];
  const ordered: CameraState<Item>[] = [];
  while (left.length > 0) {
    const fastest = minBy(left, periodNsOf);
    const limitNs = fastest === null ? 0n : (periodNsOf(fastest) * (100n + EQUAL_PERIODS_PERCENT)) / 100n;
    const index = left.findIndex((camera) => periodNsOf(camera) <= limitNs);
    ordered.push(...left.splice(index, 1));
  }
  return ordered;
}

/** Returns the camera's period as far as it is known, else a default. */
export function periodNsOf<Item>(camera: CameraState<Item>): bigint {
  return camera.period.ns ?? UNKNOWN_PERIOD_NS;
}

/** Returns the first value of the smallest key, or null of none. */
export function minBy<Value>(values: readonly Value[], keyOf: (value: Value) => bigint): Value | null {
  let best: Value | null = null;
  for (const value of values) if (best === null || keyOf(value) < keyOf(best)) best = value;
  return best;
}

/** Returns the larger of two integers. */
export function largerOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
