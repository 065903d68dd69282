/**
 * The site that `calibrate` writes: the draft's cameras with what was found, and the box that the target flew in.
 *
 * Sigmas of pose and clock are those of the report; a clock of variable rate is written in pieces. Paths are as the new file reaches them.
 */
import { dirname, relative, resolve } from "node:path";
import { type Calibration, type CalibrationReport, cameraResult } from "@skyvox/calibration";
import type { SiteInput } from "@skyvox/cameras";
import { SkyvoxError } from "@skyvox/core";
import type { CalibrationFiles } from "./calibrate-files.ts";

/** The box goes this far beyond where the target was, metres. */
const VOLUME_MARGIN_M = 5;

/** Puts the site together that is written to `out`. @throws {SkyvoxError} "calibration" where the path is known nowhere. */
export function calibratedSite(
  { draft, labelFiles }: Pick<CalibrationFiles, "draft" | "labelFiles">,
  calibration: Calibration,
  report: CalibrationReport,
  out: string,
): SiteInput {
  if (report.path.length === 0) {
    throw new SkyvoxError("calibration", "Cannot write a site: the target's path is known nowhere, need common views");
  }
  const cameras = draft.cameras.map((camera, index) => {
    const found = cameraResult(calibration.estimates[index]!);
    const known = report.cameras[index]!;
    const [e, n, u] = found.cameraInEnuM;
    const [w, x, y, z] = found.cameraFromEnu;
    const clock =
      found.pieces === null
        ? { offsetS: found.offsetS, rate: found.rate }
        : { pieces: found.pieces.map(([at, add]): [number, number] => [at, add]) };
    return {
      id: camera.id,
      source: `labels:${relative(dirname(resolve(out)), resolve(labelFiles[index]!))}`,
      intrinsics: {
        ...found.intrinsics,
        distortion: [...found.intrinsics.distortion] as [number, number, number, number, number],
      },
      pose: {
        positionM: [e, n, u] as [number, number, number],
        orientation: { cameraFromEnu: [w, x, y, z] as [number, number, number, number] },
        ...(Number.isFinite(known.centreSigmaM) ? { positionSigmaM: known.centreSigmaM } : {}),
        ...(Number.isFinite(known.angleSigmaDeg) ? { angleSigmaDeg: known.angleSigmaDeg } : {}),
      },
      clock: {
        ...clock,
        lineTimeUs: found.lineTimeS * 1e6,
        ...(Number.isFinite(known.clockSigmaMs) ? { sigmaMs: known.clockSigmaMs } : {}),
        state: camera.clock.state,
      },
      ...(camera.frameRateHz === undefined ? {} : { frameRateHz: camera.frameRateHz }),
      sigmaPx: known.sigmaPx,
    };
  });
  return {
    name: draft.name,
    ...(draft.origin === undefined ? {} : { origin: draft.origin }),
    volume: volumeOf(report),
    cameras,
  };
}

function volumeOf({ path }: CalibrationReport): SiteInput["volume"] {
  const axis = (at: number) => path.map((point) => point[at]!);
  const bound = (at: number, pick: (...values: number[]) => number, margin: number) =>
    Math.round(pick(...axis(at)) + margin);
  return {
    minM: [
      bound(1, Math.min, -VOLUME_MARGIN_M),
      bound(2, Math.min, -VOLUME_MARGIN_M),
      bound(3, Math.min, -VOLUME_MARGIN_M),
    ],
    maxM: [
      bound(1, Math.max, VOLUME_MARGIN_M),
      bound(2, Math.max, VOLUME_MARGIN_M),
      bound(3, Math.max, VOLUME_MARGIN_M),
    ],
    voxelSizeM: "auto",
  };
}
