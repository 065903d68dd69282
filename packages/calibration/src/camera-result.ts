/** What a calibrated camera is to the rest of the world: lens, pose and clock in the terms of a site. */
import type { Intrinsics, Quaternion, Vec3 } from "@skyvox/core";
import { quaternionFromMat3 } from "@skyvox/core";
import type { CameraEstimate } from "./camera-estimate.ts";
import { captureTimeS, centreOf, intrinsicsOf, rotationOf, STEP_CLOCK, STEP_LINE_TIME } from "./camera-state.ts";
import { oneToOneLens } from "./lens-fold.ts";

/** A calibrated camera. Times are of the first row of a frame. */
export interface CameraResult {
  readonly id: string;
  /** One to one over the image where {@link oneToOneLens} can make it so. */
  readonly intrinsics: Intrinsics;
  readonly cameraInEnuM: Vec3;
  readonly cameraFromEnu: Quaternion;
  /** Site time = rate · own time + offset; or, where `pieces` is not null, own time + what its pairs (own seconds, seconds to add) say. */
  readonly offsetS: number;
  readonly rate: number;
  readonly pieces: readonly (readonly [number, number])[] | null;
  readonly lineTimeS: number;
}

/** Reads a camera off its estimate. */
export function cameraResult({ input, state, views }: CameraEstimate): CameraResult {
  const { knotsS, values } = state;
  const start = captureTimeS(state, 0, 0);
  return {
    id: input.id,
    intrinsics: oneToOneLens(
      intrinsicsOf(state, input.intrinsics),
      [...views.uPx].map((u, i) => [u, views.vPx[i]!] as const),
    ),
    cameraInEnuM: centreOf(state),
    cameraFromEnu: quaternionFromMat3(rotationOf(state)),
    offsetS: start,
    rate: captureTimeS(state, 1, 0) - start,
    pieces: knotsS.length <= 2 ? null : [...knotsS].map((knotS, k) => [knotS, values[STEP_CLOCK + k]!] as const),
    lineTimeS: values[STEP_LINE_TIME]!,
  };
}
