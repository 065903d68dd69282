/**
 * The one interface of all compute backends.
 *
 * A backend owns cameras (a background and the lists of the last frame) and grids (rays, brick masks, voxels). Ops enqueue work on
 * them and return at once; `submit` is the one fence of a time step. Pixels cross the bus once, in `motion`; only small tables come
 * back, by `read`, which must be asked for before `submit` and resolves with it. Every table is rows of uint32, and every backend
 * returns the same bits: the arithmetic of each op stands in `ops/<op>.ts`.
 */
import type { Brand } from "@skyvox/core";
import type { CameraSpec, CameraTable, FuseParams, MotionParams, SpotParams } from "./camera-spec.ts";
import type { Evidence, GridSpec, GridTable } from "./grid-spec.ts";
import type { LensBend } from "./node-table.ts";
import type { RayModel } from "./ray-model.ts";

/** The four backends. */
export type BackendName = "reference" | "cpu" | "cuda" | "wgsl";
/** Names an open camera, or an open grid, of one backend. */
export type CameraHandle = Brand<number, "CameraHandle">;
export type GridHandle = Brand<number, "GridHandle">;

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

  /**
   * Lets the device read this memory of the host where it lies, until it is disposed; a device that reads it anyway needs nothing. The memory
   * outlives the lock, and the lock ends with the kernels.
   *
   * @throws {SkyvoxError} code "capacity" when the driver refuses; uploads from there then take the longer way.
   */
  lockMemory(bytes: Uint8Array): Disposable;

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
  /** Filters the last frame of mode `gaussian` with the shape of a point and lists the strongest local maxima. */
  spots(camera: CameraHandle, params: SpotParams): void;
  /** Places points of another camera in this one's picture; `points` as for `rays`, `shift` as `registration.ts` makes it. */
  register(camera: CameraHandle, points: Uint32Array, shift: LensBend): void;
  /** Joins points of this camera with those registered last; no point of this camera loses weight by it. */
  fuse(camera: CameraHandle, points: Uint32Array, params: FuseParams): void;

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
  /** Turns the voxels that `viewsMin` views crossed into tiles of finer voxels and cuts the rays to them; for grids with `fine`. */
  refine(grid: GridHandle, viewsMin: number): void;
  /** Marks, selects and casts again, within the tiles. */
  castTiles(grid: GridHandle, viewsMin: number): void;
  /** Finds the local maxima among voxels with enough evidence: of the tiles where the grid has `fine`. */
  peaks(grid: GridHandle, evidence: Evidence): void;
  /** Lists all voxels with enough evidence: of the tiles where the grid has `fine`. */
  voxels(grid: GridHandle, evidence: Evidence): void;

  readCamera(camera: CameraHandle, table: CameraTable): Promise<Table>;
  readGrid(grid: GridHandle, table: GridTable): Promise<Table>;
  /** Runs what was enqueued; resolves when it is done and every table asked for has arrived. */
  submit(): Promise<void>;
}
