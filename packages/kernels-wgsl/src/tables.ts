/**
 * Tables on the device: rows, and a head that says how many there are (`lists.wgsl`).
 *
 * Every list comes about in three steps: blocks of a kernel count what they find, `offsets.wgsl` turns the counts into the rows where
 * the blocks begin and writes the head, and a second kernel puts the rows there. So their order is that of the blocks.
 */
import type { DeviceBuffer } from "./buffers.ts";
import { WORKGROUP } from "./program.ts";
import type { Step } from "./step.ts";

/** How a table is laid out, and the bit of its status that says it has been cut. */
export interface TableShape {
  readonly rowWords: number;
  readonly rowsMax: number;
  /** 0 for a table that is never cut. */
  readonly overflowBit: number;
}

/** A table on the device. */
export interface DeviceTable extends TableShape {
  readonly rows: DeviceBuffer;
  readonly head: DeviceBuffer;
}

/** Takes the buffers of tables, which are empty then. @throws {SkyvoxError} code "capacity" when one would be too large. */
export function openTables<Shapes extends Readonly<Record<string, TableShape>>>(
  step: Step,
  shapes: Shapes,
): { readonly [Name in keyof Shapes]: DeviceTable } {
  const tables = Object.entries(shapes).map(([name, shape]): [string, DeviceTable] => {
    const rows = step.take(4 * shape.rowWords * shape.rowsMax);
    return [name, { ...shape, rows, head: step.take(HEAD_BYTES) }];
  });
  for (const [, table] of tables) emptyTable(step, table);
  return Object.fromEntries(tables) as { readonly [Name in keyof Shapes]: DeviceTable };
}

/** Gives the buffers of a table back. */
export function closeTable(step: Step, { rows, head }: DeviceTable): void {
  step.release(rows, head);
}

/** Makes a table have no rows. */
export function emptyTable(step: Step, { head }: DeviceTable): void {
  step.clear(head, HEAD_BYTES);
}

/** Where the blocks are that have counted: so many, or one for every `perBlock` rows of another list. */
export type Blocks = number | { readonly of: DeviceTable; readonly perBlock: number };

/** What `finishList` needs to know. */
export interface ListEnd {
  /** One word per block and one more. */
  readonly counts: DeviceBuffer;
  readonly blocks: Blocks;
  /** Rows that are there before those of the first block. */
  readonly base?: number;
  /** Threads for each row where a kernel runs with a thread per row; 1 by default. */
  readonly pieces?: number;
  /** First word, a multiple of four, of a second count of each block, which becomes a sum as the first does and is in no head. */
  readonly secondAt?: number;
}

/** The middle step of a list: counts of blocks become rows at which they begin, and the head is written. */
export function finishList(
  step: Step,
  table: DeviceTable,
  { counts, blocks, base = 0, pieces = 1, secondAt }: ListEnd,
): void {
  const isKnown = typeof blocks === "number";
  // Where the number of blocks is known nothing is read from the source.
  const source = isKnown ? table.rows : blocks.of.head;
  const [count, perBlock] = isKnown ? [blocks, 0] : [0, blocks.perBlock];
  const bound = step.bind(step.programs.offsets, { source, counts, head: table.head });
  const { rowsMax, overflowBit } = table;
  const params = [count, perBlock, base, rowsMax, overflowBit, pieces, secondAt ?? 0];
  step.run(bound, "offsets", params, secondAt === undefined ? 1 : 2);
}

/** Workgroups of so many threads in all. */
export function groupsOf(threads: number, perGroup: number = WORKGROUP): number {
  return Math.ceil(threads / perGroup);
}

/** Words of counts of so many blocks, as the sums of all need one more: a multiple of four. */
export function countWords(blocks: number): number {
  return 4 * (Math.floor(blocks / 4) + 1);
}

/** Bytes of a head. */
export const HEAD_BYTES = 48;
