/**
 * Backend "reference": the ops of `ops/`, in plain TypeScript, one after the other on the calling thread.
 *
 * It is the truth the other backends are compared with, and the one that always runs. Ops finish before they return; `submit` only
 * hands out the tables asked for. A table is a snapshot of the moment it was asked for.
 */
import { assert } from "@skyvox/core";
import type { KernelsAdapter } from "./adapter.ts";
import type { CameraSpec, CameraTable, FuseParams, MotionParams, SpotParams } from "./camera-spec.ts";
import type { Evidence, GridSpec, GridTable } from "./grid-spec.ts";
import type { CameraHandle, GridHandle, Kernels, Table } from "./kernels.ts";
import type { LensBend } from "./node-table.ts";
import {
  assertCameraSpec,
  assertEvidence,
  assertFuse,
  assertGridSpec,
  assertInteger,
  assertLockable,
  assertMotion,
  assertPoints,
  assertRegister,
  assertSpots,
  assertView,
  assertViewsMin,
} from "./preconditions.ts";
import type { RayModel } from "./ray-model.ts";
import { ReferenceCamera } from "./reference-camera.ts";
import { ReferenceGrid } from "./reference-grid.ts";

/** Opens the reference backend; it runs everywhere. */
export const referenceAdapter: KernelsAdapter = {
  backend: "reference",
  probe: async () => ({ ok: true, device: DEVICE, memoryBytes: 0 }),
  open: async () => new ReferenceKernels(),
};

const DEVICE = "TypeScript, 1 thread";

class ReferenceKernels implements Kernels {
  readonly backend = "reference";
  readonly device = DEVICE;
  readonly #cameras = new Map<number, ReferenceCamera>();
  readonly #grids = new Map<number, ReferenceGrid>();
  #nextHandle = 0;
  #isOpen = true;
  #deliveries: (() => void)[] = [];

  lockMemory(bytes: Uint8Array): Disposable {
    assert(this.#isOpen, "kernels are open");
    assertLockable(bytes);
    return new DisposableStack();
  }

  openCamera(spec: CameraSpec): CameraHandle {
    assert(this.#isOpen, "kernels are open");
    assertCameraSpec(spec);
    this.#cameras.set(this.#nextHandle, new ReferenceCamera(spec));
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
    assertMotion(this.#camera(camera).spec, pixels, params);
    this.#camera(camera).motion(pixels, params);
  }

  cells(camera: CameraHandle, params: { shift: number; pixelsMin: number }): void {
    assertInteger(params.shift, 0, 5, "shift");
    assertInteger(params.pixelsMin, 1, 2 ** 31 - 1, "pixelsMin");
    this.#camera(camera).cells(params);
  }

  blobs(camera: CameraHandle, params: { pixelsMin: number }): void {
    assertInteger(params.pixelsMin, 1, 2 ** 31 - 1, "pixelsMin");
    this.#camera(camera).blobs(params);
  }

  spots(camera: CameraHandle, params: SpotParams): void {
    assertSpots(this.#camera(camera).spec, params);
    this.#camera(camera).spots(params);
  }

  register(camera: CameraHandle, points: Uint32Array, shift: LensBend): void {
    assertRegister(this.#camera(camera).spec, points, shift);
    this.#camera(camera).register(points, shift);
  }

  fuse(camera: CameraHandle, points: Uint32Array, params: FuseParams): void {
    assertFuse(this.#camera(camera).spec, points, params);
    this.#camera(camera).fuse(points, params);
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

  refine(grid: GridHandle, viewsMin: number): void {
    assertViewsMin(viewsMin);
    this.#grid(grid).refine(viewsMin);
  }

  castTiles(grid: GridHandle, viewsMin: number): void {
    assertViewsMin(viewsMin);
    this.#grid(grid).castTiles(viewsMin);
  }

  peaks(grid: GridHandle, evidence: Evidence): void {
    assertEvidence(evidence);
    this.#grid(grid).peaks(evidence);
  }

  voxels(grid: GridHandle, evidence: Evidence): void {
    assertEvidence(evidence);
    this.#grid(grid).voxels(evidence);
  }

  readCamera(camera: CameraHandle, table: CameraTable): Promise<Table> {
    return this.#deliver(this.#camera(camera).read(table));
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
