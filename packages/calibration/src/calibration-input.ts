/**
 * What a calibration is made from, and what is refused before it begins: numbers that are none, pictures too small for their labels,
 * targets that do not move, cameras that nothing ties together.
 *
 * Everything is checked once here; the rest of the package trusts it. Names of cameras and rows stand in every message.
 */
import { type Intrinsics, SkyvoxError, type Vec3 } from "@skyvox/core";
import type { Views } from "./bundle-problem.ts";
import type { LinearClock } from "./linear-clock.ts";
import { movingSights, sightTrack } from "./sight-track.ts";

/** One camera: a guess of its lens, its frame rate and where it saw the target. */
export interface CameraInput {
  readonly id: string;
  readonly intrinsics: Intrinsics;
  readonly frameRateHz: number;
  /** `[count]` rising frame numbers in which the target is visible; frame n is at n / frameRateHz of the camera's clock. */
  readonly frames: Float64Array;
  /** `[count, 2]` pixels, u right and v down. */
  readonly uvPx: Float64Array;
  /** How the camera's clock becomes a time that all cameras share, where that is known. */
  readonly clock: LinearClock | null;
}

/** Positions of the target by another instrument, on a clock that no camera knows. */
export interface ControlInput {
  /** `[count]` rising seconds. They become site time. */
  readonly timesS: Float64Array;
  /** `[count, 3]` metres; their frame becomes the site's. */
  readonly positionsM: Float64Array;
  readonly sigmaM: number;
}

/** Surveyed places of the cameras. */
export interface SurveyInput {
  /** `camera` is null where the row does not say whose place it is. */
  readonly rows: readonly { readonly camera: string | null; readonly positionM: Vec3 }[];
  readonly sigmaM: number;
}

/** What tells the size of the scene where neither control nor survey does. */
export type ScaleInput =
  | { readonly kind: "distance"; readonly cameras: readonly [string, string]; readonly metres: number }
  | { readonly kind: "speed"; readonly medianMps: number };

/** Everything that is known. */
export interface CalibrationInput {
  readonly cameras: readonly CameraInput[];
  readonly control: ControlInput | null;
  readonly survey: SurveyInput | null;
  readonly scale: ScaleInput | null;
}

/** Fewer sights between which the target moved than this calibrate nothing. */
const MOVING_SIGHTS_MIN = 40;
const MOVE_TAN = 0.01;
/** Share of labels that may lie outside their picture. */
const OUTSIDE_SHARE_MAX = 0.01;
/** The target must have been in a box of this diagonal, metres. */
const CONTROL_EXTENT_MIN_M = 2;
const FRAME_RATE_MAX_HZ = 10_000;

/** @throws {SkyvoxError} "calibration" naming camera, row and what is needed. */
export function checkInput(input: CalibrationInput): void {
  const { cameras, control, survey, scale } = input;
  if (cameras.length === 0) throw refusal("", "there is none", "one at least");
  if (cameras.length === 1 && control === null) {
    throw refusal(
      ` "${cameras[0]!.id}"`,
      "it is the only one and there is no control track",
      "a second camera or --rtk",
    );
  }
  const ids = new Set<string>();
  for (const camera of cameras) {
    if (ids.has(camera.id)) throw refusal(` "${camera.id}"`, "there are two of that name", "one name per camera");
    ids.add(camera.id);
    checkCamera(camera);
  }
  if (control !== null) checkControl(control);
  if (survey !== null) checkSurvey(survey, ids);
  if (scale?.kind === "distance") checkDistance(scale, ids);
}

/** Turns frames into views on the camera's own clock. */
export function viewsOf({ frames, uvPx, frameRateHz }: CameraInput): Views {
  return {
    nominalS: frames.map((frame) => frame / frameRateHz),
    uPx: frames.map((_, i) => uvPx[i * 2]!),
    vPx: frames.map((_, i) => uvPx[i * 2 + 1]!),
  };
}

/** One line for people: what cannot be calibrated, what was found, what is needed. */
export function refusal(camera: string, found: string, need: string): SkyvoxError {
  return refusalOf(`camera${camera}`, found, need);
}

function refusalOf(what: string, found: string, need: string): SkyvoxError {
  return new SkyvoxError("calibration", `Cannot calibrate ${what}: ${found}, need ${need}`);
}

