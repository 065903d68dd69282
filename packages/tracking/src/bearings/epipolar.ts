/**
 * Pairs of bearings of two cameras that may meet, without trying all pairs.
 *
 * A target and the two cameras span a plane about the line that joins the cameras, so both bearings have the same angle about that line
 * (Hartley & Zisserman 2004, ch. 9). A bearing with doubt sigma that makes the angle θ with the line has this angle to sigma / sin θ:
 * an interval. Two sorted lists of intervals are joined by a forward scan: n log n and one step per pair found. Bearings along the line
 * tell nothing of this angle and are left to other pairs of cameras.
 */
import type { BearingSource } from "./bearing-update.ts";
import type { Sky } from "./sky.ts";
import { poseSigma, writeAxes } from "./tangent.ts";

/** A camera's bearings as births use them. */
export interface BirthView extends BearingSource {
  readonly sky: Sky;
  /** Sigma of the camera's place, and of where a target of unknown velocity was when this view was captured, metres. */
  readonly placeSigmaM: number;
}

/** Holds the sorted intervals of two views. */
export class EpipolarJoin {
  /** The pairs found last: `[count]` each, indices into the two views' bearings. */
  first: Int32Array = new Int32Array(PAIRS_AT_START);
  second: Int32Array = new Int32Array(PAIRS_AT_START);
  count = 0;
  readonly #a = newIntervals();
  readonly #b = newIntervals();

  /**
   * Finds the pairs of unowned bearings of two views whose angles agree within `gateSigmas`, for things no nearer than `rangeMinM`.
   *
   * None for cameras that stand at one place.
   */
  find(a: BirthView, b: BirthView, { gateSigmas, rangeMinM }: { gateSigmas: number; rangeMinM: number }): void {
    this.count = 0;
    const x = b.originEnuM[0] - a.originEnuM[0];
    const y = b.originEnuM[1] - a.originEnuM[1];
    const z = b.originEnuM[2] - a.originEnuM[2];
    const length = Math.sqrt(x * x + y * y + z * z);
    if (!(length > BASELINE_SIGMAS_MIN * (a.placeSigmaM + b.placeSigmaM) && length > BASELINE_M_MIN)) return;
    const axes = planeAxes(x / length, y / length, z / length);
    fillIntervals(this.#a, a, axes, gateSigmas, rangeMinM, true);
    fillIntervals(this.#b, b, axes, gateSigmas, rangeMinM, false);
    this.#join();
  }

  /** Both lists ascend by their lower ends: whoever begins first meets all of the other list that begin before it ends. */
  #join(): void {
    const a = this.#a;
    const b = this.#b;
    let [i, j] = [0, 0];
    while (i < a.count && j < b.count) {
      if (a.low[i]! <= b.low[j]!) {
        for (let k = j; k < b.count && b.low[k]! <= a.high[i]!; k++) this.#push(a.index[i]!, b.index[k]!);
        i++;
      } else {
        for (let k = i; k < a.count && a.low[k]! <= b.high[j]!; k++) this.#push(a.index[k]!, b.index[j]!);
        j++;
      }
    }
  }

  #push(a: number, b: number): void {
    if (this.count === this.first.length) {
      this.first = doubled(this.first);
      this.second = doubled(this.second);
    }
    this.first[this.count] = a;
    this.second[this.count++] = b;
  }
}

interface Intervals {
  low: Float64Array;
  high: Float64Array;
  index: Int32Array;
  /** Unsorted: ends, and a key that holds the lower end and the place. */
  ends: Float64Array;
  keys: Float64Array;
  count: number;
}

function newIntervals(): Intervals {
  const empty = new Float64Array(0);
  return { low: empty, high: empty, index: new Int32Array(0), ends: empty, keys: empty, count: 0 };
}

/** The line's direction and two axes square to it: 9 values. */
function planeAxes(x: number, y: number, z: number): Float64Array {
  const axes = new Float64Array(9);
  writeAxes(axes, 0, x, y, z);
  return axes;
}

/** Writes the intervals of all unowned bearings, ascending; with `wraps`, those near the seam at ± π a second time on its other side. */
function fillIntervals(
  into: Intervals,
  view: BirthView,
  axes: Float64Array,
  gateSigmas: number,
  rangeMinM: number,
  wraps: boolean,
): void {
  const { sky } = view;
  reserve(into, 2 * sky.count);
  const pose = poseSigma(view.angleSigmaRad, view.placeSigmaM, rangeMinM);
  let count = 0;
  for (let index = 0; index < sky.count; index++) {
    if (sky.owner[index] !== 0) continue;
    const at = index * 9;
    const x = sky.rows[at]!;
    const y = sky.rows[at + 1]!;
    const z = sky.rows[at + 2]!;
    const p = axes[3]! * x + axes[4]! * y + axes[5]! * z;
    const q = axes[6]! * x + axes[7]! * y + axes[8]! * z;
    const squared = p * p + q * q;
    if (squared < SINE_MIN * SINE_MIN) continue;
    // At most the trace: the covariance has no larger value along any axis.
    const variance = sky.rows[at + 3]! + sky.rows[at + 6]! + sky.rows[at + 8]! + pose * pose;
    const half = Math.min(HALF_MAX, gateSigmas * Math.sqrt(variance / squared));
    const angle = Math.atan2(q, p);
    count = put(into, count, angle, half, index);
    if (wraps && angle - half < HALF_MAX - Math.PI) count = put(into, count, angle + 2 * Math.PI, half, index);
    if (wraps && angle + half > Math.PI - HALF_MAX) count = put(into, count, angle - 2 * Math.PI, half, index);
  }
  into.count = count;
  const keys = into.keys.subarray(0, count).sort();
  const byPlace = into.index.slice(0, count);
  for (let k = 0; k < count; k++) {
    const place = keys[k]! % PLACES;
    into.low[k] = into.ends[2 * place]!;
    into.high[k] = into.ends[2 * place + 1]!;
    into.index[k] = byPlace[place]!;
  }
}

function put(into: Intervals, count: number, angle: number, half: number, index: number): number {
  into.ends[2 * count] = angle - half;
  into.ends[2 * count + 1] = angle + half;
  into.keys[count] = Math.floor((angle - half + KEY_OFFSET) * KEY_SCALE) * PLACES + count;
  into.index[count] = index;
  return count + 1;
}

function reserve(into: Intervals, count: number): void {
  if (count <= into.index.length) return;
  const capacity = 2 ** Math.ceil(Math.log2(count));
  into.low = new Float64Array(capacity);
  into.high = new Float64Array(capacity);
  into.index = new Int32Array(capacity);
  into.ends = new Float64Array(2 * capacity);
  into.keys = new Float64Array(capacity);
}

function doubled(values: Int32Array): Int32Array {
  const wider = new Int32Array(values.length * 2);
  wider.set(values);
  return wider;
}

const PAIRS_AT_START = 4096;
/** Two views whose cameras stand nearer to each other than this, or than this many sigmas of their places, tell no range. */
const BASELINE_M_MIN = 0.01;
const BASELINE_SIGMAS_MIN = 5;
/** Sine of the angle to the joining line below which a bearing is left out: 1.7 degrees. */
const SINE_MIN = 0.03;
/** An interval is at most this wide to each side, radians. */
const HALF_MAX = 0.5;
/** Sort keys: the angle in steps of 2⁻³¹ rad above -16, then 17 bits of place. */
const KEY_OFFSET = 16;
const KEY_SCALE = 2 ** 31;
const PLACES = 131072;
