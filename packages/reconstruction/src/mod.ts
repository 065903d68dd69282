/**
 * The line from frames to detections: `observe` one frame, `reconstruct` one frame set.
 *
 * @example
 * ```ts
 * import { loadSite } from "@skyvox/cameras";
 * import { referenceAdapter } from "@skyvox/kernels";
 * import { openLine } from "@skyvox/reconstruction";
 * using kernels = await referenceAdapter.open();
 * using line = openLine(await loadSite("site.json"), kernels);
 * ```
 * @module
 */
export { observe, type Reconstruction, reconstruct } from "./line.ts";
export { checkVolume, type LineVolume, lineVolume, WORLD_LIMITS } from "./line-volume.ts";
export { blobPoints } from "./ray-points.ts";
export { type Line, type LineCamera, openLine } from "./site-to-line.ts";
