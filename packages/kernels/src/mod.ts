/**
 * The compute ops of the line: their one interface, their specification, and the reference backend that defines every bit.
 *
 * @example
 * ```ts
 * import { referenceAdapter } from "@skyvox/kernels";
 * using kernels = await referenceAdapter.open();
 * const camera = kernels.openCamera({ widthPx: 3, heightPx: 1, motionMax: 16, cellsMax: 16, blobsMax: 16 });
 * kernels.motion(camera, Uint8Array.of(10, 10, 10), { mode: "diff", threshold: 5 });
 * kernels.motion(camera, Uint8Array.of(10, 90, 10), { mode: "diff", threshold: 5 });
 * const moving = kernels.readCamera(camera, "motion");
 * await kernels.submit();
 * (await moving).rows; // Uint32Array [1, 80]: x = 1, y = 0, difference 80
 * ```
 * @module
 */
export * from "./adapter.ts";
export * from "./camera-spec.ts";
export { snrMinQ4For } from "./false-alarm.ts";
export { gridMemoryBytes } from "./grid-memory.ts";
export * from "./grid-spec.ts";
export * from "./kernels.ts";
export type { LensBend } from "./node-table.ts";
export * from "./ray-model.ts";
export { referenceAdapter } from "./reference.ts";
export { buildRegistration, type Optics } from "./registration.ts";
export { type SpotCentre, spotCentre } from "./spot-centre.ts";
export * from "./status.ts";
export { findTrialDifference, openTrial, type Trial, type TrialTable } from "./trial.ts";
