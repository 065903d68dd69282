import { existsSync } from "node:fs";
import { join } from "node:path";
import { SkyvoxError } from "@skyvox/core";
import type { KernelsAdapter } from "@skyvox/kernels";
import { openNative, probeNative } from "@skyvox/kernels/native";

const path = join(import.meta.dir, "..", "build", "libskyvox_cuda.so");

/**
 * Opens the cuda backend on device `index`; `threads` and `scalar` mean nothing to it.
 *
 * The library is built by `bun run native:cuda` where there is a CUDA compiler. It loads without a driver, and the probe then says so.
 * When the device is lost, the call that finds out throws code "device" with the reason; from then on the backend refuses, and a new one
 * may be opened once the device is back.
 */
export const cudaAdapter: KernelsAdapter = {
  backend: "cuda",
  probe: async (index) => {
    const reason = absence();
    return reason === null ? probeNative(path, index) : { ok: false, reason };
  },
  open: async (options) => {
    const reason = absence();
    if (reason !== null) {
      throw new SkyvoxError(
        "backend",
        `Cannot open the cuda kernels: ${reason}, need the CUDA toolkit: bun run native:cuda`,
      );
    }
    return openNative(path, "cuda", options);
  },
};

/** Why there is no library, or null where there is one. */
function absence(): string | null {
  if (existsSync(path)) return null;
  const hasCompiler = Bun.which(process.env.NVCC || "nvcc") !== null;
  return hasCompiler ? "not built yet (bun run native:cuda)" : "built without CUDA (nvcc not found)";
}
