import { describe, expect, test } from "bun:test";
import { createPrng, type Vec3 } from "@skyvox/core";
import { directRays } from "../../testing/material.ts";
import { cutRays, findTiles, keptTiles, segmentOrigin, tileRows } from "./refine.ts";
import { createPool } from "./select.ts";
import { type Tile, tileShift } from "./tile.ts";
import { advance, startWalk } from "./walk.ts";

const ONE = 2 ** 20;

describe("Tiles", () => {
  const SIZE = [16, 8, 8] as const;

  /** View bits 3 at (1, 2, 3) and 1 at (7, 7, 7) of brick 0, 7 at (8, 0, 1) of brick 1. */
  function agreedPool() {
    const pool = createPool(Uint32Array.of(0, 1));
    pool.words[512 + 83] = 0b11;
    pool.words[512 + 511] = 0b1;
    pool.words[1024 + 512 + 1] = 0b111;
    return pool;
  }

  test("stand where enough views agree, in order of the pool, with the level of their superblock", () => {
    const rows = tileRows(findTiles(agreedPool(), Uint8Array.of(4, 2), 2, SIZE));
    expect([...rows]).toEqual([1 + (2 << 16), 3 + (4 << 16), 0, 8, 1 + (2 << 16), 1]);
    expect(findTiles(agreedPool(), Uint8Array.of(2, 0), 1, SIZE).map(({ firstBrick }) => firstBrick)).toEqual([
      0, 64, 128,
    ]);
    expect(findTiles(agreedPool(), Uint8Array.of(2, 0), 4, SIZE)).toEqual([]);
  });

  test("are kept up to the first that passes a limit", () => {
    const count = (levels: number[], tilesMax: number, marksMax: number) => {
      const fine = { levels: Uint8Array.from(levels), tilesMax, marksMax, segmentsMax: 1, bricksMax: 1 };
      return keptTiles(findTiles(agreedPool(), fine.levels, 2, SIZE), fine).length;
    };
    expect(count([4, 2], 2, 65)).toBe(2);
    expect(count([4, 2], 2, 64)).toBe(1);
    expect(count([4, 2], 1, 65)).toBe(1);
    // The second would fit, but the first does not.
    expect(count([2, 4], 2, 63)).toBe(0);
  });
});

describe("Segments", () => {
  /** The origin in finer voxels, not Q20. */
  function originOf(from: Vec3, direction: Vec3, at: Vec3, level: number, k: 0 | 1 | 2 = 0): number[] {
    const originQ20 = [from[0] * ONE, from[1] * ONE, from[2] * ONE] as const;
    return segmentOrigin({ originQ20, direction }, k, { at, level, firstBrick: 0 }).map((part) => part / ONE);
  }

  test("start on the face of the tile ahead", () => {
    // y: 0.25 + 3.5 / 4 = 1.125, z: 7.75 - 3.5 / 2 = 6, the upper face of voxel 5; 32 finer voxels each.
    expect(originOf([-1.5, 0.25, 7.75], [4, 1, -2], [2, 1, 5], 2)).toEqual([0, 4, 32]);
    // Downwards from 10.5 to the upper face at 5: y: 3 + 5.5 / 2 = 5.75, a quarter of a voxel before the tile.
    expect(originOf([10.5, 3, 3], [-2, 1, 0], [4, 6, 3], 2)).toEqual([32, -8, 0]);
    expect(originOf([3, 10.5, 3], [1, -2, 0], [6, 4, 3], 4, 1)).toEqual([-2, 8, 0]);
    expect(originOf([3, 3, 10.5], [1, 0, -2], [6, 3, 4], 0, 2)).toEqual([-32, 0, 128]);
  });

  test("start at the camera where it is in the slab of the tile", () => {
    for (const direction of [
      [9, 1, 1],
      [-9, 1, 1],
    ] as const) {
      expect(originOf([4.25, 6.5, 3.75], direction, [4, 6, 3], 2)).toEqual([8, 16, 24]);
      expect(originOf([4.25, 5.75, 3.75], direction, [4, 6, 3], 2)).toEqual([8, -8, 24]);
    }
    // On either face, looking in.
    expect(originOf([4, 6, 3], [1, 0, 0], [4, 6, 3], 0)).toEqual([0, 0, 0]);
    expect(originOf([5, 6, 3], [-1, 0, 0], [4, 6, 3], 0)).toEqual([128, 0, 0]);
  });

  test("stay small where the positions of the grid would not fit in finer voxels", () => {
    // 400 voxels are 51,200 finer ones, 25 times what Q11.20 holds: y: -195 + 400 / 2 = 5.
    expect(originOf([-390, -195, 0.5], [2, 1, 0], [10, 5, 0], 0)).toEqual([0, 0, 64]);
    expect(originOf([2000, 1000, 0.5], [-2, -1, 0], [9, 5, 0], 0)).toEqual([128, 0, 64]);
  });

  test("come by ray, then along it, then by the other axes, a little beside the ray too", () => {
    const tiles: Tile[] = (
      [
        [2, 2, 0],
        [2, 1, 0],
        [0, 1, 0],
        [3, 3, 0],
      ] as const
    ).map((at, i) => ({ at, level: 4, firstBrick: i }));
    // 2^-9 under the face at y = 2, within the margin of 2^-8; and 2^-7 under it, without.
    const { rays, views } = directRays(
      [0, [-1, 2 - 2 ** -9, 0.5], [1, 0, 0], 1],
      [1, [4.5, 2 - 2 ** -7, 0.5], [-1, 0, 0], 1],
      [2, [0, 0, 0], [0, 0, 0], 1],
    );
    const [under, wellUnder] = [8 * ONE - 8 * 2 ** 11, 8 * ONE - 8 * 2 ** 13];
    const half = 4 * ONE;
    expect([...cutRays(rays, views, tiles, [4, 4, 4])].map((word) => word | 0)).toEqual([
      ...[0, 2, 0, under, half],
      ...[0, 1, 0, under, half],
      ...[0, 0, 0, -8 * 2 ** 11, half],
      ...[1, 1, 8 * ONE, wellUnder, half],
      ...[1, 2, 8 * ONE, wellUnder, half],
    ]);
  });

  test("reach a tile at the face of the grid from a little outside", () => {
    const tiles: Tile[] = [{ at: [0, 0, 0], level: 4, firstBrick: 0 }];
    const segmentsAt = (y: number) => {
      const { rays, views } = directRays([0, [-1, y, 0.5], [1, 0, 0], 1]);
      return [...cutRays(rays, views, tiles, [4, 4, 4])].map((word) => word | 0);
    };
    expect(segmentsAt(-(2 ** -9))).toEqual([0, 0, 0, -8 * 2 ** 11, 4 * ONE]);
    expect(segmentsAt(-(2 ** -7))).toEqual([]);
  });

  test("err by less than 0.0004 finer voxel at 5 km, against fractions of whole numbers", () => {
    const prng = createPrng(51);
    // Cutting the slope at 2^-30 costs 2 · 128 units of 2^-20 at most, the walk of the tile one per slab, and rounding two.
    expect(largestError(prng, 20_000)).toBeLessThan((2 * 128 + 128 + 2) / ONE);
  });
});

