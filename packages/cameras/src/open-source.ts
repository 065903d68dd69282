import type { SiteCamera } from "./site.ts";
import type { FrameSource } from "./source.ts";
import { parseSourceAddress } from "./source-address.ts";
import { openImagesSource } from "./source-images.ts";
import { openSceneSource } from "./source-scene.ts";
import { openVideoSource } from "./source-video.ts";

/** Where the sources of a site are found. */
export interface OpenSourceOptions {
  /** Folder that relative paths start from: that of the site file. */
  readonly siteDirectory: string;
}

/**
 * Opens the source a site's camera names. The caller disposes it.
 *
 * @throws {SkyvoxError} "source" where it cannot be opened or does not fit the camera's intrinsics; "missing-program" for a video without
 * ffmpeg.
 */
export async function openSource(camera: SiteCamera, { siteDirectory }: OpenSourceOptions): Promise<FrameSource> {
  const { scheme, rest } = parseSourceAddress(camera.source);
  if (scheme === "scene") return openSceneSource(camera, rest);
  if (scheme === "images") return openImagesSource(camera, rest, siteDirectory);
  return openVideoSource(camera, rest, siteDirectory);
}
