/**
 * One group of views, captured together, taken by all tracks: claims in each view, then one joint update per track.
 *
 * A track's bearings must also agree with each other: while their joint distance lies outside its gate the one to blame most is given
 * back, so a false bearing inside the gate of one camera does not pull a track that many others hold. Scores: ln(Pd / clutter) and the
 * joint likelihood for what was taken; ln(1 - Pd Pg) for every camera that should have seen the track, and only once where none did (a
 * hovering or hidden target is missed by all for one reason). Misses of one camera closer together than `missCorrelationS` share that too.
 */
import { secondsFromNs } from "@skyvox/core";
import { chiSquareQuantile } from "../gate.ts";
import type { BearingBook } from "./bearing-book.ts";
import type { BearingOptions } from "./bearing-options.ts";
import type { BearingPool } from "./bearing-pool.ts";
import { type BearingSource, JOINT_VIEWS_MAX, JointUpdate } from "./bearing-update.ts";
import { Claims } from "./claim.ts";
import type { SightLog } from "./sight-log.ts";
import type { Sky } from "./sky.ts";
import type { QueuedView } from "./view-queue.ts";

/** The tracks a group is for. */
export interface GroupTracks {
  readonly pool: BearingPool;
  readonly book: BearingBook;
  readonly log: SightLog;
}

/** Takes groups of views; holds the skies of all cameras. */
export class GroupUpdate {
  /** The last view of each camera. */
  readonly skies: readonly Sky[];
  droppedCount = 0;

  readonly #options: BearingOptions;
  readonly #claims: Claims;
  readonly #update = new JointUpdate();
  readonly #gates: Float64Array;
  readonly #missScore: number;
  readonly #viewsMax: number;
  /** `[capacity, viewsMax]`: bearing that a slot took in each view of the group, MISSED or UNSEEN. */
  readonly #taken: Int32Array;
  readonly #sure: Int32Array;
  readonly #unsure: Int32Array;
  /** Time of the view before the last of each camera; how far apart its misses lie. */
  readonly #lastNs: (bigint | null)[];

