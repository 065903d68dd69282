/**
 * The tables that were asked for and are still to be delivered.
 *
 * They come to the host in one copy at the end of a time step, behind its last command. Of a list, only the device knows how many rows
 * it has; so lists are packed on the device (`outbox.wgsl`) into as many words as those of the last time steps took, with some to
 * spare. What does not fit comes in a second copy, when the number of its rows is known. An op that would overwrite a table before
 * that has it copied aside first: what arrives is the table as it was asked for.
 */
import type { Table } from "@skyvox/kernels";
import type { DeviceBuffer } from "./buffers.ts";
import type { Step } from "./step.ts";
import { type DeviceTable, HEAD_BYTES } from "./tables.ts";

/** What is read of a table: rows that the host has counted, or as many as the head says. */
export interface ReadSource {
  readonly table: DeviceTable;
  readonly count: number | "in head";
  /** Nothing was left out of these rows, whatever the head says of the list that they belong to. */
  readonly isWhole: boolean;
}

/** A table that is waited for. */
export interface Read {
  /** Null for a table that has no rows. */
  source: ReadSource | null;
  /** The copy aside, where there is one. */
  copy: readonly DeviceBuffer[];
  readonly resolve: (table: Table) => void;
  readonly reject: (reason: Error) => void;
}

/** What a time step reads. */
export class Reads {
  #waiting: Read[] = [];

  /** Notes that a table is wanted; null is one that has no rows. */
  ask(source: ReadSource | null): Promise<Table> {
    const { promise, resolve, reject } = Promise.withResolvers<Table>();
    // Who asked hears it from `submit` too and may have left with that.
    promise.then(undefined, isHeardElsewhere);
    this.#waiting.push({ source, copy: [], resolve, reject });
    return promise;
  }

  /** Copies aside what is waited for of tables that are about to be overwritten. */
  preserve(step: Step, ...tables: readonly DeviceTable[]): void {
    for (const read of this.#waiting) {
      if (read.source === null || read.copy.length > 0 || !tables.includes(read.source.table)) continue;
      const { table, count } = read.source;
      const rowBytes = 4 * table.rowWords * (count === "in head" ? table.rowsMax : count);
      const [rows, head] = [step.take(rowBytes), step.take(HEAD_BYTES)];
      step.copy(table.rows, rows, rowBytes);
      step.copy(table.head, head, HEAD_BYTES);
      read.source = { ...read.source, table: { ...table, rows, head } };
      read.copy = [rows, head];
    }
  }

  /** Hands over everything that was asked for. */
  close(): Read[] {
    const reads = this.#waiting;
    this.#waiting = [];
    return reads;
  }
}

function isHeardElsewhere(): void {}
