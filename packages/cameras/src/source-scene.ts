import { assert, type CameraId, type Frame, nsFromSeconds, SkyvoxError } from "@skyvox/core";
import {
  createRenderer,
  isFrameDropped,
  presetByName,
  type Renderer,
  type Scene,
  type SceneCamera,
} from "@skyvox/scene";
import { type FrameStamp, frameStampOf } from "./frame-stamp.ts";
import { parseSceneAddress } from "./scene-address.ts";
import type { SiteCamera } from "./site.ts";
import type { FrameSource, SourceStats } from "./source.ts";

/**
 * Opens a camera of a simulated scene as a source: the scene's camera of the same id.
 *
 * @throws {SkyvoxError} "source" for a scene or camera that does not exist or has another image size than the intrinsics.
 */
export function openSceneSource(camera: SiteCamera, address: string): FrameSource {
  const { name, seed, frameCount } = parseSceneAddress(address);
  return sceneSourceOf(camera, presetByName(name, seed), frameCount);
}

/**
 * Makes a source of a scene's camera, endless where `frameCount` is null.
 *
 * A frame's own time is its index over the scene's frame rate plus what the simulated clock is off. Frames the scene drops are counted as
 * missing and leave a gap in the sequence.
 *
 * @throws {SkyvoxError} "source" for a camera the scene does not have or of another image size than the intrinsics.
 */
export function sceneSourceOf(camera: SiteCamera, scene: Scene, frameCount: number | null): FrameSource {
  const sceneCamera = scene.cameras.find(({ id }) => id === camera.id);
  const refuse = (found: string, need: string) =>
    new SkyvoxError("source", `Cannot open scene "${scene.name}" for camera "${camera.id}": ${found}, need ${need}`);
  if (sceneCamera === undefined) {
    throw refuse("no such camera in it", `one of ${scene.cameras.map(({ id }) => `"${id}"`).join(", ")}`);
  }
  const [found, wanted] = [sceneCamera.intrinsics, camera.intrinsics];
  if (found.widthPx !== wanted.widthPx || found.heightPx !== wanted.heightPx) {
    throw refuse(
      `it is ${found.widthPx}x${found.heightPx}`,
      `${wanted.widthPx}x${wanted.heightPx} as its intrinsics say`,
    );
  }
  return new SceneSource(camera, scene, sceneCamera, frameCount);
}

class SceneSource implements FrameSource {
  readonly cameraId: CameraId;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frameCount: number | null;
  readonly #scene: Scene;
  readonly #camera: SceneCamera;
  readonly #renderer: Renderer;
  readonly #stamp: FrameStamp;
  readonly #pixels: Uint8Array;
  #index = 0;
  #delivered = 0;
  #skipped = 0;
  #missing = 0;
  #disposed = false;

  constructor(camera: SiteCamera, scene: Scene, sceneCamera: SceneCamera, frameCount: number | null) {
    this.cameraId = camera.id;
    this.widthPx = sceneCamera.intrinsics.widthPx;
    this.heightPx = sceneCamera.intrinsics.heightPx;
    this.frameCount = frameCount;
    this.#scene = scene;
    this.#camera = sceneCamera;
    this.#renderer = createRenderer(scene, sceneCamera);
    this.#stamp = frameStampOf(camera);
    this.#pixels = new Uint8Array(this.widthPx * this.heightPx);
  }

  get stats(): SourceStats {
    return { delivered: this.#delivered, skipped: this.#skipped, missing: this.#missing };
  }

  async next(notBeforeNs?: bigint, into = this.#pixels): Promise<Frame | null> {
    assert(!this.#disposed, "a disposed source gives no frames");
    while (this.frameCount === null || this.#index < this.frameCount) {
      const index = this.#index++;
      const tSeconds = index / this.#camera.frameRateHz;
      const sourceNs = nsFromSeconds(tSeconds + this.#camera.clockOffsetS);
      if (isFrameDropped(this.#scene, this.#camera, index)) {
        this.#missing += 1;
      } else if (notBeforeNs !== undefined && this.#stamp.captureNs(sourceNs) < notBeforeNs) {
        this.#skipped += 1;
      } else {
        this.#renderer.render(tSeconds, index, into);
        this.#delivered += 1;
        return this.#stamp.frame(index, sourceNs, into);
      }
    }
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
  }
}
