import { describe, expect, test } from "bun:test";
import { createPrng, nsFromSeconds } from "@skyvox/core";
import fc from "fast-check";
import { BRICK_BYTES } from "./brick.ts";
import { VoxelGrid, type VoxelSnapshot } from "./grid.ts";

type Voxel = readonly [x: number, y: number, z: number, sum: number, bits: number];

function rowsOf(voxels: readonly Voxel[]): Uint32Array {
  return Uint32Array.from(voxels.flatMap(([x, y, z, sum, bits]) => [x | (y << 16), z, sum, bits]));
}

function listed({ count, xyz, evidence, viewBits }: VoxelSnapshot): number[][] {
  return Array.from({ length: count }, (_, k) => [
    ...xyz.subarray(k * 3, k * 3 + 3),
    evidence[k] ?? 0,
    viewBits[k] ?? 0,
  ]);
}

const at = nsFromSeconds;
const open = (bricksMax = 100): VoxelGrid => new VoxelGrid({ sizeVoxels: [40, 30, 20], halfLifeS: 1, bricksMax });

describe("Evidence", () => {
  test("halves every half-life and adds up with the view bits joined", () => {
    const grid = open();
    grid.update(at(10), rowsOf([[39, 29, 19, 800, 0b001]]));
    expect(listed(grid.snapshot(at(10)))).toEqual([[39, 29, 19, 800, 0b001]]);
    expect(listed(grid.snapshot(at(11)))).toEqual([[39, 29, 19, 400, 0b001]]);
    grid.update(at(12), rowsOf([[39, 29, 19, 100, 0b110]]));
    expect(listed(grid.snapshot(at(13)))).toEqual([[39, 29, 19, 150, 0b111]]);
  });

  test("below the least evidence is gone with its bits, and an empty brick is freed", () => {
    const grid = open();
    grid.update(
      at(0),
      rowsOf([
        [1, 2, 3, 4, 1],
        [1, 2, 4, 64, 2],
      ]),
    );
    expect(listed(grid.snapshot(at(2.5)))).toEqual([[1, 2, 4, expect.closeTo(64 / 2 ** 2.5, 4), 2]]);
    grid.update(at(2.5), rowsOf([[1, 2, 3, 9, 4]]));
    expect(listed(grid.snapshot(at(2.5)))[0]).toEqual([1, 2, 3, 9, 4]);
    expect(grid.brickCount).toBe(1);
    grid.update(at(20), new Uint32Array());
    expect(grid.brickCount).toBe(0);
    expect(grid.snapshot(at(20)).count).toBe(0);
  });

  test("comes ordered by brick, then by voxel in the brick, in the whole grid and in a box of it", () => {
    const grid = open();
    grid.update(
      at(0),
      rowsOf([
        [9, 0, 0, 5, 1],
        [0, 9, 0, 5, 1],
        [7, 7, 7, 5, 1],
        [0, 0, 9, 5, 1],
        [0, 0, 1, 5, 1],
      ]),
    );
    const places = (snapshot: VoxelSnapshot): string[] => listed(snapshot).map((voxel) => voxel.slice(0, 3).join());
    expect(places(grid.snapshot(at(0)))).toEqual(["0,0,1", "7,7,7", "0,0,9", "0,9,0", "9,0,0"]);
    expect(places(grid.snapshot(at(0), { min: [0, 0, 1], max: [8, 9, 10] }))).toEqual(["0,0,1", "7,7,7", "0,0,9"]);
    expect(places(grid.snapshot(at(0), { min: [0, 0, 2], max: [7, 9, 9] }))).toEqual([]);
  });

  test("equals a slow map of every voxel under random updates", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const prng = createPrng(seed);
        const grid = open();
        const slow = new Map<string, number>();
        for (let step = 0; step < 6; step++) {
          for (const [key, value] of slow) slow.set(key, value / 2);
          const voxels = new Map<string, Voxel>();
          for (let n = prng.int(30); n > 0; n--) {
            const place = [prng.int(40), prng.int(30), prng.int(20)] as const;
            voxels.set(place.join(), [...place, 1 + prng.int(50), 1]);
          }
          for (const [key, voxel] of voxels) slow.set(key, (slow.get(key) ?? 0) + voxel[3]);
          for (const [key, value] of slow) if (value < 1) slow.delete(key);
          grid.update(at(step), rowsOf([...voxels.values()]));
        }
        const fast = new Map(listed(grid.snapshot(at(5))).map((voxel) => [voxel.slice(0, 3).join(), voxel[3]]));
        expect(fast.size).toBe(slow.size);
        for (const [key, value] of slow) expect(fast.get(key)).toBeCloseTo(value, 3);
      }),
      { numRuns: 25, seed: 5 },
    );
  });
});

