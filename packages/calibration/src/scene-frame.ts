/**
 * A scale and an up for a scene that has neither: from a known distance or speed, and from cameras that are held level.
 *
 * The rows of a picture taken with a level camera are horizontal, so up is the direction most nearly square to all cameras' rows (smallest
 * eigenvector of Σ x xᵀ). It is right to the degree or so that people and tripods are. North stays arbitrary.
 */
import {
  cross,
  decomposeSymmetric3,
  distance,
  dot,
  identity3,
  type Mat3,
  normalize,
  scale,
  type Vec3,
} from "@skyvox/core";
import type { GaugeKind } from "./calibrate.ts";
import type { CalibrationInput } from "./calibration-input.ts";
import type { CameraEstimate } from "./camera-estimate.ts";
import { centreOf, rotationOf } from "./camera-state.ts";
import { positionAt } from "./path-spline.ts";
import { moveWorld } from "./similarity-fit.ts";
import type { PathSpan } from "./time-search.ts";

/** Scales and turns cameras and path in place and says what the scale rests on. */
export function setScaleAndUp(
  input: CalibrationInput,
  estimates: readonly CameraEstimate[],
  span: PathSpan,
  warnings: string[],
): GaugeKind {
  const { factor, kind } = scaleOf(input, estimates, span);
  const up = upOf(estimates);
  const east = normalize(cross(Math.abs(up.direction[1]) < 0.9 ? [0, 1, 0] : [1, 0, 0], up.direction));
  const north = cross(up.direction, east);
  const rotation: Mat3 = [...east, ...north, ...up.direction];
  moveWorld(
    { scale: factor, rotation, shiftM: [0, 0, 0] },
    estimates.map(({ state }) => state),
    span.path,
  );
  const tilt = ((up.tiltRad * 180) / Math.PI).toFixed(1);
  warnings.push(
    `up is where cameras held level have it (they differ by ${tilt} degrees); north and origin are arbitrary`,
  );
  if (kind === "none")
    warnings.push("nothing tells the scale: lengths are in units of their own, need --rtk, --survey or --scale");
  return kind;
}

/** Scales cameras and path about the origin to what is known, in place: an adjustment keeps it only nearly. */
export function keepScale(input: CalibrationInput, estimates: readonly CameraEstimate[], span: PathSpan): void {
  const { factor } = scaleOf(input, estimates, span);
  moveWorld(
    { scale: factor, rotation: identity3, shiftM: [0, 0, 0] },
    estimates.map(({ state }) => state),
    span.path,
  );
}

function scaleOf(
  { scale: known, cameras }: CalibrationInput,
  estimates: readonly CameraEstimate[],
  span: PathSpan,
): { factor: number; kind: GaugeKind } {
  if (known?.kind === "distance") {
    const [a, b] = known.cameras.map((id) =>
      centreOf(estimates[cameras.findIndex((camera) => camera.id === id)]!.state),
    ) as [Vec3, Vec3];
    return { factor: known.metres / distance(a, b), kind: "distance" };
  }
  if (known?.kind === "speed") return { factor: known.medianMps / medianSpeed(span), kind: "speed" };
  return { factor: 1, kind: "none" };
}

const SPEED_STEP_S = 0.5;

function medianSpeed({ path, fromS, toS, isKnown }: PathSpan): number {
  const speeds: number[] = [];
  for (let timeS = fromS; timeS + SPEED_STEP_S < toS; timeS += SPEED_STEP_S) {
    if (!isKnown(timeS) || !isKnown(timeS + SPEED_STEP_S)) continue;
    speeds.push(distance(positionAt(path, timeS), positionAt(path, timeS + SPEED_STEP_S)) / SPEED_STEP_S);
  }
  return speeds.sort((a, b) => a - b)[speeds.length >> 1] ?? Number.NaN;
}

function upOf(estimates: readonly CameraEstimate[]): { direction: Vec3; tiltRad: number } {
  const sum = new Float64Array(9);
  let down: Vec3 = [0, 0, 0];
  for (const { state } of estimates) {
    const r = rotationOf(state);
    for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) sum[i * 3 + j]! += r[i]! * r[j]!;
    down = [down[0] + r[3], down[1] + r[4], down[2] + r[5]];
  }
  const { axes, values } = decomposeSymmetric3([...sum] as [...Mat3]);
  const direction = dot(axes[2], down) > 0 ? scale(axes[2], -1) : axes[2];
  return { direction, tiltRad: Math.asin(Math.min(1, Math.sqrt(Math.max(0, values[2]) / estimates.length))) };
}
