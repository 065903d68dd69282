/**
 * Puts observations of one instant together, whatever the cameras' rates: sans-I/O, `(now, item)` in, closed frame sets out.
 *
 * A time line of instants is laid through the capture times of the reference, the fastest camera that is delivering (among equals the
 * first in site order). Where the reference lost frames, instants are spaced evenly across the gap. Each instant owns a cell of the
 * time line: from the end of the cell before to half a period after the instant. Cells tile the time line, so every frame falls into
 * exactly one, and so each frame of the fastest camera gets a set of its own; a slower camera is a member of the sets its frames fall
 * into and is simply not due in the others. The first frame of a camera in a cell is its member. A second one is surplus and `gateMs`,
 * where given, leaves out frames further than that from the instant; both are counted and never merged.
 *
 * Without a deadline (recordings) a set closes when every camera has delivered its member or a later frame, or has ended. What a set
 * holds then follows from the capture times alone, never from the order of arrival. With a deadline (live) a set also closes when its
 * first frame has waited that long; a camera that was awaited in vain is silent and not awaited again until it delivers, and frames
 * that come after their set are counted as late.
 */
import { assert, type CameraId, NS_PER_MS, SkyvoxError } from "@skyvox/core";
import {
  type CameraState,
  type Cell,
  type FrameSetItem,
  fastestFirst,
  headNs,
  isGone,
  isMissing,
  largerOf,
  minBy,
  newCameraState,
  periodNsOf,
  stepCount,
  takeTime,
  UNKNOWN_PERIOD_NS,
} from "./frame-set-camera.ts";

/** The items of one instant, at most one per camera, in site order. */
export interface FrameSet<Item> {
  /** 0, 1, 2, … in time order. */
  readonly setId: number;
  /** Mean capture time of the members. */
  readonly timeNs: bigint;
  /** Latest minus earliest capture time of the members. */
  readonly spreadNs: bigint;
  readonly members: readonly Item[];
  /** Cameras that lost a frame here: due by their own rate, and absent. */
  readonly missing: readonly CameraId[];
}

/**
 * What became of one camera's frames: each that came is paired, late, surplus or out of gate. `missing` counts those that did not come,
 * where its own rate leaves room for them between two that did.
 */
export interface FrameSetCounts {
  readonly paired: number;
  readonly missing: number;
  readonly late: number;
  readonly surplus: number;
  readonly outOfGate: number;
}

/** Which cameras deliver, and how long sets wait. */
export interface FrameSetOptions {
  /** Every camera of the site, in site order. */
  readonly cameras: readonly CameraId[];
  /** Largest distance of a member from its set's instant; without it the cell is the only limit. */
  readonly gateMs?: number;
  /** How long a set waits for its last member; null for recordings, which wait for as long as it takes. */
  readonly deadlineMs: number | null;
}

/** Items of one camera that may wait. Recordings that start minutes apart reach it: their clocks' offsets are wrong, or one is alone. */
const QUEUE_ITEMS_MAX = 8192;
/** Live, sets begin after this long even if a camera's period is not known yet. */
const LEARNING_NS_MAX = 1000n * NS_PER_MS;
/** A camera whose next frame is further off than this many of its periods is not delivering and sets no instants. */
const REFERENCE_GAP_PERIODS = 4n;

/** What can be done next: close a cell, or wait for cameras (none: for anything at all). */
type Plan<Item> =
  | { readonly cell: Cell; readonly abandoned: readonly CameraState<Item>[] }
  | { readonly cell: null; readonly awaited: readonly CameraState<Item>[] };

/** Assembles items of several cameras into frame sets; see the head of this file for the rule. */
export class FrameSetAssembler<Item extends FrameSetItem> {
  readonly #cameras: readonly CameraState<Item>[];
  readonly #byId: ReadonlyMap<CameraId, CameraState<Item>>;
  readonly #gateNs: bigint | null;
  readonly #deadlineNs: bigint | null;
  #learning = true;
  #firstArrivalNs: bigint | null = null;
  #last: Cell | null = null;
  #setCount = 0;

