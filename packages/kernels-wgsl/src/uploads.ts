/**
 * What one time step uploads.
 *
 * A few words are gathered in blocks, each a buffer and memory of the host that goes into it in one write when the step is submitted.
 * Large uploads have a buffer of their own. Where there is memory for that (`staging.ts`), they go in parts whose copies are submitted at
 * once, so that the device fetches one part while the host fills the next. Either way all of it is there before the first command of the
 * step: the places that an upload gets have been used by none.
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
  /** Buffers that parts are copied from. */
  #staged: GPUBuffer[] = [];
  /** Bytes of each part that found no staging buffer. */
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
    if (staging.isFor(bytes.length)) {
      for (let at = 0; at < bytes.length; at += PART_BYTES)
        this.#stage(buffer, at, bytes.subarray(at, at + PART_BYTES));
    } else write(device.queue, buffer, 0, bytes);
    return buffer;
  }

  /** Writes what has been gathered. */
  write(): void {
    const { queue } = this.#tools.device;
    for (const { buffer, words, used } of this.#blocks) {
      if (used > 0) queue.writeBuffer(buffer.gpu, 0, words, 0, used);
    }
  }

  /** Gives everything back; the commands that use it have been submitted. */
  giveBack(): void {
    const { pool, staging, blocks } = this.#tools;
    staging.give(this.#staged, this.#unstaged);
    pool.give(...this.#buffers, ...this.#blocks.map(({ buffer }) => buffer));
    for (const { words } of this.#blocks) if (blocks.length < SPARE_BLOCKS_MAX) blocks.push(words);
  }

  #stage(to: DeviceBuffer, atByte: number, part: Uint8Array): void {
    const { device, staging } = this.#tools;
    const staged = staging.stage(part);
    if (staged === null) {
      this.#unstaged.push(part.length);
      write(device.queue, to, atByte, part);
      return;
    }
    this.#staged.push(staged);
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(staged, 0, to.gpu, atByte, 4 * Math.ceil(part.length / 4));
    device.queue.submit([encoder.finish()]);
  }
}

/** Words of a block, 256 KiB; what is more has a buffer of its own. */
const BLOCK_WORDS = 2 ** 16;
const SPARE_BLOCKS_MAX = 8;
/** A quarter of an 8K picture; filling one takes far longer than submitting its copy. */
const PART_BYTES = 2 ** 23;

function bytesOf(words: Uint32Array | Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** Writes from the host. The queue takes whole words only; what is past the last is filled up. */
function write(queue: GPUQueue, to: DeviceBuffer, atByte: number, bytes: Uint8Array): void {
  const whole = bytes.length - (bytes.length % 4);
  if (whole > 0) queue.writeBuffer(to.gpu, atByte, bytes, 0, whole);
  if (whole === bytes.length) return;
  const rest = new Uint8Array(4);
  rest.set(bytes.subarray(whole));
  queue.writeBuffer(to.gpu, atByte + whole, rest);
}
