/**
 * What a calibration finds out about one camera, as numbers that can be moved: pose, lens, line time and clock.
 *
 * A step of the solver is a vector of `STEP_CLOCK + knots` numbers: a small turn ω of the camera (radians, camera axes: the new
 * `cameraFromEnu` is exp(ω) times the old), a shift of its centre (metres), then plain additions to the lens, the line time and the
 * clock's knots. What a step adds plainly to is laid out in `values` in the same order, so that priors speak of both alike.
 *
 * Row v of a frame is taken at `nominal + correction(nominal) + lineTimeS · v`, where nominal = frame / rate and the correction is linear
 * between knots and beyond the outer ones: one knot is an offset, two an offset and a rate, more a clock of variable rate.
 */
import {
  assert,
  type Intrinsics,
  type Mat3,
  mat3FromQuaternion,
  multiplyQuaternions,
  type Pose,
  type Quaternion,
  quaternionFromMat3,
  type Vec3,
} from "@skyvox/core";

/** Where the parts of a step begin; the turn comes first. */
export const STEP_CENTRE = 3;
export const STEP_LENS = 6;
export const STEP_LINE_TIME = 15;
export const STEP_CLOCK = 16;

/** Places of the lens within a step: fx, fy, cx, cy, then k1, k2, p1, p2, k3. */
export const LENS_LENGTH = 9;

/** A camera on its way to being calibrated. */
export interface CameraState {
  /** `[3, 3]` row-major, a rotation. */
  readonly cameraFromEnu: Float64Array;
  /** `[STEP_CLOCK + knots]`; the first three entries are unused, the rest as in a step. */
  readonly values: Float64Array;
  /** `[knots]` nominal seconds, rising. */
  readonly knotsS: Float64Array;
}

/** Makes a state of what is known or guessed. Lens and pose are copied. */
export function createCameraState(from: {
  readonly pose: Pick<Pose, "cameraFromEnu" | "cameraInEnuM">;
  readonly intrinsics: Intrinsics;
  readonly lineTimeS: number;
  readonly knotsS: readonly number[];
  readonly correctionS: readonly number[];
}): CameraState {
  const { intrinsics: lens, knotsS, correctionS } = from;
  assert(knotsS.length > 0, "a clock has a knot");
  assert(knotsS.length === correctionS.length, "every knot of a clock has a correction");
  const values = new Float64Array(STEP_CLOCK + knotsS.length);
  values.set(from.pose.cameraInEnuM, STEP_CENTRE);
  values.set([lens.fxPx, lens.fyPx, lens.cxPx, lens.cyPx, ...lens.distortion], STEP_LENS);
  values[STEP_LINE_TIME] = from.lineTimeS;
  values.set(correctionS, STEP_CLOCK);
  return { cameraFromEnu: Float64Array.from(from.pose.cameraFromEnu), values, knotsS: Float64Array.from(knotsS) };
}

/** Copies a state. */
export function copyCameraState(state: CameraState): CameraState {
  return {
    cameraFromEnu: state.cameraFromEnu.slice(),
    values: state.values.slice(),
    knotsS: state.knotsS.slice(),
  };
}

/** Overwrites a state with another of the same number of knots. */
export function assignCameraState(to: CameraState, from: CameraState): void {
  to.cameraFromEnu.set(from.cameraFromEnu);
  to.values.set(from.values);
}

/** Moves a state by a step, in place. */
export function moveCameraState(state: CameraState, step: Float64Array): void {
  assert(step.length >= state.values.length, "a step is as long as the values of its camera");
  for (let i = STEP_CENTRE; i < state.values.length; i++) state.values[i]! += step[i]!;
  const turn = quaternionOfTurn([step[0]!, step[1]!, step[2]!]);
  const turned = multiplyQuaternions(turn, quaternionFromMat3(rotationOf(state)));
  state.cameraFromEnu.set(mat3FromQuaternion(turned));
}

/** Returns where the camera stands and looks. */
export function poseOf(state: CameraState): Pick<Pose, "cameraFromEnu" | "cameraInEnuM"> {
  return { cameraFromEnu: rotationOf(state), cameraInEnuM: centreOf(state) };
}

/** Returns the centre of projection, metres. */
export function centreOf({ values }: CameraState): Vec3 {
  return [values[STEP_CENTRE]!, values[STEP_CENTRE + 1]!, values[STEP_CENTRE + 2]!];
}

/** Returns the rotation as a matrix of `@skyvox/core`. */
export function rotationOf({ cameraFromEnu: r }: CameraState): Mat3 {
  return [r[0]!, r[1]!, r[2]!, r[3]!, r[4]!, r[5]!, r[6]!, r[7]!, r[8]!];
}

/** Returns the lens of a state for images of a size. */
export function intrinsicsOf(
  { values }: CameraState,
  size: { readonly widthPx: number; readonly heightPx: number },
): Intrinsics {
  const at = (k: number) => values[STEP_LENS + k]!;
  return {
    widthPx: size.widthPx,
    heightPx: size.heightPx,
    fxPx: at(0),
    fyPx: at(1),
    cxPx: at(2),
    cyPx: at(3),
    distortion: [at(4), at(5), at(6), at(7), at(8)],
  };
}

/** Returns the knot at or before which the correction at a nominal time is interpolated from: `0 … knots - 2`, or 0 for one knot. */
export function knotBefore(knotsS: Float64Array, nominalS: number): number {
  let knot = 0;
  while (knot < knotsS.length - 2 && nominalS >= knotsS[knot + 1]!) knot += 1;
  return knot;
}

/** Returns the weight of knot `knot + 1` at a nominal time; the rest is that of `knot`. Below 0 or above 1 beyond the outer knots. */
export function knotWeight(knotsS: Float64Array, knot: number, nominalS: number): number {
  if (knotsS.length === 1) return 0;
  const from = knotsS[knot]!;
  return (nominalS - from) / (knotsS[knot + 1]! - from);
}

/** Returns when row `row` of the frame at a nominal time was taken, site seconds. */
export function captureTimeS(state: CameraState, nominalS: number, row: number): number {
  const knot = knotBefore(state.knotsS, nominalS);
  const weight = knotWeight(state.knotsS, knot, nominalS);
  const before = state.values[STEP_CLOCK + knot]!;
  const after = weight === 0 ? before : state.values[STEP_CLOCK + knot + 1]!;
  return nominalS + before + weight * (after - before) + state.values[STEP_LINE_TIME]! * row;
}

function quaternionOfTurn(turn: Vec3): Quaternion {
  const angle = Math.hypot(...turn);
  const factor = angle < 1e-9 ? 0.5 : Math.sin(angle / 2) / angle;
  return [Math.cos(angle / 2), turn[0] * factor, turn[1] * factor, turn[2] * factor];
}
