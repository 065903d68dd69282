/**
 * Binds any library that implements `native/kernels.h` as `Kernels`; the cpu and cuda backends share it.
 *
 * Ops go straight through. A table asked for is copied when `submit` has seen the fence, or just before a later op would overwrite
 * it: either way it is the table as it was when it was asked for. Pixels and points stay referenced until then.
 *
 * Subpath `@skyvox/kernels/native`, for the packages of backends.
 */

import { type Pointer, ptr } from "bun:ffi";
import { assert, SkyvoxError } from "@skyvox/core";
import type { OpenOptions, Probe } from "./adapter.ts";
import type { CameraSpec, CameraTable, FuseParams, MotionMode, MotionParams, SpotParams } from "./camera-spec.ts";
import type { Evidence, GridSpec, GridTable } from "./grid-spec.ts";
import type { BackendName, CameraHandle, GridHandle, Kernels, Table } from "./kernels.ts";
import { lastNativeError, loadNative, type NativeFunctions, nativeStatus, textOf } from "./native-library.ts";
import { NativeReads } from "./native-reads.ts";
import type { LensBend } from "./node-table.ts";
import {
  assertBend,
  assertCameraSpec,
  assertEvidence,
  assertFuse,
  assertGridSpec,
  assertInteger,
  assertLockable,
  assertMotion,
  assertRegister,
  assertSpots,
  assertView,
  assertViewsMin,
} from "./preconditions.ts";
import type { RayModel } from "./ray-model.ts";

/**
 * Opens a context of a library as a backend.
 *
 * @throws {SkyvoxError} code "backend" when the library does not load or refuses.
 */
export function openNative(libraryPath: string, backend: BackendName, options: OpenOptions = {}): Kernels {
  const library = loadNative(libraryPath);
  const { index = 0, threads = 0, scalar = false } = options;
  const context = words(2);
  const status = library.sv_open(index, threads, scalar ? ISA_SCALAR : ISA_AUTO, ptr(context));
  if (status !== nativeStatus.ok) throw new SkyvoxError("backend", lastNativeError(library, null));
  return new NativeKernels(library, backend, addressOf(context));
}

/** Asks a library whether it can run on device `index`. A missing or foreign library is a no with a reason. */
export function probeNative(libraryPath: string, index = 0): Probe {
  try {
    const library = loadNative(libraryPath);
    const info = new Uint8Array(new ArrayBuffer(DEVICE_INFO_BYTES));
    if (library.sv_probe(index, ptr(info)) !== nativeStatus.ok) {
      return { ok: false, reason: lastNativeError(library, null) };
    }
    const memoryBytes = Number(new DataView(info.buffer).getBigUint64(0, true));
    return { ok: true, device: textOf(info.subarray(8)), memoryBytes };
  } catch (error) {
    if (error instanceof SkyvoxError) return { ok: false, reason: error.message };
    throw error;
  }
}

const ISA_AUTO = 0;
const ISA_SCALAR = 1;
const DEVICE_INFO_BYTES = 128;
const motionModes: Record<MotionMode, number> = { diff: 0, sigmaDelta: 1, average: 2, gaussian: 3 };

interface OpenGrid {
  readonly isDense: boolean;
  readonly isFine: boolean;
  readonly viewsSet: Set<number>;
}

class NativeKernels implements Kernels {
  readonly backend: BackendName;
  readonly device: string;
  readonly #library: NativeFunctions;
  readonly #context: Pointer;
  readonly #cameras = new Map<number, CameraSpec>();
  readonly #grids = new Map<number, OpenGrid>();
  readonly #reads: NativeReads;
  readonly #out = words(1);
  readonly #outPointer = ptr(this.#out);
  readonly #motionParams = integers([0, 0, 0, 0, 0, 0, 0, 0]);
  readonly #motionPointer = ptr(this.#motionParams);
  /** Held while the library knows their addresses. */
  readonly #locked = new Map<Pointer, Uint8Array>();
  /** Buffers that enqueued ops may still read. */
  #lent: ArrayBufferView[] = [];
  #isOpen = true;

