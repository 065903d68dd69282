/**
 * When a track is confirmed, named and ended, by its score: Wald's sequential test, as in `tracker.ts`.
 *
 * Confirmed at ln((1 - trueDelete) / falseConfirm); ended when the score falls ln((1 - falseConfirm) / trueDelete) below its highest
 * value, when it was never confirmed and no better than one chance in a thousand, when nobody saw it for `coastSecondsMax`, or when its place
 * is far from being known to within `placeSigmaMaxM`. A place not known to within that is not told: one camera is left that sees the target,
 * and knows a direction only.
 */
import { NS_PER_S, type TrackUpdate } from "@skyvox/core";
import type { BearingBook } from "./bearing-book.ts";
import type { BearingOptions } from "./bearing-options.ts";
import { type BearingPool, spreadOf } from "./bearing-pool.ts";

/** What a track must have been seen by, or how often, before it may be confirmed. */
export interface SureRules {
  readonly cameras: number;
  readonly times: number;
}

/** Judges the tracks of one pool. */
export class TrackLife {
  readonly #confirmScore: number;
  readonly #deleteFall: number;
  readonly #coastNsMax: bigint;
  readonly #seenNs: bigint;
  readonly #sure: SureRules;
  readonly #placeVarianceMax: number;

  constructor(options: BearingOptions, sure: SureRules) {
    const { trueDeleteProbability, falseConfirmProbability, coastSecondsMax, birthWindowS } = options;
    this.#confirmScore = Math.log((1 - trueDeleteProbability) / falseConfirmProbability);
    this.#deleteFall = Math.log((1 - falseConfirmProbability) / trueDeleteProbability);
    this.#coastNsMax = nsOf(coastSecondsMax);
    this.#seenNs = nsOf(birthWindowS);
    this.#sure = sure;
    this.#placeVarianceMax = options.placeSigmaMaxM * options.placeSigmaMaxM;
  }

  /** True where a track was seen within the time that a birth may look back. */
  wasSeen(book: BearingBook, slot: number, timeNs: bigint): boolean {
    return timeNs - book.lastSeenNs[slot]! <= this.#seenNs;
  }

  /** True where the place of a track is known well enough to be told. */
  isPlaced(pool: BearingPool, slot: number): boolean {
    return spreadOf(pool.covariances, slot) <= this.#placeVarianceMax;
  }

  /** Confirms a track that has earned it. */
  confirm(book: BearingBook, slot: number): void {
    const isSure = book.cameraCounts[slot]! >= this.#sure.cameras || book.seenCounts[slot]! >= this.#sure.times;
    if (isSure && book.scores[slot]! >= this.#confirmScore) book.confirmed[slot] = 1;
  }

  /**
   * Judges all tracks at a time, gives a name by `nextId` to those that have none and are seen again or confirmed, and sweeps the pool.
   *
   * `hasViews` says whether any camera looked since the last time. Returns the last reports of named tracks that ended.
   */
  judge(
    { pool, book }: { readonly pool: BearingPool; readonly book: BearingBook },
    {
      timeNs,
      hasViews,
      nextId,
    }: { readonly timeNs: bigint; readonly hasViews: boolean; readonly nextId: () => number },
  ): TrackUpdate[] {
    const ended: TrackUpdate[] = [];
    for (let k = 0; k < pool.aliveCount; k++) {
      const slot = pool.alive[k]!;
      if (this.wasSeen(book, slot, timeNs)) book.missedCounts[slot] = 0;
      else if (hasViews) book.missedCounts[slot]!++;
      this.confirm(book, slot);
      const isKnown = book.seenCounts[slot]! >= 2 || book.confirmed[slot] === 1;
      if (isKnown && book.removed[slot] === 0 && book.ids[slot] === 0) book.ids[slot] = nextId();
      const fell = book.peakScores[slot]! - book.scores[slot]! >= this.#deleteFall;
      const isWeak = book.confirmed[slot] === 0 && book.scores[slot]! < WEAK_SCORE;
      const isAnywhere = spreadOf(pool.covariances, slot) > ANYWHERE * ANYWHERE * this.#placeVarianceMax;
      const isLost = timeNs - book.lastSeenNs[slot]! > this.#coastNsMax;
      if (fell || isWeak || isAnywhere || isLost) book.removed[slot] = 1;
      if (book.removed[slot] === 1 && book.ids[slot] !== 0) ended.push(book.report(pool, slot, timeNs));
    }
    pool.sweep(book.removed);
    return ended;
  }
}

/** Returns a span in nanoseconds. */
export function nsOf(seconds: number): bigint {
  return BigInt(Math.round(seconds * Number(NS_PER_S)));
}

/** How many times worse than may be told a place may be before its track ends: until then the track waits, untold, for a second camera. */
const ANYWHERE = 20;
/** Log-odds at which a track that never was confirmed is given up. */
const WEAK_SCORE = Math.log(1e-3);
