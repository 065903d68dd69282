/**
 * New targets from the bearings that no track claimed: seed and grow.
 *
 * Seeds are pairs of bearings of two cameras whose epipolar angles agree (`epipolar.ts`); each is grown by the other cameras
 * (`grow.ts`), and what is left is packed greedily, best first, a bearing in at most one birth. The estimate of a birth is the joint update
 * of `bearing-update.ts` from a prior so wide that it says nothing, bearings that disagree with the rest taken out one by one; the target's
 * unknown velocity and the captures' different times are part of it.
 *
 * A birth is scored by the log of its odds: targets per cubic metre times the probability of its bearings, were they of one target, and of
 * its misses, against so many false bearings. It needs no count of cameras: three cameras under clutter lose to chance and five
 * win. Not all pairs of cameras are asked each time: a round robin of disjoint pairs goes on until it has met enough seeds, and the next
 * time begins one round later, so the work is bounded and every pair gets its turn. The bound counts seeds, not time, so that a replay
 * does the same.
 */
import { chiSquareQuantile } from "../gate.ts";
import type { BearingOptions } from "./bearing-options.ts";
import { BearingPool } from "./bearing-pool.ts";
import { JOINT_VIEWS_MAX, JointUpdate } from "./bearing-update.ts";
import { type BirthView, EpipolarJoin } from "./epipolar.ts";
import { Growth } from "./grow.ts";
import { isSeen } from "./sight.ts";

/** A new track: estimate, log-odds and the bearing of each camera it came from. */
export interface Birth {
  /** `[6]`, `[36]` and `[6, 3 cameraCount]` as in `BearingPool`. */
  readonly state: Float64Array;
  readonly covariance: Float64Array;
  readonly cross: Float64Array;
  readonly score: number;
  /** Bearing of each view, by place in the list of views, or -1. */
  readonly members: Int32Array;
  readonly memberCount: number;
}

/** Finds births; holds the arrays of the search. */
export class BirthSearch {
  /** Pairs of bearings that were looked at, and candidates that were grown from them, in the last search. */
  seedCount = 0;
  candidateCount = 0;

  readonly #options: BearingOptions;
  readonly #join = new EpipolarJoin();
  readonly #growth: Growth;
  readonly #pool: BearingPool;
  readonly #update = new JointUpdate();
  readonly #gates: Float64Array;
  readonly #width: number;
  #members = new Int32Array(0);
  /** `[candidates, 5]`: point, one sigma of it per axis at most, score. */
  #guesses = new Float64Array(0);
  /** For each view the best candidate of each bearing, plus one. */
  #best: Int32Array[] = [];
  #round = 0;

