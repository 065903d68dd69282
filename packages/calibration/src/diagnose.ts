/**
 * What is wrong or weak about a calibration that did come out, in sentences that name the camera and the number.
 *
 * Input that cannot give an answer is refused earlier; here stands what a user must know before he trusts one.
 */
import { dot, normalize, subtract, type Vec3 } from "@skyvox/core";
import type { Calibration } from "./calibrate.ts";
import type { CalibrationInput } from "./calibration-input.ts";
import { cameraResult } from "./camera-result.ts";
import { centreOf } from "./camera-state.ts";
import type { StepCovariance } from "./covariance.ts";
import { foldsImage } from "./lens-fold.ts";
import { positionAt } from "./path-spline.ts";
import type { CameraReport, SurveyReport } from "./report.ts";
import { spreadM } from "./similarity-fit.ts";
import { isOnLine } from "./survey-match.ts";

const INLIER_SHARE_MIN = 0.85;
/** A camera whose views scatter by more than this share of the focal length does not fit. */
const SIGMA_SHARE_MAX = 0.004;
const CENTRE_SIGMA_MAX_M = 0.5;
const ANGLE_SIGMA_MAX_DEG = 0.1;
const MEETING_ANGLE_MIN_RAD = (5 * Math.PI) / 180;
/** A path whose third extent is below this share of its first lies in a plane. */
const PLANE_SHARE = 0.02;
const SURVEY_MAX_M = 1;
const SURVEY_SCALE_MAX = 0.001;

/** Returns what to look at, most serious first. */
export function diagnose(
  input: CalibrationInput,
  calibration: Calibration,
  cameras: readonly CameraReport[],
  survey: SurveyReport | null,
  covariances: readonly StepCovariance[] | null,
): string[] {
  const found: string[] = [];
  if (!calibration.adjustment.last.converged) found.push("the adjustment did not settle: take its numbers for a draft");
  if (covariances === null) found.push("something is not fixed by what was seen: no covariances");
  found.push(...geometryOf(input, calibration));
  for (const [index, camera] of cameras.entries()) found.push(...lookAtCamera(calibration, camera, index));
  if (survey !== null) found.push(...lookAtSurvey(survey));
  return found;
}

function geometryOf(input: CalibrationInput, { estimates, span }: Calibration): string[] {
  const found: string[] = [];
  const centres = estimates.map(({ state }) => centreOf(state));
  if (centres.length === 1) {
    found.push("one camera gives directions, no positions: nothing tells how far off a target is");
    return found;
  }
  const points: Vec3[] = [];
  for (let timeS = span.fromS; timeS <= span.toS; timeS += 1)
    if (span.isKnown(timeS)) points.push(positionAt(span.path, timeS));
  const angle = medianMeetingAngle(centres, points);
  if (angle < MEETING_ANGLE_MIN_RAD) {
    found.push(
      `sight lines meet at ${((angle * 180) / Math.PI).toFixed(1)} degrees: ranges are poor, cameras should stand further apart`,
    );
  }
  if (centres.length > 2 && isOnLine(centres)) {
    const both =
      input.control === null ? "and the scene may tilt about that line" : "so targets near that line are poorly placed";
    found.push(`cameras stand on a line, ${both}: one should stand off it`);
  }
  const extents = spreadM(points);
  if (extents[2] < PLANE_SHARE * extents[0]) {
    found.push("the path lies in a plane: lenses and poses are poorly told apart, the target should also climb");
  }
  return found;
}

/** Median over points of the widest angle at which two cameras' lines meet there. */
function medianMeetingAngle(centres: readonly Vec3[], points: readonly Vec3[]): number {
  const angles = points.map((point) => {
    const lines = centres.map((centre) => normalize(subtract(point, centre)));
    let widest = 0;
    for (const [i, a] of lines.entries()) {
      for (const b of lines.slice(i + 1)) {
        const angle = Math.acos(Math.max(-1, Math.min(1, dot(a, b))));
        widest = Math.max(widest, Math.min(angle, Math.PI - angle));
      }
    }
    return widest;
  });
  return angles.sort((a, b) => a - b)[angles.length >> 1] ?? 0;
}

function lookAtCamera({ adjustment, estimates }: Calibration, camera: CameraReport, index: number): string[] {
  const found: string[] = [];
  const say = (text: string) => found.push(`camera "${camera.id}": ${text}`);
  if (camera.inlierShare < INLIER_SHARE_MIN) {
    say(
      `${(100 * (1 - camera.inlierShare)).toFixed(0)} % of its labels are wrong (further off than 5 sigmas of ${camera.sigmaPx.toFixed(2)} px)`,
    );
  }
  if (camera.sigmaPx > SIGMA_SHARE_MAX * estimates[index]!.input.intrinsics.fxPx) {
    say(`does not fit: its labels scatter by ${camera.sigmaPx.toFixed(1)} px`);
  }
  const step = adjustment.steps.get(index);
  if (step !== undefined)
    say(`its clock jumps by ${step.jumpS.toFixed(2)} s at ${step.nominalS.toFixed(1)} s of its own time`);
  else if (adjustment.bent.has(index)) say("its frame rate varies, its clock is given in pieces");
  if (adjustment.freedFocal.has(index)) {
    const off = 100 * camera.focalChange[0];
    say(`its focal length is ${Math.abs(off).toFixed(1)} % ${off > 0 ? "longer" : "shorter"} than given`);
  }
  if (foldsImage(cameraResult(estimates[index]!).intrinsics)) {
    say("its lens shows two directions in one pixel near a corner, and no node plays it: give a better guess of it");
  }
  if (camera.centreSigmaM > CENTRE_SIGMA_MAX_M || camera.angleSigmaDeg > ANGLE_SIGMA_MAX_DEG) {
    say(
      `is poorly fixed: ${camera.centreSigmaM.toFixed(2)} m and ${camera.angleSigmaDeg.toFixed(2)} degrees (one sigma)`,
    );
  }
  return found;
}

function lookAtSurvey(survey: SurveyReport): string[] {
  const found: string[] = [];
  if (survey.rmsM > SURVEY_MAX_M) found.push(`the survey is ${survey.rmsM.toFixed(2)} m off the calibrated centres`);
  if (!survey.isUsed && Math.abs(survey.scale - 1) > SURVEY_SCALE_MAX) {
    found.push(`survey and control differ in scale by ${(100 * Math.abs(survey.scale - 1)).toFixed(2)} %`);
  }
  return found;
}
