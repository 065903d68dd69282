import { resolve } from "node:path";
import { assert, type CameraId, type Frame, nsFromSeconds, SkyvoxError } from "@skyvox/core";
import { listFiles } from "./file-list.ts";
import { type FrameStamp, frameStampOf } from "./frame-stamp.ts";
import { readGreyImage } from "./image-file.ts";
import type { SiteCamera } from "./site.ts";
import type { FrameSource, SourceStats } from "./source.ts";

/**
 * Opens the images of a folder or pattern as a source, in natural order of their names; image `i` is captured at `i / frameRateHz`.
 *
 * @throws {SkyvoxError} "source" where no file matches.
 */
export async function openImagesSource(camera: SiteCamera, path: string, siteDirectory: string): Promise<FrameSource> {
  const pattern = resolve(siteDirectory, path);
  const files = await listFiles(pattern);
  if (files.length === 0) {
    throw new SkyvoxError(
      "source",
      `Cannot read images "${pattern}": no such file, need a folder or pattern that names images`,
    );
  }
  const { frameRateHz } = camera;
  assert(frameRateHz !== undefined, "a camera with an images: source has a frame rate");
  return new ImagesSource(camera, files, frameRateHz);
}

class ImagesSource implements FrameSource {
  readonly cameraId: CameraId;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frameCount: number;
  readonly #files: readonly string[];
  readonly #frameRateHz: number;
  readonly #stamp: FrameStamp;
  #index = 0;
  #delivered = 0;
  #skipped = 0;
  #disposed = false;

  constructor(camera: SiteCamera, files: readonly string[], frameRateHz: number) {
    this.cameraId = camera.id;
    this.widthPx = camera.intrinsics.widthPx;
    this.heightPx = camera.intrinsics.heightPx;
    this.frameCount = files.length;
    this.#files = files;
    this.#frameRateHz = frameRateHz;
    this.#stamp = frameStampOf(camera);
  }

  get stats(): SourceStats {
    return { delivered: this.#delivered, skipped: this.#skipped, missing: 0 };
  }

  async next(notBeforeNs?: bigint, into?: Uint8Array): Promise<Frame | null> {
    assert(!this.#disposed, "a disposed source gives no frames");
    while (this.#index < this.#files.length) {
      const index = this.#index;
      const file = this.#files[index] ?? "";
      const sourceNs = nsFromSeconds(index / this.#frameRateHz);
      if (notBeforeNs !== undefined && this.#stamp.captureNs(sourceNs) < notBeforeNs) {
        this.#skipped += 1;
        this.#index += 1;
        continue;
      }
      const pixels = await this.#read(file);
      this.#delivered += 1;
      this.#index += 1;
      into?.set(pixels);
      return this.#stamp.frame(index, sourceNs, into ?? pixels);
    }
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
  }

  async #read(file: string): Promise<Uint8Array> {
    const image = await readGreyImage(file);
    if (image.widthPx !== this.widthPx || image.heightPx !== this.heightPx) {
      throw new SkyvoxError(
        "source",
        `Cannot read image "${file}" as camera "${this.cameraId}": it is ${image.widthPx}x${image.heightPx}, ` +
          `need ${this.widthPx}x${this.heightPx} as its intrinsics say`,
      );
    }
    return image.pixels;
  }
}
