/**
 * What one camera has to say about a place: whether the place lies in its picture, and whether something moved there.
 *
 * Motion is told as bounding boxes, so a residual is measured to the middle of the nearest box: good to a pixel or so for small targets, and
 * to no more than half its body for one that fills the picture.
 */
import {
  add,
  isInFrame,
  type PixelUv,
  project,
  scale,
  secondsFromNs,
  subtract,
  transform3,
  type Vec3,
} from "@skyvox/core";
import type { CameraVerdict } from "@skyvox/dashboard";
import type { CameraReport } from "../worker-messages.ts";
import type { Evidence, Looker } from "./evidence.ts";

/** Pixels that motion may lie beside a place that is known exactly. */
const REACH_PX = 4;

/** What is asked: a place, and how far from it something still counts as being there, metres. */
export interface Question {
  readonly pointM: Vec3;
  readonly reachM: number;
  /** How the place moves, where it does: a camera is asked about where it was when the camera looked. */
  readonly velocityMps?: Vec3;
}

/** A camera that looked longer ago than this is asked about the place as it is. */
const LAG_S_MAX = 1;

/** Asks one camera about a place. */
export function lookAtPlace(evidence: Evidence, looker: Looker, question: Question): CameraVerdict {
  const { id, intrinsics, pose } = looker;
  const report = evidence.reports.find((candidate) => candidate.id === id);
  const pointM = placeThen(evidence, question, report?.seenS ?? null);
  const projected = project(intrinsics, pose, pointM);
  const pixel = projected !== null && isInFrame(intrinsics, projected) ? projected : null;
  const answer = { id, pixel, residualPx: null };
  if (report === undefined) return { ...answer, verdict: "off", detail: "no frame yet" };
  if (report.state !== "running") return { ...answer, verdict: "off", detail: report.detail ?? report.state };
  if (pixel === null) return { ...answer, verdict: "outside", detail: "outside its picture" };
  if (report.flooded) return { ...answer, verdict: "flooded", detail: "too much of its picture moves" };
  const nearest = nearestMotion(report, pixel);
  const reachPx = REACH_PX + question.reachM * pixelsPerMetre(looker, pointM);
  if (nearest === null) return { ...answer, verdict: "still", detail: "nothing moves in its picture" };
  const { residualPx, outsidePx } = nearest;
  if (outsidePx > reachPx) {
    return { ...answer, verdict: "still", detail: `nothing moves within ${reachPx.toFixed(0)} px` };
  }
  return { ...answer, residualPx, verdict: "moves", detail: "something moves there" };
}

/** Where a place was when a camera looked; as it is, where that is not known. */
export function placeThen(
  { timeNs }: Evidence,
  { pointM, velocityMps }: Omit<Question, "reachM">,
  seenS: number | null,
): Vec3 {
  const lagS = seenS === null ? 0 : seenS - secondsFromNs(timeNs);
  return velocityMps === undefined || Math.abs(lagS) > LAG_S_MAX ? pointM : add(pointM, scale(velocityMps, lagS));
}

/** Pixels that a metre across the line of sight takes up at a place in front of the camera. */
export function pixelsPerMetre({ intrinsics, pose }: Looker, pointM: Vec3): number {
  const depthM = transform3(pose.cameraFromEnu, subtract(pointM, pose.cameraInEnuM))[2];
  return Math.max(intrinsics.fxPx, intrinsics.fyPx) / Math.max(depthM, 1e-3);
}

/** The moving box nearest to a pixel: how far its middle is, and how far outside the box the pixel lies (0 inside). */
function nearestMotion(report: CameraReport, [u, v]: PixelUv): { residualPx: number; outsidePx: number } | null {
  let nearest: { residualPx: number; outsidePx: number } | null = null;
  for (const [x0, y0, x1, y1] of report.blobs) {
    const residualPx = Math.hypot((x0 + x1) / 2 - u, (y0 + y1) / 2 - v);
    const outsidePx = Math.hypot(Math.max(x0 - u, 0, u - x1), Math.max(y0 - v, 0, v - y1));
    if (nearest === null || residualPx < nearest.residualPx) nearest = { residualPx, outsidePx };
  }
  return nearest;
}
