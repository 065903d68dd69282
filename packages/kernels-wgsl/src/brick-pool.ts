/**
 * Bricks that are marked, selected and filled: those of a grid, or those of all its tiles. Op `select`.
 *
 * How many bricks have a slot only the device knows: what works on slots is dispatched by the head of `bricks`.
 */
import type { GridSpec } from "@skyvox/kernels";
import type { DeviceBuffer } from "./buffers.ts";
import { WORKGROUP } from "./program.ts";
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
  /** Whether commands so far leave marks, and slots. */
  #isMarked = false;
  #hasSlots = false;

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
    step.clear(marks.rows, 4 * brickCount);
  }

  close(step: Step): void {
    closeTable(step, this.marks);
    closeTable(step, this.bricks);
    step.release(this.pool.rows, this.slots);
  }

  /** Takes all marks and slots back, and empties two lists. */
  clear(step: Step, one: DeviceTable, other: DeviceTable): void {
    const { marks, bricks } = this;
    const heads = { headA: bricks.head, headB: one.head, headC: other.head };
    const fours = Math.ceil(marks.rowsMax / 4);
    const bound = step.bind(step.programs.clear, { marks: marks.rows, ...heads });
    step.run(bound, "clear", [fours], Math.min(groupsOf(fours), CLEAR_GROUPS_MAX));
    this.#isMarked = false;
    this.#hasSlots = false;
  }

  /** Takes all marks back, where there are any. */
  unmark(step: Step): void {
    if (this.#isMarked) step.clear(this.marks.rows, 4 * this.marks.rowsMax);
    this.#isMarked = false;
  }

  /** Takes all slots back, where there are any. */
  empty(step: Step): void {
    if (this.#hasSlots) emptyTable(step, this.bricks);
    this.#hasSlots = false;
  }

  /** Returns the marks for a kernel that sets some. */
  toMark(): DeviceBuffer {
    this.#isMarked = true;
    return this.marks.rows;
  }

  select(step: Step, viewsMin: number): void {
    this.#hasSlots = true;
    const { marks, bricks, pool, slots } = this;
    const perThread = bricksPerThread(marks.rowsMax);
    const blocks = groupsOf(Math.ceil(marks.rowsMax / perThread));
    const counts = step.scratch("counts", 4 * (blocks + 1));
    const bound = step.bind(step.programs.select, {
      marks: marks.rows,
      counts,
      slots,
      rows: bricks.rows,
      pool: pool.rows,
    });
    const params = [marks.rowsMax, viewsMin, bricks.rowsMax, perThread];
    step.run(bound, "count", params, blocks);
    finishList(step, bricks, { counts, blocks });
    step.run(bound, "place", params, blocks);
  }

  /** Table "pool" as it is now: nothing is ever left out of it. */
  readPool(): ReadSource {
    return { table: this.pool, count: "in head", isWhole: true };
  }
}

const CLEAR_GROUPS_MAX = 512;
/** Workgroups that select bricks: each empties the slots of its own, which few would take long to do. */
const SELECT_GROUPS = 256;
const PER_THREAD_MAX = 32;

function bricksPerThread(brickCount: number): number {
  return Math.min(4 * Math.ceil(brickCount / (4 * WORKGROUP * SELECT_GROUPS)), PER_THREAD_MAX);
}

/** How many bricks stand along each side of a grid. */
export function sizeInBricks(sizeVoxels: GridSpec["sizeVoxels"]): [number, number, number] {
  return [Math.ceil(sizeVoxels[0] / 8), Math.ceil(sizeVoxels[1] / 8), Math.ceil(sizeVoxels[2] / 8)];
}
