/**
 * The one interface of all compute backends.
 *
 * A backend owns cameras (a background and the lists of the last frame) and grids (rays, brick masks, voxels). Ops enqueue work on
 * them and return at once; `submit` is the one fence of a time step. Pixels cross the bus once, in `motion`; only small tables come
 * back, by `read`, which must be asked for before `submit` and resolves with it. Every table is rows of uint32, and every backend
 * returns the same bits: the arithmetic of each op stands in `ops/<op>.ts`.
 */
import type { Brand } from "@skyvox/core";
import type { RayModel } from "./ray-model.ts";

/** The four backends. */
export type BackendName = "reference" | "cpu" | "cuda" | "wgsl";
/** Names an open camera, or an open grid, of one backend. */
export type CameraHandle = Brand<number, "CameraHandle">;
export type GridHandle = Brand<number, "GridHandle">;

/** Limits of one camera; what passes a limit is counted in `Table.total` and flagged, never silent. */
export interface CameraSpec {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly motionMax: number;
  readonly cellsMax: number;
  readonly blobsMax: number;
}

/** A box of `[x, y, z]` voxels (each count ≤ 2047) and its limits. `dense` allocates every voxel for `castDense` instead of bricks. */
export interface GridSpec {
  readonly sizeVoxels: readonly [number, number, number];
  readonly raysMax: number;
  readonly bricksMax: number;
  readonly peaksMax: number;
  readonly voxelsMax: number;
  readonly dense: boolean;
}

/** How the background follows the picture: previous frame, one grey level per frame, or mean over 16 frames. */
export type MotionMode = "diff" | "sigmaDelta" | "average";

/** How one frame is compared. `threshold` is 0 … 255 grey levels; `step` (1 … 255, by default 1) is how fast `sigmaDelta` follows. */
export interface MotionParams {
  readonly mode: MotionMode;
  readonly threshold: number;
  readonly step?: number;
}

/** Which table of a camera or grid is read back; the layout of a row stands in the op of the same name. */
export type CameraTable = "motion" | "cells" | "blobs";
export type GridTable = "rays" | "marks" | "bricks" | "pool" | "dense" | "peaks" | "voxels";

/** What came back: `rows` is `[count, width]` uint32; `total` counts what the op found, also past the limit; see `statusBits`. */
export interface Table {
  readonly rows: Uint32Array;
  readonly count: number;
  readonly total: number;
  readonly status: number;
}

/**
 * An open backend; holds its cameras and grids until it is disposed. What a caller must keep is asserted (`preconditions.ts`).
 */
export interface Kernels extends Disposable {
  readonly backend: BackendName;
  /** What runs the ops, in words: "AVX2, 2 threads". */
  readonly device: string;

  openCamera(spec: CameraSpec): CameraHandle;
  closeCamera(camera: CameraHandle): void;
  openGrid(spec: GridSpec): GridHandle;
  closeGrid(grid: GridHandle): void;

  /** Uploads `[heightPx, widthPx]` uint8, compares it with the background, then updates the background. The first frame moves nothing. */
  motion(camera: CameraHandle, pixels: Uint8Array, params: MotionParams): void;
  /** Bins the motion list into squares of `2^shift` pixels, dropping those with fewer than `pixelsMin` moving pixels. */
  cells(camera: CameraHandle, params: { shift: number; pixelsMin: number }): void;
  /** Labels 8-connected motion and sums its moments, dropping blobs of fewer than `pixelsMin` pixels. */
  blobs(camera: CameraHandle, params: { pixelsMin: number }): void;

  /** Tells the grid where view 0 … 31 stands and looks; holds until it is told again, for rays already added too. */
  setView(grid: GridHandle, view: number, model: RayModel): void;
  /** Forgets rays, marks, bricks, voxels and peaks of the last time step. */
  clear(grid: GridHandle): void;
  /**
   * Adds one ray per point; `points` is `[count, 4]` uint32: u and v in 1/256 pixel, weight, ignored.
   *
   * @throws {SkyvoxError} code "capacity" when `raysMax` or a weight total of 2^32 would be passed; nothing is added then.
   */
  rays(grid: GridHandle, view: number, points: Uint32Array): void;
  /** Pass 1: sets the view's bit in every brick a ray may cross. */
  mark(grid: GridHandle): void;
  /** Gives a slot to every brick marked by at least `viewsMin` views, in brick order, and empties the slots. */
  select(grid: GridHandle, viewsMin: number): void;
  /** Pass 2: adds each ray's weight and view bit to every voxel it crosses in a selected brick. */
  cast(grid: GridHandle): void;
  /** Adds each ray's weight to every voxel it crosses and uses the rays up; for grids opened with `dense`. */
  castDense(grid: GridHandle): void;
  /** Finds the local maxima among voxels seen by `viewsMin` views with a sum of at least `sumMin`. */
  peaks(grid: GridHandle, params: { viewsMin: number; sumMin: number }): void;
  /** Lists all voxels seen by `viewsMin` views with a sum of at least `sumMin`. */
  voxels(grid: GridHandle, params: { viewsMin: number; sumMin: number }): void;

  readCamera(camera: CameraHandle, table: CameraTable): Promise<Table>;
  readGrid(grid: GridHandle, table: GridTable): Promise<Table>;
  /** Runs what was enqueued; resolves when it is done and every table asked for has arrived. */
  submit(): Promise<void>;
}
