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
export { type Line, type LineCamera, type LineVolume, openLine } from "./site-to-line.ts";
