/**
 * Watches the residuals of running cameras and names the one that was bumped.
 *
 * After calibration a camera's residuals (where a track should be seen minus where it is, in sigmas of what is expected) have mean zero. A bump shifts their mean, in a
 * direction that depends on where in the picture the target is but holds for a while. A two-sided CUSUM per camera and axis (Page 1954) adds up what lies
 * beyond the allowance and alarms past the threshold. When one camera moves, the tracks follow it a little and all others show the opposite: the alarm names the
 * camera whose sum is largest, and only while it leads the next one clearly. A pure function of what it is told: `(state, residual) → alarm`.
 *
 * With allowance 0.5 and threshold 25 (sigmas) unit normal residuals alarm falsely less than once in 10¹⁰ looks (exp(-2 · 0.5 · 25)), and a shift of 1.5 sigmas
 * is found in 25 looks. Residuals that are not independent (frames milliseconds apart) must be thinned to what is: `intervalS`.
 */
import { assert } from "@skyvox/core";

/** One residual of one camera: pixels seen minus expected, each divided by its own expected sigma. */
export interface DriftLook {
  readonly camera: string;
  readonly timeS: number;
  readonly u: number;
  readonly v: number;
}

/** A camera that no longer looks where the site says. */
export interface DriftAlarm {
  readonly camera: string;
  readonly timeS: number;
  /** When its residuals began to lean, seconds. */
  readonly sinceS: number;
  /** Mean of the residuals since then, sigmas. */
  readonly meanU: number;
  readonly meanV: number;
  /** How far the sum of the next camera lies below, as a ratio. */
  readonly lead: number;
}

/** How sensitive a watch is. */
export interface DriftWatchOptions {
  /** Mean shift that is tolerated, sigmas. */
  readonly allowance: number;
  /** Sum past which a camera is alarmed, sigmas. */
  readonly threshold: number;
  /** Looks of one camera closer than this are taken for one, seconds. */
  readonly intervalS: number;
  /** The alarmed camera's sum is at least this times that of any other. */
  readonly leadMin: number;
}

/** What suits labels and blobs of one target at some 30 frames per second. */
export const defaultDriftWatchOptions: DriftWatchOptions = {
  allowance: 0.5,
  threshold: 25,
  intervalS: 0.5,
  leadMin: 1.5,
};

/** A single look counts up to this many sigmas: one wrong association is no bump. */
const CLIP_SIGMAS = 4;

interface Sums {
  lastS: number;
  /** Sums of +u, -u, +v, -v beyond the allowance, and what has been seen since each began. */
  readonly arms: { sum: number; sinceS: number; count: number; u: number; v: number }[];
}

/** The watch over all cameras of a site. */
export class DriftWatch {
  readonly #options: DriftWatchOptions;
  readonly #cameras = new Map<string, Sums>();

  /** Starts a watch with nothing seen. */
  constructor(options: DriftWatchOptions = defaultDriftWatchOptions) {
    assert(options.threshold > 0, "the threshold is positive");
    assert(options.allowance >= 0, "the allowance is not negative");
    this.#options = options;
  }

  /** Takes a look in and returns an alarm where its camera passes the threshold with a lead; that camera then starts afresh. */
  observe(look: DriftLook): DriftAlarm | null {
    if (!Number.isFinite(look.u) || !Number.isFinite(look.v)) return null;
    const sums = this.#sumsOf(look);
    if (look.timeS - sums.lastS < this.#options.intervalS) return null;
    sums.lastS = look.timeS;
    const clip = (value: number) => Math.max(-CLIP_SIGMAS, Math.min(CLIP_SIGMAS, value));
    const [u, v] = [clip(look.u), clip(look.v)];
    for (const [index, value] of [u, -u, v, -v].entries()) {
      const arm = sums.arms[index]!;
      arm.sum += value - this.#options.allowance;
      if (arm.sum <= 0) {
        Object.assign(arm, { sum: 0, sinceS: look.timeS, count: 0, u: 0, v: 0 });
        continue;
      }
      arm.count += 1;
      arm.u += u;
      arm.v += v;
    }
    const arm = largest(sums);
    if (arm.sum < this.#options.threshold) return null;
    let next = 0;
    for (const [camera, other] of this.#cameras) if (camera !== look.camera) next = Math.max(next, largest(other).sum);
    const lead = arm.sum / next;
    if (lead < this.#options.leadMin) return null;
    this.#cameras.delete(look.camera);
    return {
      camera: look.camera,
      timeS: look.timeS,
      sinceS: arm.sinceS,
      meanU: arm.u / arm.count,
      meanV: arm.v / arm.count,
      lead,
    };
  }

  /** The sums of a look's camera; of one that is new, nothing was seen before this look. */
  #sumsOf({ camera, timeS }: DriftLook): Sums {
    const known = this.#cameras.get(camera);
    if (known !== undefined) return known;
    const arms = Array.from({ length: 4 }, () => ({ sum: 0, sinceS: timeS, count: 0, u: 0, v: 0 }));
    const sums = { lastS: Number.NEGATIVE_INFINITY, arms };
    this.#cameras.set(camera, sums);
    return sums;
  }
}

function largest({ arms }: Sums): Sums["arms"][number] {
  return arms.reduce((best, arm) => (arm.sum > best.sum ? arm : best));
}
