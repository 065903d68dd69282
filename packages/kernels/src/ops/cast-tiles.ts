/**
 * Op `castTiles`: the two passes of casting once more, within the tiles.
 *
 * Input: tiles and segments of the last `refine`, direction, weight and view of the rays, viewsMin 1 … 32.
 * Every segment is a ray with its own origin and the E^3 finer voxels of its tile for a grid (`walk.ts`, `tile.ts`):
 *   1. marks, zero at first: as in `mark.ts`, one word of view bits for each brick of all tiles
 *   2. slots: the bricks marked by at least viewsMin views, in order of their number, as in `select.ts`
 *   3. votes, in slots zero at first: as in `cast.ts`
 * Table "tileBricks": rows of 1 word, the number of each brick with a slot. Only the first `bricksMax` of `FineSpec` get one; `total`
 * counts all, and `tileBricksOverflow` is set where they differ.
 * Table "tilePool": rows of 1,024 words, as of table "pool".
 *
 * Tiles do not overlap and a ray has one segment per tile, so a voxel gets each ray at most once and the bound that op `rays` holds
 * the weights to is enough. Where no segment was left out, the tile pool equals walking every ray through every tile.
 */
import { castRay } from "./cast.ts";
import { markRay } from "./mark.ts";
import { type Ray, type RayList, rayAt } from "./rays.ts";
import { SEGMENT_WORDS } from "./refine.ts";
import type { Pool } from "./select.ts";
import { type Tile, tileBox } from "./tile.ts";

/** What `refine` has left: kept tiles, and the kept rows of table "segments". */
export interface CutRays {
  readonly tiles: readonly Tile[];
  readonly segments: Uint32Array;
  readonly rays: RayList;
}

/** Sets the bit of each segment's view in `marks`, `[bricks of all tiles]` uint32, for every brick it may cross. */
export function markTiles(marks: Uint32Array, cut: CutRays): void {
  for (const { ray, tile } of segmentsOf(cut)) markRay(marks, ray, tileBox(tile));
}

/** Adds every segment to the voxels it crosses in bricks of the pool, whose bricks are those of all tiles. */
export function castTiles(pool: Pool, cut: CutRays): void {
  for (const { ray, tile } of segmentsOf(cut)) castRay(pool, ray, tileBox(tile));
}

function* segmentsOf({ tiles, segments, rays }: CutRays): Generator<{ ray: Ray; tile: Tile }> {
  for (let s = 0; s < segments.length; s += SEGMENT_WORDS) {
    const originQ20 = [segments[s + 2]! | 0, segments[s + 3]! | 0, segments[s + 4]! | 0] as const;
    yield { ray: rayAt(rays, segments[s]!, originQ20), tile: tiles[segments[s + 1]!]! };
  }
}
