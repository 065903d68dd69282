import type { Vec3 } from "@skyvox/core";
import type { NumpyRandom } from "./numpy-random.ts";
import type { PathState } from "./path.ts";

/** Seconds from one scan to the next. */
export const SCAN_PERIOD_S = 0.1;

/** Draws the states of all targets for the next scan, in the order of the targets. */
export type NextStates = () => readonly PathState[];

/** Variance that a velocity gains per axis and second, m²/s³. */
const DRIFT_M2PS3 = 4;
/** Standard deviation of the first velocity per axis. */
const SPEED_MPS = 10;

/** Lower Cholesky factor of the covariance that white acceleration gives position and velocity over one scan. */
const NOISE = {
  positionM: Math.sqrt((DRIFT_M2PS3 * SCAN_PERIOD_S ** 3) / 3),
  velocityOfPosition: Math.sqrt(DRIFT_M2PS3 * SCAN_PERIOD_S * 0.75),
  velocityMps: Math.sqrt((DRIFT_M2PS3 * SCAN_PERIOD_S) / 4),
};

/** Targets at even random in the box whose velocity drifts; each call moves them first. */
export function wanderingPaths(
  random: NumpyRandom,
  { targetCount, boxM }: { readonly targetCount: number; readonly boxM: Vec3 },
): NextStates {
  const draw = (next: (axis: number) => number): number[][] =>
    Array.from({ length: targetCount }, () => [0, 1, 2].map(next));
  const positions = draw((axis) => random.uniform(0, boxM[axis as 0 | 1 | 2]));
  const velocities = draw(() => SPEED_MPS * random.normal());
  return () =>
    positions.map((position, target): PathState => {
      const velocity = velocities[target]!;
      for (let axis = 0; axis < 3; axis++) wander(random, position, velocity, axis);
      return { positionEnuM: [...position] as [...Vec3], velocityEnuMps: [...velocity] as [...Vec3] };
    });
}

/** Moves one axis by one scan: constant velocity and the noise of white acceleration. */
export function wander(random: NumpyRandom, position: number[], velocity: number[], axis: number): void {
  const [first, second] = [random.normal(), random.normal()];
  position[axis] = position[axis]! + SCAN_PERIOD_S * velocity[axis]! + NOISE.positionM * first;
  velocity[axis] = velocity[axis]! + NOISE.velocityOfPosition * first + NOISE.velocityMps * second;
}
