import { join } from "node:path";
import type { KernelsAdapter } from "@skyvox/kernels";
import { openNative, probeNative } from "@skyvox/kernels/native";

const libraryPath = join(import.meta.dir, "..", "build", "libskyvox_cpu.so");

/**
 * Opens the cpu backend. `threads` absent takes all cores; `scalar` keeps to the instructions every processor has.
 *
 * The library is built by `bun run native`.
 */
export const cpuAdapter: KernelsAdapter = {
  backend: "cpu",
  probe: async (index) => probeNative(libraryPath, index),
  open: async (options) => openNative(libraryPath, "cpu", options),
};
