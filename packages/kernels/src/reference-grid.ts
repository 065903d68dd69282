/**
 * One grid of the reference backend: what it holds, and which op of `ops/` changes what.
 *
 * Tables of fixed size (marks, dense) exist from their first op on and are zeroed by `clear`; lists (bricks, peaks, voxels) are what
 * their last op found. Callers have checked the parameters; what a grid cannot do is asserted here. A sparse world
 * keeps its finer voxels in `reference-tiles.ts`.
 */
import { assert } from "@skyvox/core";
import type { Evidence, GridSpec, GridTable } from "./grid-spec.ts";
import type { Table } from "./kernels.ts";
import { sizeInBricks } from "./ops/brick.ts";
import { castRays } from "./ops/cast.ts";
import { castDense } from "./ops/cast-dense.ts";
import { markBricks } from "./ops/mark.ts";
import { findPeaks, PEAK_WORDS } from "./ops/peaks.ts";
import { appendRays, RAY_WORDS, type RayList } from "./ops/rays.ts";
import { createPool, type Pool, SLOT_WORDS, selectBricks } from "./ops/select.ts";
import { listVoxels, VOXEL_WORDS } from "./ops/voxels.ts";
import { VIEWS_MAX } from "./preconditions.ts";
import type { RayModel } from "./ray-model.ts";
import { ReferenceTiles } from "./reference-tiles.ts";
import { statusBits } from "./status.ts";
import { emptyTable, limitedTable, wholeTable } from "./table.ts";

/** A grid of the reference backend: views, rays and what the casting ops make of them. One method per op. */
export class ReferenceGrid {
  readonly #spec: GridSpec;
  readonly #views: (RayModel | null)[] = new Array(VIEWS_MAX).fill(null);
  readonly #rays: RayList;
  /** View bits by brick; null before the first `mark`. */
  #marks: Uint32Array | null = null;
  /** Sums by voxel; null before the first `castDense`. */
  #dense: Uint32Array | null = null;
  /** Null for a grid without finer voxels. */
  readonly #tiles: ReferenceTiles | null;
  #pool: Pool = createPool(new Uint32Array(0));
  #bricks = emptyTable;
  #peaks = emptyTable;
  #voxels = emptyTable;

  constructor(spec: GridSpec) {
    this.#spec = spec;
    this.#rays = { rows: new Uint32Array(spec.raysMax * RAY_WORDS), count: 0, weightTotal: 0 };
    this.#tiles = spec.fine === undefined ? null : new ReferenceTiles(spec.sizeVoxels, spec.fine);
  }

  setView(view: number, model: RayModel): void {
    this.#views[view] = model;
  }

  clear(): void {
    this.#rays.count = 0;
    this.#rays.weightTotal = 0;
    this.#marks?.fill(0);
    this.#dense?.fill(0);
    this.#tiles?.clear();
    this.#pool = createPool(new Uint32Array(0));
    this.#bricks = emptyTable;
    this.#peaks = emptyTable;
    this.#voxels = emptyTable;
  }

  rays(view: number, points: Uint32Array): void {
    const model = this.#views[view];
    assert(model != null, "the view has been set");
    appendRays(this.#rays, model, view, points);
  }

  mark(): void {
    assert(!this.#spec.dense, "mark needs a grid of bricks");
    const [nbx, nby, nbz] = sizeInBricks(this.#spec.sizeVoxels);
    this.#marks ??= new Uint32Array(nbx * nby * nbz);
    markBricks(this.#marks, this.#rays, this.#views, this.#spec.sizeVoxels);
  }

  select(viewsMin: number): void {
    assert(!this.#spec.dense, "select needs a grid of bricks");
    const bricks = selectBricks(this.#marks ?? new Uint32Array(0), viewsMin);
    this.#bricks = limitedTable(bricks, 1, this.#spec.bricksMax, statusBits.bricksOverflow);
    this.#pool = createPool(this.#bricks.rows);
  }

  cast(): void {
    assert(!this.#spec.dense, "cast needs a grid of bricks");
    castRays(this.#pool, this.#rays, this.#views, this.#spec.sizeVoxels);
  }

  refine(viewsMin: number): void {
    assert(this.#tiles !== null, "refine needs a grid with finer voxels");
    this.#tiles.refine(this.#pool, viewsMin, this.#rays, this.#views);
  }

  castTiles(viewsMin: number): void {
    assert(this.#tiles !== null, "castTiles needs a grid with finer voxels");
    this.#tiles.castTiles(viewsMin, this.#rays);
  }

  castDense(): void {
    assert(this.#spec.dense, "castDense needs a dense grid");
    const [nx, ny, nz] = this.#spec.sizeVoxels;
    this.#dense ??= new Uint32Array(nx * ny * nz);
    castDense(this.#dense, this.#rays, this.#views, this.#spec.sizeVoxels);
  }

  peaks(evidence: Evidence): void {
    assert(!this.#spec.dense, "peaks needs a grid of bricks");
    const rows = this.#tiles?.peaks(evidence) ?? findPeaks(this.#pool, evidence, this.#spec.sizeVoxels);
    this.#peaks = limitedTable(rows, PEAK_WORDS, this.#spec.peaksMax, statusBits.peaksOverflow);
  }

  voxels(evidence: Evidence): void {
    assert(!this.#spec.dense, "voxels needs a grid of bricks");
    const rows = this.#tiles?.voxels(evidence) ?? listVoxels(this.#pool, evidence, this.#spec.sizeVoxels);
    this.#voxels = limitedTable(rows, VOXEL_WORDS, this.#spec.voxelsMax, statusBits.voxelsOverflow);
  }

  /** Returns a table as it is now. */
  read(table: GridTable): Table {
    if (table === "rays") return wholeTable(this.#rays.rows.subarray(0, this.#rays.count * RAY_WORDS), RAY_WORDS);
    if (table === "marks") return this.#marks === null ? emptyTable : wholeTable(this.#marks, 1);
    if (table === "dense") return this.#dense === null ? emptyTable : wholeTable(this.#dense, 1);
    if (table === "pool") return wholeTable(this.#pool.words, SLOT_WORDS);
    if (table === "bricks") return this.#bricks;
    if (table === "peaks") return this.#peaks;
    if (table === "voxels") return this.#voxels;
    return this.#tiles?.read(table) ?? emptyTable;
  }
}
