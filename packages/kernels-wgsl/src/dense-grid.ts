import type { GridSpec, GridTable } from "@skyvox/kernels";
import { RayList } from "./ray-list.ts";
import type { ReadSource } from "./reads.ts";
import type { Step } from "./step.ts";
import { closeTable, type DeviceTable, openTables } from "./tables.ts";
import { walkersOf } from "./walkers.ts";

/** A grid of sums, one per voxel: op `castDense`. */
export class DenseGrid {
  readonly rays: RayList;
  readonly #spec: GridSpec;
  readonly #dense: DeviceTable;
  #isCast = false;

  /** @throws {SkyvoxError} code "capacity" when a table is too large for a buffer of the device. */
  constructor(spec: GridSpec, step: Step) {
    const [nx, ny, nz] = spec.sizeVoxels;
    this.#spec = spec;
    this.#dense = openTables(step, { dense: { rowWords: 1, rowsMax: nx * ny * nz, overflowBit: 0 } }).dense;
    this.rays = new RayList(spec.raysMax, step);
    this.#empty(step);
  }

  /** The tables that ops change. */
  get all(): readonly DeviceTable[] {
    return [this.rays.table, this.#dense];
  }

  close(step: Step): void {
    this.rays.close(step);
    closeTable(step, this.#dense);
  }

  clear(step: Step): void {
    this.rays.clear();
    if (this.#isCast) this.#empty(step);
  }

  castDense(step: Step): void {
    this.#isCast = true;
    const bound = step.bind(step.programs.castDense, { sums: this.#dense.rows, ...this.rays.settle(step) });
    const { params, groups } = walkersOf(this.rays.count, this.#spec.sizeVoxels);
    step.run(bound, "castDense", params, groups);
    this.rays.useUp();
  }

  /** What a table is now; null where it has no rows. */
  read(table: GridTable): ReadSource | null {
    if (table === "rays") return { table: this.rays.table, count: this.rays.count, isWhole: true };
    if (table !== "dense" || !this.#isCast) return null;
    return { table: this.#dense, count: this.#dense.rowsMax, isWhole: true };
  }

  #empty(step: Step): void {
    step.clear(this.#dense.rows, 4 * this.#dense.rowsMax);
  }
}
