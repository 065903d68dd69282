/**
 * Backend "reference": the ops of `ops/`, in plain TypeScript, one after the other on the calling thread.
 *
 * It is the truth the other backends are compared with, and the one that always runs. Ops finish before they return; `submit` only
 * hands out the tables asked for. A table is a snapshot of the moment it was asked for.
 */
import { assert } from "@skyvox/core";
import type { KernelsAdapter } from "./adapter.ts";
import type {
  CameraHandle,
  CameraSpec,
  CameraTable,
  GridHandle,
  GridSpec,
  GridTable,
  Kernels,
  MotionParams,
  Table,
} from "./kernels.ts";
import { BLOB_WORDS, labelBlobs } from "./ops/blobs.ts";
import { binCells, CELL_WORDS } from "./ops/cells.ts";
import { type Background, extractMotion, MOTION_WORDS } from "./ops/motion.ts";
import {
  assertCameraSpec,
  assertGridSpec,
  assertInteger,
  assertMotion,
  assertPoints,
  assertSumMin,
  assertView,
  assertViewsMin,
} from "./preconditions.ts";
import type { RayModel } from "./ray-model.ts";
import { ReferenceGrid } from "./reference-grid.ts";
import { statusBits } from "./status.ts";
import { emptyTable, limitedTable } from "./table.ts";

/** Opens the reference backend; it runs everywhere. */
export const referenceAdapter: KernelsAdapter = {
  backend: "reference",
  probe: async () => ({ ok: true, device: DEVICE, memoryBytes: 0 }),
  open: async () => new ReferenceKernels(),
};

const DEVICE = "TypeScript, 1 thread";

interface ReferenceCamera {
  readonly spec: CameraSpec;
  readonly background: Background;
  readonly tables: Record<CameraTable, Table>;
}

class ReferenceKernels implements Kernels {
  readonly backend = "reference";
  readonly device = DEVICE;
  readonly #cameras = new Map<number, ReferenceCamera>();
  readonly #grids = new Map<number, ReferenceGrid>();
  #nextHandle = 0;
  #isOpen = true;
  #deliveries: (() => void)[] = [];

  openCamera(spec: CameraSpec): CameraHandle {
    assert(this.#isOpen, "kernels are open");
    assertCameraSpec(spec);
    const background: Background = { mode: null, levels: new Uint16Array(spec.widthPx * spec.heightPx) };
    const tables = { motion: emptyTable, cells: emptyTable, blobs: emptyTable };
    this.#cameras.set(this.#nextHandle, { spec, background, tables });
    return this.#nextHandle++ as CameraHandle;
  }

  closeCamera(camera: CameraHandle): void {
    this.#camera(camera);
    this.#cameras.delete(camera);
  }

  openGrid(spec: GridSpec): GridHandle {
    assert(this.#isOpen, "kernels are open");
    assertGridSpec(spec);
    this.#grids.set(this.#nextHandle, new ReferenceGrid(spec));
    return this.#nextHandle++ as GridHandle;
  }

  closeGrid(grid: GridHandle): void {
    this.#grid(grid);
    this.#grids.delete(grid);
  }

  motion(camera: CameraHandle, pixels: Uint8Array, params: MotionParams): void {
    const { spec, background, tables } = this.#camera(camera);
    assertMotion(spec, pixels, params);
    const rows = extractMotion(background, pixels, spec.widthPx, params);
    tables.motion = limitedTable(rows, MOTION_WORDS, spec.motionMax, statusBits.motionOverflow);
  }

  cells(camera: CameraHandle, params: { shift: number; pixelsMin: number }): void {
    const { spec, tables } = this.#camera(camera);
    assertInteger(params.shift, 0, 5, "shift");
    assertInteger(params.pixelsMin, 1, 2 ** 31 - 1, "pixelsMin");
    const rows = binCells(tables.motion.rows, params);
    tables.cells = limitedTable(rows, CELL_WORDS, spec.cellsMax, statusBits.cellsOverflow);
  }

  blobs(camera: CameraHandle, params: { pixelsMin: number }): void {
    const { spec, tables } = this.#camera(camera);
    assertInteger(params.pixelsMin, 1, 2 ** 31 - 1, "pixelsMin");
    const rows = labelBlobs(tables.motion.rows, params);
    tables.blobs = limitedTable(rows, BLOB_WORDS, spec.blobsMax, statusBits.blobsOverflow);
  }

  setView(grid: GridHandle, view: number, model: RayModel): void {
    assertView(view);
    this.#grid(grid).setView(view, model);
  }

  clear(grid: GridHandle): void {
    this.#grid(grid).clear();
  }

  rays(grid: GridHandle, view: number, points: Uint32Array): void {
    assertView(view);
    assertPoints(points);
    this.#grid(grid).rays(view, points);
  }

  mark(grid: GridHandle): void {
    this.#grid(grid).mark();
  }

  select(grid: GridHandle, viewsMin: number): void {
    assertViewsMin(viewsMin);
    this.#grid(grid).select(viewsMin);
  }

  cast(grid: GridHandle): void {
    this.#grid(grid).cast();
  }

  castDense(grid: GridHandle): void {
    this.#grid(grid).castDense();
  }

  peaks(grid: GridHandle, params: { viewsMin: number; sumMin: number }): void {
    assertViewsMin(params.viewsMin);
    assertSumMin(params.sumMin);
    this.#grid(grid).peaks(params);
  }

  voxels(grid: GridHandle, params: { viewsMin: number; sumMin: number }): void {
    assertViewsMin(params.viewsMin);
    assertSumMin(params.sumMin);
    this.#grid(grid).voxels(params);
  }

  readCamera(camera: CameraHandle, table: CameraTable): Promise<Table> {
    return this.#deliver(this.#camera(camera).tables[table]);
  }

  readGrid(grid: GridHandle, table: GridTable): Promise<Table> {
    return this.#deliver(this.#grid(grid).read(table));
  }

  async submit(): Promise<void> {
    assert(this.#isOpen, "kernels are open");
    const deliveries = this.#deliveries;
    this.#deliveries = [];
    for (const deliver of deliveries) deliver();
  }

  [Symbol.dispose](): void {
    this.#isOpen = false;
    this.#cameras.clear();
    this.#grids.clear();
  }

  #camera(handle: CameraHandle): ReferenceCamera {
    const camera = this.#cameras.get(handle);
    assert(camera !== undefined, "the camera is open");
    return camera;
  }

  #grid(handle: GridHandle): ReferenceGrid {
    const grid = this.#grids.get(handle);
    assert(grid !== undefined, "the grid is open");
    return grid;
  }

  #deliver(table: Table): Promise<Table> {
    const { promise, resolve } = Promise.withResolvers<Table>();
    this.#deliveries.push(() => resolve(table));
    return promise;
  }
}
