/**
 * Bearings of many cameras become tracks: tracks first, births from what they leave.
 *
 * One step: views are put in the order of their capture and taken in groups of the same instant. For each group all tracks move to its
 * time, claim bearings camera by camera (`claim.ts`) and are updated by all of them at once (`bearing-update.ts`); no track is ever
 * triangulated. At the end of the step what nobody claimed in the last view of each camera may give birth (`birth.ts`). Cameras need not be
 * simultaneous, nor of one rate: each view has its own capture time, and may come late by `lagS`.
 *
 * A track lives by its score, the log-odds of "target" against "false bearings", as in `tracker.ts`: confirmed at
 * ln((1 - trueDelete) / falseConfirm), deleted when it falls ln((1 - falseConfirm) / trueDelete) below its highest value, or unseen for
 * `coastSecondsMax`. What only two cameras ever saw is confirmed no sooner than it was seen five times: two bearings always meet
 * somewhere, but where they meet by chance they do not move like a target.
 *
 * Sans-I/O and deterministic: the same views give the same bits, in any order of arrival within the lag and in any order of bearings. One
 * hypothesis: decisions are final within the step. Motion: nearly constant velocity.
 */
import { assert, type CameraId, secondsFromNs, type TrackId, type TrackUpdate, trackId } from "@skyvox/core";
import { predict } from "../motion-model.ts";
import { BearingBook } from "./bearing-book.ts";
import { liesNear, mergeBearingDuplicates } from "./bearing-duplicates.ts";
import { type BearingOptions, bearingOptionsProblem, defaultBearingOptions } from "./bearing-options.ts";
import { BearingPool } from "./bearing-pool.ts";
import { JOINT_VIEWS_MAX } from "./bearing-update.ts";
import type { BearingView } from "./bearing-view.ts";
import { type Birth, BirthSearch } from "./birth.ts";
import type { BirthView } from "./epipolar.ts";
import { GroupUpdate, sourceOf } from "./group-update.ts";
import { LoneBearings, type LoneTrack } from "./lone-bearings.ts";
import { type SightExplanation, SightLog } from "./sight-log.ts";
import { Sky } from "./sky.ts";
import type { FilteredStep } from "./smoother.ts";
import { nsOf, TrackLife } from "./track-life.ts";
import { type QueuedView, ViewQueue } from "./view-queue.ts";

/** What a bearing tracker had to refuse since it was made, and how many ids it gave. */
export interface BearingCounts {
  /** Views captured before what was already taken, and views that came twice. */
  readonly lateViews: number;
  readonly repeatedViews: number;
  /** Bearings that were no measurement or too many for one view. */
  readonly droppedBearings: number;
  readonly refusedBirths: number;
  readonly ids: number;
}

/** Follows targets through views of cameras; see the head of this file. */
export class BearingTracker {
  readonly options: BearingOptions;
  readonly cameras: readonly CameraId[];
  readonly #pool: BearingPool;
  readonly #book: BearingBook;
  readonly #log: SightLog;
  readonly #queue: ViewQueue;
  readonly #group: GroupUpdate;
  readonly #births: BirthSearch;
  readonly #life: TrackLife;
  readonly #lone: readonly LoneBearings[];
  readonly #loneReports: LoneTrack[][];
  #stepNs: bigint | null = null;
  /** What all estimates stand at. */
  #timeNs: bigint | null = null;
  #idCount = 0;
  #refusedBirths = 0;

