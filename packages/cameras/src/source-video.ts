import { resolve } from "node:path";
import { assert, type CameraId, type Frame, SkyvoxError } from "@skyvox/core";
import { type FrameStamp, frameStampOf } from "./frame-stamp.ts";
import type { SiteCamera } from "./site.ts";
import type { FrameSource, SourceStats } from "./source.ts";
import { VideoDecoder } from "./video-decoder.ts";
import { probeVideo, programPath } from "./video-probe.ts";

/**
 * Opens a video file as a source: luma of its first video stream, turned as the file asks, at the presentation times it carries.
 *
 * @throws {SkyvoxError} "source" where the file is absent, has no video or another size than the intrinsics; "missing-program" without
 * ffmpeg.
 */
export async function openVideoSource(camera: SiteCamera, file: string, siteDirectory: string): Promise<FrameSource> {
  const path = resolve(siteDirectory, file);
  const ffmpeg = programPath("ffmpeg", path);
  const info = await probeVideo(path);
  const { widthPx, heightPx } = camera.intrinsics;
  if (info.widthPx !== widthPx || info.heightPx !== heightPx) {
    throw new SkyvoxError(
      "source",
      `Cannot read video "${path}" as camera "${camera.id}": it is ${info.widthPx}x${info.heightPx}, ` +
        `need ${widthPx}x${heightPx} as its intrinsics say`,
    );
  }
  const decoder = new VideoDecoder({ ffmpeg, path, codec: info.codec, pixelFormat: info.pixelFormat });
  return new VideoSource({ camera, path, decoder, frameCount: info.frameCount });
}

class VideoSource implements FrameSource {
  readonly cameraId: CameraId;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frameCount: number | null;
  readonly #path: string;
  readonly #decoder: VideoDecoder;
  readonly #stamp: FrameStamp;
  readonly #pixels: Uint8Array;
  #delivered = 0;
  #skipped = 0;
  #ended = false;
  #fault: SkyvoxError | null = null;
  #disposed = false;

  constructor(options: {
    readonly camera: SiteCamera;
    readonly path: string;
    readonly decoder: VideoDecoder;
    readonly frameCount: number | null;
  }) {
    const { widthPx, heightPx } = options.camera.intrinsics;
    this.cameraId = options.camera.id;
    this.widthPx = widthPx;
    this.heightPx = heightPx;
    this.frameCount = options.frameCount;
    this.#path = options.path;
    this.#decoder = options.decoder;
    this.#stamp = frameStampOf(options.camera);
    this.#pixels = new Uint8Array(widthPx * heightPx);
  }

  get stats(): SourceStats {
    return { delivered: this.#delivered, skipped: this.#skipped, missing: 0 };
  }

  async next(notBeforeNs?: bigint, into = this.#pixels): Promise<Frame | null> {
    assert(!this.#disposed, "a disposed source gives no frames");
    while (!this.#ended) {
      const decoded = await this.#decoder.next(into);
      if (decoded === null) {
        await this.#finish();
      } else if (decoded.size !== `${this.widthPx}x${this.heightPx}`) {
        // The pipe is cut into frames of one size: past a change of size nothing in it can be trusted.
        this.#fail(`the picture becomes ${decoded.size}`, `${this.widthPx}x${this.heightPx} throughout`);
      } else {
        const frame = this.#stamp.frame(this.#delivered + this.#skipped, decoded.timeNs, into);
        if (notBeforeNs === undefined || frame.captureNs >= notBeforeNs) {
          this.#delivered += 1;
          return frame;
        }
        this.#skipped += 1;
      }
    }
    if (this.#fault !== null) throw this.#fault;
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#decoder[Symbol.asyncDispose]();
  }

  async #finish(): Promise<void> {
    const { fault } = await this.#decoder.end();
    this.#ended = true;
    if (fault !== null) this.#fail(fault, "an undamaged file");
  }

  #fail(found: string, need: string): void {
    this.#ended = true;
    const count = this.#delivered + this.#skipped;
    this.#fault = new SkyvoxError(
      "source",
      `Cannot read video "${this.#path}" past frame ${count}: ${found}, need ${need}`,
    );
  }
}
