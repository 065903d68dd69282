/**
 * Frames of a scene of physics, drawn and observed one after the other, as the benches of pixels need them.
 *
 * Of every frame come the points that the line saw and the true places of the targets with what could be known of them at best. The
 * background must be learnt first; frames until then are drawn and observed but not handed out.
 */
import { siteFromPixelScene } from "@skyvox/cameras";
import { type CameraId, frameSeq, nsFromSeconds, type Pose } from "@skyvox/core";
import type { KernelsAdapter } from "@skyvox/kernels";
import { blobPoints, observe, openLine } from "@skyvox/reconstruction";
import { createPixelRenderer, type PixelCamera, type PixelScene, type Sighting } from "@skyvox/scene";

/** What one camera saw in one frame: points `[count, 2]` in pixels. */
export interface SeenFrame {
  readonly camera: PixelCamera;
  readonly pose: Pose;
  readonly points: Float64Array;
  /** Where the targets stood that lie in the picture whole. */
  readonly sightings: readonly Sighting[];
}

/** All cameras' frames of one index. */
export interface SeenFrames {
  readonly frameIndex: number;
  readonly timeNs: bigint;
  readonly cameras: readonly SeenFrame[];
}

/** Draws and observes frames, and calls back with those after the first `learnt`. */
export async function observeScene(
  scene: PixelScene,
  adapter: KernelsAdapter,
  { learnt, frameCount }: { readonly learnt: number; readonly frameCount: number },
  each: (frames: SeenFrames) => void,
): Promise<void> {
  using kernels = await adapter.open({ threads: 2 });
  using line = openLine(
    siteFromPixelScene(scene, ({ id }) => `images:${id}`),
    kernels,
  );
  const eyes = scene.cameras.map((camera) => {
    const { widthPx, heightPx } = camera.intrinsics;
    return { camera, renderer: createPixelRenderer(scene, camera), pixels: new Uint8Array(widthPx * heightPx) };
  });
  for (let frameIndex = 0; frameIndex < frameCount; frameIndex++) {
    const seen: SeenFrame[] = [];
    for (const { camera, renderer, pixels } of eyes) {
      renderer.render(frameIndex, pixels);
      const { blobs, pose } = await observe(line, frameOf(camera, frameIndex, pixels));
      if (frameIndex < learnt) continue;
      const sightings = renderer.sightings(frameIndex).filter(({ isInside }) => isInside);
      seen.push({ camera, pose, points: pointsOf(blobs), sightings });
    }
    if (frameIndex >= learnt) each({ frameIndex, timeNs: timeOf(scene.cameras[0]!, frameIndex), cameras: seen });
  }
}

/** The point nearest to a place and its distance in pixels; null where none is nearer than `withinPx`. */
export function nearestPoint(
  { points }: SeenFrame,
  { u, v }: { readonly u: number; readonly v: number },
  withinPx: number,
): { readonly du: number; readonly dv: number } | null {
  let nearest: { du: number; dv: number } | null = null;
  let least = withinPx;
  for (let at = 0; at < points.length; at += 2) {
    const [du, dv] = [points[at]! - u, points[at + 1]! - v];
    const distance = Math.hypot(du, dv);
    if (distance >= least) continue;
    least = distance;
    nearest = { du, dv };
  }
  return nearest;
}

function pointsOf(blobs: Uint32Array): Float64Array {
  const rows = blobPoints(blobs);
  return Float64Array.from({ length: rows.length / 2 }, (_, at) => rows[(at >> 1) * 4 + (at & 1)]! / 256);
}

/** What a camera's clock says of a frame: it does not know that it is off. */
function timeOf({ frameRateHz }: PixelCamera, frameIndex: number): bigint {
  return nsFromSeconds(frameIndex / frameRateHz);
}

function frameOf(camera: PixelCamera, frameIndex: number, pixels: Uint8Array) {
  const { widthPx, heightPx } = camera.intrinsics;
  return {
    cameraId: camera.id as CameraId,
    seq: frameSeq(frameIndex),
    captureNs: timeOf(camera, frameIndex),
    timeSigmaNs: TIME_SIGMA_NS,
    clockState: "locked" as const,
    widthPx,
    heightPx,
    pixels,
  };
}

/** Half a millisecond, as the clocks of the scenes are off. */
export const TIME_SIGMA_NS = 5e5;
