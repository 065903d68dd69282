import { dlopen, FFIType } from "bun:ffi";
import { join } from "node:path";
import type { KernelsAdapter } from "@skyvox/kernels";
import { openNative, probeNative } from "@skyvox/kernels/native";

const path = join(import.meta.dir, "..", "build", "libskyvox_cpu.so");

/**
 * Opens the cpu backend. `threads` absent takes all cores; `scalar` keeps to the instructions every processor has.
 *
 * The library is built by `bun run native`.
 */
export const cpuAdapter: KernelsAdapter = {
  backend: "cpu",
  probe: async (index) => probeNative(readyLibrary(), index),
  open: async (options) => openNative(readyLibrary(), "cpu", options),
};

/**
 * Lets the threads of OpenMP sleep between ops, and returns the path of the library.
 *
 * By default they spin for a while, and on a machine that has other work too, a thread that has spun is scheduled last when it is
 * needed: an op of 2 ms then takes 8. libgomp reads the policy when it is loaded; one that the user has set stays.
 */
function readyLibrary(): string {
  const report: { header?: { glibcVersionRuntime?: string } } = process.report.getReport();
  if (report.header?.glibcVersionRuntime === undefined) return path;
  const { cstring, i32 } = FFIType;
  const libc = dlopen("libc.so.6", { setenv: { args: [cstring, cstring, i32], returns: i32 } });
  libc.symbols.setenv(Buffer.from("OMP_WAIT_POLICY\0"), Buffer.from("passive\0"), 0);
  return path;
}
