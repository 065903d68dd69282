/**
 * Op `peaks`: local maxima of evidence, with the sums from which the host takes a centre finer than a voxel.
 *
 * Input: the pool after `cast`, or, of a grid with `fine`, the tile pool after `castTiles`; viewsMin 1 … 32, sumMin 1 … 2^32 - 1;
 * eligible voxels as in `voxels.ts`.
 * Table "peaks": rows of 16 words, in order of pool address:
 *   0 … 2  x, y, z       3 sum       4 view bits      5 eligible voxels of the block, the peak included
 *   6, 7  Sw = Σ sum     8, 9  Swx = Σ sum · (x_n - x)     10, 11  Swy     12, 13  Swz     14 level     15 zero
 * The block is the peak and its 26 neighbours; the sums run over its eligible voxels. Sw is unsigned 64-bit, Swx, Swy and Swz are
 * signed 64-bit in two's complement, low word first. |Swx| < 18 · 2^32.
 * Of the pool, x, y and z are voxels of the grid, and the level is zero. Of the tile pool, they are voxels of the tile's level, counted
 * from the grid's lower corner: t << (7 - level), plus the place in the tile; below 2^18.
 *
 * The value of a voxel is its sum where it is eligible and 0 elsewhere, outside the grid, without a slot or a tile included, and in a
 * tile of another level. A voxel is a peak where it is eligible and each neighbour has a smaller value, or the same value and a higher
 * pool address: of a plateau's neighbours one wins. Blocks reach across the faces of tiles of one level; where two levels meet, both
 * sides may have a peak. The table keeps the first `peaksMax` rows; `total` counts all, `peaksOverflow` is set where they differ.
 */
import type { Evidence } from "../grid-spec.ts";
import { brickAt, type Size3, sizeInBricks, voxelAt } from "./brick.ts";
import { high32, low32, Rows } from "./rows.ts";
import type { Pool } from "./select.ts";
import { type Tile, tileShift, tileVoxelAt } from "./tile.ts";
import { eligibleVoxels, type PoolVoxel } from "./voxels.ts";

/** Words in a row of table "peaks". */
export const PEAK_WORDS = 16;

/** Finds all peaks. Returns all rows of table "peaks", past any limit too. */
export function findPeaks(pool: Pool, evidence: Evidence, sizeVoxels: Size3): Uint32Array {
  const sizeBricks = sizeInBricks(sizeVoxels);
  return peaksAmong(pool, evidence, ({ brick, place }) => {
    const [x, y, z] = voxelAt(brickAt(sizeBricks, brick), place);
    return { x, y, z, level: 0 };
  });
}

/** Finds all peaks of a tile pool. Returns all rows of table "peaks", past any limit too. */
export function findTilePeaks(pool: Pool, evidence: Evidence, tiles: readonly Tile[]): Uint32Array {
  return peaksAmong(pool, evidence, ({ brick, place }) => {
    const { tile, inTile } = tileVoxelAt(tiles, brick, place);
    const { at, level } = tiles[tile]!;
    const along = (k: 0 | 1 | 2) => (at[k] << tileShift(level)) + inTile[k];
    return { x: along(0), y: along(1), z: along(2), level };
  });
}

/** Where a voxel stands: neighbours are one apart, and of one level. */
interface Spot {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly level: number;
}

type PlacedVoxel = PoolVoxel & Spot;

function peaksAmong(pool: Pool, evidence: Evidence, spotOf: (voxel: PoolVoxel) => Spot): Uint32Array {
  const eligible: PlacedVoxel[] = [];
  for (const voxel of eligibleVoxels(pool, evidence)) eligible.push({ ...voxel, ...spotOf(voxel) });
  const columns = columnsOf(eligible);
  const rows = new Rows();
  for (const voxel of eligible) {
    const block = blockAround(columns, voxel);
    if (!block.some((neighbour) => beats(neighbour, voxel))) rows.push(...peakRow(voxel, block));
  }
  return rows.toArray();
}

/** Voxels by column, then by z. */
type Columns = ReadonlyMap<number, ReadonlyMap<number, PlacedVoxel>>;

function columnsOf(voxels: readonly PlacedVoxel[]): Columns {
  const columns = new Map<number, Map<number, PlacedVoxel>>();
  for (const voxel of voxels) {
    const key = columnKey(voxel.level, voxel.x, voxel.y);
    const column = columns.get(key) ?? new Map<number, PlacedVoxel>();
    columns.set(key, column.set(voxel.z, voxel));
  }
  return columns;
}

/** Names a column of voxels of one level; columns one step outside the grid have a key too, and it is nobody else's. */
function columnKey(level: number, x: number, y: number): number {
  return (level * 2 ** 19 + (x + 1)) * 2 ** 19 + (y + 1);
}

/** The eligible voxels among a voxel and its 26 neighbours. */
function blockAround(columns: Columns, { level, x, y, z }: Spot): PlacedVoxel[] {
  const block: PlacedVoxel[] = [];
  for (let dx = -1; dx <= 1; dx++) {
    for (let dy = -1; dy <= 1; dy++) {
      const column = columns.get(columnKey(level, x + dx, y + dy));
      for (let dz = -1; dz <= 1; dz++) {
        const voxel = column?.get(z + dz);
        if (voxel !== undefined) block.push(voxel);
      }
    }
  }
  return block;
}

function beats(neighbour: PoolVoxel, voxel: PoolVoxel): boolean {
  return neighbour.sum > voxel.sum || (neighbour.sum === voxel.sum && neighbour.address < voxel.address);
}

function peakRow(peak: PlacedVoxel, block: readonly PlacedVoxel[]): number[] {
  let [sw, swx, swy, swz] = [0, 0, 0, 0];
  for (const voxel of block) {
    sw += voxel.sum;
    swx += voxel.sum * (voxel.x - peak.x);
    swy += voxel.sum * (voxel.y - peak.y);
    swz += voxel.sum * (voxel.z - peak.z);
  }
  const sums = [sw, swx, swy, swz].flatMap((sum) => [low32(sum), high32(sum)]);
  return [peak.x, peak.y, peak.z, peak.sum, peak.viewBits, block.length, ...sums, peak.level, 0];
}
