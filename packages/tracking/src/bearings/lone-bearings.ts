/**
 * What only one camera sees: followed as a direction, never shown as a place.
 *
 * The directions of one camera are points on the unit sphere about it. A target without a range is followed there by the same claims and
 * the same joint update as any other, by a camera at the centre: one unit of length is one radian. What would be range is taken out of
 * state and covariance after every step. The pose is no matter: it is the camera's own sky. Only bearings that no track in space has
 * claimed or was born from get here; a lone track whose target gets a place in space so starves and ends. Under heavy clutter one
 * camera tells nothing: of more than `LEFTOVERS_MAX` bearings left over none begins a track.
 */
import { assert, type CameraId, type TrackId, type TrackState, type Vec3 } from "@skyvox/core";
import { predict } from "../motion-model.ts";
import { BearingBook } from "./bearing-book.ts";
import type { BearingOptions } from "./bearing-options.ts";
import { BearingPool } from "./bearing-pool.ts";
import { BEARING_VALUES, type BearingView } from "./bearing-view.ts";
import { GroupUpdate } from "./group-update.ts";
import { SightLog } from "./sight-log.ts";
import { Sky } from "./sky.ts";
import { TrackLife } from "./track-life.ts";

/**
 * A target seen by one camera alone.
 *
 * Azimuth runs clockwise from north, elevation up from the horizon; `covarianceRad2` is `[aa, ae, ee]` of the direction along the azimuth (on
 * the sphere, so azimuth times the cosine of elevation) and up. The direction is that of the local east-north-up frame, from the camera.
 */
export interface LoneTrack {
  readonly id: TrackId;
  readonly camera: CameraId;
  readonly state: TrackState;
  readonly timeNs: bigint;
  readonly directionEnu: Vec3;
  readonly azimuthRad: number;
  readonly elevationRad: number;
  readonly covarianceRad2: readonly [number, number, number];
  readonly azimuthRps: number;
  readonly elevationRps: number;
  readonly score: number;
  readonly detectionCount: number;
}

/** Follows what one camera alone sees. */
export class LoneBearings {
  readonly #camera: CameraId;
  readonly #options: BearingOptions;
  readonly #pool = new BearingPool(LONE_TRACKS_MAX, 1);
  readonly #book = new BearingBook(LONE_TRACKS_MAX, 1);
  readonly #log = new SightLog(LONE_TRACKS_MAX, 1);
  readonly #sky = new Sky();
  readonly #group: GroupUpdate;
  readonly #life: TrackLife;
  #timeNs: bigint | null = null;

  constructor(camera: CameraId, options: BearingOptions) {
    this.#camera = camera;
    this.#options = { ...options, tracksMax: LONE_TRACKS_MAX };
    this.#group = new GroupUpdate(this.#options, [this.#sky]);
    this.#life = new TrackLife(this.#options, SURE);
  }

