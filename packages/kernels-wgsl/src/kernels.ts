/**
 * Backend "wgsl": the ops as WGSL, on a GPU that Dawn finds.
 *
 * Ops record commands; `submit` sends those of a time step at once and resolves when the device has run them and every table asked for
 * has arrived. Nothing waits on the calling thread. A time step starts when the one before has been read. Once the device is lost
 * everything that is waited for, then and later, rejects with code "device"; a backend that is opened after that has a new one.
 */
import { AssertionError, assert, messageOf, SkyvoxError } from "@skyvox/core";
import type {
  CameraHandle,
  CameraSpec,
  CameraTable,
  Evidence,
  FuseParams,
  GridHandle,
  GridSpec,
  GridTable,
  Kernels,
  LensBend,
  MotionParams,
  RayModel,
  SpotParams,
  Table,
} from "@skyvox/kernels";
import {
  assertBend,
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
} from "@skyvox/kernels/preconditions";
import { BindGroups } from "./bind-groups.ts";
import { BrickGrid } from "./brick-grid.ts";
import { BufferPool, Scratch } from "./buffers.ts";
import { WgslCamera } from "./camera.ts";
import type { Dawn } from "./dawn.ts";
import { DenseGrid } from "./dense-grid.ts";
import type { Programs } from "./program.ts";
import { ReadBack } from "./read-back.ts";
import { type Read, type ReadSource, Reads } from "./reads.ts";
import { Staging } from "./staging.ts";
import { Step, type StepTools } from "./step.ts";

/** An open wgsl backend. */
export class WgslKernels implements Kernels {
  readonly backend = "wgsl";
  readonly device: string;
  readonly #dawn: Dawn;
  readonly #tools: StepTools;
  readonly #landing: BufferPool;
  readonly #readBack: ReadBack;
  readonly #reads = new Reads();
  readonly #cameras = new Map<number, WgslCamera>();
  readonly #grids = new Map<number, BrickGrid | DenseGrid>();
  #step: Step;
  /** The time steps that have been submitted; settled, never rejected, when they are done. */
  #running: Promise<void> = Promise.resolve();
  #nextHandle = 0;
  #isOpen = true;

  /** @param stagedBytesMin uploads of so many bytes and more go through kept memory (`staging.ts`); infinite for none. */
  constructor(dawn: Dawn, programs: Programs, { stagedBytesMin }: { readonly stagedBytesMin: number }) {
    const { device, name } = dawn;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST | GPUBufferUsage.INDIRECT;
    const pool = new BufferPool(device, usage);
    this.device = name;
    this.#dawn = dawn;
    this.#tools = {
      device,
      programs,
      pool,
      scratch: new Scratch(pool),
      bindGroups: new BindGroups(device),
      staging: new Staging(device, stagedBytesMin),
      blocks: [],
    };
    this.#landing = new BufferPool(device, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    this.#readBack = new ReadBack(this.#tools, this.#landing);
    this.#step = new Step(this.#tools);
    dawn.whenLost.add(this.#whenLost);
  }