  constructor({ cameras, gateMs, deadlineMs }: FrameSetOptions) {
    assert(new Set(cameras).size === cameras.length, "cameras are distinct");
    this.#cameras = cameras.map((id) => newCameraState(id));
    this.#byId = new Map(this.#cameras.map((camera) => [camera.id, camera]));
    this.#gateNs = gateMs === undefined ? null : nsFromMs(gateMs);
    this.#deadlineNs = deadlineMs === null ? null : nsFromMs(deadlineMs);
  }

  /**
   * Takes an item and returns the sets it closes, in time order.
   *
   * @param nowNs any clock that rises; only differences count, and only with a deadline.
   * @throws {SkyvoxError} "capacity" when a recording runs too far ahead of another.
   */
  push(nowNs: bigint, item: Item): FrameSet<Item>[] {
    const camera = this.#camera(item.cameraId);
    assert(!camera.ended, "a camera that ended delivers nothing");
    this.#firstArrivalNs ??= nowNs;
    camera.silent = false;
    const { captureNs } = item;
    if (camera.latestNs !== null && captureNs <= camera.latestNs) {
      camera.counts.late += 1;
    } else {
      camera.latestNs = captureNs;
      camera.period.add(captureNs);
      if (this.#last !== null && captureNs <= this.#last.endNs) this.#countPast(camera, captureNs, this.#last);
      else this.#enqueue(camera, { item, arrivalNs: nowNs });
    }
    return this.#advance(nowNs);
  }

  /** Returns the sets whose deadline has passed. A live shell calls it when nothing arrives. */
  poll(nowNs: bigint): FrameSet<Item>[] {
    return this.#advance(nowNs);
  }

  /** Says that a camera is not expected to deliver for now, and returns the sets that waited for it. It is awaited again once it delivers. */
  silence(id: CameraId, nowNs: bigint): FrameSet<Item>[] {
    this.#camera(id).silent = true;
    return this.#advance(nowNs);
  }

  /** Says that a camera will deliver nothing more, and returns the sets that waited for it. */
  end(id: CameraId, nowNs: bigint): FrameSet<Item>[] {
    this.#camera(id).ended = true;
    return this.#advance(nowNs);
  }

  /** Ends every camera and returns the sets that were left. */
  finish(): FrameSet<Item>[] {
    for (const camera of this.#cameras) camera.ended = true;
    return this.#advance(null);
  }

  /** Returns the cameras whose next item, or end, the next set waits for. A reader that pulls only these keeps every queue short. */
  waitingFor(): CameraId[] {
    const plan = this.#plan(null);
    return plan.cell === null ? plan.awaited.map(({ id }) => id) : [];
  }

  /** Returns what became of a camera's frames so far. */
  counts(id: CameraId): FrameSetCounts {
    return { ...this.#camera(id).counts };
  }

  #camera(id: CameraId): CameraState<Item> {
    const camera = this.#byId.get(id);
    assert(camera !== undefined, "an item's camera is one of the assembler's");
    return camera;
  }

  #countPast(camera: CameraState<Item>, captureNs: bigint, last: Cell): void {
    const isInLast = last.startNs === null || captureNs > last.startNs;
    if (isInLast && camera.memberEndNs === last.endNs) camera.counts.surplus += 1;
    else if (isInLast && this.#isOutOfGate(captureNs, last)) camera.counts.outOfGate += 1;
    else camera.counts.late += 1;
    takeTime(camera, captureNs);
  }

  #enqueue(camera: CameraState<Item>, entry: CameraState<Item>["queue"][number]): void {
    if (camera.queue.length === QUEUE_ITEMS_MAX) {
      if (this.#deadlineNs === null) {
        const others = this.waitingFor().map((id) => `"${id}"`);
        throw new SkyvoxError(
          "capacity",
          `Cannot pair the frames of camera "${camera.id}": ${QUEUE_ITEMS_MAX} of them wait for ${others.join(", ")}, ` +
            "need clock offsets that bring the cameras together",
        );
      }
      camera.queue.shift();
      camera.counts.late += 1;
    }
    camera.queue.push(entry);
  }

  #advance(nowNs: bigint | null): FrameSet<Item>[] {
    const sets: FrameSet<Item>[] = [];
    for (let plan = this.#plan(nowNs); plan.cell !== null; plan = this.#plan(nowNs)) {
      for (const camera of plan.abandoned) camera.silent = true;
      const set = this.#close(plan.cell);
      if (set !== null) sets.push(set);
    }
    return sets;
  }

