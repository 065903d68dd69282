import type { Vec3 } from "@skyvox/core";

/**
 * An oracle for small cases: every way in which two tracks may have taken the detections of a few steps, tried one after the other.
 *
 * Written apart from the tracker, in plain matrices, for detections with the same sigma on every axis: then the axes of a target do not
 * mix and each is a filter of two components.
 */
export interface Axis {
  readonly position: number;
  readonly velocity: number;
  /** Variances of both and what they share. */
  readonly pp: number;
  readonly pv: number;
  readonly vv: number;
}

/** Position and velocity on three axes. */
export type Target = readonly Axis[];

/** What the oracle is told. */
export interface World {
  readonly stepS: number;
  readonly sigmaM: number;
  readonly accelerationMps2: number;
  readonly detectionProbability: number;
  readonly gateProbability: number;
  readonly clutterPerM3: number;
}

/** One way to explain everything, and ln of how likely it is. */
export interface Explanation {
  readonly targets: readonly Target[];
  /** Per step, the detection of each target, -1 for none. */
  readonly choices: readonly (readonly number[])[];
  readonly logWeight: number;
}

/** Returns all explanations of the steps, likeliest first. */
export function explainAll(
  targets: readonly Target[],
  steps: readonly (readonly Vec3[])[],
  world: World,
): Explanation[] {
  let explanations: Explanation[] = [{ targets, choices: [], logWeight: 0 }];
  for (const detections of steps) {
    explanations = explanations.flatMap((before) => {
      const moved = before.targets.map((target) => target.map((axis) => predict(axis, world)));
      return choicesOf(moved.length, detections.length).map((choice) => {
        let { logWeight } = before;
        const updated = moved.map((target, k) => {
          const position = detections[choice[k] ?? -1];
          if (position === undefined) {
            logWeight += Math.log(1 - world.detectionProbability * world.gateProbability);
            return target;
          }
          logWeight += Math.log(world.detectionProbability / world.clutterPerM3);
          return target.map((axis, at) => {
            const spread = axis.pp + world.sigmaM ** 2;
            const apart = (position[at] ?? 0) - axis.position;
            logWeight -= 0.5 * (Math.log(2 * Math.PI * spread) + apart ** 2 / spread);
            return update(axis, apart, spread);
          });
        });
        return { targets: updated, choices: [...before.choices, choice], logWeight };
      });
    });
  }
  return explanations.sort((a, b) => b.logWeight - a.logWeight);
}

/** Every way to give each of `targetCount` targets one of the detections or none, no detection twice. */
function choicesOf(targetCount: number, detectionCount: number): number[][] {
  if (targetCount === 0) return [[]];
  return choicesOf(targetCount - 1, detectionCount).flatMap((choice) =>
    [-1, ...Array(detectionCount).keys()]
      .filter((detection) => detection < 0 || !choice.includes(detection))
      .map((detection) => [...choice, detection]),
  );
}

function predict({ position, velocity, pp, pv, vv }: Axis, { stepS: dt, accelerationMps2 }: World): Axis {
  const q = accelerationMps2 ** 2;
  return {
    position: position + dt * velocity,
    velocity,
    pp: pp + 2 * dt * pv + dt * dt * vv + (q * dt ** 3) / 3,
    pv: pv + dt * vv + (q * dt ** 2) / 2,
    vv: vv + q * dt,
  };
}

function update({ position, velocity, pp, pv, vv }: Axis, apart: number, spread: number): Axis {
  return {
    position: position + (pp / spread) * apart,
    velocity: velocity + (pv / spread) * apart,
    pp: pp - (pp * pp) / spread,
    pv: pv - (pp * pv) / spread,
    vv: vv - (pv * pv) / spread,
  };
}
