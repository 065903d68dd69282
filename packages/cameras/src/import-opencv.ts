/**
 * Reads calibrations as OpenCV programs write them: cv::FileStorage YAML (`%YAML:1.0`, `!!opencv-matrix`) and JSON.
 *
 * One file may describe one camera, or several under their names (also under a key `cameras`). Lenses go by the names in use:
 * `camera_matrix`, `K`, …, and `distortion_coefficients`, `dist`, … of 4 or 5 values k1, k2, p1, p2[, k3]. Extrinsics are OpenCV's, world
 * to camera: x_camera = R x_world + t, R as a matrix (`R`) or a rotation vector (`rvec`), t in metres. The optical frames agree, so
 * `cameraFromEnu` is R and the camera stands at -Rᵀ t; the world becomes the site's frame as it is, its third axis up.
 */
import {
  type Mat3,
  mat3FromQuaternion,
  messageOf,
  norm,
  quaternionFromAxisAngle,
  SkyvoxError,
  scale,
  transformTransposed3,
  type Vec3,
} from "@skyvox/core";
import { CalibrationNumbers } from "./calibration-numbers.ts";
import { type CalibratedCamera, type ImportOptions, idOf, importedCamera, importedSite } from "./imported-site.ts";
import type { SiteInput } from "./site.ts";

/** A calibration file: the camera it describes is named after it unless it names its cameras itself. */
export interface CalibrationFile {
  readonly name: string;
  readonly text: string;
}

/** Keys in use for the same thing, OpenCV's samples first. */
const KEYS = {
  matrix: ["camera_matrix", "Camera_Matrix", "cameraMatrix", "K", "M", "K-matrix", "intrinsic_matrix"],
  distortion: [
    "distortion_coefficients",
    "Distortion_Coefficients",
    "distCoeffs",
    "distCoeff",
    "dist_coeffs",
    "dist",
    "D",
  ],
  width: ["image_width", "image_Width", "width"],
  height: ["image_height", "image_Height", "height"],
  size: ["image_size", "resolution", "size"],
  rotation: ["R", "rvec", "rotation_matrix", "rotation"],
  translation: ["t", "T", "tvec", "translation"],
} as const;

type Values = Readonly<Record<string, unknown>>;

/**
 * Turns calibration files into a site.
 *
 * An image's size is its feed's where `options.feeds` gives one, so a file without a size can be read too.
 *
 * @throws {SkyvoxError} "calibration" naming camera and key for what is absent or cannot be used.
 */
export function importOpencv(files: readonly CalibrationFile[], options: ImportOptions): SiteInput {
  const cameras = files.flatMap((file) =>
    camerasIn(file).map(({ name, values }) =>
      importedCamera(options, calibratedCamera(name, values, file.name, options)),
    ),
  );
  if (cameras.length === 0) {
    throw new SkyvoxError(
      "calibration",
      `Cannot import "${options.where}": no camera in it, need one with a camera_matrix`,
    );
  }
  return importedSite(cameras, options);
}

function calibratedCamera(name: string, values: Values, where: string, options: ImportOptions): CalibratedCamera {
  const numbers = new CalibrationNumbers(where, name, values);
  const keyOf = (names: readonly string[]) => names.find((key) => values[key] !== undefined);
  const keyNeeded = (names: readonly [string, ...string[]]) => keyOf(names) ?? names[0];
  const matrixKey = keyNeeded(KEYS.matrix);
  const [fxPx = 0, skew = 0, cxPx = 0, , fyPx = 0, cyPx = 0] = numbers.list(matrixKey, [9]);
  if (skew !== 0) throw numbers.refusal(matrixKey, "a matrix without skew");
  const distortionKey = keyOf(KEYS.distortion);
  const [k1 = 0, k2 = 0, p1 = 0, p2 = 0, k3 = 0] =
    distortionKey === undefined ? [] : numbers.list(distortionKey, [4, 5]);
  const feed = options.feeds?.get(idOf(name));
  const sizeKey = keyOf(KEYS.size);
  const [widthPx = 0, heightPx = 0] =
    feed !== undefined
      ? [feed.widthPx, feed.heightPx]
      : sizeKey !== undefined
        ? numbers.list(sizeKey, [2])
        : [numbers.number(keyNeeded(KEYS.width)), numbers.number(keyNeeded(KEYS.height))];
  const cameraFromEnu = rotationFrom(numbers.list(keyNeeded(KEYS.rotation), [3, 9]));
  const [tx = 0, ty = 0, tz = 0] = numbers.list(keyNeeded(KEYS.translation), [3]);
  return {
    name,
    intrinsics: { widthPx, heightPx, fxPx, fyPx, cxPx, cyPx, distortion: [k1, k2, p1, p2, k3] },
    cameraInEnuM: scale(transformTransposed3(cameraFromEnu, [tx, ty, tz]), -1),
    cameraFromEnu,
  };
}

/** Nine numbers are the matrix row by row, three the axis times the angle in radians (Rodrigues). */
function rotationFrom([a = 0, b = 0, c = 0, ...rest]: readonly number[]): Mat3 {
  const [d, e, f, g, h, i] = rest;
  if (d !== undefined && e !== undefined && f !== undefined && g !== undefined && h !== undefined && i !== undefined) {
    return [a, b, c, d, e, f, g, h, i];
  }
  const rotation: Vec3 = [a, b, c];
  const angleRad = norm(rotation);
  return angleRad === 0 ? [1, 0, 0, 0, 1, 0, 0, 0, 1] : mat3FromQuaternion(quaternionFromAxisAngle(rotation, angleRad));
}

function camerasIn(file: CalibrationFile): { readonly name: string; readonly values: Values }[] {
  const root = withPlainMatrices(parsed(file));
  if (!isMap(root)) {
    throw new SkyvoxError(
      "calibration",
      `Cannot import "${file.name}": its content is no map of keys, need a camera_matrix`,
    );
  }
  if (isCamera(root)) return [{ name: stemOf(file.name), values: root }];
  const named = isMap(root.cameras) ? root.cameras : root;
  return Object.entries(named).flatMap(([name, values]) =>
    isMap(values) && isCamera(values) ? [{ name, values }] : [],
  );
}

function parsed({ name, text }: CalibrationFile): unknown {
  try {
    return text.trimStart().startsWith("{") ? JSON.parse(text) : Bun.YAML.parse(text);
  } catch (error) {
    const found = messageOf(error).split("\n")[0] ?? "";
    throw new SkyvoxError("calibration", `Cannot import "${name}": ${found}, need YAML or JSON`, { cause: error });
  }
}

/** Replaces every `{ rows, cols, dt, data }` by its data. */
function withPlainMatrices(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withPlainMatrices);
  if (!isMap(value)) return value;
  if (value.rows !== undefined && Array.isArray(value.data)) return value.data;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withPlainMatrices(inner)]));
}

function isCamera(values: Values): boolean {
  return KEYS.matrix.some((key) => values[key] !== undefined);
}

function isMap(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function stemOf(path: string): string {
  return (path.split("/").at(-1) ?? path).replace(/\.[^.]+$/, "");
}
