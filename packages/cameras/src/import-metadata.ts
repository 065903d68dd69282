/**
 * Reads the `metadata.json` of Pixeltovoxelprojector: one entry per image with the camera's pose and field of view.
 *
 * There a camera looks along -z with y up and Rz(yaw) Ry(roll) Rx(pitch), in degrees, turns camera axes into world axes; the focal length is
 * (W / 2) / tan(fov / 2) for both axes, and the ray of pixel (u, v), counted from 0, is (u - W/2, -(v - H/2), -focal). Our pixel (0, 0) is the
 * centre of the first pixel and so is its: the same rays need a principal point of W/2 and H/2, half a pixel right and below the middle of
 * the image. Its world becomes the site's frame as it is, z up.
 */
import {
  type Intrinsics,
  type Mat3,
  messageOf,
  multiply3,
  type Pose,
  SkyvoxError,
  transpose3,
  type Vec3,
} from "@skyvox/core";
import { z } from "zod";
import { compareNaturally } from "./file-list.ts";
import { type ImportedCamera, type ImportOptions, importedCamera, importedSite } from "./imported-site.ts";
import type { SiteInput } from "./site.ts";

/** One image of a `metadata.json`. */
export interface MetadataFrame {
  readonly cameraIndex: number;
  readonly frameIndex: number;
  readonly positionM: Vec3;
  readonly yawDeg: number;
  readonly pitchDeg: number;
  readonly rollDeg: number;
  readonly fovDeg: number;
  readonly imageFile: string;
}

const FOV_DEFAULT_DEG = 60;
const RAD_PER_DEG = Math.PI / 180;
/** The camera of that program looks along -z with y up; ours along +z with y down. */
const OPTICAL_FROM_UPSTREAM: Mat3 = [1, 0, 0, 0, -1, 0, 0, 0, -1];

const angle = z.number().default(0);

// Entries may carry more keys than these: the programs that write the file add their own.
const entrySchema = z.object({
  camera_index: z.int().min(0),
  frame_index: z.int().min(0),
  camera_position: z.tuple([z.number(), z.number(), z.number()]),
  yaw: angle,
  pitch: angle,
  roll: angle,
  fov_degrees: z.number().positive().lt(180).default(FOV_DEFAULT_DEG),
  image_file: z.string().min(1),
});

/**
 * Reads the entries of a `metadata.json` in the order they stand.
 *
 * @throws {SkyvoxError} "calibration" naming entry and key.
 */
export function parseMetadata(text: string, where: string): MetadataFrame[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const found = messageOf(error);
    throw new SkyvoxError("calibration", `Cannot import "${where}": ${found}, need a JSON array`, { cause: error });
  }
  const result = z.array(entrySchema).safeParse(json);
  const issue = result.error?.issues[0];
  if (issue !== undefined) {
    const [index, ...keys] = issue.path;
    const place =
      index === undefined ? "its content" : `entry ${String(index)}${keys.map((key) => ` ${String(key)}`).join("")}`;
    throw new SkyvoxError("calibration", `Cannot import "${where}": ${place}: ${issue.message}`);
  }
  return (result.data ?? []).map((entry) => ({
    cameraIndex: entry.camera_index,
    frameIndex: entry.frame_index,
    positionM: entry.camera_position,
    yawDeg: entry.yaw,
    pitchDeg: entry.pitch,
    rollDeg: entry.roll,
    fovDeg: entry.fov_degrees,
    imageFile: entry.image_file,
  }));
}

/** Returns lens and pose of one image, for an image of the given size. */
export function metadataCamera(
  frame: MetadataFrame,
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
): { readonly intrinsics: Intrinsics; readonly pose: Pose } {
  const focalPx = widthPx / 2 / Math.tan((frame.fovDeg * RAD_PER_DEG) / 2);
  const enuFromUpstream = multiply3(multiply3(turnZ(frame.yawDeg), turnY(frame.rollDeg)), turnX(frame.pitchDeg));
  return {
    intrinsics: {
      widthPx,
      heightPx,
      fxPx: focalPx,
      fyPx: focalPx,
      cxPx: widthPx / 2,
      cyPx: heightPx / 2,
      distortion: [0, 0, 0, 0, 0],
    },
    pose: {
      cameraInEnuM: frame.positionM,
      cameraFromEnu: multiply3(OPTICAL_FROM_UPSTREAM, transpose3(enuFromUpstream)),
      positionSigmaM: 0,
      angleSigmaRad: 0,
    },
  };
}

/** How a `metadata.json` becomes a site: it knows neither image sizes nor frame rates. */
export interface MetadataImportOptions extends Omit<ImportOptions, "feeds"> {
  /** Size of all images. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frameRateHz: number;
  /** Folder the image files start from, relative to the site file; by default the site file's own. */
  readonly imagesFolder?: string;
}

