/**
 * Backend "cuda": the ops as CUDA kernels for NVIDIA devices, behind the same C ABI as the cpu backend.
 *
 * @example
 * ```ts
 * import { cudaAdapter } from "@skyvox/kernels-cuda";
 * const probe = await cudaAdapter.probe(); // { ok: true, device: "NVIDIA …, sm_90", … }, or no with a reason
 * if (probe.ok) {
 *   using kernels = await cudaAdapter.open({ index: 0 });
 *   kernels.device; // "NVIDIA …, sm_90"
 * }
 * ```
 * @module
 */
export { cudaAdapter } from "./adapter.ts";