/** The largest error of rays of 390 voxels where they enter and where they leave a tile of level 0, in finer voxels. */
function largestError(prng: ReturnType<typeof createPrng>, rays: number): number {
  let largest = 0;
  for (let i = 0; i < rays; i++) {
    const at = [prng.int(780), prng.int(780), prng.int(100)] as const;
    const away = triple(() => prng.uniform(-390, 390));
    // Outside the tile's slab, so that the ray enters through a face.
    away[prng.int(3)] = 390 * (1 - 2 * prng.int(2));
    const originQ20 = triple((k) => Math.round((at[k] + prng.uniform(0, 1) + away[k]) * ONE));
    const length = (prng.uniform(0.5, 0.99) * 2 ** 30) / 390;
    const direction = triple((k) => Math.round(-away[k] * length));
    const walk = startWalk([0, 0, 0], direction, [128, 128, 128])!;
    const origin = segmentOrigin({ originQ20, direction }, walk.k, { at, level: 0, firstBrick: 0 });
    const inTile = startWalk(origin, direction, [128, 128, 128])!;
    for (const slabs of [0, 127]) {
      if (slabs > 0) advance(inTile, slabs);
      const isUp = direction[walk.k] > 0;
      // The face where the walk leaves the slab at hand, or, at first, enters the tile; in 1/128 voxel of the grid.
      const face = slabs === 0 ? (isUp ? 0 : 128) : isUp ? inTile.n + 1 : inTile.n;
      for (const [axis, entering, leaving] of [
        [walk.j, inTile.jIn, inTile.jOut],
        [walk.l, inTile.lIn, inTile.lOut],
      ] as const) {
        const found = slabs === 0 ? entering : leaving;
        largest = Math.max(largest, Math.abs(errorAt(originQ20, direction, at, walk.k, axis, face, found)));
      }
    }
  }
  return largest;
}

/** What `found`, Q20 finer voxels on `axis`, is more than where the ray truly meets the plane `face` / 128 on axis k. */
function errorAt(
  originQ20: Vec3,
  direction: Vec3,
  at: Vec3,
  k: 0 | 1 | 2,
  axis: 0 | 1 | 2,
  face: number,
  found: number,
): number {
  const scale = 2n ** BigInt(tileShift(0));
  const to = (BigInt(at[k]) * scale + BigInt(face)) * BigInt(ONE) - BigInt(originQ20[k]) * scale;
  const [dAxis, dK] = [BigInt(direction[axis]), BigInt(direction[k])];
  const start = BigInt(originQ20[axis]) * scale - BigInt(at[axis]) * scale * BigInt(ONE);
  // found - (start + to · dAxis / dK), over the common denominator.
  return Number((BigInt(found) - start) * dK - to * dAxis) / Number(dK) / ONE;
}

function triple(value: (k: 0 | 1 | 2) => number): [number, number, number] {
  return [value(0), value(1), value(2)];
}