  constructor(options: BearingOptions, skies: readonly Sky[]) {
    this.#options = options;
    this.skies = skies;
    this.#claims = new Claims(options);
    this.#viewsMax = Math.min(JOINT_VIEWS_MAX, skies.length);
    this.#gates = Float64Array.from({ length: this.#viewsMax + 1 }, (_, count) =>
      count === 0 ? 0 : chiSquareQuantile(options.gateProbability, 2 * count),
    );
    this.#missScore = Math.log1p(-options.detectionProbability * options.gateProbability);
    this.#taken = new Int32Array(options.tracksMax * this.#viewsMax);
    this.#sure = new Int32Array(options.tracksMax);
    this.#unsure = new Int32Array(options.tracksMax);
    this.#lastNs = skies.map(() => null);
  }

  /** Updates all tracks, which stand at `timeNs`, with a group. */
  take(tracks: GroupTracks, group: readonly QueuedView[], timeNs: bigint): void {
    const { bearingsMax, falseBearingsMin } = this.#options;
    const sources = group.map((queued) => sourceOf(queued, timeNs));
    for (const { camera, view } of group) {
      this.skies[camera]!.learnClutter();
      this.droppedCount += view.refusedCount + this.skies[camera]!.load(view, bearingsMax, falseBearingsMin);
    }
    this.#claim(tracks, group, sources);
    const missShares = group.map(({ camera, view }) => this.#missShare(camera, view.captureNs));
    for (let k = 0; k < tracks.pool.aliveCount; k++) {
      this.#updateTrack(tracks, tracks.pool.alive[k]!, { group, sources, missShares, timeNs });
    }
  }

  /** Lets confirmed tracks choose in every view, then the others among what is left. */
  #claim({ pool, book, log }: GroupTracks, group: readonly QueuedView[], sources: readonly BearingSource[]): void {
    let sureCount = 0;
    let unsureCount = 0;
    for (let k = 0; k < pool.aliveCount; k++) {
      const slot = pool.alive[k]!;
      if (book.confirmed[slot] === 1) this.#sure[sureCount++] = slot;
      else this.#unsure[unsureCount++] = slot;
    }
    const claims = this.#claims;
    for (const [place, { camera }] of group.entries()) {
      const sky = this.skies[camera]!;
      claims.claim(pool, this.#sure, sureCount, sky, sources[place]!, log);
      claims.claim(pool, this.#unsure, unsureCount, sky, sources[place]!, log);
      for (let k = 0; k < pool.aliveCount; k++) {
        const slot = pool.alive[k]!;
        this.#taken[slot * this.#viewsMax + place] = claims.visible[slot] === 0 ? UNSEEN : claims.taken[slot]!;
      }
    }
  }

  #updateTrack({ pool, book, log }: GroupTracks, slot: number, step: GroupStep): void {
    const { group, sources, missShares, timeNs } = step;
    const update = this.#update;
    update.clear();
    const places: number[] = [];
    for (let place = 0; place < group.length; place++) {
      const taken = this.#taken[slot * this.#viewsMax + place]!;
      if (taken < 0) continue;
      update.add(sources[place]!, this.skies[group[place]!.camera]!.rows, taken);
      places.push(place);
    }
    this.#giveBack(pool, slot, group, places, log);
    const isSeen = places.length > 0 && update.apply(pool, slot);
    let score = isSeen ? update.logLikelihood : 0;
    let missShare = 0;
    for (let place = 0; place < group.length; place++) {
      const taken = this.#taken[slot * this.#viewsMax + place]!;
      const sky = this.skies[group[place]!.camera]!;
      if (taken === UNSEEN) continue;
      if (isSeen && taken >= 0) {
        score += Math.log(this.#options.detectionProbability / sky.clutter[taken]!);
        book.seenBy(slot, group[place]!.camera);
      } else missShare = isSeen ? missShare + missShares[place]! : Math.max(missShare, missShares[place]!);
    }
    book.gain(slot, score + missShare * this.#missScore);
    if (!isSeen) return;
    book.lastSeenNs[slot] = timeNs;
    book.seenCounts[slot]!++;
  }

  /** Takes bearings out of the update until the rest agree, and leaves them to nobody. */
  #giveBack(pool: BearingPool, slot: number, group: readonly QueuedView[], places: number[], log: SightLog): void {
    const update = this.#update;
    while (places.length >= 2 && update.measure(pool, slot) && update.squared > this.#gates[places.length]!) {
      update.weigh();
      let worst = 0;
      for (let k = 1; k < places.length; k++) if (update.blame[k]! > update.blame[worst]!) worst = k;
      const place = places[worst]!;
      const { camera } = group[place]!;
      const at = slot * this.#viewsMax + place;
      this.skies[camera]!.owner[this.#taken[at]!] = 0;
      this.#taken[at] = MISSED;
      log.disagree(slot, camera);
      update.drop(worst);
      places.splice(worst, 1);
    }
  }

  /** The share of a whole miss that one of this camera weighs, by the time since its last view. */
  #missShare(camera: number, captureNs: bigint): number {
    const lastNs = this.#lastNs[camera] ?? null;
    this.#lastNs[camera] = captureNs;
    if (lastNs === null) return 1;
    return Math.min(1, secondsFromNs(captureNs - lastNs) / this.#options.missCorrelationS);
  }
}

interface GroupStep {
  readonly group: readonly QueuedView[];
  readonly sources: readonly BearingSource[];
  readonly missShares: readonly number[];
  readonly timeNs: bigint;
}

/** The pose and time of a view beside tracks that stand at `timeNs`. */
export function sourceOf({ camera, view }: QueuedView, timeNs: bigint): BearingSource {
  return {
    camera,
    originEnuM: view.pose.cameraInEnuM,
    angleSigmaRad: view.pose.angleSigmaRad,
    positionSigmaM: view.pose.positionSigmaM,
    lagS: secondsFromNs(view.captureNs - timeNs),
    timeSigmaS: view.timeSigmaNs / 1e9,
  };
}

const MISSED = -1;
const UNSEEN = -2;
