/** What is kept of a camera for people to look at: its last picture now and then, or its last observation where it gives no pictures. */
import { type Frame, NS_PER_MS, type Observation } from "@skyvox/core";
import type { Line } from "@skyvox/reconstruction";
import { pointPicture } from "./point-picture.ts";
import { shrink, type TimedPicture } from "./shrink.ts";

/** How old the picture kept may be. */
const PICTURE_NS = 100n * NS_PER_MS;

/** The last picture kept; of a camera without pictures, the last observation. */
export type Shown = TimedPicture | Observation;

/** True for what has pixels. */
export function isFrame<Picture extends { readonly pixels: Uint8Array }>(item: Picture | Observation): item is Picture {
  return "pixels" in item;
}

/** Keeps what came, where it is time; returns what is kept now. The memory of the last picture is used again. */
export function keepShown(shown: Shown | null, item: Frame | Observation): Shown {
  if (!isFrame(item)) return item;
  const kept = shown !== null && isFrame(shown) ? shown : null;
  if (kept !== null && item.captureNs - kept.captureNs < PICTURE_NS) return kept;
  const pixels = kept?.pixels ?? new Uint8Array(item.pixels.length);
  pixels.set(item.pixels);
  return { widthPx: item.widthPx, heightPx: item.heightPx, pixels, captureNs: item.captureNs };
}

/** Makes a picture of what is kept, at most so wide; of an observation a dark one with a cross at every point. */
export function shownPicture(line: Line, shown: Shown, widthMaxPx: number): TimedPicture {
  const picture = isFrame(shown)
    ? shrink(shown, widthMaxPx)
    : pointPicture(line.cameraOf(shown.cameraId).intrinsics, shown.blobs, widthMaxPx);
  return { ...picture, captureNs: shown.captureNs };
}
