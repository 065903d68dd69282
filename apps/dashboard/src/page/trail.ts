import type { Point } from "./geometry.ts";

/** Seconds of flight a trail keeps. */
export const TRAIL_S = 10;
const SAMPLE_INTERVAL_S = 0.08;
const CAPACITY = Math.ceil(TRAIL_S / SAMPLE_INTERVAL_S) + 2;

/** Length of a dash, and of the gap after it, in seconds of flight. */
const DASH_S = 0.32;

/**
 * True where a dashed path is drawn at a time. Dashes belong to the time line, not to the samples, so they stay where they are while the
 * path grows, and are as long as the target is fast.
 */
export function isDash(timeS: number): boolean {
  return Math.floor(timeS / DASH_S) % 2 === 0;
}

/** The recent positions of one target, oldest first, thinned to 12.5 a second; the newest is always the last one told. */
export class Trail {
  count = 0;
  /** `[CAPACITY, 4]`: time in seconds, east, north, up in metres; row `first` is the oldest. */
  private readonly rows = new Float64Array(CAPACITY * 4);
  private first = 0;

  /** Adds a position. Times rise; the newest is replaced until it lies a sampling interval after the one before. */
  push(timeS: number, pointM: Point): void {
    const newest = this.count - 1;
    const replaces = this.count >= 2 && this.timeS(newest) - this.timeS(newest - 1) < SAMPLE_INTERVAL_S;
    if (!replaces) {
      if (this.count === CAPACITY) this.first = (this.first + 1) % CAPACITY;
      else this.count++;
    }
    const at = this.offset(this.count - 1);
    this.rows[at] = timeS;
    this.rows[at + 1] = pointM[0];
    this.rows[at + 2] = pointM[1];
    this.rows[at + 3] = pointM[2];
    while (this.count > 2 && this.timeS(0) < timeS - TRAIL_S) {
      this.first = (this.first + 1) % CAPACITY;
      this.count--;
    }
  }

  /** Time of a sample in seconds; 0 is the oldest. */
  timeS(index: number): number {
    return this.rows[this.offset(index)] ?? Number.NaN;
  }

  /** One coordinate of a sample in metres: axis 0 east, 1 north, 2 up. */
  axisM(index: number, axis: 0 | 1 | 2): number {
    return this.rows[this.offset(index) + 1 + axis] ?? Number.NaN;
  }

  /** A sample's position, metres. */
  pointM(index: number): Point {
    return [this.axisM(index, 0), this.axisM(index, 1), this.axisM(index, 2)];
  }

  /** Position at a time, straight between samples, or null where the trail does not reach that time. */
  positionAt(timeS: number): Point | null {
    if (this.count === 0 || timeS < this.timeS(0) || timeS > this.timeS(this.count - 1)) return null;
    let after = this.count - 1;
    while (after > 0 && this.timeS(after - 1) >= timeS) after--;
    const before = Math.max(0, after - 1);
    const span = this.timeS(after) - this.timeS(before);
    const part = span > 0 ? (timeS - this.timeS(before)) / span : 1;
    const axis = (i: 0 | 1 | 2): number =>
      this.axisM(before, i) + part * (this.axisM(after, i) - this.axisM(before, i));
    return [axis(0), axis(1), axis(2)];
  }

  private offset(index: number): number {
    return ((this.first + index) % CAPACITY) * 4;
  }
}
