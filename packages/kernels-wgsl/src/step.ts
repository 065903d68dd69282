/**
 * A time step under way: the commands of its ops in one encoder, what they were handed, and what they no longer need.
 *
 * Commands run in order, and each sees what those before it wrote. Everything on the device is written by commands; the host only
 * writes what no command before has used, as its writes come before all commands of the step (`uploads.ts`). A buffer that is released
 * goes back to the pool when the commands have been submitted. Dispatches stay in one pass as long as nothing is copied between them,
 * and what a dispatch has in common with the one before it is not set again.
 */
import { assert } from "@skyvox/core";
import type { BindGroups, Bound } from "./bind-groups.ts";
import type { DeviceBuffer, Scratch } from "./buffers.ts";
import { IMMEDIATE_WORDS } from "./dawn.ts";
import { GROUPS_MAX, type Program, type Programs } from "./program.ts";
import { type Place, type Upload, Uploads, type UploadTools } from "./uploads.ts";

/** What all time steps of one open backend share. */
export interface StepTools extends UploadTools {
  readonly programs: Programs;
  readonly scratch: Scratch;
  readonly bindGroups: BindGroups;
}

/** Records one time step. */
export class Step {
  readonly programs: Programs;
  readonly #tools: StepTools;
  readonly #uploads: Uploads;
  #encoder: GPUCommandEncoder | null = null;
  #pass: Pass | null = null;
  #released: DeviceBuffer[] = [];
  /** Taken by what is being opened. */
  #opening: DeviceBuffer[] | null = null;

  constructor(tools: StepTools) {
    this.#tools = tools;
    this.#uploads = new Uploads(tools);
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

  /** Returns a place for a few words next to others of this time step. */
  reserve(count: number): Place {
    return this.#uploads.reserve(count);
  }

  /** Uploads words, a few next to others of this time step. */
  upload(words: Uint32Array | Int32Array): Upload {
    return this.#uploads.words(words);
  }

  /** Uploads bytes to the start of a buffer of their own. */
  uploadBytes(bytes: Uint8Array): DeviceBuffer {
    return this.#uploads.bytes(bytes);
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
    this.#pass?.encoder.end();
    this.#pass = null;
    const commands = this.#uploads.finish();
    if (this.#encoder !== null) commands.push(this.#encoder.finish());
    if (commands.length > 0) this.#tools.device.queue.submit(commands);
    this.#encoder = null;
    this.#uploads.giveBack();
    this.#tools.pool.give(...this.#released);
    this.#released = [];
  }

  #prepare({ program, group }: Bound, entryPoint: string, params: readonly number[]): GPUComputePassEncoder {
    const pipeline = program.pipelines.get(entryPoint);
    assert(pipeline !== undefined, `"${entryPoint}" is an entry point`);
    assert(params.length <= IMMEDIATE_WORDS, "parameters fit the immediate data");
    this.#encoder ??= this.#tools.device.createCommandEncoder();
    this.#pass ??= { encoder: this.#encoder.beginComputePass(), pipeline: null, group: null, params: null };
    const pass = this.#pass;
    const { encoder } = pass;
    if (pass.pipeline !== pipeline) encoder.setPipeline(pipeline);
    if (pass.group !== group) encoder.setBindGroup(0, group);
    if (pass.params !== params) {
      immediates.fill(0, params.length);
      immediates.set(params);
      encoder.setImmediates(0, immediates);
    }
    pass.pipeline = pipeline;
    pass.group = group;
    pass.params = params;
    return encoder;
  }

  #outsidePass(): GPUCommandEncoder {
    this.#pass?.encoder.end();
    this.#pass = null;
    this.#encoder ??= this.#tools.device.createCommandEncoder();
    return this.#encoder;
  }
}

/** A compute pass and what has been set in it. */
interface Pass {
  readonly encoder: GPUComputePassEncoder;
  pipeline: GPUComputePipeline | null;
  group: GPUBindGroup | null;
  /** Compared by identity: an op that dispatches several times hands over the same array. */
  params: readonly number[] | null;
}

const immediates = new Uint32Array(IMMEDIATE_WORDS);
