import { SkyvoxError } from "@skyvox/core";
import type { SiteCamera } from "./site.ts";
import type { FrameSource, ObservationSource } from "./source.ts";
import { parseSourceAddress } from "./source-address.ts";
import { openImagesSource } from "./source-images.ts";
import { openLabelsSource } from "./source-labels.ts";
import { openSceneSource } from "./source-scene.ts";
import { openVideoSource } from "./source-video.ts";

/** Where the sources of a site are found. */
export interface OpenSourceOptions {
  /** Folder that relative paths start from: that of the site file. */
  readonly siteDirectory: string;
}

/**
 * Opens the source of pictures a site's camera names. The caller disposes it.
 *
 * @throws {SkyvoxError} "source" where it cannot be opened, does not fit the camera's intrinsics or gives no pictures; "missing-program"
 * for a video without ffmpeg.
 */
export async function openSource(camera: SiteCamera, { siteDirectory }: OpenSourceOptions): Promise<FrameSource> {
  const { scheme, rest } = parseSourceAddress(camera.source);
  if (scheme === "labels") throw wrongKind(camera, "labels have no pictures", "a source of pictures");
  if (scheme === "scene") return openSceneSource(camera, rest);
  if (scheme === "images") return openImagesSource(camera, rest, siteDirectory);
  return openVideoSource(camera, rest, siteDirectory);
}

/**
 * Opens the source of observations a site's camera names. The caller disposes it.
 *
 * @throws {SkyvoxError} "source" where it cannot be opened, does not fit the camera's intrinsics or gives pictures.
 */
export async function openObservations(
  camera: SiteCamera,
  { siteDirectory }: OpenSourceOptions,
): Promise<ObservationSource> {
  const { scheme, rest } = parseSourceAddress(camera.source);
  if (scheme === "labels") return await openLabelsSource(camera, rest, siteDirectory);
  throw wrongKind(camera, "it gives pictures", '"labels:FILE"');
}

function wrongKind({ id, source }: SiteCamera, found: string, need: string): SkyvoxError {
  return new SkyvoxError("source", `Cannot open source "${source}" of camera "${id}": ${found}, need ${need}`);
}