/**
 * Turns a `metadata.json` into a site of standing cameras, each fed by its images.
 *
 * @throws {SkyvoxError} "calibration" for a camera that moves, or whose images no pattern tells from other cameras' images.
 */
export function importMetadata(text: string, options: MetadataImportOptions): SiteInput {
  const frames = parseMetadata(text, options.where);
  if (frames.length === 0)
    throw new SkyvoxError("calibration", `Cannot import "${options.where}": no entry in it, need one per image`);
  const byCamera = [...Map.groupBy(frames, ({ cameraIndex }) => cameraIndex)].sort(([a], [b]) => a - b);
  const cameras = byCamera.map(([index, own]) => cameraOf(index, own, frames, options));
  return importedSite(cameras, options);
}

function cameraOf(
  index: number,
  unsorted: readonly MetadataFrame[],
  all: readonly MetadataFrame[],
  options: MetadataImportOptions,
): ImportedCamera {
  const own = unsorted.toSorted((a, b) => a.frameIndex - b.frameIndex);
  const name = `camera${index}`;
  const refuse = (found: string, need: string) =>
    new SkyvoxError("calibration", `Cannot import "${options.where}": ${name} ${found}, need ${need}`);
  const [first] = own;
  if (first === undefined) throw refuse("has no image", "one at least");
  const moved = own.find((frame) => !isSamePose(frame, first));
  if (moved !== undefined)
    throw refuse(`moves between frames ${first.frameIndex} and ${moved.frameIndex}`, "a camera that stands");
  const files = own.map(({ imageFile }) => imageFile);
  if (files.some((file, at) => compareNaturally(files[at - 1] ?? file, file) > 0)) {
    throw refuse("has image files out of frame order", "names that sort as their frame_index");
  }
  const pattern = patternFor(files);
  const foreign = all.find(
    ({ cameraIndex, imageFile }) => cameraIndex !== index && new Bun.Glob(pattern).match(imageFile),
  );
  if (foreign !== undefined)
    throw refuse(`has images no pattern tells from "${foreign.imageFile}"`, "a folder or prefix of its own");
  const { intrinsics, pose } = metadataCamera(first, options);
  const { widthPx, heightPx, frameRateHz, imagesFolder } = options;
  const source = `images:${imagesFolder === undefined ? "" : `${imagesFolder}/`}${pattern}`;
  const feeds = new Map([[name, { source, widthPx, heightPx, frameRateHz }]]);
  return importedCamera({ where: options.where, feeds }, { name, intrinsics, ...pose });
}

function isSamePose(a: MetadataFrame, b: MetadataFrame): boolean {
  const numbersOf = (frame: MetadataFrame) => [
    ...frame.positionM,
    frame.yawDeg,
    frame.pitchDeg,
    frame.rollDeg,
    frame.fovDeg,
  ];
  const other = numbersOf(b);
  return numbersOf(a).every((value, at) => value === other[at]);
}

/** Returns the pattern of what the names begin and end with; a single name stands for itself. */
function patternFor(files: readonly string[]): string {
  const [first = "", ...others] = files;
  if (others.length === 0) return first;
  let start = 0;
  while (start < first.length && others.every((file) => file[start] === first[start])) start += 1;
  // Digits that happen to agree belong to the number that follows: 0001 and 0002 begin with no common number.
  while (start > 0 && /\d/.test(first[start - 1] ?? "") && /\d/.test(first[start] ?? "")) start -= 1;
  const tail = first.slice(start);
  let end = 0;
  while (
    end < tail.length &&
    others.every((file) => file.length - end > start && file.at(-1 - end) === first.at(-1 - end))
  )
    end += 1;
  const suffix = first.slice(first.length - end).replace(/^\d+/, "");
  return `${first.slice(0, start)}*${suffix}`;
}

function turnX(degrees: number): Mat3 {
  const [c, s] = [Math.cos(degrees * RAD_PER_DEG), Math.sin(degrees * RAD_PER_DEG)];
  return [1, 0, 0, 0, c, -s, 0, s, c];
}

function turnY(degrees: number): Mat3 {
  const [c, s] = [Math.cos(degrees * RAD_PER_DEG), Math.sin(degrees * RAD_PER_DEG)];
  return [c, 0, s, 0, 1, 0, -s, 0, c];
}

function turnZ(degrees: number): Mat3 {
  const [c, s] = [Math.cos(degrees * RAD_PER_DEG), Math.sin(degrees * RAD_PER_DEG)];
  return [c, -s, 0, s, c, 0, 0, 0, 1];
}
