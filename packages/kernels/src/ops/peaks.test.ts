import { expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import { brickIndex, type Size3, sizeInBricks, viewCount, voxelInBrick } from "./brick.ts";
import { findPeaks, findTilePeaks, PEAK_WORDS } from "./peaks.ts";
import { createPool, type Pool, SLOT_WORDS } from "./select.ts";
import type { Tile } from "./tile.ts";
import { listVoxels } from "./voxels.ts";

const SIZE = [16, 16, 16] as const;

function poolOf(
  size: Size3,
  bricks: number[],
  ...voxels: [x: number, y: number, z: number, sum: number, bits: number][]
): Pool {
  const pool = createPool(Uint32Array.from(bricks));
  for (const [x, y, z, sum, bits] of voxels) {
    const slot = pool.slotOfBrick.get(brickIndex(sizeInBricks(size), x >> 3, y >> 3, z >> 3))!;
    pool.words[slot * SLOT_WORDS + voxelInBrick(x, y, z)] = sum;
    pool.words[slot * SLOT_WORDS + 512 + voxelInBrick(x, y, z)] = bits;
  }
  return pool;
}

function peakRows(table: Uint32Array): number[][] {
  return Array.from({ length: table.length / PEAK_WORDS }, (_, i) => [
    ...table.subarray(i * PEAK_WORDS, (i + 1) * PEAK_WORDS),
  ]);
}

test("A peak carries the moments of its block about itself", () => {
  // Across the corner of eight bricks: the peak at (8, 8, 8), 60 at (7, 8, 8), 10 at (9, 7, 8); 5 is below sumMin, 90 has one view.
  const pool = poolOf(
    SIZE,
    [0, 1, 2, 3, 4, 5, 6, 7],
    [8, 8, 8, 100, 3],
    [7, 8, 8, 60, 3],
    [9, 7, 8, 10, 6],
    [8, 8, 9, 5, 3],
    [8, 8, 7, 90, 1],
  );
  const minus50 = [-50 >>> 0, 0xffff_ffff];
  const minus10 = [-10 >>> 0, 0xffff_ffff];
  expect(peakRows(findPeaks(pool, { viewsMin: 2, sumMin: 10 }, SIZE))).toEqual([
    [8, 8, 8, 100, 3, 3, 170, 0, ...minus50, ...minus10, 0, 0, 0, 0],
  ]);
});

test("A voxel next to a greater one is no peak, by face, edge or corner", () => {
  for (const [x, y, z] of [
    [4, 3, 3],
    [4, 4, 3],
    [4, 4, 4],
    [2, 2, 2],
    [3, 2, 4],
  ] as const) {
    const pool = poolOf(SIZE, [0], [3, 3, 3, 50, 1], [x, y, z, 51, 1]);
    expect(peakRows(findPeaks(pool, { viewsMin: 1, sumMin: 1 }, SIZE)).map((row) => row[3])).toEqual([51]);
  }
  const apart = poolOf(SIZE, [0], [3, 3, 3, 50, 1], [3, 3, 5, 51, 1]);
  expect(peakRows(findPeaks(apart, { viewsMin: 1, sumMin: 1 }, SIZE)).map((row) => row[3])).toEqual([50, 51]);
});

test("Of equal neighbours the lowest pool address is the peak, across bricks too", () => {
  // (3, 3, 7) lies in slot 0; (3, 3, 8) in slot 1, whose address is higher although its place 216 is lower than 223.
  const pool = poolOf(SIZE, [0, 1], [3, 3, 7, 50, 1], [3, 3, 8, 50, 1]);
  expect(peakRows(findPeaks(pool, { viewsMin: 1, sumMin: 1 }, SIZE)).map((row) => row[2])).toEqual([7]);
});

test("A greater neighbour without a slot, without the views or below the sum does not count", () => {
  const noViews = poolOf(SIZE, [0], [3, 3, 3, 50, 3], [3, 3, 4, 99, 1]);
  expect(peakRows(findPeaks(noViews, { viewsMin: 2, sumMin: 1 }, SIZE)).map((row) => row[3])).toEqual([50]);
  expect(findPeaks(noViews, { viewsMin: 2, sumMin: 51 }, SIZE)).toHaveLength(0);
  expect(findPeaks(createPool(new Uint32Array(0)), { viewsMin: 1, sumMin: 1 }, SIZE)).toHaveLength(0);
});

test("Moments pass 32 bits", () => {
  const pool = poolOf(
    SIZE,
    [0],
    [3, 3, 3, 2 ** 32 - 1, 1],
    [4, 3, 3, 2 ** 32 - 2, 1],
    [4, 4, 3, 2 ** 32 - 2, 1],
    [3, 2, 3, 9, 1],
  );
  const [row] = peakRows(findPeaks(pool, { viewsMin: 1, sumMin: 1 }, SIZE));
  const word64 = (i: number) => BigInt.asIntN(64, BigInt(row![i]!) | (BigInt(row![i + 1]!) << 32n));
  // Sw = 3 · 2^32 - 5 + 9, Swx = 2 · (2^32 - 2), Swy = 2^32 - 2 - 9, Swz = 0.
  expect([word64(6), word64(8), word64(10), word64(12)]).toEqual([12_884_901_892n, 8_589_934_588n, 4_294_967_285n, 0n]);
});

/** Two tiles one above the other, 60 in the top voxel of the lower, 100 in the bottom voxel of the upper, at x = 1, y = 2. */
function stackedTiles(lowerLevel: number, upperLevel: number) {
  const lowerBricks = [4096, 512, 64, 8, 1][lowerLevel]!;
  const side = 16 >> lowerLevel;
  const tiles: Tile[] = [
    { at: [5, 6, 7], level: lowerLevel, firstBrick: 0 },
    { at: [5, 6, 8], level: upperLevel, firstBrick: lowerBricks },
  ];
  const pool = createPool(Uint32Array.of(side - 1, lowerBricks));
  for (const [place, sum] of [
    [64 + 16 + 7, 60],
    [1024 + 64 + 16, 100],
  ] as const) {
    pool.words[place] = sum;
    pool.words[512 + place] = 3;
  }
  return { pool, tiles };
}

test("A peak of tiles is in voxels of its level, and its block reaches into the next tile", () => {
  for (const level of [0, 2, 4]) {
    const { pool, tiles } = stackedTiles(level, level);
    const side = 128 >> level;
    const minus60 = [-60 >>> 0, 0xffff_ffff];
    expect(peakRows(findTilePeaks(pool, { viewsMin: 2, sumMin: 1 }, tiles))).toEqual([
      [5 * side + 1, 6 * side + 2, 8 * side, 100, 3, 2, 160, 0, 0, 0, 0, 0, ...minus60, level, 0],
    ]);
  }
});

test("Voxels of two levels are no neighbours", () => {
  const { pool, tiles } = stackedTiles(3, 4);
  const rows = peakRows(findTilePeaks(pool, { viewsMin: 2, sumMin: 1 }, tiles));
  expect(rows.map((row) => [...row.slice(0, 4), row[14]])).toEqual([
    [81, 98, 127, 60, 3],
    [41, 50, 64, 100, 4],
  ]);
});

test("Of equal neighbours in two tiles the one of the lower pool address is the peak", () => {
  const { pool, tiles } = stackedTiles(1, 1);
  pool.words[1024 + 64 + 16] = 60;
  expect(peakRows(findTilePeaks(pool, { viewsMin: 2, sumMin: 1 }, tiles)).map((row) => row[2])).toEqual([8 * 64 - 1]);
});

test("Peaks and voxels equal a search through every voxel of the grid", () => {
  const prng = createPrng(31);
  const size = [13, 10, 17] as const;
  const [nbx, nby, nbz] = sizeInBricks(size);
  for (let round = 0; round < 12; round++) {
    const bricks = Array.from({ length: nbx * nby * nbz }, (_, i) => i).filter(() => prng.int(4) > 0);
    const pool = createPool(Uint32Array.from(bricks));
    const all: { x: number; y: number; z: number; sum: number; bits: number; address: number }[] = [];
    for (let x = 0; x < size[0]; x++) {
      for (let y = 0; y < size[1]; y++) {
        for (let z = 0; z < size[2]; z++) {
          const slot = bricks.indexOf(((x >> 3) * nby + (y >> 3)) * nbz + (z >> 3));
          if (slot < 0 || prng.int(3) === 0) continue;
          const place = (x % 8) * 64 + (y % 8) * 8 + (z % 8);
          const [sum, bits] = [1 + prng.int(6), prng.int(8)];
          pool.words[slot * 1024 + place] = sum;
          pool.words[slot * 1024 + 512 + place] = bits;
          all.push({ x, y, z, sum, bits, address: slot * 512 + place });
        }
      }
    }
    const eligible = all
      .filter(({ sum, bits }) => sum >= 2 && viewCount(bits) >= 1)
      .sort((a, b) => a.address - b.address);
    const peaks = eligible.filter((voxel) =>
      eligible.every((other) => {
        const isApart =
          Math.max(Math.abs(other.x - voxel.x), Math.abs(other.y - voxel.y), Math.abs(other.z - voxel.z)) > 1;
        return isApart || other.sum < voxel.sum || (other.sum === voxel.sum && other.address >= voxel.address);
      }),
    );
    const evidence = { viewsMin: 1, sumMin: 2 };
    const found = peakRows(findPeaks(pool, evidence, size));
    expect(found.map((row) => row.slice(0, 5))).toEqual(peaks.map(({ x, y, z, sum, bits }) => [x, y, z, sum, bits]));
    expect([...listVoxels(pool, evidence, size)]).toEqual(
      eligible.flatMap(({ x, y, z, sum, bits }) => [x + y * 65_536, z, sum, bits]),
    );
  }
});
