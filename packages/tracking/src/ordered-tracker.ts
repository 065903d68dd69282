/**
 * The work of a tracker on frame sets that come in order of time; what comes late is the business of `fixed-lag.ts`.
 *
 * One step: predict every track, give confirmed tracks their detections, then the others what is left (best sum of log-likelihood ratios),
 * merge duplicates, delete, begin new tracks from what is left then. Where confirmed tracks compete, or one may have missed, several
 * explanations are kept for up to `deferStepsMax` steps and reported is the likeliest (`multi-hypothesis.ts`). What a detection says of a
 * track, and when a track is confirmed and deleted, stands in `evidence.ts`. There is no count of hits.
 *
 * Extended targets: one target gives one detection per step, whose covariance already holds how its centre wanders over its body. Where a
 * body breaks into pieces, pieces that overlap a detection in use begin no track of their own.
 */
import { type Detection, NS_PER_S, secondsFromNs, type TrackUpdate } from "@skyvox/core";
import { AssignmentSolver } from "./assignment.ts";
import { Association } from "./association.ts";
import { ClusterStore } from "./cluster-store.ts";
import { DetectionSet } from "./detection-set.ts";
import { Duplicates } from "./duplicates.ts";
import { Evidence } from "./evidence.ts";
import { MultiHypothesis } from "./multi-hypothesis.ts";
import { PoolCopy, TrackPool } from "./track-pool.ts";
import type { TrackerOptions } from "./tracker-options.ts";

/** How far a tracker has come, and what it counted on the way. */
export interface TrackerProgress {
  timeNs: bigint | null;
  stepCount: number;
  /** Over all steps. */
  detectionCount: number;
  idCount: number;
  refusedBirthCount: number;
  droppedDetectionCount: number;
  /** Decisions that were not deferred because that was too much work. */
  fallbackCount: number;
}

function newProgress(): TrackerProgress {
  return {
    timeNs: null,
    stepCount: 0,
    detectionCount: 0,
    idCount: 0,
    refusedBirthCount: 0,
    droppedDetectionCount: 0,
    fallbackCount: 0,
  };
}

/** A copy of all that decides what a tracker does next. */
export interface TrackerCopy {
  readonly pool: PoolCopy;
  readonly clusters: ClusterStore;
  progress: TrackerProgress;
}

/** Follows targets through frame sets in order of time. */
export class OrderedTracker {
  readonly #options: TrackerOptions;
  readonly #pool: TrackPool;
  readonly #detections: DetectionSet;
  readonly #association: Association;
  readonly #evidence: Evidence;
  readonly #hypotheses: MultiHypothesis;
  readonly #duplicates: Duplicates;
  readonly #solver = new AssignmentSolver();
  /** Tracks that are not confirmed. */
  readonly #candidates: Int32Array;
  /** What a candidate pays for going without a detection. */
  readonly #free: Float64Array;
  /** Per detection: how likely it belongs to a confirmed track, and 1 where it is in use. */
  readonly #claims: Float64Array;
  readonly #taken: Uint8Array;
  #progress = newProgress();

