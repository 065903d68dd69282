/**
 * The detections of one step in canonical order, as typed arrays with a grid hash over their positions.
 *
 * Sorting first makes everything after it independent of the order in which detections arrived. The hash is rebuilt per step: cells of
 * the mean gate width, one linked list per bucket. A box that covers more cells than there are detections is answered by a plain scan.
 */
import { assert, type Detection } from "@skyvox/core";

/** Detections of one step; `count` is how many are filled in. Arrays are reused from step to step. */
export class DetectionSet {
  readonly capacity: number;
  /** `[capacity, 3]` metres, local east-north-up. */
  readonly positions: Float64Array;
  /** `[capacity, 9]` square metres, row-major. */
  readonly noise: Float64Array;
  /** `[capacity, 3]` metres, one standard deviation. */
  readonly extents: Float64Array;
  /** Largest variance per axis over all detections, square metres. */
  readonly noiseMax: Float64Array = new Float64Array(3);
  /** Largest extent per axis over all detections, metres. */
  readonly extentMax: Float64Array = new Float64Array(3);
  count = 0;

  readonly #cells: Float64Array;
  readonly #next: Int32Array;
  readonly #heads: Int32Array;
  readonly #found: Int32Array;
  #cellM = 1;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.positions = new Float64Array(capacity * 3);
    this.noise = new Float64Array(capacity * 9);
    this.extents = new Float64Array(capacity * 3);
    this.#cells = new Float64Array(capacity * 3);
    this.#next = new Int32Array(capacity);
    this.#found = new Int32Array(capacity);
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2)));
  }

  /** Takes the heaviest `capacity` of the detections and returns how many had to be left out. */
  load(detections: readonly Detection[]): number {
    const ordered = detections.toSorted(compareDetections);
    this.count = Math.min(ordered.length, this.capacity);
    this.noiseMax.fill(0);
    this.extentMax.fill(0);
    for (let index = 0; index < this.count; index++) this.#store(index, ordered[index]!);
    return ordered.length - this.count;
  }

  #store(index: number, detection: Detection): void {
    for (let axis = 0; axis < 3; axis++) {
      const position = detection.positionEnuM[axis]!;
      assert(
        Math.abs(position) < POSITION_MAX_M,
        "the position of a detection is finite and less than 1e9 m from the origin",
      );
      this.positions[index * 3 + axis] = position;
      this.extents[index * 3 + axis] = detection.extentM[axis]!;
      this.extentMax[axis] = Math.max(this.extentMax[axis]!, detection.extentM[axis]!);
      const variance = detection.covarianceM2[axis * 4]!;
      this.noiseMax[axis] = Math.max(this.noiseMax[axis]!, variance);
    }
    this.noise.set(detection.covarianceM2, index * 9);
  }

  /** Builds the hash with cells of the given width in metres. */
  buildGrid(cellM: number): void {
    this.#cellM = Math.max(cellM, CELL_MIN_M);
    this.#heads.fill(-1);
    // Backwards, so that each list runs in ascending order.
    for (let index = this.count - 1; index >= 0; index--) {
      for (let axis = 0; axis < 3; axis++) {
        this.#cells[index * 3 + axis] = Math.floor(this.positions[index * 3 + axis]! / this.#cellM);
      }
      const bucket = this.#bucket(this.#cells[index * 3]!, this.#cells[index * 3 + 1]!, this.#cells[index * 3 + 2]!);
      this.#next[index] = this.#heads[bucket]!;
      this.#heads[bucket] = index;
    }
  }

  /** Writes the indices of all detections in or near the box into `found` (each once) and returns how many; `found` holds `capacity`. */
  near(x: number, y: number, z: number, halfX: number, halfY: number, halfZ: number, found: Int32Array): number {
    const cell = this.#cellM;
    const x0 = Math.floor((x - halfX) / cell);
    const x1 = Math.floor((x + halfX) / cell);
    const y0 = Math.floor((y - halfY) / cell);
    const y1 = Math.floor((y + halfY) / cell);
    const z0 = Math.floor((z - halfZ) / cell);
    const z1 = Math.floor((z + halfZ) / cell);
    if ((x1 - x0 + 1) * (y1 - y0 + 1) * (z1 - z0 + 1) > this.count) {
      for (let index = 0; index < this.count; index++) found[index] = index;
      return this.count;
    }
    let count = 0;
    for (let cx = x0; cx <= x1; cx++) {
      for (let cy = y0; cy <= y1; cy++) {
        for (let cz = z0; cz <= z1; cz++) count = this.#collect(cx, cy, cz, found, count);
      }
    }
    return count;
  }

  /**
   * True where the detection overlaps one that `inUse` marks: evenly filled bodies reach √3 standard deviations from their centres.
   *
   * Needs the hash.
   */
  isPiece(index: number, inUse: Uint8Array): boolean {
    const { positions, extents, extentMax } = this;
    const found = this.near(
      positions[index * 3]!,
      positions[index * 3 + 1]!,
      positions[index * 3 + 2]!,
      REACH * (extents[index * 3]! + extentMax[0]!),
      REACH * (extents[index * 3 + 1]! + extentMax[1]!),
      REACH * (extents[index * 3 + 2]! + extentMax[2]!),
      this.#found,
    );
    for (let k = 0; k < found; k++) {
      const other = this.#found[k]!;
      if (inUse[other] === 1 && this.#overlaps(index, other)) return true;
    }
    return false;
  }

  #overlaps(index: number, other: number): boolean {
    const { positions, extents } = this;
    let squared = 0;
    for (let axis = 0; axis < 3; axis++) {
      const reach = REACH * (extents[index * 3 + axis]! + extents[other * 3 + axis]!);
      const apart = positions[index * 3 + axis]! - positions[other * 3 + axis]!;
      if (reach > 0) squared += (apart / reach) * (apart / reach);
      else if (apart !== 0) return false;
    }
    return squared <= 1;
  }

  #collect(cx: number, cy: number, cz: number, found: Int32Array, count: number): number {
    let filled = count;
    for (let index = this.#heads[this.#bucket(cx, cy, cz)]!; index >= 0; index = this.#next[index]!) {
      // Other cells may share the bucket.
      if (this.#cells[index * 3] !== cx || this.#cells[index * 3 + 1] !== cy || this.#cells[index * 3 + 2] !== cz)
        continue;
      found[filled++] = index;
    }
    return filled;
  }

  #bucket(cx: number, cy: number, cz: number): number {
    const mixed = Math.imul(cx | 0, 73856093) ^ Math.imul(cy | 0, 19349663) ^ Math.imul(cz | 0, 83492791);
    return (mixed ^ (mixed >>> 15)) & (this.#heads.length - 1);
  }
}

/** Orders by weight (heaviest first), then by everything else a tracker reads: detections that compare equal are the same. */
function compareDetections(a: Detection, b: Detection): number {
  if (a.weight !== b.weight) return b.weight - a.weight;
  return (
    compareNumbers(a.positionEnuM, b.positionEnuM) ||
    compareNumbers(a.covarianceM2, b.covarianceM2) ||
    compareNumbers(a.extentM, b.extentM)
  );
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let k = 0; k < a.length; k++) {
    if (a[k] !== b[k]) return a[k]! - b[k]!;
  }
  return 0;
}

/** Keeps cell numbers far below 2^53, where neighbours would merge. */
const POSITION_MAX_M = 1e9;
const CELL_MIN_M = 1e-3;
/** An even filling of a half-length h has the standard deviation h / √3. */
const REACH = Math.sqrt(3);
