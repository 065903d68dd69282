/**
 * The end of a time step: its commands are submitted, and the tables that were asked for arrive.
 *
 * One buffer is mapped per submission, which is also the fence: it holds the outbox with the lists (`outbox.wgsl`), then the tables
 * whose rows the host has counted. Only what did not fit takes another submission, of copies alone.
 */
import { messageOf, SkyvoxError } from "@skyvox/core";
import type { Table } from "@skyvox/kernels";
import type { BufferPool, DeviceBuffer } from "./buffers.ts";
import { WORKGROUP } from "./program.ts";
import type { Read } from "./reads.ts";
import { Step, type StepTools } from "./step.ts";
import type { DeviceTable } from "./tables.ts";

/** Reads back for one open backend. */
export class ReadBack {
  readonly #tools: StepTools;
  readonly #landing: BufferPool;
  /** Room that is made for the rows of lists. */
  #listWords = LIST_WORDS_MIN;

  /** @param landing buffers that can be mapped for reading. */
  constructor(tools: StepTools, landing: BufferPool) {
    this.#tools = tools;
    this.#landing = landing;
  }

  /**
   * Submits a time step and delivers what it reads; resolves when all has arrived.
   *
   * @throws {SkyvoxError} code "capacity" when the device has no memory for what the step needs, "device" when it refuses the commands.
   */
  async finish(step: Step, reads: readonly Read[]): Promise<void> {
    const lists: Listed[] = [];
    const counted: Found[] = [];
    for (const read of reads) {
      if (read.source === null) continue;
      const { table, count, isWhole } = read.source;
      if (count === "in head") lists.push({ read, table, isWhole });
      else counted.push({ read, table, count, total: count, status: 0 });
    }
    try {
      const outboxWords = this.#packLists(step, lists);
      let rest = await this.#land(step, outboxWords, lists, counted);
      while (rest.length > 0) rest = await this.#land(new Step(this.#tools), 0, [], rest);
      for (const { source, resolve } of reads) if (source === null) resolve(noRows());
    } finally {
      this.#tools.pool.give(...reads.flatMap(({ copy }) => copy));
    }
  }

  /** Records the packing of lists; returns the words of the outbox. */
  #packLists(step: Step, lists: readonly Listed[]): number {
    if (lists.length === 0) return 0;
    const most = lists.reduce((words, { table }) => words + table.rowWords * table.rowsMax, 0);
    const outboxWords = Math.min(4 * lists.length + Math.min(most, this.#listWords), this.#landing.bytesMax / 4);
    const outbox = step.scratch("outbox", 4 * outboxWords);
    for (const [index, { table, isWhole }] of lists.entries()) {
      const { head, rows, rowWords, rowsMax } = table;
      const bound = step.bind(step.programs.outbox, { head, rows, outbox });
      const groups = Math.ceil((rowWords * rowsMax) / (PACK_WORDS * WORKGROUP));
      const params = [index, lists.length, rowWords, isWhole ? 1 : 0, outboxWords];
      step.run(bound, "pack", params, Math.min(groups, PACK_GROUPS_MAX));
    }
    return outboxWords;
  }

  /** Submits, waits, and delivers what fitted. Returns what did not. */
  async #land(step: Step, outboxWords: number, lists: readonly Listed[], counted: readonly Found[]): Promise<Found[]> {
    const landed: { readonly found: Found; readonly atWord: number }[] = [];
    const rest: Found[] = [];
    let words = outboxWords;
    for (const found of counted) {
      if (4 * (words + wordsOf(found)) > this.#landing.bytesMax) {
        rest.push(found);
        continue;
      }
      landed.push({ found, atWord: words });
      words += wordsOf(found);
    }
    const landing = this.#landing.take(4 * words);
    // Mapping waits for the commands that write the buffer, and so for all before them; there must be one.
    if (words === 0) step.clear(landing, 4);
    if (outboxWords > 0) step.copy(step.scratch("outbox", 4 * outboxWords), landing, 4 * outboxWords);
    for (const { found, atWord } of landed) {
      step.copy(found.table.rows, landing, 4 * wordsOf(found), 0, 4 * atWord);
    }
    try {
      const arrived = await this.#map(step, landing, words);
      for (const { found, atWord } of landed) deliver(found, arrived, atWord);
      return [...rest, ...this.#unpack(lists, arrived)];
    } finally {
      landing.gpu.unmap();
      this.#landing.give(landing);
    }
  }

  /** Delivers the lists of an outbox. Returns those that did not fit. */
  #unpack(lists: readonly Listed[], arrived: Uint32Array): Found[] {
    const rest: Found[] = [];
    let start = 4 * lists.length;
    let listWords = 0;
    for (const [index, { read, table }] of lists.entries()) {
      const [end = 0, count = 0, total = 0, status = 0] = arrived.subarray(4 * index, 4 * index + 4);
      const found = { read, table, count, total, status };
      listWords += wordsOf(found);
      if (end - start === wordsOf(found)) deliver(found, arrived, start);
      else rest.push(found);
      start = end;
    }
    this.#listWords = Math.max(LIST_WORDS_MIN, 2 * listWords, this.#listWords >> 1);
    return rest;
  }

  /** Submits and maps; what is returned is gone when the buffer is unmapped. */
  async #map(step: Step, landing: DeviceBuffer, words: number): Promise<Uint32Array> {
    const { device, pool } = this.#tools;
    device.pushErrorScope("validation");
    step.submit();
    const [invalid, noMemory, noLanding, unmapped] = await Promise.all([
      device.popErrorScope(),
      pool.refusal(),
      this.#landing.refusal(),
      landing.gpu.mapAsync(GPUMapMode.READ).then(() => null, nameFailure),
    ]);
    const refusal = noMemory ?? noLanding;
    if (refusal !== null) {
      throw new SkyvoxError("capacity", `Cannot take memory of the device: ${refusal}, need smaller tables`);
    }
    if (invalid !== null) {
      const [reason] = invalid.message.split("\n");
      throw new SkyvoxError("device", `Cannot run kernels: ${reason}, need a device that takes them`);
    }
    if (unmapped !== null) throw unmapped;
    return new Uint32Array(landing.gpu.getMappedRange(0, 4 * words));
  }
}

/** Words for rows of lists that are always there: 256 KiB. */
const LIST_WORDS_MIN = 2 ** 16;
/** Words that a thread packs of a short list; of a long one it packs more. */
const PACK_WORDS = 4;
const PACK_GROUPS_MAX = 1024;

/** A list that only the device has counted. */
interface Listed {
  readonly read: Read;
  readonly table: DeviceTable;
  readonly isWhole: boolean;
}

/** A table of which the host knows how many rows it has. */
interface Found {
  readonly read: Read;
  readonly table: DeviceTable;
  readonly count: number;
  readonly total: number;
  readonly status: number;
}

function nameFailure(error: unknown): Error {
  return new Error(`Cannot map a buffer: ${messageOf(error) || "aborted"}, need it to arrive`, { cause: error });
}

function wordsOf({ table, count }: Found): number {
  return table.rowWords * count;
}

function deliver(found: Found, arrived: Uint32Array, atWord: number): void {
  const { read, count, total, status } = found;
  read.resolve({ rows: arrived.slice(atWord, atWord + wordsOf(found)), count, total, status });
}

function noRows(): Table {
  return { rows: new Uint32Array(0), count: 0, total: 0, status: 0 };
}
