/**
 * The bearings of one camera in canonical order, with a grid hash over their directions.
 *
 * Directions are points on the unit sphere; the hash has cubic cells in space, so a camera that sees all around needs no seam and no
 * pole. A gate is a box about a predicted direction: it touches one to eight cells. Cells are as wide as bearings lie apart on average.
 * Sorting first makes everything after it independent of the order in which bearings arrived. Arrays grow by doubling and are kept.
 */
import { assert } from "@skyvox/core";
import { BEARING_VALUES, type BearingView } from "./bearing-view.ts";

/** What the bearings of one camera are held in; filled anew by each `load`. */
export class Sky {
  /** The view that is loaded; null before the first. */
  view: BearingView | null = null;
  count = 0;
  /** `[count, 9]` as in `BearingView`, in canonical order. */
  rows: Float64Array = new Float64Array(0);
  /** Largest variance of a direction along any axis, square radians. */
  varianceMax = 0;
  /** 0 where nobody has the bearing, else what its owner wrote. */
  owner: Int32Array = new Int32Array(0);
  /** False bearings expected per steradian at each bearing, and in the view as a whole. */
  clutter: Float64Array = new Float64Array(0);
  clutterMean = 0;
  #order = new Int32Array(0);
  #cells = new Int32Array(0);
  #bins = new Int32Array(0);
  #next = new Int32Array(0);
  #heads = new Int32Array(1);
  #cellRad = 1;
  #keys = new Float64Array(0);
  /** Mean number of bearings that nobody claimed; negative before the first view, all of which then counts. */
  #unclaimedMean = -1;
  /** The same in each part of the sky. */
  readonly #binMeans = new Float64Array(BINS);

  /**
   * Takes at most `bearingsMax` bearings of a view and returns how many were left out: too many, or no directions with a doubt. No fewer
   * than `falseBearingsMin` false bearings are expected in it.
   */
  load(view: BearingView, bearingsMax: number, falseBearingsMin: number): number {
    assert(view.bearings.length % BEARING_VALUES === 0, "bearings are whole rows of 9 values");
    const offered = view.bearings.length / BEARING_VALUES;
    this.view = view;
    this.#reserve(offered);
    const sorted = this.#sort(view.bearings, offered);
    this.count = Math.min(sorted, bearingsMax);
    this.varianceMax = 0;
    for (let k = 0; k < this.count; k++) {
      const from = this.#order[k]! * BEARING_VALUES;
      for (let i = 0; i < BEARING_VALUES; i++) this.rows[k * BEARING_VALUES + i] = view.bearings[from + i]!;
      for (const i of VARIANCES) this.varianceMax = Math.max(this.varianceMax, view.bearings[from + i]!);
    }
    this.owner.fill(0, 0, this.count);
    this.#hash(view.solidAngleSr);
    this.#expectClutter(view.solidAngleSr, falseBearingsMin);
    return offered - this.count;
  }

  /** Learns from the loaded view, if any, where bearings belong to nobody; called once all claims on it are made. */
  learnClutter(): void {
    if (this.view === null) return;
    this.#unclaimedMean *= CLUTTER_MEMORY;
    for (let bin = 0; bin < BINS; bin++) this.#binMeans[bin]! *= CLUTTER_MEMORY;
    for (let k = 0; k < this.count; k++) {
      if (this.owner[k] !== 0) continue;
      this.#unclaimedMean += 1 - CLUTTER_MEMORY;
      this.#binMeans[this.#bins[k]!]! += 1 - CLUTTER_MEMORY;
    }
  }

