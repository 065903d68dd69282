/**
 * A grid of bricks: its rays, marks, slots and voxels, and how its ops are dispatched.
 *
 * One method per op, which records the op in a time step; callers have checked the parameters. A sparse world keeps its finer voxels in
 * `tiles.ts`.
 */
import { type Evidence, type GridSpec, type GridTable, statusBits } from "@skyvox/kernels";
import { BrickPool, sizeInBricks } from "./brick-pool.ts";
import type { DeviceBuffer } from "./buffers.ts";
import { type EvidencePlace, findPeaks, listVoxels } from "./evidence.ts";
import { RayList } from "./ray-list.ts";
import type { ReadSource } from "./reads.ts";
import type { Step } from "./step.ts";
import { closeTable, type DeviceTable, openTables } from "./tables.ts";
import { Tiles } from "./tiles.ts";
import { walkersOf } from "./walkers.ts";

/** One open grid that is not dense. */
export class BrickGrid implements EvidencePlace {
  readonly rays: RayList;
  readonly pool: BrickPool;
  readonly isFine = false;
  /** Null for a grid without finer voxels. */
  readonly tiles: Tiles | null;
  readonly #sizeVoxels: GridSpec["sizeVoxels"];
  readonly found: Readonly<Record<"peaks" | "voxels", DeviceTable>>;
  #isMarked = false;

  /** @throws {SkyvoxError} code "capacity" when a table is too large for a buffer of the device. */
  constructor({ sizeVoxels, raysMax, bricksMax, peaksMax, voxelsMax, fine }: GridSpec, step: Step) {
    const brickCount = sizeInBricks(sizeVoxels).reduce((count, side) => count * side, 1);
    this.#sizeVoxels = sizeVoxels;
    this.rays = new RayList(raysMax, step);
    this.pool = new BrickPool(step, { brickCount, bricksMax, overflowBit: statusBits.bricksOverflow });
    this.tiles = fine === undefined ? null : new Tiles(sizeVoxels, fine, step);
    this.found = openTables(step, {
      peaks: { rowWords: 16, rowsMax: peaksMax, overflowBit: statusBits.peaksOverflow },
      voxels: { rowWords: 4, rowsMax: voxelsMax, overflowBit: statusBits.voxelsOverflow },
    });
  }

  /** The tables that ops change. */
  get all(): readonly DeviceTable[] {
    const { marks, bricks, pool } = this.pool;
    return [this.rays.table, marks, bricks, pool, this.found.peaks, this.found.voxels, ...(this.tiles?.all ?? [])];
  }

  close(step: Step): void {
    this.rays.close(step);
    this.pool.close(step);
    this.tiles?.close(step);
    for (const table of Object.values(this.found)) closeTable(step, table);
  }

  clear(step: Step): void {
    this.rays.clear();
    this.pool.clear(step, this.found.peaks, this.found.voxels);
    this.tiles?.clear(step);
  }

  mark(step: Step): void {
    this.#isMarked = true;
    const bound = step.bind(step.programs.mark, { marks: this.pool.toMark(), ...this.rays.settle(step) });
    const { params, groups } = walkersOf(this.rays.count, this.#sizeVoxels);
    step.run(bound, "mark", params, groups);
  }

  select(step: Step, viewsMin: number): void {
    this.pool.select(step, viewsMin);
  }

  cast(step: Step): void {
    const { bricks, slots, pool } = this.pool;
    const buffers = { slotHead: bricks.head, slots, pool: pool.rows, ...this.rays.settle(step) };
    const { params, groups } = walkersOf(this.rays.count, this.#sizeVoxels);
    step.run(step.bind(step.programs.cast, buffers), "castRays", params, groups);
  }

  peaks(step: Step, evidence: Evidence): void {
    findPeaks(step, this.tiles ?? this, this.found.peaks, evidence);
  }

  voxels(step: Step, evidence: Evidence): void {
    listVoxels(step, this.tiles ?? this, this.found.voxels, evidence);
  }

  gather(step: Step, near: DeviceBuffer): void {
    const { bricks, slots } = this.pool;
    const bound = step.bind(step.programs.near, { slotHead: bricks.head, bricks: bricks.rows, slots, near });
    step.runForRows(bound, "gather", sizeInBricks(this.#sizeVoxels), bricks.head, "group");
  }

  /** What a table is now; null where it has no rows. */
  read(table: GridTable): ReadSource | null {
    if (table === "rays") return { table: this.rays.table, count: this.rays.count, isWhole: true };
    if (table === "marks")
      return this.#isMarked ? { table: this.pool.marks, count: this.pool.marks.rowsMax, isWhole: true } : null;
    if (table === "bricks") return { table: this.pool.bricks, count: "in head", isWhole: false };
    if (table === "pool") return this.pool.readPool();
    if (table === "peaks" || table === "voxels") return { table: this.found[table], count: "in head", isWhole: false };
    if (table === "dense") return null;
    return this.tiles?.read(table) ?? null;
  }
}
