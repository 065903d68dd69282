/**
 * Detections of one frame set after another become tracks with identity.
 *
 * One step: predict every track, gate and assign detections (best sum of log-likelihood ratios), update, merge duplicates, delete,
 * begin new tracks from what is left. A track lives by its score, the log-likelihood ratio of "target" against "clutter" (Wald's
 * sequential test; Blackman & Popoli 1999, ch. 6): a detection adds ln(Pd N(v; 0, S) / clutter), a miss ln(1 - Pd Pg). It is confirmed at
 * ln((1 - trueDelete) / falseConfirm) and deleted when it falls ln((1 - falseConfirm) / trueDelete) below its highest value, or after
 * `coastSecondsMax`. There is no count of hits. Misses closer together than `missCorrelationS` are one event, so each weighs by the
 * share of that time it covers. Confirmation also weighs a rival: something that stays where it is (`still.ts`).
 *
 * Identity: a detection alone is a candidate, not yet a track; it gets its id, counted up from 1 in this instance and never used again,
 * with its second detection and is reported from then on. Ids so stay small under clutter and never change during a life.
 *
 * Extended targets: one target gives one detection per step, whose covariance already holds how its centre wanders over its body. Where a
 * body breaks into pieces, pieces that overlap a detection in use begin no track of their own.
 *
 * Sans-I/O and deterministic: the same steps give the same bits, in any order of the detections of a step. Not an MHT: decisions are
 * final within the step (global nearest neighbour).
 */
import { assert, type Detection, NS_PER_S, secondsFromNs, type TrackUpdate } from "@skyvox/core";
import { Association } from "./association.ts";
import { DetectionSet } from "./detection-set.ts";
import { mergeDuplicates } from "./duplicates.ts";
import { update } from "./kalman.ts";
import { predict } from "./motion-model.ts";
import { TrackPool } from "./track-pool.ts";
import { defaultTrackerOptions, type TrackerOptions, trackerOptionsProblem } from "./tracker-options.ts";

/** What a tracker had to refuse since it was made, and how many ids it gave. */
export interface TrackerCounts {
  readonly refusedBirths: number;
  readonly droppedDetections: number;
  readonly ids: number;
}

/** Follows targets through frame sets; see the head of this file. Holds arrays for `tracksMax` tracks and `detectionsMax` detections. */
export class Tracker {
  readonly options: TrackerOptions;
  readonly #pool: TrackPool;
  readonly #detections: DetectionSet;
  readonly #association: Association;
  readonly #claimed: Int32Array;
  readonly #confirmScore: number;
  readonly #deleteFall: number;
  #claimedCount = 0;
  #timeNs: bigint | null = null;
  #idCount = 0;
  #refusedBirths = 0;
  #droppedDetections = 0;

  /** @throws {AssertionError} when an option lies outside its range. */
  constructor(options: Partial<TrackerOptions> = {}) {
    this.options = { ...defaultTrackerOptions, ...options };
    const problem = trackerOptionsProblem(this.options);
    assert(problem === null, problem ?? "");
    this.#pool = new TrackPool(this.options.tracksMax);
    this.#detections = new DetectionSet(this.options.detectionsMax);
    this.#association = new Association(this.options);
    this.#claimed = new Int32Array(this.options.detectionsMax);
    this.#confirmScore = Math.log((1 - this.options.trueDeleteProbability) / this.options.falseConfirmProbability);
    this.#deleteFall = Math.log((1 - this.options.falseConfirmProbability) / this.options.trueDeleteProbability);
  }