  /**
   * Writes the bearings in the box of half side `half` (radians) about a unit direction into `found`, each once, and returns how many.
   * `found` holds as many as the view has bearings.
   */
  near(x: number, y: number, z: number, half: number, found: Int32Array): number {
    const cell = this.#cellRad;
    const x0 = Math.floor((x - half) / cell);
    const x1 = Math.floor((x + half) / cell);
    const y0 = Math.floor((y - half) / cell);
    const y1 = Math.floor((y + half) / cell);
    const z0 = Math.floor((z - half) / cell);
    const z1 = Math.floor((z + half) / cell);
    let count = 0;
    if ((x1 - x0 + 1) * (y1 - y0 + 1) * (z1 - z0 + 1) > this.count) {
      for (let k = 0; k < this.count; k++) if (this.#isWithin(k, x, y, z, half)) found[count++] = k;
      return count;
    }
    for (let cx = x0; cx <= x1; cx++) {
      for (let cy = y0; cy <= y1; cy++) {
        for (let cz = z0; cz <= z1; cz++) {
          for (let k = this.#heads[this.#bucket(cx, cy, cz)]!; k >= 0; k = this.#next[k]!) {
            // Other cells may share the bucket, and in a small table two cells of one box may.
            if (this.#cells[k * 3] !== cx || this.#cells[k * 3 + 1] !== cy || this.#cells[k * 3 + 2] !== cz) continue;
            if (this.#isWithin(k, x, y, z, half)) found[count++] = k;
          }
        }
      }
    }
    return count;
  }

  #isWithin(index: number, x: number, y: number, z: number, half: number): boolean {
    const at = index * BEARING_VALUES;
    const rows = this.rows;
    return (
      Math.abs(rows[at]! - x) <= half && Math.abs(rows[at + 1]! - y) <= half && Math.abs(rows[at + 2]! - z) <= half
    );
  }

  /** Writes the order of all bearings that are directions with a doubt, and returns how many these are. */
  #sort(rows: Float64Array, offered: number): number {
    let count = 0;
    for (let k = 0; k < offered; k++) {
      if (!isBearing(rows, k)) continue;
      // The first component decides, to 2^-36, and the place in the view stands below it: numbers sort faster than a comparison of rows.
      this.#keys[count++] = Math.floor((rows[k * BEARING_VALUES]! + 1) * 2 ** 35) * PLACES + k;
    }
    const keys = this.#keys.subarray(0, count).sort();
    const order = this.#order;
    for (let k = 0; k < count; k++) {
      const place = keys[k]! % PLACES;
      let at = k;
      for (; at > 0 && compareRows(rows, order[at - 1]!, place) > 0; at--) order[at] = order[at - 1]!;
      order[at] = place;
    }
    return count;
  }

  /**
   * False bearings gather where there are trees, waves or clouds: each part of the sky has its own mean, and no bearing is taken to be
   * among fewer than the mean of the view. A view that covers a part by half thus errs to neither side.
   */
  #expectClutter(solidAngleSr: number, falseBearingsMin: number): void {
    for (let k = 0; k < this.count; k++) this.#bins[k] = this.#binOf(k);
    if (this.#unclaimedMean < 0) {
      this.#unclaimedMean = this.count;
      for (let k = 0; k < this.count; k++) this.#binMeans[this.#bins[k]!]!++;
    }
    this.clutterMean = Math.max(this.#unclaimedMean, falseBearingsMin) / solidAngleSr;
    for (let k = 0; k < this.count; k++) {
      this.clutter[k] = Math.max(this.clutterMean, this.#binMeans[this.#bins[k]!]! / BIN_SR);
    }
  }

  /** Parts of equal solid angle: 32 of azimuth times 16 of the sine of elevation. */
  #binOf(index: number): number {
    const at = index * BEARING_VALUES;
    const turn = 0.5 + Math.atan2(this.rows[at + 1]!, this.rows[at]!) / (2 * Math.PI);
    const azimuth = Math.min(BINS_AZIMUTH - 1, Math.floor(turn * BINS_AZIMUTH));
    const height = Math.floor(0.5 * (this.rows[at + 2]! + 1) * BINS_HEIGHT);
    return Math.max(0, Math.min(BINS_HEIGHT - 1, height)) * BINS_AZIMUTH + azimuth;
  }

  #hash(solidAngleSr: number): void {
    const apart = Math.sqrt(solidAngleSr / Math.max(1, this.count));
    this.#cellRad = Math.min(CELL_RAD_MAX, Math.max(CELL_RAD_MIN, CELL_SHARE * apart));
    this.#heads.fill(-1);
    // Backwards, so that each list runs in ascending order.
    for (let k = this.count - 1; k >= 0; k--) {
      for (let axis = 0; axis < 3; axis++) {
        this.#cells[k * 3 + axis] = Math.floor(this.rows[k * BEARING_VALUES + axis]! / this.#cellRad);
      }
      const bucket = this.#bucket(this.#cells[k * 3]!, this.#cells[k * 3 + 1]!, this.#cells[k * 3 + 2]!);
      this.#next[k] = this.#heads[bucket]!;
      this.#heads[bucket] = k;
    }
  }

  #bucket(cx: number, cy: number, cz: number): number {
    const mixed = Math.imul(cx, 73856093) ^ Math.imul(cy, 19349663) ^ Math.imul(cz, 83492791);
    return (mixed ^ (mixed >>> 15)) & (this.#heads.length - 1);
  }

  #reserve(count: number): void {
    assert(count <= PLACES, "a view has at most 65536 bearings");
    if (count <= this.#order.length) return;
    const capacity = 2 ** Math.ceil(Math.log2(count));
    this.rows = new Float64Array(capacity * BEARING_VALUES);
    this.owner = new Int32Array(capacity);
    this.clutter = new Float64Array(capacity);
    this.#order = new Int32Array(capacity);
    this.#keys = new Float64Array(capacity);
    this.#cells = new Int32Array(capacity * 3);
    this.#bins = new Int32Array(capacity);
    this.#next = new Int32Array(capacity);
    this.#heads = new Int32Array(capacity * 2);
  }
}

/** True for a row that is a unit vector with a covariance of more than 0. */
function isBearing(rows: Float64Array, index: number): boolean {
  const at = index * BEARING_VALUES;
  const [x, y, z] = [rows[at]!, rows[at + 1]!, rows[at + 2]!];
  const trace = rows[at + 3]! + rows[at + 6]! + rows[at + 8]!;
  return Math.abs(x * x + y * y + z * z - 1) < 1e-6 && trace > 0 && trace < Number.POSITIVE_INFINITY;
}

/** Orders by everything that is read of a bearing: rows that compare equal are the same. */
function compareRows(rows: Float64Array, a: number, b: number): number {
  for (let i = 0; i < BEARING_VALUES; i++) {
    const apart = rows[a * BEARING_VALUES + i]! - rows[b * BEARING_VALUES + i]!;
    if (apart !== 0) return apart;
  }
  return 0;
}

const PLACES = 65536;
const BINS_AZIMUTH = 32;
const BINS_HEIGHT = 16;
const BINS = BINS_AZIMUTH * BINS_HEIGHT;
const BIN_SR = (4 * Math.PI) / BINS;
const VARIANCES = [3, 6, 8] as const;
/** Cell width as a share of how far apart bearings lie: they crowd, so that even cells would be full where it counts. */
const CELL_SHARE = 0.25;
const CELL_RAD_MIN = 1e-5;
const CELL_RAD_MAX = 0.5;
/** Share of the mean of unclaimed bearings that one view leaves unchanged. */
const CLUTTER_MEMORY = 0.9;
