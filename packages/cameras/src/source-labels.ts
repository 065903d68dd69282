/**
 * A camera of which only labels are there: the place of one target per frame, found by others, in a file (`labels-file.ts`).
 *
 * Its frames enter the line as observations. A label is a cell and a blob of one pixel whose weighted centre is the label to 1/512 pixel;
 * a frame in which the target is not visible is an observation that shows nothing. Frame `n` is captured at `n / frameRateHz`, put on the
 * site's time line by the camera's clock.
 */
import { resolve } from "node:path";
import {
  assert,
  type CameraId,
  frameSeq,
  isInFrame,
  messageOf,
  nsFromSeconds,
  type Observation,
  type Pose,
  SkyvoxError,
} from "@skyvox/core";
import { type FrameStamp, frameStampOf } from "./frame-stamp.ts";
import { type Labels, readLabels } from "./labels-file.ts";
import type { SiteCamera } from "./site.ts";
import { cameraPose } from "./site-camera.ts";
import type { ObservationSource, SourceStats } from "./source.ts";

/**
 * Opens the labels a site's camera names. The caller disposes the source.
 *
 * @throws {SkyvoxError} "source" for a file that is absent, holds no labels or places one outside the picture that the intrinsics state.
 */
export async function openLabelsSource(
  camera: SiteCamera,
  path: string,
  siteDirectory: string,
): Promise<ObservationSource> {
  const file = resolve(siteDirectory, path);
  let text: string;
  try {
    text = await Bun.file(file).text();
  } catch (error) {
    throw new SkyvoxError("source", `Cannot read labels "${file}": ${messageOf(error)}, need a readable file`, {
      cause: error,
    });
  }
  const labels = readLabels(text, file);
  const outside = labels.frames.findIndex((_, index) => {
    const [u, v] = placeOf(labels, index);
    return !Number.isNaN(u) && !isInFrame(camera.intrinsics, [u, v]);
  });
  if (outside >= 0) {
    const { widthPx, heightPx } = camera.intrinsics;
    throw new SkyvoxError(
      "source",
      `Cannot read labels "${file}" as camera "${camera.id}": frame ${labels.frames[outside]} lies at ` +
        `${placeOf(labels, outside).join(", ")}, need a place in the picture of ${widthPx}x${heightPx} that its intrinsics state`,
    );
  }
  return new LabelsSource(camera, labels);
}

class LabelsSource implements ObservationSource {
  readonly cameraId: CameraId;
  readonly frameCount: number;
  readonly #labels: Labels;
  readonly #frameRateHz: number;
  readonly #timeSigmaNs: number;
  readonly #stamp: FrameStamp;
  readonly #pose: Pose;
  #index = 0;
  #delivered = 0;
  #skipped = 0;
  #disposed = false;

  constructor(camera: SiteCamera, labels: Labels) {
    const { frameRateHz } = camera;
    assert(frameRateHz !== undefined, "a camera with a labels: source has a frame rate");
    this.cameraId = camera.id;
    this.frameCount = labels.frames.length;
    this.#labels = labels;
    this.#frameRateHz = frameRateHz;
    this.#timeSigmaNs = camera.clock.sigmaMs * 1e6;
    this.#stamp = frameStampOf(camera);
    this.#pose = cameraPose(camera);
  }

  get stats(): SourceStats {
    return { delivered: this.#delivered, skipped: this.#skipped, missing: 0 };
  }

  async next(notBeforeNs?: bigint): Promise<Observation | null> {
    assert(!this.#disposed, "a disposed source gives nothing");
    while (this.#index < this.frameCount) {
      const index = this.#index++;
      const frame = this.#labels.frames[index]!;
      const [, v] = placeOf(this.#labels, index);
      const captureNs = this.#stamp.captureNs(
        nsFromSeconds(frame / this.#frameRateHz),
        Number.isNaN(v) ? undefined : v,
      );
      if (notBeforeNs !== undefined && captureNs < notBeforeNs) {
        this.#skipped += 1;
        continue;
      }
      this.#delivered += 1;
      const points = pointRows(...placeOf(this.#labels, index));
      return {
        cameraId: this.cameraId,
        seq: frameSeq(frame),
        captureNs,
        timeSigmaNs: this.#timeSigmaNs,
        pose: this.#pose,
        flooded: false,
        ...points,
      };
    }
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
  }
}

function placeOf({ uvPx }: Labels, index: number): [number, number] {
  return [uvPx[2 * index] ?? Number.NaN, uvPx[2 * index + 1] ?? Number.NaN];
}

/** A point as one moving pixel of one grey level, whose moments are held in 1/256 so that they carry the place between pixels. */
function pointRows(u: number, v: number): Pick<Observation, "motionPixelCount" | "cells" | "blobs"> {
  if (Number.isNaN(u)) return { motionPixelCount: 0, cells: new Uint32Array(0), blobs: new Uint32Array(0) };
  // Coordinates count from the centre of the first pixel and have no sign here: the outer half of an edge pixel becomes its centre.
  const [uQ8, vQ8] = [Math.max(0, Math.round(u * 256)), Math.max(0, Math.round(v * 256))];
  const [x, y] = [(uQ8 + 128) >> 8, (vQ8 + 128) >> 8];
  const corner = x | (y << 16);
  return {
    motionPixelCount: 1,
    cells: Uint32Array.of(uQ8, vQ8, WEIGHT, 1),
    blobs: Uint32Array.of(
      1,
      corner,
      corner,
      WEIGHT,
      x,
      0,
      y,
      0,
      256 * WEIGHT,
      0,
      uQ8 * WEIGHT,
      0,
      vQ8 * WEIGHT,
      0,
      0,
      0,
    ),
  };
}

/** Grey levels that a label counts as; it weighs as much as any other. Over 16384 pixels a moment stays below 255 · 256 · 16384 < 2³¹: its low word. */
const WEIGHT = 255;
