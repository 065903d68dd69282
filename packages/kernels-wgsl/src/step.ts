/**
 * A time step under way: the commands of its ops in one encoder, what they were handed, and what they no longer need.
 *
 * Commands run in order, and each sees what those before it wrote. Everything on the device is written by commands; the host only
 * writes what no command before has used, as its writes come before all commands of the step. So what an op uploads lies in a place of
 * its own, and a buffer that is released goes back to the pool when the commands have been submitted. Large uploads are copies by
 * commands (`staging.ts`).
 */
import { assert } from "@skyvox/core";
import type { BindGroups, Bound } from "./bind-groups.ts";
import type { BufferPool, DeviceBuffer, Scratch } from "./buffers.ts";
import { IMMEDIATE_WORDS } from "./dawn.ts";
import { GROUPS_MAX, type Program, type Programs } from "./program.ts";
import type { Staging } from "./staging.ts";

/** What all time steps of one open backend share. */
export interface StepTools {
  readonly device: GPUDevice;
  readonly programs: Programs;
  readonly pool: BufferPool;
  readonly scratch: Scratch;
  readonly bindGroups: BindGroups;
  readonly staging: Staging;
}

/** Words that have been uploaded: they begin at word `at` of the buffer. */
export interface Upload {
  readonly buffer: DeviceBuffer;
  readonly at: number;
}

/** Records one time step. */
export class Step {
  readonly programs: Programs;
  readonly #tools: StepTools;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #released: DeviceBuffer[] = [];
  /** Taken by what is being opened. */
  #opening: DeviceBuffer[] | null = null;
  #upload: { buffer: DeviceBuffer; words: number } | null = null;
  #staged: GPUBuffer[] = [];
  /** Bytes of each upload that found no staging buffer. */
  #unstaged: number[] = [];

  constructor(tools: StepTools) {
    this.#tools = tools;
    this.programs = tools.programs;
  }

  /** Takes a buffer; the caller owns it. @throws {SkyvoxError} code "capacity" when it would be too large. */
  take(byteLength: number): DeviceBuffer {
    const buffer = this.#tools.pool.take(byteLength);
    this.#opening?.push(buffer);
    return buffer;
  }

  /** Runs what opens a camera or a grid; where that throws, the buffers that it has taken go back. */
  open<Opened>(open: () => Opened): Opened {
    const taken: DeviceBuffer[] = [];
    this.#opening = taken;
    try {
      return open();
    } catch (error) {
      this.release(...taken);
      throw error;
    } finally {
      this.#opening = null;
    }
  }

  /** Gives buffers back once this time step has been submitted. */
  release(...buffers: readonly DeviceBuffer[]): void {
    this.#released.push(...buffers);
  }

  /** Returns a buffer that ops use for themselves; it holds anything. */
  scratch(name: string, byteLength: number): DeviceBuffer {
    return this.#tools.scratch.take(name, byteLength, (buffer) => this.release(buffer));
  }