  constructor(library: NativeFunctions, backend: BackendName, context: Pointer) {
    this.#library = library;
    this.#context = context;
    this.#reads = new NativeReads(library, context, (status) => this.#check(status));
    const info = new Uint8Array(new ArrayBuffer(DEVICE_INFO_BYTES));
    this.#check(library.sv_describe(context, ptr(info)));
    this.backend = backend;
    this.device = textOf(info.subarray(8));
  }

  lockMemory(bytes: Uint8Array): Disposable {
    assert(this.#isOpen, "kernels are open");
    assertLockable(bytes);
    const address = ptr(bytes);
    this.#check(this.#library.sv_lock_memory(this.#context, address, bytes.length));
    this.#locked.set(address, bytes);
    return {
      [Symbol.dispose]: () => {
        if (this.#locked.delete(address)) this.#library.sv_unlock_memory(this.#context, address);
      },
    };
  }

  openCamera(spec: CameraSpec): CameraHandle {
    assert(this.#isOpen, "kernels are open");
    assertCameraSpec(spec);
    const { widthPx, heightPx, motionMax, cellsMax, blobsMax, spotsMax = 0, fusedMax = 0 } = spec;
    const native = integers([widthPx, heightPx, motionMax, cellsMax, blobsMax, spotsMax, fusedMax]);
    this.#check(this.#library.sv_camera_open(this.#context, ptr(native), this.#outPointer));
    const handle = this.#out[0]!;
    this.#cameras.set(handle, spec);
    return handle as CameraHandle;
  }

  closeCamera(camera: CameraHandle): void {
    this.#camera(camera);
    this.#reads.takeCamera(camera);
    this.#check(this.#library.sv_camera_close(this.#context, camera));
    this.#cameras.delete(camera);
  }

  openGrid(spec: GridSpec): GridHandle {
    assert(this.#isOpen, "kernels are open");
    assertGridSpec(spec);
    const { sizeVoxels, raysMax, bricksMax, peaksMax, voxelsMax, dense, fine } = spec;
    const limits = fine === undefined ? [0, 0, 0, 0] : [fine.tilesMax, fine.segmentsMax, fine.marksMax, fine.bricksMax];
    const native = integers([...sizeVoxels, raysMax, bricksMax, peaksMax, voxelsMax, dense ? 1 : 0, ...limits]);
    const levels = fine === undefined ? null : ptr(fine.levels);
    this.#check(this.#library.sv_grid_open(this.#context, ptr(native), levels, this.#outPointer));
    const handle = this.#out[0]!;
    this.#grids.set(handle, { isDense: dense, isFine: fine !== undefined, viewsSet: new Set() });
    return handle as GridHandle;
  }

  closeGrid(grid: GridHandle): void {
    this.#grid(grid);
    this.#reads.takeGrid(grid);
    this.#check(this.#library.sv_grid_close(this.#context, grid));
    this.#grids.delete(grid);
  }

  motion(camera: CameraHandle, pixels: Uint8Array, params: MotionParams): void {
    assertMotion(this.#camera(camera), pixels, params);
    this.#reads.takeCamera(camera, "motion");
    this.#lent.push(pixels);
    const { mode, threshold, step = 1, gaussian } = params;
    const model = gaussian === undefined ? [0, 0, 0, 0, 0] : gaussianWords(gaussian);
    this.#motionParams.set([motionModes[mode], threshold, step, ...model]);
    this.#check(this.#library.sv_motion(this.#context, camera, ptr(pixels), this.#motionPointer));
  }

  cells(camera: CameraHandle, params: { shift: number; pixelsMin: number }): void {
    this.#camera(camera);
    assertInteger(params.shift, 0, 5, "shift");
    assertInteger(params.pixelsMin, 1, 2 ** 31 - 1, "pixelsMin");
    this.#reads.takeCamera(camera, "cells");
    this.#check(this.#library.sv_cells(this.#context, camera, params.shift, params.pixelsMin));
  }

  blobs(camera: CameraHandle, params: { pixelsMin: number }): void {
    this.#camera(camera);
    assertInteger(params.pixelsMin, 1, 2 ** 31 - 1, "pixelsMin");
    this.#reads.takeCamera(camera, "blobs");
    this.#check(this.#library.sv_blobs(this.#context, camera, params.pixelsMin));
  }

  spots(camera: CameraHandle, params: SpotParams): void {
    assertSpots(this.#camera(camera), params);
    this.#reads.takeCamera(camera, "spots");
    this.#check(this.#library.sv_spots(this.#context, camera, params.snrMinQ4, params.perTileMax));
  }

  register(camera: CameraHandle, points: Uint32Array, shift: LensBend): void {
    assertRegister(this.#camera(camera), points, shift);
    this.#reads.takeCamera(camera, "registered");
    const shape = integers([shift.bendShift, shift.bendColumns, shift.bendRows]);
    const nodes = addressOrNull(shift.bendQ12);
    this.#lent.push(points, shift.bendQ12);
    const count = points.length / 4;
    this.#check(this.#library.sv_register(this.#context, camera, addressOrNull(points), count, ptr(shape), nodes));
  }

  fuse(camera: CameraHandle, points: Uint32Array, params: FuseParams): void {
    assertFuse(this.#camera(camera), points, params);
    this.#reads.takeCamera(camera, "fused");
    this.#lent.push(points);
    const { gateQ8, gainQ4 } = params;
    const [address, count] = [addressOrNull(points), points.length / 4];
    this.#check(this.#library.sv_fuse(this.#context, camera, address, count, gateQ8, gainQ4));
  }

  setView(grid: GridHandle, view: number, model: RayModel): void {
    assertView(view);
    assertBend(model);
    const { viewsSet } = this.#grid(grid);
    const { originQ20, a, b, c, bendQ12 } = model;
    const lens = [model.fractionBits, model.principalU, model.principalV];
    const native = integers([
      ...originQ20,
      ...a,
      ...b,
      ...c,
      ...lens,
      model.bendShift,
      model.bendColumns,
      model.bendRows,
    ]);
    this.#check(this.#library.sv_set_view(this.#context, grid, view, ptr(native), addressOrNull(bendQ12)));
    viewsSet.add(view);
  }

  clear(grid: GridHandle): void {
    this.#grid(grid);
    this.#reads.takeGrid(grid);
    this.#check(this.#library.sv_clear(this.#context, grid));
  }

  rays(grid: GridHandle, view: number, points: Uint32Array): void {
    assertView(view);
    assert(points.length % 4 === 0, "points holds rows of 4 words");
    assert(this.#grid(grid).viewsSet.has(view), "the view has been set");
    if (points.length === 0) return;
    this.#reads.takeGrid(grid, "rays");
    const status = this.#library.sv_rays(this.#context, grid, view, ptr(points), points.length / 4);
    // The library goes through a million points in the time that this would take to look at them.
    assert(status !== nativeStatus.argument, "u and v are below 2^21");
    this.#check(status);
  }

  mark(grid: GridHandle): void {
    this.#brickGrid(grid);
    this.#reads.takeGrid(grid, "marks");
    this.#check(this.#library.sv_mark(this.#context, grid));
  }

  select(grid: GridHandle, viewsMin: number): void {
    assertViewsMin(viewsMin);
    this.#brickGrid(grid);
    this.#reads.takeGrid(grid, "bricks", "pool");
    this.#check(this.#library.sv_select(this.#context, grid, viewsMin));
  }

  cast(grid: GridHandle): void {
    this.#brickGrid(grid);
    this.#reads.takeGrid(grid, "pool");
    this.#check(this.#library.sv_cast(this.#context, grid));
  }

  castDense(grid: GridHandle): void {
    assert(this.#grid(grid).isDense, "castDense needs a dense grid");
    this.#reads.takeGrid(grid, "dense", "rays");
    this.#check(this.#library.sv_cast_dense(this.#context, grid));
  }

  refine(grid: GridHandle, viewsMin: number): void {
    assertViewsMin(viewsMin);
    assert(this.#grid(grid).isFine, "refine needs a grid with finer voxels");
    this.#reads.takeGrid(grid, "tiles", "segments", "tileBricks", "tilePool");
    this.#check(this.#library.sv_refine(this.#context, grid, viewsMin));
  }

  castTiles(grid: GridHandle, viewsMin: number): void {
    assertViewsMin(viewsMin);
    assert(this.#grid(grid).isFine, "castTiles needs a grid with finer voxels");
    this.#reads.takeGrid(grid, "tileBricks", "tilePool");
    this.#check(this.#library.sv_cast_tiles(this.#context, grid, viewsMin));
  }

  peaks(grid: GridHandle, { viewsMin, sumMin }: Evidence): void {
    assertEvidence({ viewsMin, sumMin });
    this.#brickGrid(grid);
    this.#reads.takeGrid(grid, "peaks");
    this.#check(this.#library.sv_peaks(this.#context, grid, viewsMin, sumMin));
  }

  voxels(grid: GridHandle, { viewsMin, sumMin }: Evidence): void {
    assertEvidence({ viewsMin, sumMin });
    this.#brickGrid(grid);
    this.#reads.takeGrid(grid, "voxels");
    this.#check(this.#library.sv_voxels(this.#context, grid, viewsMin, sumMin));
  }

  readCamera(camera: CameraHandle, table: CameraTable): Promise<Table> {
    this.#camera(camera);
    return this.#reads.askCamera(camera, table);
  }

  readGrid(grid: GridHandle, table: GridTable): Promise<Table> {
    this.#grid(grid);
    return this.#reads.askGrid(grid, table);
  }

  async submit(): Promise<void> {
    assert(this.#isOpen, "kernels are open");
    const lent = this.#lent;
    this.#lent = [];
    const deliver = this.#reads.close();
    this.#check(this.#library.sv_submit(this.#context, this.#outPointer));
    const wanted = this.#out[0]!;
    while (!this.#hasReached(wanted)) {
      await nextTurn();
      assert(this.#isOpen, "kernels stay open until submit resolves");
    }
    // The fence is passed: nothing reads the buffers any more.
    lent.length = 0;
    deliver();
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#cameras.clear();
    this.#grids.clear();
    for (const address of this.#locked.keys()) this.#library.sv_unlock_memory(this.#context, address);
    this.#locked.clear();
    this.#library.sv_close(this.#context);
    this.#lent = [];
  }

  #hasReached(sequence: number): boolean {
    this.#check(this.#library.sv_fence(this.#context, this.#outPointer));
    return (this.#out[0]! - sequence) << 0 >= 0;
  }

  #camera(handle: CameraHandle): CameraSpec {
    const spec = this.#cameras.get(handle);
    assert(spec !== undefined, "the camera is open");
    return spec;
  }

  #grid(handle: GridHandle): OpenGrid {
    const grid = this.#grids.get(handle);
    assert(grid !== undefined, "the grid is open");
    return grid;
  }

  #brickGrid(handle: GridHandle): void {
    assert(!this.#grid(handle).isDense, "the op needs a grid of bricks");
  }

  #check(status: number): void {
    if (status === nativeStatus.ok) return;
    throw new SkyvoxError(codeOf(status), lastNativeError(this.#library, this.#context));
  }
}

function codeOf(status: number): "capacity" | "device" | "backend" {
  if (status === nativeStatus.capacity) return "capacity";
  return status === nativeStatus.device ? "device" : "backend";
}

/** Words with storage of their own, whose address holds while they are referenced. */
function words(count: number): Uint32Array<ArrayBuffer> {
  return new Uint32Array(new ArrayBuffer(4 * count));
}

function integers(values: readonly number[]): Int32Array {
  const array = new Int32Array(words(values.length).buffer);
  array.set(values);
  return array;
}

function gaussianWords(model: NonNullable<MotionParams["gaussian"]>): number[] {
  return [model.slowShift, model.fastShift, model.holdShift, model.snrMinQ4, model.varianceMinQ8];
}

/** An empty array has no address to hand over. */
function addressOrNull(array: Uint32Array | Int32Array): Pointer | null {
  return array.length === 0 ? null : ptr(array);
}

function addressOf(context: Uint32Array): Pointer {
  return (context[0]! + context[1]! * 2 ** 32) as Pointer;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
