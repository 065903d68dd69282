/**
 * Backend "wgsl": the ops as WGSL shaders, on any GPU that Dawn, the WebGPU of Chromium, can use.
 *
 * @example
 * ```ts
 * import { wgslAdapter } from "@skyvox/kernels-wgsl";
 * const probe = await wgslAdapter.probe(); // { ok: true, device: "…", … }, or no with a reason
 * using kernels = await wgslAdapter.open({ software: true });
 * kernels.backend; // "wgsl"
 * ```
 * @module
 */
export { wgslAdapter } from "./adapter.ts";
