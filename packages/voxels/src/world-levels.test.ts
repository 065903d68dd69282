import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { latticeOf, latticeRows, superblockLevels, WORLD_VOXEL_SIZE_M } from "./world-levels.ts";

/** A pixel covers 1/6650 of the range. */
const intrinsics = { fxPx: 6650, fyPx: 6650 };

describe("Levels of a world", () => {
  test("are 0.1 m beside the cameras and 0.8 m at 5 km", () => {
    const place = { minEnuM: [0, 0, 0], sizeVoxels: [400, 8, 8] } as const;
    const camera = { intrinsics, cameraInEnuM: [51.2, 51.2, 51.2] as const };
    const levels = superblockLevels(place, [camera], 1);
    expect(levels.length).toBe(50);
    // Superblock b has its centre b · 102.4 m away: 0.1 m up to 665 m, 0.2 up to 1330, 0.4 up to 2660, 0.8 up to 5320.
    expect([...levels]).toEqual(Array.from({ length: 50 }, (_, b) => (b <= 6 ? 0 : b <= 12 ? 1 : b <= 25 ? 2 : 3)));
  });

  test("follow the viewsMin-th best camera, or the worst where there are fewer", () => {
    const place = { minEnuM: [0, 0, 0], sizeVoxels: [8, 8, 8] } as const;
    const at = (rangeM: number) => ({ intrinsics, cameraInEnuM: [51.2 - rangeM, 51.2, 51.2] as const });
    const cameras = [at(5000), at(100), at(1000)];
    expect([1, 2, 3, 4].map((viewsMin) => superblockLevels(place, cameras, viewsMin)[0])).toEqual([0, 1, 3, 3]);
  });

  test("stand in order of brick index, the last axis fastest", () => {
    const place = { minEnuM: [0, 0, 0], sizeVoxels: [9, 16, 17] } as const;
    const camera = { intrinsics, cameraInEnuM: [51.2, 51.2 + 102.4, 256 - 1300] as const };
    const levels = superblockLevels(place, [camera], 1);
    // 2 · 2 · 3 superblocks; up is the last axis: 1,095, 1,198 and 1,300 m, the other axes add little but where 1,330 m is passed.
    expect(levels.length).toBe(12);
    expect([...levels.subarray(3, 6)]).toEqual([1, 1, 1]);
  });
});

describe("The lattice of a world", () => {
  test("is 0.1 m for a small box and 0.2 m for ten kilometres", () => {
    expect(latticeOf([0, 0, 0], [10, 20, 30])).toEqual({ voxelSizeM: 0.1, sizeVoxels: [100, 200, 300] });
    expect(latticeOf([-5000, -5000, 0], [5000, 5000, 1000])).toEqual({
      voxelSizeM: 0.2,
      sizeVoxels: [50_000, 50_000, 5000],
    });
  });

  test("lists a voxel where its centre lies", () => {
    const tiles = Uint32Array.of(3 | (5 << 16), 7 | (4 << 16), 0, 0, 0 | (1 << 16), 1);
    const voxels = Uint32Array.of(0, (1 << 14) | (2 << 7) | 3, 90, 7, 1, 0, 80, 3);
    const lattice = { voxelSizeM: 0.2, sizeVoxels: [5000, 5000, 5000] } as const;
    // Tile 0 has level 4: 1.6 m. Its voxel 1 has its centre at 3 · 12.8 + 1.5 · 1.6 = 40.8 m: place 204 of 0.2 m.
    const y = Math.floor((5 * 12.8 + 2.5 * 1.6) / 0.2 + 1e-9);
    const z = Math.floor((7 * 12.8 + 3.5 * 1.6) / 0.2 + 1e-9);
    expect([...latticeRows(tiles, voxels, lattice)]).toEqual([204 | (y << 16), z, 90, 7, 0, 0, 80, 3]);
  });

  test("leaves out what lies past the box and keeps the rest within half a lattice voxel", () => {
    const side = fc.integer({ min: 0, max: 30 });
    fc.assert(
      fc.property(side, fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 127 }), (gridVoxel, level, at) => {
        const fine = at >> level;
        const centreM = gridVoxel * WORLD_VOXEL_SIZE_M + (fine + 0.5) * 0.1 * 2 ** level;
        const lattice = { voxelSizeM: 0.4, sizeVoxels: [600, 600, 600] } as const;
        const tiles = Uint32Array.of(gridVoxel, level << 16, 0);
        const rows = latticeRows(tiles, Uint32Array.of(0, fine << 14, 1, 1), lattice);
        if (centreM >= 240) expect(rows.length).toBe(0);
        else expect(Math.abs(((rows[0]! & 0xffff) + 0.5) * 0.4 - centreM)).toBeLessThanOrEqual(0.2 + 1e-9);
      }),
      { seed: 5 },
    );
  });
});
