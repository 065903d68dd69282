/**
 * Loads a shared library that implements `native/kernels.h`.
 *
 * Version and struct sizes are asked for before anything else is bound, so that a library of another build is refused in words
 * instead of crashing. A library stays loaded for the life of the process: threads of its runtime may outlive every context.
 */

import { dlopen, FFIType, type Pointer, ptr } from "bun:ffi";
import { existsSync } from "node:fs";
import { messageOf, SkyvoxError } from "@skyvox/core";

/** Status of a call, as in `kernels.h`. */
export const nativeStatus = { ok: 0, argument: 1, device: 3, capacity: 4 } as const;

const { i32, u32, u64, ptr: pointer } = FFIType;

/** Every function of `kernels.h` beside `sv_abi_describe`. */
const functions = {
  sv_probe: { args: [i32, pointer], returns: i32 },
  sv_open: { args: [i32, i32, i32, pointer], returns: i32 },
  sv_close: { args: [pointer], returns: i32 },
  sv_describe: { args: [pointer, pointer], returns: i32 },
  sv_last_error: { args: [pointer, pointer, i32], returns: i32 },
  sv_lock_memory: { args: [pointer, pointer, u64], returns: i32 },
  sv_unlock_memory: { args: [pointer, pointer], returns: i32 },
  sv_camera_open: { args: [pointer, pointer, pointer], returns: i32 },
  sv_camera_close: { args: [pointer, i32], returns: i32 },
  sv_grid_open: { args: [pointer, pointer, pointer, pointer], returns: i32 },
  sv_grid_close: { args: [pointer, i32], returns: i32 },
  sv_motion: { args: [pointer, i32, pointer, pointer], returns: i32 },
  sv_cells: { args: [pointer, i32, i32, i32], returns: i32 },
  sv_blobs: { args: [pointer, i32, i32], returns: i32 },
  sv_spots: { args: [pointer, i32, i32, i32], returns: i32 },
  sv_register: { args: [pointer, i32, pointer, i32, pointer, pointer], returns: i32 },
  sv_fuse: { args: [pointer, i32, pointer, i32, i32, i32], returns: i32 },
  sv_set_view: { args: [pointer, i32, i32, pointer, pointer], returns: i32 },
  sv_clear: { args: [pointer, i32], returns: i32 },
  sv_rays: { args: [pointer, i32, i32, pointer, i32], returns: i32 },
  sv_mark: { args: [pointer, i32], returns: i32 },
  sv_select: { args: [pointer, i32, i32], returns: i32 },
  sv_cast: { args: [pointer, i32], returns: i32 },
  sv_cast_dense: { args: [pointer, i32], returns: i32 },
  sv_refine: { args: [pointer, i32, i32], returns: i32 },
  sv_cast_tiles: { args: [pointer, i32, i32], returns: i32 },
  sv_peaks: { args: [pointer, i32, i32, u32], returns: i32 },
  sv_voxels: { args: [pointer, i32, i32, u32], returns: i32 },
  sv_read: { args: [pointer, i32, i32, pointer, u32, pointer], returns: i32 },
  sv_submit: { args: [pointer, pointer], returns: i32 },
  sv_fence: { args: [pointer, pointer], returns: i32 },
} as const;

/** The bound functions. All are called from one thread; pointers are passed as numbers. */
export type NativeFunctions = ReturnType<typeof dlopen<typeof functions>>["symbols"];

const loaded = new Map<string, NativeFunctions>();

/**
 * Loads a library, once per path.
 *
 * @throws {SkyvoxError} code "backend" when it is missing, cannot be loaded, or was built for another version of `kernels.h`.
 */
export function loadNative(libraryPath: string): NativeFunctions {
  const known = loaded.get(libraryPath);
  if (known !== undefined) return known;
  if (!existsSync(libraryPath)) {
    throw new SkyvoxError("backend", `Cannot load "${libraryPath}": not found, need it built: bun run native`);
  }
  checkAbi(libraryPath);
  const library = open(libraryPath, functions);
  loaded.set(libraryPath, library);
  return library;
}

/** Returns what the last failed call said; `context` null asks for the last open or probe. */
export function lastNativeError(library: NativeFunctions, context: Pointer | null): string {
  const text = new Uint8Array(new ArrayBuffer(256));
  library.sv_last_error(context, ptr(text), text.length);
  return textOf(text);
}

/** Decodes a zero-terminated string. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Version 4 of `kernels.h`: version, then bytes of camera_spec, grid_spec, ray_model, table, device_info, motion_params. */
const ABI = [4, 28, 48, 72, 16, 128, 32];

function checkAbi(libraryPath: string): void {
  const found = new Int32Array(new ArrayBuffer(4 * ABI.length));
  open(libraryPath, { sv_abi_describe: { args: [pointer], returns: i32 } }).sv_abi_describe(ptr(found));
  if (ABI.every((value, index) => value === found[index])) return;
  const [version, ...sizes] = found;
  throw new SkyvoxError(
    "backend",
    `Cannot load "${libraryPath}": kernels.h version ${version} with structs of ${sizes.join(", ")} bytes, ` +
      `need version ${ABI[0]} with ${ABI.slice(1).join(", ")}: bun run native`,
  );
}

function open<Functions extends Parameters<typeof dlopen>[1]>(libraryPath: string, wanted: Functions) {
  try {
    return dlopen<Functions>(libraryPath, wanted).symbols;
  } catch (error) {
    throw new SkyvoxError(
      "backend",
      `Cannot load "${libraryPath}": ${messageOf(error)}, need a library of kernels.h: bun run native`,
      { cause: error },
    );
  }
}
