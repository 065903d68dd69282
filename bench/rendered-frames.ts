import { openSource, type Site } from "@skyvox/cameras";
import type { Frame } from "@skyvox/core";

/** All frames of all cameras in capture order, pixels copied. */
export async function renderedFrames(site: Site): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (const camera of site.cameras) {
    await using source = await openSource(camera, { siteDirectory: "." });
    for (let frame = await source.next(); frame !== null; frame = await source.next()) {
      frames.push({ ...frame, pixels: frame.pixels.slice() });
    }
  }
  return frames.sort((a, b) => Number(a.captureNs - b.captureNs));
}
