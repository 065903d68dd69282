/** Binds the checksums of the native library (`native/hash.c`). Bound on first use, and for the life of the process. */
import { dlopen, FFIType } from "bun:ffi";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf, SkyvoxError } from "@skyvox/core";

const { f64, u32, ptr: pointer, void: nothing } = FFIType;
const libraryPath = join(import.meta.dir, "..", "build", "libskyvox_pipeline.so");

const functions = {
  sv_xxh3_state_bytes: { args: [], returns: u32 },
  sv_xxh3_start: { args: [pointer, f64, u32], returns: nothing },
  sv_xxh3_advance: { args: [pointer, pointer, f64], returns: nothing },
  sv_xxh3_copy: { args: [pointer, pointer, f64, pointer, f64], returns: nothing },
  sv_xxh3_finish: { args: [pointer, pointer, pointer], returns: nothing },
  sv_crc32c: { args: [u32, pointer, f64], returns: u32 },
  sv_crc32c_plain: { args: [u32, pointer, f64], returns: u32 },
} as const;

/** The bound functions; buffers are passed as pointers, lengths as float64. */
export type NativeChecksum = ReturnType<typeof dlopen<typeof functions>>["symbols"];

let bound: NativeChecksum | undefined;

/**
 * Returns the bound functions.
 *
 * @throws {SkyvoxError} code "io" when the library is missing or of another build.
 */
export function nativeChecksum(): NativeChecksum {
  bound ??= bind();
  return bound;
}

function bind(): NativeChecksum {
  if (!existsSync(libraryPath)) {
    throw new SkyvoxError("io", `Cannot compute checksums: "${libraryPath}" not found, need it built: bun run native`);
  }
  try {
    return dlopen(libraryPath, functions).symbols;
  } catch (error) {
    const found = messageOf(error);
    throw new SkyvoxError("io", `Cannot compute checksums: ${found}, need a library of this build: bun run native`, {
      cause: error,
    });
  }
}
