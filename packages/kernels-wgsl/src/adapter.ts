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
    // The memory of a simulated GPU is the host's, and the queue has it at hand.
    const stagedBytesMin = answer.dawn.isSoftware ? Number.POSITIVE_INFINITY : STAGED_BYTES_MIN;
    return new WgslKernels(answer.dawn, await programsOf(answer.dawn), { stagedBytesMin });
  },
};

/** Pictures, and lists of 2^16 points; for less than that the queue has memory at hand. */
const STAGED_BYTES_MIN = 2 ** 20;
