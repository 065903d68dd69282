/**
 * Memory of a device: buffers that are used again, and destroyed with their pool.
 *
 * A buffer that is left to the garbage collector keeps its memory until the process ends. So each comes from a pool and goes back to
 * it, with what it held still in it. Of those that nobody uses a pool keeps what time steps turn over, and destroys the rest.
 */
import { SkyvoxError } from "@skyvox/core";

/** A buffer of a device; no other of its pool has had this id. */
export interface DeviceBuffer {
  readonly id: number;
  readonly gpu: GPUBuffer;
  readonly byteLength: number;
}

/** Buffers of one usage. Who takes one gives it back. */
export class BufferPool implements Disposable {
  readonly #device: GPUDevice;
  readonly #usage: GPUBufferUsageFlags;
  readonly #bytesMax: number;
  readonly #all = new Map<number, DeviceBuffer>();
  /** By size, those given back first in front: a time step like the one before takes the same buffers. */
  readonly #idle = new Map<number, Set<DeviceBuffer>>();
  /** The same, all sizes together. */
  readonly #idleInOrder = new Set<DeviceBuffer>();
  #idleBytes = 0;
  #nextId = 0;
  readonly #refused = new Set<number>();
  /** Buffers of which the device has not said yet whether it has memory for them. */
  #asked: { readonly buffer: DeviceBuffer; readonly answer: Promise<GPUError | null> }[] = [];

  constructor(device: GPUDevice, usage: GPUBufferUsageFlags) {
    this.#device = device;
    this.#usage = usage;
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    this.#bytesMax = Math.min(maxBufferSize, maxStorageBufferBindingSize);
  }

  /** Most bytes of a buffer. */
  get bytesMax(): number {
    return this.#bytesMax;
  }

  /**
   * Lends a buffer of at least so many bytes.
   *
   * @throws {SkyvoxError} code "capacity" when the device has no buffers of that size.
   */
  take(byteLength: number): DeviceBuffer {
    if (byteLength > this.#bytesMax) {
      const [found, wanted] = [`a buffer of ${byteLength} bytes`, `at most ${this.#bytesMax}`];
      throw new SkyvoxError("capacity", `Cannot take memory of the device: ${found}, need ${wanted}`);
    }
    const size = Math.min(sizeClass(byteLength), this.#bytesMax);
    const [idle] = this.#idle.get(size) ?? [];
    if (idle === undefined) return this.#create(size);
    this.#removeIdle(idle);
    return idle;
  }

  /**
   * Takes back what a time step no longer needs; the commands that use it have been submitted. What is idle past `IDLE_BYTES_MIN`, and
   * past twice of what came back now, is destroyed, the longest idle first.
   */
  give(...buffers: readonly DeviceBuffer[]): void {
    let givenBytes = 0;
    for (const buffer of buffers) {
      // After dispose all are gone.
      if (!this.#all.has(buffer.id)) continue;
      givenBytes += buffer.byteLength;
      if (this.#refused.has(buffer.id)) this.#destroy(buffer);
      else this.#addIdle(buffer);
    }
    const keptBytesMax = Math.max(IDLE_BYTES_MIN, 2 * givenBytes);
    for (const longest of this.#idleInOrder) {
      if (this.#idleBytes <= keptBytesMax) break;
      this.#removeIdle(longest);
      this.#destroy(longest);
    }
  }

  /** Why the device has refused memory since it was asked last, or null. What it has refused is not lent again. */
  async refusal(): Promise<string | null> {
    const asked = this.#asked;
    this.#asked = [];
    let reason: string | null = null;
    for (const { buffer, answer } of asked) {
      const error = await answer;
      if (error === null) continue;
      [reason = error.message] = error.message.split("\n");
      this.#refused.add(buffer.id);
      if (!this.#idleInOrder.has(buffer)) continue;
      this.#removeIdle(buffer);
      this.#destroy(buffer);
    }
    return reason;
  }

  [Symbol.dispose](): void {
    for (const buffer of [...this.#all.values()]) this.#destroy(buffer);
    this.#idle.clear();
    this.#idleInOrder.clear();
    this.#idleBytes = 0;
  }

  #create(size: number): DeviceBuffer {
    this.#device.pushErrorScope("out-of-memory");
    const gpu = this.#device.createBuffer({ size, usage: this.#usage });
    const buffer = { id: this.#nextId++, gpu, byteLength: size };
    this.#asked.push({ buffer, answer: this.#device.popErrorScope() });
    this.#all.set(buffer.id, buffer);
    return buffer;
  }

  #addIdle(buffer: DeviceBuffer): void {
    const alike = this.#idle.get(buffer.byteLength) ?? new Set();
    this.#idle.set(buffer.byteLength, alike.add(buffer));
    this.#idleInOrder.add(buffer);
    this.#idleBytes += buffer.byteLength;
  }

  #removeIdle(buffer: DeviceBuffer): void {
    this.#idle.get(buffer.byteLength)?.delete(buffer);
    this.#idleInOrder.delete(buffer);
    this.#idleBytes -= buffer.byteLength;
  }

  #destroy(buffer: DeviceBuffer): void {
    this.#all.delete(buffer.id);
    this.#refused.delete(buffer.id);
    buffer.gpu.destroy();
  }
}

const IDLE_BYTES_MIN = 2 ** 28;
const BYTES_MIN = 256;

/** Rounds bytes up to one of eight sizes per power of two, 256 at least: sizes that are nearly the same share their buffers, at an eighth lost. */
export function sizeClass(byteLength: number): number {
  const size = Math.max(byteLength, BYTES_MIN);
  const step = 2 ** (Math.floor(Math.log2(size)) - 3);
  return Math.ceil(size / step) * step;
}

/** Buffers that hold nothing from one op to the next: one of each name for all cameras and grids, as large as the largest needs. */
export class Scratch {
  readonly #pool: BufferPool;
  readonly #buffers = new Map<string, DeviceBuffer>();

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** Returns the buffer of a name. One that has become too small goes to `release`. */
  take(name: string, byteLength: number, release: (buffer: DeviceBuffer) => void): DeviceBuffer {
    const known = this.#buffers.get(name);
    if (known !== undefined && known.byteLength >= byteLength) return known;
    if (known !== undefined) release(known);
    const larger = this.#pool.take(byteLength);
    this.#buffers.set(name, larger);
    return larger;
  }
}
