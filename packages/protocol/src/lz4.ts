/**
 * Blocks in the LZ4 block format (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md) by the system's liblz4.
 *
 * The library is optional: `probeLz4` says whether it is there. It is opened once per process and stays loaded.
 */
import { dlopen, FFIType } from "bun:ffi";
import { assert, messageOf } from "@skyvox/core";

const { cstring, i32, ptr } = FFIType;

const functions = {
  LZ4_versionString: { args: [], returns: cstring },
  LZ4_compress_default: { args: [ptr, ptr, i32, i32], returns: i32 },
  LZ4_decompress_safe: { args: [ptr, ptr, i32, i32], returns: i32 },
} as const;

type Lz4Functions = ReturnType<typeof dlopen<typeof functions>>["symbols"];

/** The largest block liblz4 takes, `LZ4_MAX_INPUT_SIZE` of `lz4.h`. */
const BLOCK_BYTES_MAX = 0x7e000000;
const LIBRARY = process.platform === "darwin" ? "liblz4.1.dylib" : "liblz4.so.1";

/** Whether LZ4 can be used here, and why not. */
export type Lz4Probe = { readonly ok: true; readonly lz4: Lz4 } | { readonly ok: false; readonly reason: string };

let probed: Lz4Probe | undefined;

/** Opens liblz4, once per process. */
export function probeLz4(): Lz4Probe {
  probed ??= openLz4(LIBRARY);
  return probed;
}

/** Opens the library of that name; one that is missing or lacks a function is a no with a reason. */
export function openLz4(library: string): Lz4Probe {
  try {
    return { ok: true, lz4: new Lz4(dlopen(library, functions).symbols) };
  } catch (error) {
    const found = messageOf(error).split("\n")[0];
    return { ok: false, reason: `Cannot open ${library}: ${found}, need the library liblz4 (Debian: liblz4-1)` };
  }
}

/** An open liblz4. */
export class Lz4 {
  /** As the library says it, such as `1.9.4`. */
  readonly version: string;
  readonly #functions: Lz4Functions;

  constructor(symbols: Lz4Functions) {
    this.#functions = symbols;
    this.version = String(symbols.LZ4_versionString());
  }

  /** Compresses into the buffer; returns the bytes of the block, or 0 when it does not fit. */
  compress(from: Uint8Array, into: Uint8Array): number {
    assertBlock(from);
    assertBlock(into);
    return this.#functions.LZ4_compress_default(from, into, from.length, into.length);
  }

  /** Decompresses into the buffer, never past its end; returns the bytes written, or a negative number when the block is damaged. */
  decompress(from: Uint8Array, into: Uint8Array): number {
    assertBlock(from);
    assertBlock(into);
    return this.#functions.LZ4_decompress_safe(from, into, from.length, into.length);
  }
}

function assertBlock(bytes: Uint8Array): void {
  assert(bytes.length > 0, "a block has bytes");
  assert(bytes.length <= BLOCK_BYTES_MAX, "a block has at most 2,113,929,216 bytes");
}
