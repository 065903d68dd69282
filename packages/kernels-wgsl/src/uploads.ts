/**
 * What one time step uploads.
 *
 * A few words are gathered in blocks, each a buffer and memory of the host that goes into it in one write when the step is submitted.
 * Large uploads have a buffer of their own, and are copied into it from memory that the device reads where there is such (`staging.ts`).
 * Either way all of it is there before the first command of the step: the places that an upload gets have been used by none.
 */
import type { BufferPool, DeviceBuffer } from "./buffers.ts";
import type { Staging } from "./staging.ts";

/** Words that are uploaded: they begin at word `at` of the buffer. */
export interface Upload {
  readonly buffer: DeviceBuffer;
  readonly at: number;
}

/** A place for words, on the device and on the host. */
export interface Place extends Upload {
  /** To be filled before the step is submitted. */
  readonly words: Uint32Array;
}

/** What uploads of one open backend share. */
export interface UploadTools {
  readonly device: GPUDevice;
  readonly pool: BufferPool;
  readonly staging: Staging;
  /** Memory of blocks that nobody fills. */
  readonly blocks: Uint32Array[];
}

interface Block {
  readonly buffer: DeviceBuffer;
  readonly words: Uint32Array;
  used: number;
}

/** Uploads of one time step. */
export class Uploads {
  readonly #tools: UploadTools;
  /** The last one is being filled. */
  #blocks: Block[] = [];
  /** Buffers of their own. */
  #buffers: DeviceBuffer[] = [];
  /** Buffers that large uploads are copied from, and the commands that do. */
  #staged: GPUBuffer[] = [];
  #copies: GPUCommandEncoder | null = null;
  /** Bytes of each upload that found no staging buffer. */
  #unstaged: number[] = [];

  constructor(tools: UploadTools) {
    this.#tools = tools;
  }

  /** Returns a place for at most `BLOCK_WORDS` words, right behind the place before where that is in the same block. */
  reserve(count: number): Place {
    let block = this.#blocks.at(-1);
    if (block === undefined || block.used + count > BLOCK_WORDS) {
      const { pool, blocks } = this.#tools;
      block = { buffer: pool.take(4 * BLOCK_WORDS), words: blocks.pop() ?? new Uint32Array(BLOCK_WORDS), used: 0 };
      this.#blocks.push(block);
    }
    const at = block.used;
    block.used += count;
    return { buffer: block.buffer, at, words: block.words.subarray(at, block.used) };
  }

  /** Uploads words. */
  words(words: Uint32Array | Int32Array): Upload {
    if (words.length > BLOCK_WORDS) return { buffer: this.bytes(bytesOf(words)), at: 0 };
    const place = this.reserve(words.length);
    place.words.set(words);
    return place;
  }

  /** Uploads bytes to the start of a buffer. */
  bytes(bytes: Uint8Array): DeviceBuffer {
    const { device, pool, staging } = this.#tools;
    const buffer = pool.take(bytes.length);
    this.#buffers.push(buffer);
    if (!staging.isFor(bytes.length) || !this.#stage(buffer, bytes)) write(device.queue, buffer, bytes);
    return buffer;
  }

  /** Writes what has been gathered and returns the commands that come before those of the step, if any. */
  finish(): GPUCommandBuffer[] {
    const { queue } = this.#tools.device;
    for (const { buffer, words, used } of this.#blocks) {
      if (used > 0) queue.writeBuffer(buffer.gpu, 0, words, 0, used);
    }
    return this.#copies === null ? [] : [this.#copies.finish()];
  }

  /** Gives everything back; the commands that use it have been submitted. */
  giveBack(): void {
    const { pool, staging, blocks } = this.#tools;
    staging.give(this.#staged, this.#unstaged);
    pool.give(...this.#buffers, ...this.#blocks.map(({ buffer }) => buffer));
    for (const { words } of this.#blocks) if (blocks.length < SPARE_BLOCKS_MAX) blocks.push(words);
  }

  /** Puts bytes where the device reads them; false where no buffer is ready. */
  #stage(to: DeviceBuffer, bytes: Uint8Array): boolean {
    const { device, staging } = this.#tools;
    const staged = staging.stage(bytes);
    if (staged === null) {
      this.#unstaged.push(bytes.length);
      return false;
    }
    this.#staged.push(staged);
    this.#copies ??= device.createCommandEncoder();
    this.#copies.copyBufferToBuffer(staged, 0, to.gpu, 0, 4 * Math.ceil(bytes.length / 4));
    return true;
  }
}

/** Words of a block, 256 KiB; what is more has a buffer of its own. */
const BLOCK_WORDS = 2 ** 16;
const SPARE_BLOCKS_MAX = 8;

function bytesOf(words: Uint32Array | Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** Writes from the host. The queue takes whole words only; what is past the last is filled up. */
function write(queue: GPUQueue, to: DeviceBuffer, bytes: Uint8Array): void {
  const whole = bytes.length - (bytes.length % 4);
  if (whole > 0) queue.writeBuffer(to.gpu, 0, bytes, 0, whole);
  if (whole === bytes.length) return;
  const rest = new Uint8Array(4);
  rest.set(bytes.subarray(whole));
  queue.writeBuffer(to.gpu, whole, rest);
}
