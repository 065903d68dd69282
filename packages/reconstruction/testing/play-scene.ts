/**
 * Plays a simulated scene through the line on the reference, for tests.
 *
 * Cameras see the same instants, and each may be shown a world of its own: a thermal camera sees what another one does not. Frames are
 * rendered, observed and reconstructed one after the other; sources, clocks and frame sets of real cameras are not part of it.
 */
import type { Site } from "@skyvox/cameras";
import { assert, type CameraId, type Frame, type Observation } from "@skyvox/core";
import { referenceAdapter } from "@skyvox/kernels";
import { createRenderer, type Scene } from "@skyvox/scene";
import { observe, type Reconstruction, reconstruct } from "../src/line.ts";
import { openLine } from "../src/site-to-line.ts";

/** Which instants of a scene are played, in seconds, and what each camera sees (by default `scene`; null: it sends no frame). */
export interface Play {
  readonly site: Site;
  readonly scene: Scene;
  readonly frameCount: number;
  readonly stepS: number;
  seenBy?(id: CameraId): Scene | null;
}

/** Plays a scene through a line on the reference: all cameras at the same instants, every frame of each. */
export async function playScene({
  site,
  scene,
  frameCount,
  stepS,
  seenBy = () => scene,
}: Play): Promise<Reconstruction[]> {
  using kernels = await referenceAdapter.open();
  using line = openLine(site, kernels);
  const eyes = scene.cameras.flatMap((camera) => {
    const seen = seenBy(camera.id);
    const pixels = new Uint8Array(camera.intrinsics.widthPx * camera.intrinsics.heightPx);
    return seen === null ? [] : [{ camera, renderer: createRenderer(seen, camera), pixels }];
  });
  const results: Reconstruction[] = [];
  for (let index = 0; index < frameCount; index++) {
    const timeNs = BigInt(Math.round(index * stepS * 1e9));
    const members: Observation[] = [];
    for (const { camera, renderer, pixels } of eyes) {
      renderer.render(index * stepS, index, pixels);
      members.push(await observe(line, frameOf(camera.id, camera.intrinsics, index, timeNs, pixels)));
    }
    results.push(await reconstruct(line, { setId: index, timeNs, spreadNs: 0n, members, missing: [] }));
  }
  return results;
}

/** The result of the last frame set. */
export function lastOf(results: readonly Reconstruction[]): Reconstruction {
  const last = results.at(-1);
  assert(last !== undefined, "a play has a frame set");
  return last;
}

function frameOf(
  cameraId: CameraId,
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
  index: number,
  captureNs: bigint,
  pixels: Uint8Array,
): Frame {
  const seq = index as Frame["seq"];
  return { cameraId, seq, captureNs, timeSigmaNs: 0, clockState: "locked", widthPx, heightPx, pixels };
}