  lockMemory(bytes: Uint8Array): Disposable {
    assert(this.#isOpen, "kernels are open");
    assertLockable(bytes);
    return new DisposableStack();
  }

  openCamera(spec: CameraSpec): CameraHandle {
    assert(this.#isOpen, "kernels are open");
    assertCameraSpec(spec);
    this.#requireDevice("open a camera");
    this.#cameras.set(
      this.#nextHandle,
      this.#step.open(() => new WgslCamera(spec, this.#step)),
    );
    return this.#nextHandle++ as CameraHandle;
  }

  closeCamera(handle: CameraHandle): void {
    const camera = this.#camera(handle);
    this.#reads.preserve(this.#step, ...camera.all);
    camera.close(this.#step);
    this.#cameras.delete(handle);
  }

  openGrid(spec: GridSpec): GridHandle {
    assert(this.#isOpen, "kernels are open");
    assertGridSpec(spec);
    this.#requireDevice("open a grid");
    const open = () => (spec.dense ? new DenseGrid(spec, this.#step) : new BrickGrid(spec, this.#step));
    this.#grids.set(this.#nextHandle, this.#step.open(open));
    return this.#nextHandle++ as GridHandle;
  }

  closeGrid(handle: GridHandle): void {
    const grid = this.#grid(handle);
    this.#reads.preserve(this.#step, ...grid.all);
    grid.close(this.#step);
    this.#grids.delete(handle);
  }

  motion(handle: CameraHandle, pixels: Uint8Array, params: MotionParams): void {
    const camera = this.#camera(handle);
    assertMotion(camera.spec, pixels, params);
    this.#reads.preserve(this.#step, camera.table("motion"));
    camera.motion(this.#step, pixels, params);
  }

  cells(handle: CameraHandle, params: { shift: number; pixelsMin: number }): void {
    const camera = this.#camera(handle);
    assertInteger(params.shift, 0, 5, "shift");
    assertInteger(params.pixelsMin, 1, 2 ** 31 - 1, "pixelsMin");
    this.#reads.preserve(this.#step, camera.table("cells"));
    camera.cells(this.#step, params);
  }

  blobs(handle: CameraHandle, params: { pixelsMin: number }): void {
    const camera = this.#camera(handle);
    assertInteger(params.pixelsMin, 1, 2 ** 31 - 1, "pixelsMin");
    this.#reads.preserve(this.#step, camera.table("blobs"));
    camera.blobs(this.#step, params);
  }

  spots(handle: CameraHandle, params: SpotParams): void {
    const camera = this.#camera(handle);
    assertSpots(camera.spec, params);
    this.#reads.preserve(this.#step, camera.table("spots"));
    camera.spots(this.#step, params);
  }

  register(handle: CameraHandle, points: Uint32Array, shift: LensBend): void {
    const camera = this.#camera(handle);
    assertRegister(camera.spec, points, shift);
    this.#reads.preserve(this.#step, camera.table("registered"));
    camera.register(this.#step, points, shift);
  }

  fuse(handle: CameraHandle, points: Uint32Array, params: FuseParams): void {
    const camera = this.#camera(handle);
    assertFuse(camera.spec, points, params);
    this.#reads.preserve(this.#step, camera.table("fused"));
    camera.fuse(this.#step, points, params);
  }

  setView(handle: GridHandle, view: number, model: RayModel): void {
    const { rays } = this.#grid(handle);
    assertView(view);
    assertBend(model);
    rays.setView(this.#step, view, model);
  }

  clear(handle: GridHandle): void {
    const grid = this.#grid(handle);
    this.#reads.preserve(this.#step, ...grid.all);
    grid.clear(this.#step);
  }

  rays(handle: GridHandle, view: number, points: Uint32Array): void {
    const { rays } = this.#grid(handle);
    assertView(view);
    assertPoints(points);
    assert(rays.hasView(view), "the view has been set");
    if (points.length > 0) rays.append(this.#step, view, points);
  }

  mark(handle: GridHandle): void {
    const grid = this.#brickGrid(handle);
    this.#reads.preserve(this.#step, grid.pool.marks);
    grid.mark(this.#step);
  }

  select(handle: GridHandle, viewsMin: number): void {
    const grid = this.#brickGrid(handle);
    assertViewsMin(viewsMin);
    this.#reads.preserve(this.#step, grid.pool.bricks, grid.pool.pool);
    grid.pool.select(this.#step, viewsMin);
  }

  cast(handle: GridHandle): void {
    const grid = this.#brickGrid(handle);
    this.#reads.preserve(this.#step, grid.pool.pool);
    grid.cast(this.#step);
  }

  castDense(handle: GridHandle): void {
    const grid = this.#grid(handle);
    assert(grid instanceof DenseGrid, "castDense needs a dense grid");
    this.#reads.preserve(this.#step, ...grid.all);
    grid.castDense(this.#step);
  }

  refine(handle: GridHandle, viewsMin: number): void {
    const { tiles, pool, rays } = this.#brickGrid(handle);
    assertViewsMin(viewsMin);
    assert(tiles !== null, "refine needs a grid with finer voxels");
    this.#reads.preserve(this.#step, ...tiles.all);
    tiles.refine(this.#step, viewsMin, pool, rays);
  }

  castTiles(handle: GridHandle, viewsMin: number): void {
    const { tiles, rays } = this.#brickGrid(handle);
    assertViewsMin(viewsMin);
    assert(tiles !== null, "castTiles needs a grid with finer voxels");
    this.#reads.preserve(this.#step, tiles.pool.bricks, tiles.pool.pool);
    tiles.cast(this.#step, viewsMin, rays);
  }

  peaks(handle: GridHandle, evidence: Evidence): void {
    const grid = this.#brickGrid(handle);
    assertEvidence(evidence);
    this.#reads.preserve(this.#step, grid.found.peaks);
    grid.peaks(this.#step, evidence);
  }

  voxels(handle: GridHandle, evidence: Evidence): void {
    const grid = this.#brickGrid(handle);
    assertEvidence(evidence);
    this.#reads.preserve(this.#step, grid.found.voxels);
    grid.voxels(this.#step, evidence);
  }

  readCamera(camera: CameraHandle, table: CameraTable): Promise<Table> {
    return this.#ask(this.#camera(camera).read(table));
  }

  readGrid(grid: GridHandle, table: GridTable): Promise<Table> {
    const { rays } = this.#grid(grid);
    if (table === "rays") rays.makeRays(this.#step);
    return this.#ask(this.#grid(grid).read(table));
  }

  async submit(): Promise<void> {
    assert(this.#isOpen, "kernels are open");
    const step = this.#step;
    for (const { rays } of this.#grids.values()) rays.makeRays(step);
    const reads = this.#reads.close();
    this.#step = new Step(this.#tools);
    const done = this.#finish(step, reads, this.#running);
    this.#running = done.then(undefined, isHeardByCaller);
    await done;
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#dawn.whenLost.delete(this.#whenLost);
    for (const read of this.#reads.close()) read.reject(disposedError());
    this.#cameras.clear();
    this.#grids.clear();
    this.#tools.pool[Symbol.dispose]();
    this.#landing[Symbol.dispose]();
    this.#tools.staging[Symbol.dispose]();
  }

  async #finish(step: Step, reads: readonly Read[], before: Promise<void>): Promise<void> {
    try {
      await before;
      assert(this.#isOpen, "kernels stay open until submit resolves");
      this.#requireDevice("run kernels");
      await this.#readBack.finish(step, reads);
    } catch (error) {
      const reason = this.#reasonOf(error);
      for (const read of reads) read.reject(reason);
      throw reason;
    }
  }

  /** What a failure of a time step is to the caller: mapping fails too where the device or the backend is gone. */
  #reasonOf(error: unknown): Error {
    if (error instanceof SkyvoxError) return error;
    if (!this.#isOpen) return disposedError();
    return deviceError("run kernels", this.#dawn.lost ?? messageOf(error), error);
  }

  #ask(source: ReadSource | null): Promise<Table> {
    if (this.#dawn.lost !== null) return Promise.reject(deviceError("read a table", this.#dawn.lost));
    return this.#reads.ask(source);
  }

  readonly #whenLost = (reason: string): void => {
    for (const read of this.#reads.close()) read.reject(deviceError("read a table", reason));
  };

  #requireDevice(verb: string): void {
    if (this.#dawn.lost !== null) throw deviceError(verb, this.#dawn.lost);
  }

  #camera(handle: CameraHandle): WgslCamera {
    const camera = this.#cameras.get(handle);
    assert(camera !== undefined, "the camera is open");
    return camera;
  }

  #grid(handle: GridHandle): BrickGrid | DenseGrid {
    const grid = this.#grids.get(handle);
    assert(grid !== undefined, "the grid is open");
    return grid;
  }

  #brickGrid(handle: GridHandle): BrickGrid {
    const grid = this.#grid(handle);
    assert(grid instanceof BrickGrid, "the op needs a grid of bricks");
    return grid;
  }
}

function deviceError(verb: string, reason: string, cause?: unknown): SkyvoxError {
  const options = cause === undefined ? {} : { cause };
  return new SkyvoxError("device", `Cannot ${verb}: the device is lost (${reason}), need one that works`, options);
}

function disposedError(): AssertionError {
  return new AssertionError("kernels stay open until submit resolves");
}

function isHeardByCaller(): void {}
