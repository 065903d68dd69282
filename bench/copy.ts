/** The copy that ops are measured against: what the memory of a backend does at best. */
import type { KernelsAdapter } from "@skyvox/kernels";
import { isGpu } from "./backends.ts";
import { openGpuMemory } from "./gpu-memory.ts";
import { memcpyVariant, perSecond, type SelfTimed, timed } from "./harness.ts";

/** A copy reads every byte and writes every byte. */
export const COPY_BYTES_PER_BYTE = 2;
/** Larger than the caches of a GPU. */
const DEVICE_BYTES = 2 ** 28;

/** One copy to be timed and the bytes it moves, both ways counted. */
export interface Copy {
  readonly subject: SelfTimed;
  readonly bytesMoved: number;
}

/** Opens the copy of a backend's memory: of the GPU where it is one whose driver answers, else `byteLength` bytes by one core. */
export function openCopy(adapter: Pick<KernelsAdapter, "backend">, byteLength: number): Copy & Disposable {
  const gpu = isGpu(adapter) ? openGpuMemory() : null;
  if (gpu?.ok === true) {
    const { memory } = gpu;
    return {
      subject: memory.copy(DEVICE_BYTES),
      bytesMoved: DEVICE_BYTES * COPY_BYTES_PER_BYTE,
      [Symbol.dispose]: () => memory[Symbol.dispose](),
    };
  }
  return {
    subject: timed(memcpyVariant(byteLength)),
    bytesMoved: byteLength * COPY_BYTES_PER_BYTE,
    [Symbol.dispose]: () => undefined,
  };
}

/** Says how many bytes a second an op moves, and what share that is of a copy's: "14.3 GB/s, 98 % of copy". */
export function bandwidthNote(bytesMoved: number, ms: number, copy: { bytesMoved: number; ms: number }): string {
  const rate = perSecond(bytesMoved, ms);
  const share = rate / perSecond(copy.bytesMoved, copy.ms);
  return `${(rate / 1e9).toFixed(1)} GB/s, ${(share * 100).toFixed(0)} % of copy`;
}
