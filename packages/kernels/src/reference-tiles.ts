/**
 * The finer voxels of one grid of the reference backend: its tiles, its segments and what is cast in them.
 *
 * All of it is what the last `refine` and `castTiles` made; a new `refine` empties what was cast. The levels are a copy, so a caller may
 * reuse its array. Callers have checked the parameters.
 */
import type { Evidence, FineSpec, GridSpec } from "./grid-spec.ts";
import type { Table } from "./kernels.ts";
import { castTiles, markTiles } from "./ops/cast-tiles.ts";
import { findTilePeaks } from "./ops/peaks.ts";
import type { RayList } from "./ops/rays.ts";
import { cutRays, findTiles, keptTiles, SEGMENT_WORDS, TILE_WORDS, tileRows } from "./ops/refine.ts";
import { createPool, type Pool, SLOT_WORDS, selectBricks } from "./ops/select.ts";
import { type Tile, tileBrickCount } from "./ops/tile.ts";
import { listTileVoxels } from "./ops/voxels.ts";
import type { RayModel } from "./ray-model.ts";
import { statusBits } from "./status.ts";
import { emptyTable, limitedTable, wholeTable } from "./table.ts";

/** Tiles of the reference backend. One method per op. */
export class ReferenceTiles {
  readonly #sizeVoxels: GridSpec["sizeVoxels"];
  readonly #fine: FineSpec;
  readonly #levels: Uint8Array;
  #tiles: readonly Tile[] = [];
  #pool: Pool = createPool(new Uint32Array(0));
  #tileTable = emptyTable;
  #segments = emptyTable;
  #bricks = emptyTable;

  constructor(sizeVoxels: GridSpec["sizeVoxels"], fine: FineSpec) {
    this.#sizeVoxels = sizeVoxels;
    this.#fine = fine;
    this.#levels = fine.levels.slice();
  }

  clear(): void {
    this.#tiles = [];
    this.#tileTable = emptyTable;
    this.#segments = emptyTable;
    this.#empty();
  }

  refine(pool: Pool, viewsMin: number, rays: RayList, views: readonly (RayModel | null)[]): void {
    const tiles = findTiles(pool, this.#levels, viewsMin, this.#sizeVoxels);
    this.#tiles = keptTiles(tiles, this.#fine);
    this.#tileTable = limitedTable(tileRows(tiles), TILE_WORDS, this.#tiles.length, statusBits.tilesOverflow);
    const segments = cutRays(rays, views, this.#tiles, this.#sizeVoxels);
    this.#segments = limitedTable(segments, SEGMENT_WORDS, this.#fine.segmentsMax, statusBits.segmentsOverflow);
    this.#empty();
  }

  castTiles(viewsMin: number, rays: RayList): void {
    const cut = { tiles: this.#tiles, segments: this.#segments.rows, rays };
    const marks = new Uint32Array(this.#tiles.reduce((count, { level }) => count + tileBrickCount(level), 0));
    markTiles(marks, cut);
    const bricks = selectBricks(marks, viewsMin);
    this.#bricks = limitedTable(bricks, 1, this.#fine.bricksMax, statusBits.tileBricksOverflow);
    this.#pool = createPool(this.#bricks.rows);
    castTiles(this.#pool, cut);
  }

  /** Returns all rows of table "peaks", past any limit too. */
  peaks(evidence: Evidence): Uint32Array {
    return findTilePeaks(this.#pool, evidence, this.#tiles);
  }

  /** Returns all rows of table "voxels", past any limit too. */
  voxels(evidence: Evidence): Uint32Array {
    return listTileVoxels(this.#pool, evidence, this.#tiles);
  }

  /** Returns a table as it is now. */
  read(table: "tiles" | "segments" | "tileBricks" | "tilePool"): Table {
    if (table === "tiles") return this.#tileTable;
    if (table === "segments") return this.#segments;
    if (table === "tileBricks") return this.#bricks;
    return wholeTable(this.#pool.words, SLOT_WORDS);
  }

  #empty(): void {
    this.#pool = createPool(new Uint32Array(0));
    this.#bricks = emptyTable;
  }
}