  #plan(nowNs: bigint | null): Plan<Item> {
    const unlearned = this.#cameras.filter(({ period, ended }) => !period.isLearned && !ended);
    if (this.#learning && unlearned.length > 0 && !this.#isOverdue(nowNs, this.#firstArrivalNs, LEARNING_NS_MAX)) {
      return { cell: null, awaited: unlearned };
    }
    this.#learning = false;
    const pending = this.#cameras.filter(({ queue }) => queue.length > 0);
    const earliest = minBy(pending, headNs);
    if (earliest === null) return { cell: null, awaited: this.#cameras.filter(({ ended }) => !ended) };

    const earliestNs = headNs(earliest);
    const lapsed = this.#isOverdue(nowNs, earliest.queue[0]?.arrivalNs ?? null, this.#deadlineNs);
    const candidates = this.#cameras.filter((camera) => camera.period.ns !== null && !isGone(camera) && !camera.silent);
    const abandoned: CameraState<Item>[] = [];
    let reference: CameraState<Item> | null = null;
    let limitNs: bigint | null = null;
    for (const camera of fastestFirst(candidates)) {
      const periodNs = periodNsOf(camera);
      if (camera.queue.length === 0) {
        if (!lapsed) return { cell: null, awaited: [camera] };
        abandoned.push(camera);
      } else if (headNs(camera) - earliestNs <= REFERENCE_GAP_PERIODS * periodNs) {
        reference = camera;
        break;
      } else {
        // It begins later: the wide cells of slower cameras must not swallow its first frames.
        const beginNs = headNs(camera) - periodNs / 2n;
        limitNs = limitNs === null ? beginNs : smallerOf(limitNs, beginNs);
      }
    }
    const whole = this.#cellAfterLast(earliestNs, reference);
    const cell = limitNs === null ? whole : cutCell(whole, limitNs);
    const awaited = this.#cameras.filter((camera) => this.#isAwaited(camera, cell));
    return awaited.length > 0 && !lapsed ? { cell: null, awaited } : { cell, abandoned: [...abandoned, ...awaited] };
  }

  #isOverdue(nowNs: bigint | null, sinceNs: bigint | null, limitNs: bigint | null): boolean {
    if (nowNs === null || sinceNs === null || limitNs === null || this.#deadlineNs === null) return false;
    return nowNs - sinceNs >= limitNs;
  }

