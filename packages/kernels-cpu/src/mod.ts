/**
 * Backend "cpu": the ops in C++, with AVX2 where the processor has it, on as many threads as asked for.
 *
 * @example
 * ```ts
 * import { cpuAdapter } from "@skyvox/kernels-cpu";
 * const probe = await cpuAdapter.probe(); // { ok: true, device: "AVX2, 2 threads", … }, or no with a reason
 * using kernels = await cpuAdapter.open({ threads: 1 });
 * kernels.device; // "AVX2, 1 thread"
 * ```
 * @module
 */
export { cpuAdapter } from "./adapter.ts";