  /** Takes what a camera's view left over at its capture time and returns the tracks alive, ordered by id; ended ones are not told. */
  step(sky: Sky, nextId: () => number): LoneTrack[] {
    assert(sky.view !== null, "a camera that has a view steps its lone tracks");
    if (this.#pool.aliveCount === 0 && freeCount(sky) > LEFTOVERS_MAX) return [];
    const view = leftOver(sky, sky.view);
    const timeNs = view.captureNs;
    this.#advance(timeNs);
    const tracks = { pool: this.#pool, book: this.#book, log: this.#log };
    this.#group.take(tracks, [{ camera: 0, view }], timeNs);
    this.#flatten();
    this.#life.judge(tracks, { timeNs, hasViews: true, nextId });
    this.#begin(timeNs);
    const reports: LoneTrack[] = [];
    for (let k = 0; k < this.#pool.aliveCount; k++) {
      const slot = this.#pool.alive[k]!;
      if (this.#book.ids[slot] !== 0) reports.push(this.#report(slot, timeNs));
    }
    return reports.sort((a, b) => a.id - b.id);
  }

  #advance(timeNs: bigint): void {
    const elapsedS = this.#timeNs === null ? 0 : Number(timeNs - this.#timeNs) / 1e9;
    this.#timeNs = timeNs;
    const motion = { elapsedS, accelerationMps2: this.#options.turnRps2 };
    for (let k = 0; k < this.#pool.aliveCount; k++) {
      predict(this.#pool.states, this.#pool.covariances, this.#pool.alive[k]!, motion);
    }
  }

  /** Brings all tracks back to the sphere: length one, no speed and no doubt along the direction. */
  #flatten(): void {
    const { states, covariances } = this.#pool;
    for (let k = 0; k < this.#pool.aliveCount; k++) {
      const slot = this.#pool.alive[k]!;
      const s = slot * 6;
      const length = Math.sqrt(states[s]! ** 2 + states[s + 1]! ** 2 + states[s + 2]! ** 2);
      for (let i = 0; i < 6; i++) states[s + i]! /= length;
      const direction: Vec3 = [states[s]!, states[s + 1]!, states[s + 2]!];
      const along = direction[0] * states[s + 3]! + direction[1] * states[s + 4]! + direction[2] * states[s + 5]!;
      for (let i = 0; i < 3; i++) states[s + 3 + i]! -= along * direction[i]!;
      for (const block of [0, 3, 18, 21]) project3(covariances, slot * 36 + block, direction, length);
    }
  }

  #begin(timeNs: bigint): void {
    const sky = this.#sky;
    if (freeCount(sky) > LEFTOVERS_MAX) return;
    for (let index = 0; index < sky.count; index++) {
      const slot = sky.owner[index] === 0 ? this.#pool.take() : -1;
      if (slot >= 0) this.#open(slot, index, timeNs);
    }
  }

  #open(slot: number, index: number, timeNs: bigint): void {
    const { states, covariances } = this.#pool;
    const { rows } = this.#sky;
    const at = index * BEARING_VALUES;
    const variance = this.#options.turnRps * this.#options.turnRps;
    for (let i = 0; i < 3; i++) {
      states[slot * 6 + i] = rows[at + i]!;
      for (let j = 0; j < 3; j++) {
        covariances[slot * 36 + i * 6 + j] = rows[at + 3 + PLACES[i * 3 + j]!]!;
        const across = (i === j ? 1 : 0) - rows[at + i]! * rows[at + j]!;
        covariances[slot * 36 + (i + 3) * 6 + j + 3] = variance * across;
      }
    }
    this.#book.open(slot, timeNs, START_SCORE);
    this.#book.seenBy(slot, 0);
    this.#log.clear(slot);
  }

  #report(slot: number, timeNs: bigint): LoneTrack {
    const { id, state, score, detectionCount, covariance, positionEnuM, velocityEnuMps } = this.#book.report(
      this.#pool,
      slot,
      timeNs,
    );
    const [east, north, up] = positionEnuM;
    const flat = Math.hypot(east, north);
    const [sine, cosine] = flat === 0 ? [0, 1] : [east / flat, north / flat];
    const alongAzimuth: Vec3 = [cosine, -sine, 0];
    const alongElevation: Vec3 = [-up * sine, -up * cosine, flat];
    const rate = (axis: Vec3): number =>
      axis[0] * velocityEnuMps[0] + axis[1] * velocityEnuMps[1] + axis[2] * velocityEnuMps[2];
    return {
      id,
      camera: this.#camera,
      state,
      timeNs,
      directionEnu: positionEnuM,
      azimuthRad: Math.atan2(east, north),
      elevationRad: Math.atan2(up, flat),
      covarianceRad2: [
        between(covariance, alongAzimuth, alongAzimuth),
        between(covariance, alongAzimuth, alongElevation),
        between(covariance, alongElevation, alongElevation),
      ],
      azimuthRps: rate(alongAzimuth) / Math.max(flat, 1e-9),
      elevationRps: rate(alongElevation),
      score,
      detectionCount,
    };
  }
}

/** How many bearings of a sky have no owner. */
function freeCount(sky: Sky): number {
  let count = 0;
  for (let index = 0; index < sky.count; index++) if (sky.owner[index] === 0) count++;
  return count;
}

/** The view as its camera alone knows it: at the centre, by a pose beyond doubt, and only what nobody owns. */
function leftOver(sky: Sky, view: BearingView): BearingView {
  const bearings = new Float64Array(sky.count * BEARING_VALUES);
  let count = 0;
  for (let index = 0; index < sky.count; index++) {
    if (sky.owner[index] !== 0) continue;
    const at = index * BEARING_VALUES;
    bearings.set(sky.rows.subarray(at, at + BEARING_VALUES), count++ * BEARING_VALUES);
  }
  const pose = { ...view.pose, cameraInEnuM: CENTRE, positionSigmaM: 0, angleSigmaRad: 0 };
  return { ...view, pose, bearings: bearings.subarray(0, count * BEARING_VALUES), refusedCount: 0 };
}

/** (I - d dᵀ) B (I - d dᵀ) / length² for a block of three rows and columns of a `[6, 6]` matrix. */
function project3(m: Float64Array, at: number, direction: Vec3, length: number): void {
  for (const stride of [1, 6]) {
    const other = 7 - stride;
    for (let line = 0; line < 3; line++) {
      const from = at + line * other;
      let along = 0;
      for (let k = 0; k < 3; k++) along += direction[k]! * m[from + k * stride]!;
      for (let k = 0; k < 3; k++) m[from + k * stride] = (m[from + k * stride]! - along * direction[k]!) / length;
    }
  }
}

/** aᵀ P b over the position block of a `[6, 6]` covariance. */
function between(covariance: Float64Array, a: Vec3, b: Vec3): number {
  let sum = 0;
  for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) sum += a[i]! * covariance[i * 6 + j]! * b[j]!;
  return sum;
}

const CENTRE: Vec3 = [0, 0, 0];
const LONE_TRACKS_MAX = 128;
const LEFTOVERS_MAX = 24;
/** One camera is all there is: what counts is how often. */
const SURE = { cameras: 2, times: 5 };
/** Log-odds of a bearing left over: one target in a hundred. */
const START_SCORE = Math.log(0.01);
/** Where row i, column j of a symmetric matrix stands among `xx xy xz yy yz zz`. */
const PLACES = [0, 1, 2, 1, 3, 4, 2, 4, 5] as const;
