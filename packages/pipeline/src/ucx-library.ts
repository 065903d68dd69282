/**
 * Loads the UCX shim (`native/ucx/`), where UCX is installed.
 *
 * UCX reads its settings from the environment when it is loaded. Those that a Bun process needs are set just before, unless they are set
 * already: no signal handlers and no patched allocator beside the engine's own, messages that are sent at once instead of being fetched,
 * and segments and buffers with which GET over TCP reaches the rate of a plain send.
 */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf, SkyvoxError } from "@skyvox/core";

const { f64, i32, u32, ptr: pointer, cstring } = FFIType;

const functions = {
  sv_ucx_text: { args: [i32, pointer, i32], returns: i32 },
  sv_ucx_open: { args: [pointer, i32, pointer, pointer, pointer], returns: i32 },
  sv_ucx_connect: { args: [pointer, pointer, i32, pointer], returns: i32 },
  sv_ucx_send: { args: [pointer, i32, pointer, u32], returns: i32 },
  sv_ucx_fetch: { args: [pointer, i32, u32, pointer, f64, pointer, pointer, u32], returns: i32 },
  sv_ucx_leave: { args: [pointer, i32, u32], returns: i32 },
  sv_ucx_share: { args: [pointer, pointer, f64, pointer], returns: i32 },
  sv_ucx_unshare: { args: [pointer, i32], returns: i32 },
  sv_ucx_take: { args: [pointer, pointer, pointer, u32], returns: i32 },
  sv_ucx_close: { args: [pointer], returns: i32 },
} as const;

/** The bound functions. */
export type UcxFunctions = ReturnType<typeof dlopen<typeof functions>>["symbols"];

/** Whether UCX can be used here, or no with a reason. */
export type UcxProbe = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Bytes of `struct sv_ucx_region` and its fields. */
export const regionLayout = { byteLength: 528, address: 0, index: 8, rkeyLength: 12, rkey: 16 } as const;
/** Bytes of `struct sv_ucx_event`. */
export const EVENT_BYTES = 24;
const ABI = 1_000_000 + regionLayout.byteLength * 100 + EVENT_BYTES;

const settings = {
  UCX_HANDLE_ERRORS: "none",
  UCX_MEM_EVENTS: "no",
  UCX_RNDV_THRESH: "inf",
  UCX_TCP_TX_SEG_SIZE: "256k",
  UCX_TCP_RX_SEG_SIZE: "256k",
  UCX_TCP_SNDBUF: "4m",
  UCX_TCP_RCVBUF: "4m",
  // Its log would go to standard output; what matters comes as a status.
  UCX_LOG_LEVEL: "fatal",
  UCX_WARN_UNUSED_ENV_VARS: "n",
} as const;

const libraryPath = join(import.meta.dir, "..", "build", "libskyvox_ucx.so");
let bound: UcxFunctions | undefined;

/** Asks whether the shim was built and loads here; UCX missing is a no. */
export function probeUcx(path: string = libraryPath): UcxProbe {
  try {
    loadUcx(path);
    return { ok: true };
  } catch (error) {
    if (error instanceof SkyvoxError) return { ok: false, reason: error.message };
    throw error;
  }
}

/**
 * Returns the library, loaded on first use and for the life of the process.
 *
 * @throws {SkyvoxError} code "io" when it was not built, does not load, or is of another build.
 */
export function ucxLibrary(): UcxFunctions {
  bound ??= loadUcx(libraryPath);
  return bound;
}

/** Says a status of UCX in its own words. */
export function ucxText(library: UcxFunctions, status: number): string {
  const text = new Uint8Array(128);
  library.sv_ucx_text(status, ptr(text), text.length);
  return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
}

function loadUcx(path: string): UcxFunctions {
  if (!existsSync(path)) {
    const need = "need UCX and its headers (Debian: libucx-dev), then: bun run native";
    throw new SkyvoxError("io", `Cannot use ucx: "${path}" not built, ${need}`);
  }
  applySettings();
  const abi = open(path, { sv_ucx_abi: { args: [], returns: i32 } }).sv_ucx_abi();
  if (abi !== ABI)
    throw new SkyvoxError("io", `Cannot use ucx: "${path}" of build ${abi}, need ${ABI}: bun run native`);
  return open(path, functions);
}

/** Bun's own `process.env` does not reach the environment that a library sees. */
function applySettings(): void {
  const { symbols, close } = dlopen(process.platform === "linux" ? "libc.so.6" : "libc.dylib", {
    setenv: { args: [cstring, cstring, i32], returns: i32 },
  });
  for (const [name, value] of Object.entries(settings)) {
    const [nameBytes, valueBytes] = [Buffer.from(`${name}\0`), Buffer.from(`${value}\0`)];
    symbols.setenv(ptr(nameBytes), ptr(valueBytes), 0);
  }
  close();
}

function open<Functions extends Parameters<typeof dlopen>[1]>(path: string, wanted: Functions) {
  try {
    return dlopen<Functions>(path, wanted).symbols;
  } catch (error) {
    throw new SkyvoxError("io", `Cannot use ucx: ${messageOf(error)}, need UCX (Debian: libucx0) and: bun run native`, {
      cause: error,
    });
  }
}