  /** Uploads a few words next to others of this time step. */
  upload(words: Uint32Array | Int32Array): Upload {
    let place = this.#upload;
    if (place === null || 4 * (place.words + words.length) > place.buffer.byteLength) {
      place = { buffer: this.#tools.pool.take(Math.max(UPLOAD_BYTES_MIN, words.byteLength)), words: 0 };
      this.release(place.buffer);
      this.#upload = place;
    }
    const upload = { buffer: place.buffer, at: place.words };
    this.#write(place.buffer, 4 * place.words, words);
    place.words += words.length;
    return upload;
  }

  /** Uploads bytes to the start of a buffer of their own. */
  uploadBytes(bytes: Uint8Array): DeviceBuffer {
    const buffer = this.#tools.pool.take(bytes.length);
    this.release(buffer);
    this.#write(buffer, 0, bytes);
    return buffer;
  }

  /** Binds every storage buffer of a program, by its name in WGSL. */
  bind(program: Program, buffers: Readonly<Record<string, DeviceBuffer>>): Bound {
    return this.#tools.bindGroups.bind(program, buffers);
  }

  /** Runs a kernel in so many workgroups; none is allowed. */
  run(bound: Bound, entryPoint: string, params: readonly number[], groups: number): void {
    if (groups === 0) return;
    const pass = this.#prepare(bound, entryPoint, params);
    pass.dispatchWorkgroups(Math.min(groups, GROUPS_MAX), Math.ceil(groups / GROUPS_MAX));
  }

  /** Runs a kernel with one thread, or one workgroup, for each row of the list that a head belongs to (`lists.wgsl`). */
  runForRows(
    bound: Bound,
    entryPoint: string,
    params: readonly number[],
    head: DeviceBuffer,
    each: "thread" | "group",
  ): void {
    const pass = this.#prepare(bound, entryPoint, params);
    pass.dispatchWorkgroupsIndirect(head.gpu, each === "thread" ? 16 : 32);
  }

  /** Copies whole words between buffers, by default from start to start. */
  copy(from: DeviceBuffer, to: DeviceBuffer, byteLength: number, fromByte = 0, toByte = 0): void {
    if (byteLength > 0) this.#outsidePass().copyBufferToBuffer(from.gpu, fromByte, to.gpu, toByte, byteLength);
  }

  /** Sets whole words to zero. */
  clear(buffer: DeviceBuffer, byteLength: number = buffer.byteLength): void {
    this.#outsidePass().clearBuffer(buffer.gpu, 0, byteLength);
  }

  /** Submits what has been recorded and gives back what has been released. Nothing can be recorded afterwards. */
  submit(): void {
    this.#pass?.end();
    this.#pass = null;
    if (this.#encoder !== null) this.#tools.device.queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    this.#tools.staging.give(this.#staged, this.#unstaged);
    this.#staged = [];
    this.#unstaged = [];
    this.#tools.pool.give(...this.#released);
    this.#released = [];
  }

  #write(to: DeviceBuffer, atByte: number, data: Uint8Array | Uint32Array | Int32Array): void {
    const { device, staging } = this.#tools;
    if (data.length === 0) return;
    if (!staging.isFor(data.byteLength)) {
      write(device.queue, to, atByte, data);
      return;
    }
    const staged = staging.stage(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    if (staged === null) {
      this.#unstaged.push(data.byteLength);
      write(device.queue, to, atByte, data);
      return;
    }
    this.#staged.push(staged);
    this.#outsidePass().copyBufferToBuffer(staged, 0, to.gpu, atByte, 4 * Math.ceil(data.byteLength / 4));
  }

  #prepare({ program, group }: Bound, entryPoint: string, params: readonly number[]): GPUComputePassEncoder {
    const pipeline = program.pipelines.get(entryPoint);
    assert(pipeline !== undefined, `"${entryPoint}" is an entry point`);
    assert(params.length <= IMMEDIATE_WORDS, "parameters fit the immediate data");
    this.#encoder ??= this.#tools.device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass();
    this.#pass.setPipeline(pipeline);
    this.#pass.setBindGroup(0, group);
    immediates.fill(0, params.length);
    immediates.set(params);
    this.#pass.setImmediates(0, immediates);
    return this.#pass;
  }

  #outsidePass(): GPUCommandEncoder {
    this.#pass?.end();
    this.#pass = null;
    this.#encoder ??= this.#tools.device.createCommandEncoder();
    return this.#encoder;
  }
}

const UPLOAD_BYTES_MIN = 2 ** 18;
const immediates = new Uint32Array(IMMEDIATE_WORDS);

/** Writes from the host. The queue takes whole words only; what is past the last is filled up. */
function write(queue: GPUQueue, to: DeviceBuffer, atByte: number, data: Uint8Array | Uint32Array | Int32Array): void {
  const whole = data.byteLength - (data.byteLength % 4);
  if (whole > 0) queue.writeBuffer(to.gpu, atByte, data, 0, whole / data.BYTES_PER_ELEMENT);
  if (whole === data.byteLength) return;
  const rest = new Uint8Array(4);
  rest.set((data as Uint8Array).subarray(whole));
  queue.writeBuffer(to.gpu, atByte + whole, rest);
}
