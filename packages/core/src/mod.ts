/**
 * The words every other package speaks: ids, time, vectors, cameras, frames, observations, detections and tracks. No I/O.
 *
 * @example
 * ```ts
 * import { project, lookAt } from "@skyvox/core";
 * const pose = lookAt({ cameraInEnuM: [0, 0, 2], targetEnuM: [0, 50, 20] });
 * const intrinsics = { widthPx: 640, heightPx: 480, fxPx: 500, fyPx: 500, cxPx: 319.5, cyPx: 239.5, distortion: [0, 0, 0, 0, 0] } as const;
 * project(intrinsics, pose, [0, 50, 20]); // the principal point: [319.5, 239.5]
 * ```
 * @module
 */
export * from "./alarm-clock.ts";
export * from "./assert.ts";
export * from "./brand.ts";
export * from "./camera-model.ts";
export * from "./cholesky.ts";
export * from "./clock.ts";
export * from "./detection.ts";
export * from "./eigen3.ts";
export * from "./errors.ts";
export * from "./frame.ts";
export * from "./geodesy.ts";
export * from "./mat.ts";
export * from "./meter.ts";
export * from "./observation.ts";
export * from "./pose.ts";
export * from "./prng.ts";
export * from "./quaternion.ts";
export * from "./track.ts";
export * from "./vec3.ts";
