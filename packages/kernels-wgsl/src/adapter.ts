import { SkyvoxError } from "@skyvox/core";
import type { KernelsAdapter } from "@skyvox/kernels";
import { openDawn } from "./dawn.ts";
import { WgslKernels } from "./kernels.ts";
import { programsOf } from "./program.ts";

/**
 * Opens the wgsl backend, on a GPU with a Vulkan, Metal or Direct3D driver. One that is simulated in software is refused unless
 * `software` is set.
 */
export const wgslAdapter: KernelsAdapter = {
  backend: "wgsl",
  probe: async (index = 0, options = {}) => {
    const answer = await openDawn({ index, ...options });
    if (!answer.ok) return { ok: false, reason: `Cannot probe the wgsl kernels: ${answer.reason}` };
    // WebGPU does not tell how much memory there is, only how much a buffer may have.
    return { ok: true, device: answer.dawn.name, memoryBytes: answer.dawn.device.limits.maxBufferSize };
  },
  open: async (options = {}) => {
    const answer = await openDawn(options);
    if (!answer.ok) throw new SkyvoxError("backend", `Cannot open the wgsl kernels: ${answer.reason}`);
    return new WgslKernels(answer.dawn, await programsOf(answer.dawn));
  },
};