  constructor(options: BearingOptions, cameraCount: number) {
    this.#options = options;
    this.#width = Math.min(cameraCount, JOINT_VIEWS_MAX);
    this.#growth = new Growth(this.#width, { ...options, gate: chiSquareQuantile(options.gateProbability, 2) });
    this.#pool = new BearingPool(1, cameraCount);
    this.#pool.take();
    // A point is known after three of the numbers that its bearings give.
    this.#gates = Float64Array.from({ length: this.#width + 1 }, (_, count) =>
      count < 2 ? 0 : chiSquareQuantile(options.gateProbability, 2 * count - 3),
    );
  }

  /** Finds births among the unowned bearings of the views, best first; of more than 32 views the first 32 take part. */
  search(all: readonly BirthView[]): Birth[] {
    const views = all.slice(0, this.#width);
    this.seedCount = 0;
    this.candidateCount = 0;
    this.#best = views.map(({ sky }, place) => cleared(this.#best[place], sky.count));
    this.#sow(views);
    const order = Array.from({ length: this.candidateCount }, (_, k) => k).sort((a, b) => this.#compare(a, b));
    const births: Birth[] = [];
    for (const candidate of order) {
      const birth = this.#isFree(candidate, views) ? this.#settle(candidate, views) : null;
      if (birth !== null) births.push(birth);
    }
    return births;
  }

  /** Grows a candidate from every seed of as many rounds of camera pairs as the bound allows. */
  #sow(views: readonly BirthView[]): void {
    const even = views.length + (views.length % 2);
    const rounds = even - 1;
    const firstRound = this.#round++;
    for (let k = 0; k < rounds && this.seedCount < SEEDS_ENOUGH; k++) {
      const round = (firstRound + k) % rounds;
      for (let pair = 0; pair < even / 2; pair++) {
        const p = pair === 0 ? even - 1 : (round + pair) % rounds;
        const q = (round - pair + rounds) % rounds;
        if (p < views.length && q < views.length) this.#sowPair(views, Math.min(p, q), Math.max(p, q));
      }
    }
  }

  #sowPair(views: readonly BirthView[], p: number, q: number): void {
    const join = this.#join;
    const growth = this.#growth;
    join.find(views[p]!, views[q]!, { gateSigmas: GATE_SIGMAS, rangeMinM: this.#options.rangeMinM });
    const count = Math.min(join.count, PAIRS_MAX);
    this.seedCount += count;
    for (let k = 0; k < count; k++) {
      const [i, j] = [join.first[k]!, join.second[k]!];
      const known = this.#best[p]![i]! - 1;
      if (known >= 0 && this.#members[known * this.#width + q] === j) continue;
      if (growth.seed(views, p, i, q, j) && growth.grow(views)) this.#keep(views);
    }
  }

  /** Keeps what was grown where it may win, and notes it as the best of its bearings that have no better. */
  #keep(views: readonly BirthView[]): void {
    const { members, score, point, covariance } = this.#growth;
    const odds = score + Math.log(this.#options.targetsPerM3);
    if (odds < START_SCORE - SCORE_SLACK) return;
    const candidate = this.candidateCount++;
    this.#reserve(this.candidateCount);
    this.#members.set(members, candidate * this.#width);
    this.#guesses.set(point, candidate * 5);
    const variance = Math.max(covariance[0]!, covariance[3]!, covariance[5]!);
    this.#guesses[candidate * 5 + 3] = Math.sqrt(variance);
    this.#guesses[candidate * 5 + 4] = odds;
    for (let place = 0; place < views.length; place++) {
      const index = members[place]!;
      if (index < 0) continue;
      const known = this.#best[place]![index]! - 1;
      if (known < 0 || this.#guesses[known * 5 + 4]! < odds) this.#best[place]![index] = candidate + 1;
    }
  }

  /** Best first; among equals by their bearings. */
  #compare(a: number, b: number): number {
    const apart = this.#guesses[b * 5 + 4]! - this.#guesses[a * 5 + 4]!;
    if (apart !== 0) return apart;
    for (let place = 0; place < this.#width; place++) {
      const step = this.#members[a * this.#width + place]! - this.#members[b * this.#width + place]!;
      if (step !== 0) return step;
    }
    return 0;
  }

  #isFree(candidate: number, views: readonly BirthView[]): boolean {
    for (let place = 0; place < views.length; place++) {
      const index = this.#members[candidate * this.#width + place]!;
      if (index >= 0 && views[place]!.sky.owner[index] !== 0) return false;
    }
    return true;
  }

  /** Estimates a candidate, takes out what disagrees, scores the rest and takes its bearings if it wins. */
  #settle(candidate: number, views: readonly BirthView[]): Birth | null {
    const members = this.#members.slice(candidate * this.#width, (candidate + 1) * this.#width);
    const places = this.#agreeing(candidate, views, members);
    if (places === null) return null;
    const pool = this.#pool;
    const update = this.#update;
    if (!update.apply(pool, 0)) return null;
    const priorM = this.#priorSigmaM(candidate);
    const { targetsPerM3, detectionProbability } = this.#options;
    let score = update.logLikelihood + Math.log(targetsPerM3) + 1.5 * Math.log(2 * Math.PI) + 3 * Math.log(priorM);
    const [x, y, z] = [pool.states[0]!, pool.states[1]!, pool.states[2]!];
    for (let place = 0; place < views.length; place++) {
      const { sky } = views[place]!;
      if (members[place]! >= 0) score += Math.log(detectionProbability / sky.clutter[members[place]!]!);
      else if (sky.view !== null && isSeen(sky.view, x, y, z)) score += Math.log1p(-detectionProbability);
    }
    if (!(score >= START_SCORE)) return null;
    for (const place of places) views[place]!.sky.owner[members[place]!] = OWNER_BIRTH;
    return {
      state: pool.states.slice(),
      covariance: pool.covariances.slice(),
      cross: pool.cross.slice(),
      score,
      members,
      memberCount: places.length,
    };
  }

  /** Loads the scratch track and the update with a candidate's bearings that agree; returns their views, or null for less than two. */
  #agreeing(candidate: number, views: readonly BirthView[], members: Int32Array): number[] | null {
    const pool = this.#pool;
    const update = this.#update;
    const priorM = this.#priorSigmaM(candidate);
    pool.states.fill(0);
    pool.covariances.fill(0);
    pool.cross.fill(0);
    for (let i = 0; i < 3; i++) {
      pool.states[i] = this.#guesses[candidate * 5 + i]!;
      pool.covariances[i * 7] = priorM * priorM;
      pool.covariances[(i + 3) * 7] = this.#options.speedMps * this.#options.speedMps;
    }
    update.clear();
    const places: number[] = [];
    for (let place = 0; place < views.length; place++) {
      if (members[place]! < 0) continue;
      update.add(views[place]!, views[place]!.sky.rows, members[place]!);
      places.push(place);
    }
    while (places.length >= 2) {
      if (!update.measure(pool, 0)) return null;
      if (update.squared <= this.#gates[places.length]!) return places;
      update.weigh();
      let worst = 0;
      for (let k = 1; k < places.length; k++) if (update.blame[k]! > update.blame[worst]!) worst = k;
      update.drop(worst);
      members[places[worst]!] = -1;
      places.splice(worst, 1);
    }
    return null;
  }

  /** So wide beside what the bearings tell that it takes less than a thousandth of their weight. */
  #priorSigmaM(candidate: number): number {
    return PRIOR_SIGMAS * this.#guesses[candidate * 5 + 3]!;
  }

  #reserve(count: number): void {
    if (count * 5 <= this.#guesses.length) return;
    const capacity = 2 * Math.max(count, 512);
    const members = new Int32Array(capacity * this.#width);
    members.set(this.#members);
    this.#members = members;
    const guesses = new Float64Array(capacity * 5);
    guesses.set(this.#guesses);
    this.#guesses = guesses;
  }
}

function cleared(list: Int32Array | undefined, count: number): Int32Array {
  if (list === undefined || list.length < count) return new Int32Array(Math.max(64, 2 * count));
  return list.fill(0, 0, count);
}

/** What `Sky.owner` holds for a bearing that a birth took: no slot, as the track has none yet. */
const OWNER_BIRTH = -1;
/** Log-odds from which on a birth becomes a tentative track: one chance in ten. */
const START_SCORE = Math.log(0.1);
/** How far below it the score of the growth may lie: it takes what lasts for noise, so it is not exact. */
const SCORE_SLACK = 7;
/** Half width of the first look at a pair, in sigmas. */
const GATE_SIGMAS = 3.5;
/** Seeds after which no further round of camera pairs is begun. */
const SEEDS_ENOUGH = 4096;
/** Seeds of one pair of cameras at most. */
const PAIRS_MAX = 65536;
const PRIOR_SIGMAS = 30;
