/**
 * First poses and clocks where the target's path is known from another instrument: every camera for itself.
 *
 * The control track alone gives a path. Where clocks are given (up to the one offset to the instrument's clock) that offset is searched with one
 * camera and every other camera must fit at it; one that does not is searched for itself, and told. Otherwise every clock is searched.
 */
import type { Prng } from "@skyvox/core";
import { solveBundle } from "./bundle.ts";
import type { ControlTrack } from "./bundle-problem.ts";
import { type CameraInput, refusal, viewsOf } from "./calibration-input.ts";
import { type CameraEstimate, createEstimate } from "./camera-estimate.ts";
import { knownByControl } from "./known-times.ts";
import { type LinearClock, timeAt } from "./linear-clock.ts";
import { createPathSpline } from "./path-spline.ts";
import type { Resection } from "./resection.ts";
import { type SightTrack, sightTrack } from "./sight-track.ts";
import { type FoundClock, type PathSpan, poseAtClock, searchClock } from "./time-search.ts";

/** Something found out on the way that the user should know. */
export type Note = (text: string) => void;

/** A path made of nothing but control positions. */
export function pathOfControl(
  control: ControlTrack,
  options: { readonly stepS: number; readonly jerkSigma: number },
): PathSpan {
  const fromS = control.timesS[0]!;
  const toS = control.timesS.at(-1)!;
  const path = createPathSpline({ fromS: fromS - MARGIN_S, toS: toS + MARGIN_S, stepS: options.stepS });
  solveBundle({ cameras: [], path, pathFree: true, jerkSigma: options.jerkSigma, control });
  return { path, fromS, toS, isKnown: knownByControl(control.timesS) };
}

/**
 * Finds clock and pose of every camera under a known path.
 *
 * @throws {SkyvoxError} "calibration" for a camera that fits the control at no time.
 */
export function startFromControl(
  cameras: readonly CameraInput[],
  span: PathSpan,
  prng: Prng,
  warn: Note,
  onProgress: Note,
): CameraEstimate[] {
  const tracks = cameras.map((camera) => sightTrack(viewsOf(camera), camera.intrinsics));
  const shiftS = cameras.every(({ clock }) => clock !== null) ? commonShift(cameras, tracks, span, prng) : null;
  if (shiftS !== null) onProgress(`control is at the cameras' shared time + ${shiftS.toFixed(2)} s`);
  const misfits: Misfit[] = [];
  const estimates = cameras.map((camera, index) => {
    const track = tracks[index]!;
    const given = camera.clock !== null && shiftS !== null ? shifted(camera.clock, shiftS) : null;
    const atGiven = given && poseAtClock(track, span, given, prng);
    if (given !== null && atGiven !== null && atGiven.score < SCORE_MAX) {
      onProgress(`camera "${camera.id}": stands at ${placeText(atGiven)} at the given clock`);
      return createEstimate(camera, atGiven.pose, given);
    }
    const found = searchClock(track, span, prng);
    if (found === null || !found.isClear || found.resection.score > SCORE_MAX) throw noFit(camera, found, given);
    if (given !== null) {
      const middleS = track.timesS[track.timesS.length >> 1]!;
      const off = timeAt(found.clock, middleS) - timeAt(given, middleS);
      misfits.push({ camera, found: found.clock, given, middleS });
      warn(
        `camera "${camera.id}": does not fit at its given clock, but ${off.toFixed(2)} s later (rate ${found.clock.rate.toFixed(5)})`,
      );
    }
    onProgress(
      `camera "${camera.id}": clock at ${found.clock.offsetS.toFixed(2)} s, stands at ${placeText(found.resection)}`,
    );
    return createEstimate(camera, found.resection.pose, found.clock);
  });
  refuseExchanged(misfits);
  return estimates;
}

/** A camera that does not fit at its given clock, and where it does. */
interface Misfit {
  readonly camera: CameraInput;
  readonly found: LinearClock;
  readonly given: LinearClock;
  readonly middleS: number;
}

/** Two cameras that each fit at the other's clock had their labels mixed up. @throws {SkyvoxError} "calibration" */
function refuseExchanged(misfits: readonly Misfit[]): void {
  const fitsAt = (one: Misfit, other: Misfit) =>
    Math.abs(timeAt(one.found, one.middleS) - timeAt(other.given, one.middleS)) < EXCHANGED_MAX_S;
  for (const [index, one] of misfits.entries()) {
    const other = misfits.slice(index + 1).find((candidate) => fitsAt(one, candidate) && fitsAt(candidate, one));
    if (other === undefined) continue;
    throw refusal(
      `s "${one.camera.id}" and "${other.camera.id}"`,
      "each fits at the clock of the other, their labels look exchanged",
      "every camera's own labels",
    );
  }
}

/** A path begins and ends this much before and after what it is made of, seconds. */
export const MARGIN_S = 2;
/** Clocks nearer than this are the same. */
const EXCHANGED_MAX_S = 0.5;
/** Mean truncated error of sights from which a camera does not fit. */
const SCORE_MAX = 0.6;

/** Searches, with one camera after the other, how much later the instrument's clock is than the time that all cameras share. */
function commonShift(
  cameras: readonly CameraInput[],
  tracks: readonly SightTrack[],
  span: PathSpan,
  prng: Prng,
): number | null {
  for (const [index, camera] of cameras.entries()) {
    const { offsetS, rate } = camera.clock ?? { offsetS: 0, rate: 1 };
    const track = tracks[index]!;
    const onShared = { ...track, timesS: track.timesS.map((timeS) => offsetS + rate * timeS) };
    const found = searchClock(onShared, span, prng);
    if (!found?.isClear) continue;
    const middleS = onShared.timesS[onShared.timesS.length >> 1]!;
    return found.clock.offsetS + (found.clock.rate - 1) * middleS;
  }
  return null;
}

function shifted(clock: LinearClock, shiftS: number): LinearClock {
  return { offsetS: clock.offsetS + shiftS, rate: clock.rate };
}

function placeText({ pose }: Resection): string {
  return `${pose.cameraInEnuM.map((value) => value.toFixed(1)).join(", ")} m`;
}

function noFit(camera: CameraInput, found: FoundClock | null, given: LinearClock | null): Error {
  const what =
    found === null
      ? "no time offset puts enough of what it saw under the control track"
      : `at its best time offset ${(100 * found.resection.score).toFixed(0)} % of what it saw is off the control track, by chance ${(100 * found.chanceScore).toFixed(0)} %`;
  const also = given === null ? "" : ", and its given clock does not fit either";
  return refusal(
    ` "${camera.id}"`,
    `${what}${also}`,
    "labels, lens and frame rate that belong together, and the same flight",
  );
}