function checkCamera(camera: CameraInput): void {
  const { id, frames, uvPx, intrinsics, frameRateHz } = camera;
  const name = ` "${id}"`;
  if (uvPx.length !== frames.length * 2)
    throw refusal(name, `${frames.length} frames, ${uvPx.length} coordinates`, "two each");
  if (!(frameRateHz > 0 && frameRateHz <= FRAME_RATE_MAX_HZ)) {
    throw refusal(name, `a frame rate of ${frameRateHz}`, `frames per second up to ${FRAME_RATE_MAX_HZ}`);
  }
  const { distortion, ...pinhole } = intrinsics;
  if (
    ![...Object.values(pinhole), ...distortion].every(Number.isFinite) ||
    !(intrinsics.fxPx > 0) ||
    !(intrinsics.fyPx > 0)
  ) {
    throw refusal(name, "its lens has a value that is no number, or no focal length", "a guess of the lens");
  }
  let outside = 0;
  for (let i = 0; i < frames.length; i++) {
    const u = uvPx[i * 2]!;
    const v = uvPx[i * 2 + 1]!;
    if (!Number.isFinite(frames[i]!) || !Number.isFinite(u) || !Number.isFinite(v)) {
      throw refusal(
        name,
        `row ${i + 1} of what it saw is ${frames[i]} ${u} ${v}`,
        "finite numbers (leave out frames without the target)",
      );
    }
    if (i > 0 && frames[i]! <= frames[i - 1]!)
      throw refusal(name, `frame ${frames[i]} after ${frames[i - 1]}`, "frames that rise");
    if (u < -0.5 || v < -0.5 || u > intrinsics.widthPx || v > intrinsics.heightPx) outside += 1;
  }
  if (outside > OUTSIDE_SHARE_MAX * frames.length) {
    const size = `${intrinsics.widthPx}x${intrinsics.heightPx}`;
    throw refusal(
      name,
      `${outside} of ${frames.length} labels lie outside its picture of ${size}`,
      "the lens of the camera that they are of",
    );
  }
  const moving = movingSights(sightTrack(viewsOf(camera), intrinsics), MOVE_TAN, MOVING_SIGHTS_MIN).timesS.length;
  if (moving < MOVING_SIGHTS_MIN) {
    throw refusal(
      name,
      `the target moves in it ${moving} times by ${MOVE_TAN * 100} % of the focal length`,
      `a target that moves about, ${MOVING_SIGHTS_MIN} times at least`,
    );
  }
}

function checkSurvey({ rows }: SurveyInput, ids: ReadonlySet<string>): void {
  const placed = new Set<string>();
  for (const [index, { camera, positionM }] of rows.entries()) {
    const what = `survey row ${index + 1}`;
    if (!positionM.every(Number.isFinite)) throw refusalOf(what, `found ${positionM}`, "numbers");
    if (camera === null) continue;
    if (!ids.has(camera)) throw refusalOf(what, `there is no camera "${camera}"`, `one of ${[...ids].join(", ")}`);
    if (placed.has(camera)) throw refusalOf(what, `camera "${camera}" has a place already`, "one row per camera");
    placed.add(camera);
  }
}

function checkDistance(
  { cameras, metres }: ScaleInput & { readonly kind: "distance" },
  ids: ReadonlySet<string>,
): void {
  const what = "the known distance";
  for (const id of cameras) {
    if (!ids.has(id)) throw refusalOf(what, `there is no camera "${id}"`, [...ids].join(", "));
  }
  const [first, second] = cameras;
  if (first === second) throw refusalOf(what, `it is from camera "${first}" to itself`, "two cameras");
  if (!(metres > 0)) throw refusalOf(what, `it is ${metres} m`, "metres above 0");
}

function checkControl({ timesS, positionsM, sigmaM }: ControlInput): void {
  const what = "from the control track";
  if (timesS.length === 0) throw refusalOf(what, "it has no row", "positions of the target");
  if (positionsM.length !== timesS.length * 3)
    throw refusalOf(what, `${timesS.length} times, ${positionsM.length} coordinates`, "three each");
  if (!(sigmaM > 0)) throw refusalOf(what, `a sigma of ${sigmaM}`, "metres above 0");
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = low.map((value) => -value);
  for (let i = 0; i < timesS.length; i++) {
    const place = positionsM.subarray(i * 3, i * 3 + 3);
    if (!Number.isFinite(timesS[i]!) || !place.every(Number.isFinite)) {
      throw refusalOf(what, `row ${i + 1} is ${timesS[i]} ${place}`, "finite numbers");
    }
    if (i > 0 && timesS[i]! <= timesS[i - 1]!)
      throw refusalOf(what, `time ${timesS[i]} after ${timesS[i - 1]}`, "times that rise");
    for (let axis = 0; axis < 3; axis++) {
      low[axis] = Math.min(low[axis]!, place[axis]!);
      high[axis] = Math.max(high[axis]!, place[axis]!);
    }
  }
  const extentM = Math.hypot(...high.map((value, axis) => value - low[axis]!));
  if (!(extentM >= CONTROL_EXTENT_MIN_M)) {
    throw refusalOf(
      what,
      `its ${timesS.length} rows lie within ${extentM.toFixed(2)} m`,
      `a target that flies about, ${CONTROL_EXTENT_MIN_M} m at least`,
    );
  }
}