  /** Takes options that are in their ranges. */
  constructor(options: TrackerOptions) {
    const { tracksMax, detectionsMax, hypothesesMax, deferStepsMax } = options;
    this.#options = options;
    this.#pool = new TrackPool({
      ...options,
      branchesMax: hypothesesMax > 1 ? tracksMax + BRANCHES_MIN : 0,
      historySteps: deferStepsMax + 1,
    });
    this.#detections = new DetectionSet(detectionsMax);
    this.#association = new Association(options, this.#pool.capacity);
    this.#evidence = new Evidence(options, this.#pool, this.#association);
    this.#hypotheses = new MultiHypothesis(this.#pool, this.#evidence, this.#association, options);
    this.#duplicates = new Duplicates(this.#pool);
    this.#candidates = new Int32Array(tracksMax);
    this.#free = new Float64Array(tracksMax);
    this.#claims = new Float64Array(detectionsMax);
    this.#taken = new Uint8Array(detectionsMax);
  }

  get progress(): Readonly<TrackerProgress> {
    return this.#progress;
  }

  newCopy(): TrackerCopy {
    return { pool: new PoolCopy(), clusters: new ClusterStore(this.#pool.capacity), progress: newProgress() };
  }

  save(copy: TrackerCopy): void {
    this.#pool.save(copy.pool);
    copy.clusters.copyFrom(this.#hypotheses.clusters);
    copy.progress = { ...this.#progress };
  }

  restore(copy: TrackerCopy): void {
    this.#pool.restore(copy.pool);
    this.#hypotheses.clusters.copyFrom(copy.clusters);
    this.#progress = { ...copy.progress };
  }

  /** Takes the detections of one frame set, later than all before, and returns the tracks alive after it plus those deleted in it, by id. */
  step(timeNs: bigint, detections: readonly Detection[]): readonly TrackUpdate[] {
    const progress = this.#progress;
    const elapsedS = progress.timeNs === null ? 0 : secondsFromNs(timeNs - progress.timeNs);
    const set = this.#detections;
    progress.timeNs = timeNs;
    progress.droppedDetectionCount += set.load(detections);
    this.#claims.fill(0, 0, set.count);
    this.#taken.fill(0, 0, set.count);
    this.#evidence.begin({ timeNs, elapsedS, index: progress.stepCount, firstNumber: progress.detectionCount });
    const reports: TrackUpdate[] = [];
    this.#predict(timeNs, elapsedS, reports);
    this.#associate();
    this.#duplicates.merge();
    this.#delete(timeNs, reports);
    this.#begin(timeNs);
    progress.stepCount++;
    progress.detectionCount += set.count;
    for (let k = 0; k < this.#pool.aliveCount; k++) {
      const slot = this.#pool.alive[k]!;
      if (this.#pool.ids[slot] !== 0) reports.push(this.#pool.update(slot, timeNs));
    }
    return reports.sort((a, b) => a.id - b.id);
  }

  /** Moves all tracks to the time of the step and ends those that have coasted too long for any detection to be theirs. */
  #predict(timeNs: bigint, elapsedS: number, reports: TrackUpdate[]): void {
    const pool = this.#pool;
    const coastNsMax = BigInt(Math.round(this.#options.coastSecondsMax * Number(NS_PER_S)));
    const predict = (slot: number): void => {
      pool.filters.predict(slot, elapsedS);
      pool.still.predict(slot, elapsedS);
    };
    this.#hypotheses.clusters.forEachBranch(predict);
    for (let k = 0; k < pool.aliveCount; k++) {
      const slot = pool.alive[k]!;
      predict(slot);
      pool.replaced[slot] = 0;
      if (timeNs - pool.lastDetectionNs[slot]! > coastNsMax) this.#remove(slot, timeNs, reports);
    }
    this.#sweep();
  }

  /** Gives every track its detection or its miss: confirmed tracks first, then the others from what is left. */
  #associate(): void {
    const pool = this.#pool;
    const set = this.#detections;
    this.#association.begin(pool, set);
    this.#progress.fallbackCount += this.#hypotheses.associate({
      set,
      index: this.#progress.stepCount,
      firstNumber: this.#progress.detectionCount,
      claims: this.#claims,
      taken: this.#taken,
    });
    for (let index = 0; index < set.count; index++) if (this.#claims[index]! >= CLAIM_MIN) this.#taken[index] = 1;
    let count = 0;
    for (let k = 0; k < pool.aliveCount; k++) {
      const slot = pool.alive[k]!;
      if (pool.confirmed[slot] === 0) this.#candidates[count++] = slot;
    }
    this.#associateCandidates(count);
  }

  #associateCandidates(count: number): void {
    const pool = this.#pool;
    const set = this.#detections;
    const { missScore } = this.#evidence;
    const limits = { missScore, costMax: 0, taken: this.#taken };
    this.#solver.solve(this.#association.gate(pool, this.#candidates, count, set, limits), this.#free);
    for (let row = 0; row < count; row++) {
      const slot = this.#candidates[row]!;
      const index = this.#solver.columnOfRow[row]!;
      if (index < 0) {
        this.#evidence.miss(slot);
        continue;
      }
      this.#evidence.detect(slot, set, index);
      if (pool.ids[slot] === 0) pool.ids[slot] = ++this.#progress.idCount;
      this.#taken[index] = 1;
    }
  }

  #delete(timeNs: bigint, reports: TrackUpdate[]): void {
    const pool = this.#pool;
    const { clusters } = this.#hypotheses;
    for (let cluster = 0; cluster < clusters.count; cluster++) {
      for (let track = 0; track < clusters.trackCounts[cluster]!; track++) {
        const slot = clusters.slots[clusters.slotStarts[cluster]! + track]!;
        if (clusters.existence(pool, cluster, track) <= 0.5) pool.removed[slot] = 1;
      }
    }
    for (let k = 0; k < pool.aliveCount; k++) {
      const slot = pool.alive[k]!;
      const isGone = clusters.isInDoubt[slot] === 0 && pool.existence[slot]! <= 0;
      if (isGone || pool.removed[slot] === 1) this.#remove(slot, timeNs, reports);
    }
    this.#sweep();
  }

  #remove(slot: number, timeNs: bigint, reports: TrackUpdate[]): void {
    this.#pool.removed[slot] = 1;
    if (this.#pool.ids[slot] !== 0) reports.push(this.#pool.update(slot, timeNs));
  }

  #sweep(): void {
    this.#hypotheses.clusters.settle(this.#pool);
    this.#pool.sweep();
  }

  /** Begins a candidate at each detection left over that is no piece of one in use. */
  #begin(timeNs: bigint): void {
    const pool = this.#pool;
    const set = this.#detections;
    for (let index = 0; index < set.count; index++) {
      if (this.#taken[index] === 1 || set.isPiece(index, this.#taken)) continue;
      const slot = pool.take(timeNs);
      if (slot < 0) {
        this.#progress.refusedBirthCount++;
        continue;
      }
      this.#evidence.start(slot, set, index);
      this.#taken[index] = 1;
    }
  }
}

/** From this chance on that it is a confirmed track's, a detection is no other's. */
const CLAIM_MIN = 0.5;

/** Room for branches where few tracks are allowed. */
const BRANCHES_MIN = 64;