  /**
   * Makes a tracker for these cameras; no others may send views.
   *
   * @throws {AssertionError} when an option lies outside its range or two cameras share an id.
   */
  constructor(cameras: readonly CameraId[], options: Partial<BearingOptions> = {}) {
    this.options = { ...defaultBearingOptions, ...options };
    const problem = bearingOptionsProblem(this.options);
    assert(problem === null, problem ?? "");
    assert(cameras.length >= 1, "a tracker has at least one camera");
    assert(new Set(cameras).size === cameras.length, "every camera has an id of its own");
    this.cameras = cameras.toSorted();
    const { tracksMax } = this.options;
    this.#pool = new BearingPool(tracksMax, cameras.length);
    this.#book = new BearingBook(tracksMax, cameras.length);
    this.#log = new SightLog(tracksMax, cameras.length);
    this.#queue = new ViewQueue(this.cameras);
    this.#group = new GroupUpdate(
      this.options,
      cameras.map(() => new Sky()),
    );
    this.#births = new BirthSearch(this.options, cameras.length);
    this.#life = new TrackLife(this.options, SURE);
    this.#lone = this.cameras.map((camera) => new LoneBearings(camera, this.options));
    this.#loneReports = cameras.map(() => []);
  }

  get counts(): BearingCounts {
    return {
      lateViews: this.#queue.lateCount,
      repeatedViews: this.#queue.repeatedCount,
      droppedBearings: this.#group.droppedCount,
      refusedBirths: this.#refusedBirths,
      ids: this.#idCount,
    };
  }

  /**
   * Takes views and returns the tracks as they stand at `timeNs` less the lag, plus those deleted in this step, ordered by id.
   *
   * A deleted track is reported once. A track whose place is not known to within `placeSigmaMaxM` is kept but not reported. A view captured after that time waits for a later step.
   * @throws {AssertionError} when `timeNs` is not later than the last step's or a view is of an unknown camera.
   */
  step(timeNs: bigint, views: readonly BearingView[]): readonly TrackUpdate[] {
    assert(this.#stepNs === null || timeNs > this.#stepNs, "steps go forward in time");
    this.#stepNs = timeNs;
    const stranger = this.#queue.add(views);
    assert(stranger === null, `a view is of a camera of the tracker, not of "${stranger}"`);
    const horizonNs = timeNs - nsOf(this.options.lagS);
    const groups = this.#queue.take(horizonNs, { groupS: this.options.groupS, viewsMax: JOINT_VIEWS_MAX });
    const tracks = { pool: this.#pool, book: this.#book, log: this.#log };
    for (const group of groups) {
      const groupNs = group.reduce((first, { view }) => (view.captureNs < first ? view.captureNs : first), horizonNs);
      this.#advance(groupNs);
      this.#group.take(tracks, group, groupNs);
    }
    this.#advance(horizonNs);
    mergeBearingDuplicates(tracks);
    const nextId = (): number => ++this.#idCount;
    const reports = this.#life.judge(tracks, { timeNs: horizonNs, hasViews: groups.length > 0, nextId });
    if (groups.length > 0) this.#begin(horizonNs);
    this.#followLone(groups, nextId);
    for (let k = 0; k < this.#pool.aliveCount; k++) {
      const slot = this.#pool.alive[k]!;
      if (this.#book.ids[slot] !== 0 && this.#life.isPlaced(this.#pool, slot))
        reports.push(this.#book.report(this.#pool, slot, horizonNs));
    }
    return reports.sort((a, b) => a.id - b.id);
  }

  /** Says for every camera what became of a track in its last view; null where no such track is alive. */
  explain(id: TrackId): readonly SightExplanation[] | null {
    const slot = this.#slotOf(id);
    if (slot === null) return null;
    return this.#log.explain(slot, this.cameras, (other) => {
      const found = this.#book.ids[other]!;
      return found === 0 ? null : trackId(found);
    });
  }

  /** Returns all that is held of a track's place after the last step, for `smoothPath`; null where no such track is alive. */
  estimate(id: TrackId): FilteredStep | null {
    const slot = this.#slotOf(id);
    if (slot === null || this.#timeNs === null) return null;
    const { states, covariances, cross } = this.#pool;
    const width = 18 * this.cameras.length;
    return {
      timeNs: this.#timeNs,
      state: states.slice(slot * 6, slot * 6 + 6),
      covariance: covariances.slice(slot * 36, slot * 36 + 36),
      cross: cross.slice(slot * width, slot * width + width),
    };
  }

  #slotOf(id: TrackId): number | null {
    return this.#pool.alive.subarray(0, this.#pool.aliveCount).find((slot) => this.#book.ids[slot] === id) ?? null;
  }

  /** What one camera alone sees, as of the last view of each camera; ids are of the same count as those of tracks in space. */
  get loneTracks(): readonly LoneTrack[] {
    return this.#loneReports.flat().sort((a, b) => a.id - b.id);
  }

  /** Lets what is left over in the cameras that looked in this step be followed by each alone. */
  #followLone(groups: readonly (readonly QueuedView[])[], nextId: () => number): void {
    const looked = new Set(groups.flat().map(({ camera }) => camera));
    for (const [camera, lone] of this.#lone.entries()) {
      if (looked.has(camera)) this.#loneReports[camera] = lone.step(this.#group.skies[camera]!, nextId);
    }
  }

  /** Moves all tracks on to a time. */
  #advance(timeNs: bigint): void {
    const elapsedS = this.#timeNs === null ? 0 : secondsFromNs(timeNs - this.#timeNs);
    this.#timeNs = timeNs;
    if (elapsedS === 0) return;
    const pool = this.#pool;
    const motion = { elapsedS, accelerationMps2: this.options.accelerationMps2 };
    for (let k = 0; k < pool.aliveCount; k++) {
      predict(pool.states, pool.covariances, pool.alive[k]!, motion);
      pool.moveCross(pool.alive[k]!, elapsedS);
    }
  }

  /** Begins tracks from what nobody claimed in the last views. */
  #begin(timeNs: bigint): void {
    const views = this.#group.skies.flatMap((sky, camera) => this.#birthView(sky, camera, timeNs) ?? []);
    if (views.length < 2) return;
    for (const birth of this.#births.search(views)) {
      if (this.#isDouble(birth, timeNs)) continue;
      const slot = this.#pool.take();
      if (slot < 0) {
        this.#refusedBirths++;
        continue;
      }
      this.#open(slot, birth, views, timeNs);
    }
  }

  #birthView(sky: Sky, camera: number, timeNs: bigint): BirthView | null {
    if (sky.view === null || timeNs - sky.view.captureNs > nsOf(this.options.birthWindowS)) return null;
    const source = sourceOf({ camera, view: sky.view }, timeNs);
    const movedM = this.options.speedMps * Math.hypot(source.lagS, source.timeSigmaS);
    return { ...source, sky, placeSigmaM: Math.hypot(source.positionSigmaM, movedM) };
  }

  /** True where a birth lies on a track that was just seen: bearings it could not use. */
  #isDouble(birth: Birth, timeNs: bigint): boolean {
    const [pool, book] = [this.#pool, this.#book];
    const estimate = { states: birth.state, covariances: birth.covariance };
    for (let k = 0; k < pool.aliveCount; k++) {
      const slot = pool.alive[k]!;
      if (
        this.#life.wasSeen(book, slot, timeNs) &&
        book.firstNs[slot] !== timeNs &&
        liesNear(pool, slot, estimate, 0, 0)
      )
        return true;
    }
    return false;
  }

  #open(slot: number, birth: Birth, views: readonly BirthView[], timeNs: bigint): void {
    const [pool, book] = [this.#pool, this.#book];
    pool.states.set(birth.state, slot * 6);
    pool.covariances.set(birth.covariance, slot * 36);
    pool.cross.set(birth.cross, slot * birth.cross.length);
    book.open(slot, timeNs, birth.score);
    this.#log.clear(slot);
    for (const [place, { camera }] of views.entries()) {
      if ((birth.members[place] ?? -1) < 0) continue;
      book.seenBy(slot, camera);
      this.#log.note(slot, camera, "seen", 0, 0, -1);
    }
    this.#life.confirm(book, slot);
    if (book.confirmed[slot] === 1) book.ids[slot] = ++this.#idCount;
  }
}

/** Who must have seen a track before it is confirmed: two bearings always meet somewhere. */
const SURE = { cameras: 3, times: 5 };
