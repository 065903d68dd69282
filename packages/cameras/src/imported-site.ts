/**
 * What all importers share: a calibrated camera and its feed become a camera of a site, cameras become a site.
 *
 * Each importer reads its own format into `CalibratedCamera`, in the conventions of this project; volume and target are guessed (`guess-scale.ts`).
 */
import {
  determinant3,
  type Intrinsics,
  type Mat3,
  multiply3,
  quaternionFromMat3,
  SkyvoxError,
  transpose3,
  type Vec3,
} from "@skyvox/core";
import { guessScale } from "./guess-scale.ts";
import type { SiteInput } from "./site.ts";

/** What feeds an imported camera: a source as a site writes it, and the size of its images. */
export interface ImportFeed {
  readonly source: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Needed for images: sources, and for no others. */
  readonly frameRateHz?: number;
}

/** How a calibration becomes a site. */
export interface ImportOptions {
  /** Names the calibration file in messages. */
  readonly where: string;
  /** Name of the site; by default that of the file. */
  readonly name?: string;
  /** By the camera's id. Without it every camera is fed by a video of its id beside the site file. */
  readonly feeds?: ReadonlyMap<string, ImportFeed>;
}

/** Lens and place of a camera as a calibration gives them. */
export interface CalibratedCamera {
  readonly name: string;
  readonly intrinsics: Intrinsics;
  readonly cameraInEnuM: Vec3;
  readonly cameraFromEnu: Mat3;
}

/** A calibrated camera with the source that feeds it. */
export interface ImportedCamera extends CalibratedCamera {
  readonly source: string;
  readonly frameRateHz: number | null;
}

/** How far R Rᵀ may be from the identity: calibrations are written with few digits. */
const ORTHONORMAL_TOLERANCE = 1e-3;

/**
 * Joins a calibrated camera with its feed, whose image size counts.
 *
 * @throws {SkyvoxError} "calibration" for a matrix that is no rotation, or a camera without feed where feeds are given.
 */
export function importedCamera(options: ImportOptions, camera: CalibratedCamera): ImportedCamera {
  const refuse = (found: string) =>
    new SkyvoxError("calibration", `Cannot import "${options.where}": camera "${camera.name}" ${found}`);
  const rest = multiply3(camera.cameraFromEnu, transpose3(camera.cameraFromEnu)).map(
    (value, at) => value - (at % 4 === 0 ? 1 : 0),
  );
  const isRotation =
    rest.every((value) => Math.abs(value) < ORTHONORMAL_TOLERANCE) && determinant3(camera.cameraFromEnu) > 0;
  if (!isRotation) throw refuse("has a matrix that is no rotation, need one with orthonormal rows and determinant 1");
  const feed = options.feeds?.get(idOf(camera.name));
  if (feed === undefined && options.feeds !== undefined) throw refuse("has no source, need one for every camera");
  if (feed === undefined) return { ...camera, source: `video:${idOf(camera.name)}.mp4`, frameRateHz: null };
  const { widthPx, heightPx } = feed;
  return {
    ...camera,
    intrinsics: { ...camera.intrinsics, widthPx, heightPx },
    source: feed.source,
    frameRateHz: feed.frameRateHz ?? null,
  };
}

/** Writes the site: cameras as imported; volume, voxels and target as {@link guessScale} finds them. */
export function importedSite(cameras: readonly ImportedCamera[], options: ImportOptions): SiteInput {
  const { volume, target } = guessScale(cameras);
  return {
    name: options.name ?? options.where,
    volume,
    cameras: cameras.map(cameraInput),
    options: { target },
  };
}

function cameraInput(camera: ImportedCamera): SiteInput["cameras"][number] {
  const { distortion, ...pinhole } = camera.intrinsics;
  const [w, x, y, z] = quaternionFromMat3(camera.cameraFromEnu);
  const [e, n, u] = camera.cameraInEnuM;
  return {
    id: idOf(camera.name),
    source: camera.source,
    intrinsics: { ...pinhole, distortion: [...distortion] },
    pose: { positionM: [e, n, u], orientation: { cameraFromEnu: [w, x, y, z] } },
    ...(camera.frameRateHz === null ? {} : { frameRateHz: camera.frameRateHz }),
  };
}

/** Makes the name a calibration gives a camera an id of a site: what an id cannot hold becomes an underscore. */
export function idOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, "_") || "_";
}
