/**
 * Bricks that are marked, selected and filled: those of a grid, or those of all its tiles. Op `select`.
 *
 * How many bricks have a slot only the device knows: what works on slots is dispatched by the head of `bricks`.
 */
import type { GridSpec } from "@skyvox/kernels";
import type { DeviceBuffer } from "./buffers.ts";
import { BRICKS_PER_THREAD } from "./program.ts";
import type { ReadSource } from "./reads.ts";
import type { Step } from "./step.ts";
import { closeTable, type DeviceTable, emptyTable, finishList, groupsOf, openTables } from "./tables.ts";

/** Words of a slot: 512 sums, then 512 words of view bits. */
const SLOT_WORDS = 1024;

/** Marks, slots and voxels of one set of bricks. */
export class BrickPool {
  /** View bits by brick. */
  readonly marks: DeviceTable;
  /** Brick by slot. */
  readonly bricks: DeviceTable;
  /** Voxels by slot; its head is that of `bricks`. */
  readonly pool: DeviceTable;
  /** Slot by brick. Only slots that `bricks` counts are meant. */
  readonly slots: DeviceBuffer;

  /** @throws {SkyvoxError} code "capacity" when a table is too large for a buffer of the device. */
  constructor(step: Step, limits: { brickCount: number; bricksMax: number; overflowBit: number }) {
    const { brickCount, bricksMax, overflowBit } = limits;
    const { marks, bricks } = openTables(step, {
      marks: { rowWords: 1, rowsMax: brickCount, overflowBit: 0 },
      bricks: { rowWords: 1, rowsMax: bricksMax, overflowBit },
    });
    this.marks = marks;
    this.bricks = bricks;
    const rows = step.take(4 * SLOT_WORDS * bricksMax);
    this.pool = { rowWords: SLOT_WORDS, rowsMax: bricksMax, overflowBit: 0, rows, head: bricks.head };
    this.slots = step.take(4 * brickCount);
    this.clearMarks(step);
  }

  close(step: Step): void {
    closeTable(step, this.marks);
    closeTable(step, this.bricks);
    step.release(this.pool.rows, this.slots);
  }

  clearMarks(step: Step): void {
    step.clear(this.marks.rows, 4 * this.marks.rowsMax);
  }

  /** Takes all slots back. */
  empty(step: Step): void {
    emptyTable(step, this.bricks);
  }

  select(step: Step, viewsMin: number): void {
    const { marks, bricks, pool, slots } = this;
    const blocks = groupsOf(Math.ceil(marks.rowsMax / BRICKS_PER_THREAD));
    const counts = step.scratch("counts", 4 * (blocks + 1));
    const bound = step.bind(step.programs.select, {
      marks: marks.rows,
      counts,
      slots,
      rows: bricks.rows,
      slotHead: bricks.head,
      pool: pool.rows,
    });
    const params = [marks.rowsMax, viewsMin, bricks.rowsMax];
    step.run(bound, "count", params, blocks);
    finishList(step, bricks, { counts, blocks });
    step.run(bound, "place", params, blocks);
    step.runForRows(bound, "empty", params, bricks.head, "group");
  }

  /** Table "pool" as it is now: nothing is ever left out of it. */
  readPool(): ReadSource {
    return { table: this.pool, count: "in head", isWhole: true };
  }
}

/** How many bricks stand along each side of a grid. */
export function sizeInBricks(sizeVoxels: GridSpec["sizeVoxels"]): [number, number, number] {
  return [Math.ceil(sizeVoxels[0] / 8), Math.ceil(sizeVoxels[1] / 8), Math.ceil(sizeVoxels[2] / 8)];
}
