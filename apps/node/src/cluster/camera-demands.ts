import type { Site } from "@skyvox/cameras";
import { type CameraDemand, type NodeId, nodeId } from "@skyvox/cluster";
import type { NodeCard } from "./line-messages.ts";

/** Frames a second that a camera is taken to give where its site does not say. */
const FRAMES_PER_SECOND = 30;
/** Copies of a frame that observing it takes: source, background, motion, and what is in hand. */
const FRAMES_HELD = 8;

/**
 * What each camera of a site needs of the node that observes it.
 *
 * Every kind of source there is today may be opened twice without harm, so a camera changes hands at once. A camera that some node
 * could not open is left to the others.
 */
export function cameraDemands(site: Site, cards: readonly NodeCard[]): CameraDemand[] {
  return site.cameras.map((camera) => {
    const { widthPx, heightPx } = camera.intrinsics;
    const frameBytes = widthPx * heightPx;
    const unable = new Set(
      cards.flatMap((card) => (card.cannotOpen.some(({ cameraId }) => cameraId === camera.id) ? [card.nodeId] : [])),
    );
    const able: NodeId[] = cards.flatMap((card) => (unable.has(card.nodeId) ? [] : [nodeId(card.nodeId)]));
    return {
      cameraId: camera.id,
      bytesPerSecond: frameBytes * (camera.frameRateHz ?? FRAMES_PER_SECOND),
      memoryBytes: frameBytes * FRAMES_HELD,
      pair: pairOf(site, camera),
      reachableFrom: unable.size === 0 ? null : able,
      isShared: true,
    };
  });
}

/** A camera and the thermal one beside it go together. */
function pairOf(site: Site, camera: Site["cameras"][number]): string | null {
  if (camera.thermal !== undefined) return camera.id;
  return site.cameras.find(({ thermal }) => thermal?.camera === camera.id)?.id ?? null;
}

/** Bytes of pixels that one core observes in a second, roughly; only the ratio between nodes counts, and the limit far beyond it. */
const BYTES_PER_SECOND_AND_CORE = 250e6;
const MEMORY_SHARE = 0.5;

/** What a machine has for cameras. */
export function nodeCapacity(machine: { readonly cores: number; readonly freeBytes: number }): {
  readonly bytesPerSecond: number;
  readonly memoryBytes: number;
} {
  return {
    bytesPerSecond: machine.cores * BYTES_PER_SECOND_AND_CORE,
    memoryBytes: Math.floor(machine.freeBytes * MEMORY_SHARE),
  };
}
