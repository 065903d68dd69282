/**
 * Fast targets that fly level: straight, then a turn at 3 g, straight again, a turn to the other side, and so on; exact arcs.
 *
 * Each leg lasts a whole number of scans, so that within a scan a target either turns or does not.
 */
import type { Vec3 } from "@skyvox/core";
import type { NumpyRandom } from "./numpy-random.ts";
import type { PathState } from "./path.ts";
import { type NextStates, SCAN_PERIOD_S } from "./wandering-paths.ts";

/** Acceleration across the path in a turn. */
const TURN_MPS2 = 3 * 9.80665;
const SPEED_MPS = [40, 60] as const;
const STRAIGHT_S = [1, 3] as const;
const TURN_RAD = [Math.PI / 2, Math.PI] as const;

/** Draws the targets at even random in the box; each call moves them by one scan first. */
export function turningPaths(
  random: NumpyRandom,
  { targetCount, boxM }: { readonly targetCount: number; readonly boxM: Vec3 },
): NextStates {
  const targets = Array.from({ length: targetCount }, () => newTarget(random, boxM));
  return () => targets.map((target) => move(random, target));
}

interface Target {
  e: number;
  n: number;
  readonly u: number;
  readonly speedMps: number;
  headingRad: number;
  /** 1 and -1 turn left and right; 0 flies straight. */
  turning: -1 | 0 | 1;
  nextTurn: -1 | 1;
  scansLeft: number;
}

function newTarget(random: NumpyRandom, boxM: Vec3): Target {
  return {
    e: random.uniform(0, boxM[0]),
    n: random.uniform(0, boxM[1]),
    u: random.uniform(0, boxM[2]),
    speedMps: random.uniform(...SPEED_MPS),
    headingRad: random.uniform(0, 2 * Math.PI),
    turning: 0,
    nextTurn: random.float() < 0.5 ? -1 : 1,
    scansLeft: scansOf(random.uniform(...STRAIGHT_S)),
  };
}

function move(random: NumpyRandom, target: Target): PathState {
  if (target.scansLeft === 0) beginLeg(random, target);
  target.scansLeft--;
  const { speedMps, headingRad } = target;
  const turnedRad = headingRad + ((target.turning * TURN_MPS2) / speedMps) * SCAN_PERIOD_S;
  if (target.turning === 0) {
    target.e += speedMps * SCAN_PERIOD_S * Math.cos(headingRad);
    target.n += speedMps * SCAN_PERIOD_S * Math.sin(headingRad);
  } else {
    const radiusM = (target.turning * speedMps ** 2) / TURN_MPS2;
    target.e += radiusM * (Math.sin(turnedRad) - Math.sin(headingRad));
    target.n += radiusM * (Math.cos(headingRad) - Math.cos(turnedRad));
  }
  target.headingRad = turnedRad;
  return {
    positionEnuM: [target.e, target.n, target.u],
    velocityEnuMps: [speedMps * Math.cos(turnedRad), speedMps * Math.sin(turnedRad), 0],
  };
}

function beginLeg(random: NumpyRandom, target: Target): void {
  if (target.turning !== 0) {
    target.turning = 0;
    target.scansLeft = scansOf(random.uniform(...STRAIGHT_S));
    return;
  }
  target.turning = target.nextTurn;
  target.nextTurn = target.nextTurn === 1 ? -1 : 1;
  target.scansLeft = scansOf((random.uniform(...TURN_RAD) * target.speedMps) / TURN_MPS2);
}

function scansOf(durationS: number): number {
  return Math.max(1, Math.round(durationS / SCAN_PERIOD_S));
}