  get counts(): TrackerCounts {
    return { refusedBirths: this.#refusedBirths, droppedDetections: this.#droppedDetections, ids: this.#idCount };
  }

  /**
   * Takes the detections of one frame set and returns the tracks alive after it plus those deleted in it, ordered by id.
   *
   * A deleted track is reported once. `missedCount` of a report counts the steps since the last detection.
   * @throws {AssertionError} when `timeNs` is not later than the last step's or a detection is of another time.
   */
  step(timeNs: bigint, detections: readonly Detection[]): readonly TrackUpdate[] {
    assert(this.#timeNs === null || timeNs > this.#timeNs, "steps go forward in time");
    assert(
      detections.every((detection) => detection.timeNs === timeNs),
      "every detection of a step has the time of the step",
    );
    const elapsedS = this.#timeNs === null ? 0 : secondsFromNs(timeNs - this.#timeNs);
    this.#timeNs = timeNs;
    this.#droppedDetections += this.#detections.load(detections);
    const reports: TrackUpdate[] = [];
    this.#predict(timeNs, elapsedS, reports);
    this.#associate(timeNs, elapsedS);
    mergeDuplicates(this.#pool);
    this.#delete(timeNs, reports);
    this.#begin(timeNs);
    for (let k = 0; k < this.#pool.aliveCount; k++) {
      const slot = this.#pool.alive[k]!;
      if (this.#pool.ids[slot] !== 0) reports.push(this.#pool.update(slot, timeNs));
    }
    return reports.sort((a, b) => a.id - b.id);
  }

  /** Moves all tracks to the time of the step and ends those that have coasted too long for any detection to be theirs. */
  #predict(timeNs: bigint, elapsedS: number, reports: TrackUpdate[]): void {
    const pool = this.#pool;
    const motion = { elapsedS, accelerationMps2: this.options.accelerationMps2 };
    const coastNsMax = BigInt(Math.round(this.options.coastSecondsMax * Number(NS_PER_S)));
    for (let k = 0; k < pool.aliveCount; k++) {
      const slot = pool.alive[k]!;
      predict(pool.states, pool.covariances, slot, motion);
      pool.still.predict(slot, elapsedS);
      if (timeNs - pool.lastDetectionNs[slot]! > coastNsMax) this.#remove(slot, timeNs, reports);
    }
    pool.sweep();
  }

  /** Updates every track with its detection, or counts its miss, and notes which detections are taken. */
  #associate(timeNs: bigint, elapsedS: number): void {
    const pool = this.#pool;
    const set = this.#detections;
    const { detectionProbability, gateProbability, missCorrelationS } = this.options;
    const missScore = Math.log1p(-detectionProbability * gateProbability) * Math.min(1, elapsedS / missCorrelationS);
    const { columnOfRow } = this.#association.solve(pool, set, missScore);
    this.#claimedCount = 0;
    for (let row = 0; row < pool.aliveCount; row++) {
      const slot = pool.alive[row]!;
      const index = columnOfRow[row]!;
      if (index < 0) {
        pool.missedCounts[slot] = pool.missedCounts[slot]! + 1;
        this.#addScore(slot, missScore);
        pool.still.miss(slot, missScore);
        continue;
      }
      this.#addScore(slot, this.#association.pairScore(pool, slot, set, index));
      pool.still.update(slot, set, index, this.#association.logDetectionOverClutter);
      const targetScore = pool.targetScores[slot]!;
      pool.scores[slot] = targetScore - pool.still.clutterScore(slot, targetScore, this.options.stillShare);
      update(pool.states, pool.covariances, slot, set.positions, set.noise, index);
      pool.lastDetectionNs[slot] = timeNs;
      pool.detectionCounts[slot] = pool.detectionCounts[slot]! + 1;
      pool.missedCounts[slot] = 0;
      if (pool.ids[slot] === 0) pool.ids[slot] = ++this.#idCount;
      if (pool.scores[slot]! >= this.#confirmScore) pool.confirmed[slot] = 1;
      this.#claimed[this.#claimedCount++] = index;
    }
  }

  #addScore(slot: number, gained: number): void {
    const pool = this.#pool;
    pool.scores[slot] = pool.scores[slot]! + gained;
    pool.targetScores[slot] = pool.targetScores[slot]! + gained;
    pool.peakScores[slot] = Math.max(pool.peakScores[slot]!, pool.targetScores[slot]!);
  }

  #delete(timeNs: bigint, reports: TrackUpdate[]): void {
    const pool = this.#pool;
    for (let k = 0; k < pool.aliveCount; k++) {
      const slot = pool.alive[k]!;
      const fell = pool.peakScores[slot]! - pool.targetScores[slot]! >= this.#deleteFall;
      if (fell || pool.removed[slot] === 1) this.#remove(slot, timeNs, reports);
    }
    pool.sweep();
  }

  #remove(slot: number, timeNs: bigint, reports: TrackUpdate[]): void {
    this.#pool.removed[slot] = 1;
    if (this.#pool.ids[slot] !== 0) reports.push(this.#pool.update(slot, timeNs));
  }

  /** Begins a candidate at each detection left over that is no piece of one in use: known position, velocity 0 ± `speedMps`. */
  #begin(timeNs: bigint): void {
    const pool = this.#pool;
    const set = this.#detections;
    const taken = this.#claimed.slice(0, this.#claimedCount).sort();
    let next = 0;
    for (let index = 0; index < set.count; index++) {
      if (next < taken.length && taken[next] === index) {
        next++;
        continue;
      }
      if (this.#isPiece(index)) continue;
      const slot = pool.take(timeNs);
      if (slot < 0) {
        this.#refusedBirths++;
        continue;
      }
      pool.still.begin(slot, set, index);
      const speedVariance = this.options.speedMps * this.options.speedMps;
      pool.states.fill(0, slot * 6, slot * 6 + 6);
      pool.covariances.fill(0, slot * 36, slot * 36 + 36);
      for (let i = 0; i < 3; i++) {
        pool.states[slot * 6 + i] = set.positions[index * 3 + i]!;
        pool.covariances[slot * 36 + (i + 3) * 7] = speedVariance;
        for (let j = 0; j < 3; j++) pool.covariances[slot * 36 + i * 6 + j] = set.noise[index * 9 + i * 3 + j]!;
      }
      this.#claimed[this.#claimedCount++] = index;
    }
  }

  /** True where the detection overlaps one in use: evenly filled bodies reach √3 standard deviations from their centres. */
  #isPiece(index: number): boolean {
    const { positions, extents } = this.#detections;
    for (let k = 0; k < this.#claimedCount; k++) {
      const other = this.#claimed[k]!;
      let squared = 0;
      for (let axis = 0; axis < 3; axis++) {
        const reach = Math.sqrt(3) * (extents[index * 3 + axis]! + extents[other * 3 + axis]!);
        const apart = positions[index * 3 + axis]! - positions[other * 3 + axis]!;
        if (reach > 0) squared += (apart / reach) * (apart / reach);
        else if (apart !== 0) squared = Number.POSITIVE_INFINITY;
      }
      if (squared <= 1) return true;
    }
    return false;
  }
}