describe("Capacity", () => {
  test("evicts the weakest brick of earlier frame sets and counts it", () => {
    const grid = open(2);
    grid.update(
      at(0),
      rowsOf([
        [0, 0, 0, 10, 1],
        [8, 0, 0, 1000, 1],
      ]),
    );
    grid.update(at(0.5), rowsOf([[16, 0, 0, 20, 1]]));
    expect(grid.evictedBrickCount).toBe(1);
    expect(listed(grid.snapshot(at(0.5))).map(([x]) => x)).toEqual([8, 16]);
  });

  test("judges weakness after fading: an old strong brick gives way to a younger one", () => {
    const grid = open(2);
    grid.update(at(0), rowsOf([[0, 0, 0, 100, 1]]));
    grid.update(at(3), rowsOf([[8, 0, 0, 20, 1]]));
    grid.update(at(3.1), rowsOf([[16, 0, 0, 5, 1]]));
    expect(listed(grid.snapshot(at(3.1))).map(([x]) => x)).toEqual([8, 16]);
  });

  test("never evicts what this frame set sees: the rest is refused and counted", () => {
    const grid = open(2);
    grid.update(at(0), rowsOf([[0, 0, 0, 10, 1]]));
    grid.update(
      at(1),
      rowsOf([
        [8, 0, 0, 10, 1],
        [0, 0, 0, 1, 1],
        [16, 0, 0, 10, 1],
        [17, 0, 0, 10, 1],
      ]),
    );
    expect([grid.evictedBrickCount, grid.refusedVoxelCount, grid.brickCount]).toEqual([0, 2, 2]);
  });

  test("accounts for its memory, which stays under the limit in an hour of clutter and falls when it fades", () => {
    const grid = new VoxelGrid({ sizeVoxels: [400, 400, 400], halfLifeS: 1, bricksMax: 300 });
    const prng = createPrng(8);
    for (let second = 0; second < 3600; second += 10) {
      const voxels = Array.from({ length: 50 }, (): Voxel => [prng.int(400), prng.int(400), prng.int(400), 60_000, 3]);
      grid.update(at(second), rowsOf(voxels));
      expect(grid.brickCount).toBeLessThanOrEqual(300);
    }
    expect(grid.memoryBytes).toBeLessThanOrEqual((300 + 1024) * BRICK_BYTES);
    grid.update(at(7200), new Uint32Array());
    expect(grid.brickCount).toBe(0);
  });

  test("of emptied bricks are reused clean", () => {
    const grid = open(1);
    grid.update(at(0), rowsOf([[0, 0, 0, 10, 7]]));
    grid.clear();
    grid.update(at(1), rowsOf([[9, 9, 9, 10, 1]]));
    expect(listed(grid.snapshot(at(1)))).toEqual([[9, 9, 9, 10, 1]]);
    expect(grid.memoryBytes).toBe(BRICK_BYTES);
  });
});

test("Grid refuses time that goes back, voxels outside, torn rows and sizes it cannot hold", () => {
  const grid = open();
  grid.update(at(5), new Uint32Array());
  expect(() => grid.update(at(4), new Uint32Array())).toThrow("updates go forward in time");
  expect(() => grid.snapshot(at(4))).toThrow("no earlier than the last update");
  expect(() => grid.update(at(5), rowsOf([[40, 0, 0, 1, 1]]))).toThrow("inside the grid");
  expect(() => grid.update(at(5), new Uint32Array(3))).toThrow("whole rows");
  expect(() => new VoxelGrid({ sizeVoxels: [65_536, 1, 1], halfLifeS: 1, bricksMax: 1 })).toThrow("1 to 65535");
  expect(() => new VoxelGrid({ sizeVoxels: [1, 1, 1], halfLifeS: 0, bricksMax: 1 })).toThrow("half-life");
});