  /** Finds the first cell after the last closed one that holds the earliest waiting item. */
  #cellAfterLast(earliestNs: bigint, reference: CameraState<Item> | null): Cell {
    const periodNs = reference?.period.ns ?? UNKNOWN_PERIOD_NS;
    const halfNs = periodNs / 2n;
    const referenceNs = reference === null ? earliestNs : headNs(reference);
    const last = this.#last;
    let instantNs: bigint;
    if (last === null) {
      // Instants run back from the reference's first frame to the cameras that began before it.
      instantNs = referenceNs - periodNs * ((referenceNs - earliestNs + halfNs) / periodNs);
    } else {
      const gapNs = referenceNs - last.instantNs;
      const steps = stepCount(gapNs, periodNs);
      const step = largerOf(1n, ceilDivision((earliestNs - halfNs - last.instantNs) * steps, gapNs));
      instantNs = last.instantNs + (gapNs * step) / steps;
    }
    return { instantNs, startNs: last?.endNs ?? null, endNs: instantNs + halfNs };
  }

  #isAwaited(camera: CameraState<Item>, cell: Cell): boolean {
    if (camera.ended || camera.silent) return false;
    const earliestMemberNs = this.#gateNs === null ? null : cell.instantNs - this.#gateNs;
    const isDecided = camera.queue.some(({ item }) => earliestMemberNs === null || item.captureNs >= earliestMemberNs);
    if (isDecided) return false;
    // Live, a slow camera between two of its frames is not worth waiting for; a quarter of the shorter period is left for jitter.
    const periodNs = camera.period.ns;
    if (this.#deadlineNs === null || camera.latestNs === null || periodNs === null) return true;
    const jitterNs = smallerOf(periodNs / 4n, (cell.endNs - cell.instantNs) / 2n);
    return camera.latestNs + periodNs - jitterNs <= cell.endNs;
  }

  #close(cell: Cell): FrameSet<Item> | null {
    this.#last = cell;
    const members: Item[] = [];
    const missing: CameraId[] = [];
    for (const camera of this.#cameras) {
      const member = this.#takeMember(camera, cell);
      if (member !== null) members.push(member);
      else if (isMissing(camera, cell)) missing.push(camera.id);
    }
    if (members.length === 0) return null;
    return { setId: this.#setCount++, ...spanOf(members), members, missing };
  }

  #isOutOfGate(captureNs: bigint, { instantNs }: Cell): boolean {
    const distanceNs = captureNs > instantNs ? captureNs - instantNs : instantNs - captureNs;
    return this.#gateNs !== null && distanceNs > this.#gateNs;
  }

  #takeMember(camera: CameraState<Item>, cell: Cell): Item | null {
    let member: Item | null = null;
    let taken = 0;
    for (const { item } of camera.queue) {
      if (item.captureNs > cell.endNs) break;
      taken += 1;
      takeTime(camera, item.captureNs);
      if (member !== null) camera.counts.surplus += 1;
      else if (this.#isOutOfGate(item.captureNs, cell)) camera.counts.outOfGate += 1;
      else member = item;
    }
    camera.queue.splice(0, taken);
    if (member !== null) {
      camera.counts.paired += 1;
      camera.memberEndNs = cell.endNs;
    }
    return member;
  }
}

/** Returns mean time and extent of at least one item; the mean is taken from the earliest, so it is exact to the nanosecond. */
function spanOf(items: readonly FrameSetItem[]): { readonly timeNs: bigint; readonly spreadNs: bigint } {
  const times = items.map(({ captureNs }) => captureNs);
  let [earliestNs = 0n] = times;
  let latestNs = earliestNs;
  for (const timeNs of times) {
    if (timeNs < earliestNs) earliestNs = timeNs;
    if (timeNs > latestNs) latestNs = timeNs;
  }
  const sumNs = times.reduce((sum, timeNs) => sum + (timeNs - earliestNs), 0n);
  return { timeNs: earliestNs + sumNs / BigInt(times.length), spreadNs: latestNs - earliestNs };
}

/** Ends a cell at the limit, its instant with it, so that instants keep rising. */
function cutCell({ instantNs, startNs, endNs }: Cell, limitNs: bigint): Cell {
  return { instantNs: smallerOf(instantNs, limitNs), startNs, endNs: smallerOf(endNs, limitNs) };
}

function smallerOf(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Divides rounding up; the denominator is positive. Negative numerators may round to zero or less. */
function ceilDivision(numerator: bigint, denominator: bigint): bigint {
  return numerator <= 0n ? 0n : (numerator + denominator - 1n) / denominator;
}

function nsFromMs(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6));
}
