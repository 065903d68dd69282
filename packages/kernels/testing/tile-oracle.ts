/**
 * What `castTiles` must give, told the long way: every ray is taken to every tile, not only to those that `refine` cut it to.
 *
 * Origins are worked out in whole numbers of any size, so nothing wraps and no tile is mistaken for one 2^32 further on. The walk
 * within a tile is that of the op. If the segments ever missed a tile that a ray crosses, this would show a voxel with too little.
 */
import type { Vec3 } from "@skyvox/core";
import { type Box, brickIndex, sizeInBricks, viewCount, voxelInBrick } from "../src/ops/brick.ts";
import { RAY_WORDS } from "../src/ops/rays.ts";
import { TILE_WORDS } from "../src/ops/refine.ts";
import { type Tile, tileBox, tileShift } from "../src/ops/tile.ts";
import { advance, isUnderWay, slabVoxels, startWalk, type Walk } from "../src/ops/walk.ts";
import type { RayModel } from "../src/ray-model.ts";

/** Rows of the tables of one grid, and where its views stand. */
export interface TileTables {
  readonly rays: Uint32Array;
  readonly models: ReadonlyMap<number, RayModel>;
  readonly tiles: Uint32Array;
  readonly tileBricks: Uint32Array;
  readonly tilePool: Uint32Array;
  readonly viewsMin: number;
}

/** Says what is wrong with a tile pool that has passed no limit, or null. */
export function firstUnlikeEveryRay(tables: TileTables): string | null {
  const { tileBricks, tilePool, viewsMin } = tables;
  const everyRay = castEveryRay(tables);
  for (const [brick, words] of everyRay) {
    const bits = words.subarray(512).reduce((all, word) => all | word, 0);
    if (viewCount(bits) >= viewsMin && !tileBricks.includes(brick)) return `brick ${brick} has no slot`;
  }
  for (const [slot, brick] of tileBricks.entries()) {
    const expected = everyRay.get(brick);
    for (let word = 0; word < 1024; word++) {
      const got = tilePool[1024 * slot + word];
      const want = expected?.[word] ?? 0;
      if (got !== want) return `brick ${brick}, word ${word} is ${got}, casting every ray gives ${want}`;
    }
  }
  return null;
}

/** Returns sums and view bits, as in a slot, by brick. */
function castEveryRay({ rays, models, tiles }: TileTables): Map<number, Uint32Array> {
  const bricks = new Map<number, Uint32Array>();
  const all = tilesOf(tiles);
  for (let r = 0; r < rays.length; r += RAY_WORDS) {
    const direction = [rays[r]! | 0, rays[r + 1]! | 0, rays[r + 2]! | 0] as const;
    const [weight, view] = [rays[r + 3]!, rays[r + 4]!];
    for (const tile of all) {
      const origin = originInTile(models.get(view)!.originQ20, direction, tile);
      if (origin === null) continue;
      const box = tileBox(tile);
      const walk = startWalk(origin, direction, box.sizeVoxels);
      if (walk !== null) addWalk(bricks, walk, box, weight, 1 << view);
    }
  }
  return bricks;
}

function tilesOf(rows: Uint32Array): Tile[] {
  const tiles: Tile[] = [];
  for (let i = 0; i < rows.length; i += TILE_WORDS) {
    const [xy, zLevel, firstBrick] = [rows[i]!, rows[i + 1]!, rows[i + 2]!];
    tiles.push({ at: [xy & 0xffff, xy >>> 16, zLevel & 0xffff], level: zLevel >>> 16, firstBrick });
  }
  return tiles;
}

/** Where the ray enters the slab of a tile, Q20 finer voxels; null where it never does, or more than four tiles off. */
function originInTile(originQ20: Vec3, direction: Vec3, { at, level }: Tile): Vec3 | null {
  const size = direction.map(Math.abs);
  const k = size.indexOf(Math.max(...size)) as 0 | 1 | 2;
  const [o, d] = [originQ20.map(BigInt), direction.map(BigInt)];
  const scale = 2n ** BigInt(tileShift(level));
  const face = BigInt(at[k]) * 2n ** 20n + (d[k]! < 0n ? 2n ** 20n : 0n);
  const isUp = d[k]! > 0n;
  const cameraSlab = Math.floor(originQ20[k] / 2 ** 20);
  if (d[k] === 0n || (isUp ? at[k] < cameraSlab : at[k] > cameraSlab)) return null;
  const ahead = isUp ? face - o[k]! : o[k]! - face;
  const way = ahead > 0n ? ahead : 0n;
  const entry = [0, 1, 2].map((axis) => {
    const relative = o[axis]! - BigInt(at[axis as 0]) * 2n ** 20n;
    if (axis === k) return (relative + (isUp ? way : -way)) * scale;
    const slope = (BigInt(size[axis]!) * 2n ** 30n) / BigInt(size[k]!);
    const moved = (way * slope * scale) / 2n ** 30n;
    return relative * scale + (d[axis]! < 0n ? -moved : moved);
  });
  const limit = 4n * 2n ** 20n * scale;
  if (entry.some((value) => value > limit || value < -limit)) return null;
  return [Number(entry[0]), Number(entry[1]), Number(entry[2])];
}

function addWalk(bricks: Map<number, Uint32Array>, walk: Walk, box: Box, weight: number, viewBit: number): void {
  const { sizeVoxels, firstBrick } = box;
  const voxels = new Int32Array(9);
  while (isUnderWay(walk, sizeVoxels)) {
    const count = slabVoxels(walk, sizeVoxels, voxels);
    for (let v = 0; v < 3 * count; v += 3) {
      const [x, y, z] = [voxels[v]!, voxels[v + 1]!, voxels[v + 2]!];
      const brick = firstBrick + brickIndex(sizeInBricks(sizeVoxels), x >> 3, y >> 3, z >> 3);
      const words = bricks.get(brick) ?? new Uint32Array(1024);
      const place = voxelInBrick(x, y, z);
      words[place] = words[place]! + weight;
      words[512 + place] = words[512 + place]! | viewBit;
      bricks.set(brick, words);
    }
    advance(walk, 1);
  }
}
