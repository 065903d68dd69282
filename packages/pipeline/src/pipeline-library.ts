/**
 * Binds the native library of segments, rings and pools (`native/pipeline.h`), once.
 *
 * Its version and the sizes of all structs are compared before anything else is called, so that a library of another build is refused in
 * words. Hot calls take and return 32-bit integers and pointers as numbers: a 64-bit integer would cost 20 ns each.
 */
import { dlopen, FFIType, type Pointer, ptr, read } from "bun:ffi";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf, SkyvoxError, type SkyvoxErrorCode } from "@skyvox/core";

/** Status of a call, as in `pipeline.h`; 0 and above: done, or the index of a slot. */
export const pipelineStatus = {
  ok: 0,
  empty: -1,
  full: -2,
  stale: -3,
  evicted: -4,
  aborted: -5,
  misuse: -6,
  error: -7,
} as const;

/** Version 1 of `pipeline.h`, and the bytes of its structs. */
export const pipelineAbi = {
  version: 1,
  part: 16,
  place: 56,
  segmentInfo: 72,
  reapReport: 16,
  header: 4160,
  ring: 4352,
  ringConsumer: 128,
  ringSlot: 64,
  pool: 2112,
  poolReader: 64,
  poolSlot: 384,
} as const;

const { i32, u32, ptr: pointer } = FFIType;

const functions = {
  svp_last_error: { args: [pointer, i32], returns: i32 },
  svp_segment_create: { args: [pointer, i32, pointer, pointer], returns: i32 },
  svp_segment_attach: { args: [pointer, pointer, i32, pointer], returns: i32 },
  svp_segment_close: { args: [pointer], returns: i32 },
  svp_segment_describe: { args: [pointer, pointer], returns: i32 },
  svp_segment_place: { args: [pointer, i32, pointer], returns: i32 },
  svp_segment_measure: { args: [pointer, i32, pointer], returns: i32 },
  svp_segment_reap: { args: [pointer, pointer], returns: i32 },
  svp_segment_is_alive: { args: [pointer, i32], returns: i32 },
  svp_segment_sweep: { args: [], returns: i32 },
  svp_producer_open: { args: [pointer, i32, pointer], returns: i32 },
  svp_producer_close: { args: [pointer], returns: i32 },
  svp_ring_claim: { args: [pointer], returns: i32 },
  svp_ring_claim_wait: { args: [pointer, u32], returns: i32 },
  svp_ring_commit: { args: [pointer, u32], returns: i32 },
  svp_ring_abort: { args: [pointer], returns: i32 },
  svp_consumer_open: { args: [pointer, i32, i32, u32, pointer], returns: i32 },
  svp_consumer_index: { args: [pointer], returns: i32 },
  svp_consumer_close: { args: [pointer], returns: i32 },
  svp_ring_take: { args: [pointer], returns: i32 },
  svp_ring_take_wait: { args: [pointer, u32], returns: i32 },
  svp_ring_release: { args: [pointer], returns: i32 },
  svp_pool_open: { args: [pointer, i32, pointer], returns: i32 },
  svp_pool_close: { args: [pointer], returns: i32 },
  svp_pool_acquire: { args: [pointer], returns: i32 },
  svp_pool_commit: { args: [pointer, i32], returns: i32 },
  svp_pool_abort: { args: [pointer, i32], returns: i32 },
  svp_reader_open: { args: [pointer, i32, u32, u32, pointer], returns: i32 },
  svp_reader_index: { args: [pointer], returns: i32 },
  svp_reader_close: { args: [pointer], returns: i32 },
  svp_pool_hold: { args: [pointer, i32, u32], returns: i32 },
  svp_pool_hold_newest: { args: [pointer], returns: i32 },
  svp_pool_release: { args: [pointer, i32], returns: i32 },
} as const;

/** The bound functions; pointers are passed as numbers. */
export type PipelineFunctions = ReturnType<typeof dlopen<typeof functions>>["symbols"];

const libraryPath = join(import.meta.dir, "..", "build", "libskyvox_pipeline.so");
let bound: PipelineFunctions | undefined;

/**
 * Returns the library, loaded on first use and for the life of the process.
 *
 * @throws {SkyvoxError} code "io" when it is missing, cannot be loaded, or is of another build.
 */
export function pipelineLibrary(): PipelineFunctions {
  bound ??= loadPipeline(libraryPath);
  return bound;
}

/** Loads the library of one path; says what was found and what is needed when it is not of this build. */
export function loadPipeline(path: string): PipelineFunctions {
  if (!existsSync(path)) throw new SkyvoxError("io", `Cannot load "${path}": not found, need it built: bun run native`);
  const wanted = Object.values<number>(pipelineAbi);
  const found = new Int32Array(wanted.length);
  open(path, { svp_abi_describe: { args: [pointer], returns: i32 } }).svp_abi_describe(ptr(found));
  if (wanted.some((value, index) => value !== found[index])) {
    const say = ([version, ...sizes]: readonly number[]) =>
      `version ${version} with structs of ${sizes.join(", ")} bytes`;
    throw new SkyvoxError("io", `Cannot load "${path}": ${say([...found])}, need ${say(wanted)}: bun run native`);
  }
  return open(path, functions);
}

/** Throws what the last failed call of this thread said. */
export function throwPipelineError(library: PipelineFunctions, code: SkyvoxErrorCode): never {
  const text = new Uint8Array(512);
  library.svp_last_error(ptr(text), text.length);
  throw new SkyvoxError(code, new TextDecoder().decode(text.subarray(0, text.indexOf(0))));
}

/** Opens a handle: calls with a place for its address, and returns the address. */
export function openHandle(library: PipelineFunctions, code: SkyvoxErrorCode, call: (out: Pointer) => number): Pointer {
  const out = new BigUint64Array(1);
  const status = call(ptr(out));
  if (status !== pipelineStatus.ok) throwPipelineError(library, code);
  return read.ptr(ptr(out)) as Pointer;
}

function open<Functions extends Parameters<typeof dlopen>[1]>(path: string, wanted: Functions) {
  try {
    return dlopen<Functions>(path, wanted).symbols;
  } catch (error) {
    const found = messageOf(error);
    throw new SkyvoxError("io", `Cannot load "${path}": ${found}, need a library of this build: bun run native`, {
      cause: error,
    });
  }
}
