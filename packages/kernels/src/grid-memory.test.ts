import { describe, expect, test } from "bun:test";
import { gridMemoryBytes } from "./grid-memory.ts";
import type { FineSpec, GridSpec } from "./grid-spec.ts";
import { referenceAdapter } from "./reference.ts";

const GRID: GridSpec = { sizeVoxels: [16, 8, 5], raysMax: 10, bricksMax: 3, peaksMax: 5, voxelsMax: 7, dense: false };
const FINE: FineSpec = { levels: Uint8Array.of(4, 4), tilesMax: 2, segmentsMax: 3, marksMax: 5, bricksMax: 4 };

describe("The memory of a grid", () => {
  test("is the sum of its tables at their limits", () => {
    // Rays of 20 bytes, 2 marks of 4, slots of 4,096 with a brick of 4, peaks of 64, voxels of 16.
    const coarse = 10 * 20 + 2 * 4 + 3 * 4100 + 5 * 64 + 7 * 16;
    expect(gridMemoryBytes(GRID)).toBe(coarse);
    // Two levels of a byte, tiles of 12, segments of 20, marks of 4, slots as above.
    expect(gridMemoryBytes({ ...GRID, fine: FINE })).toBe(coarse + 2 + 2 * 12 + 3 * 20 + 5 * 4 + 4 * 4100);
    // Dense: rays, and a sum of 4 bytes per voxel.
    expect(gridMemoryBytes({ ...GRID, dense: true })).toBe(10 * 20 + 16 * 8 * 5 * 4);
  });

  test("is at most 500 MB where there are finer voxels", async () => {
    using kernels = await referenceAdapter.open();
    const open = (bricksMax: number) => kernels.openGrid({ ...GRID, fine: { ...FINE, bricksMax } });
    // The rest is 13,046 bytes, so 121,948 slots of 4,100 are the last below 500,000,000.
    const most = Math.floor((500e6 - (gridMemoryBytes({ ...GRID, fine: FINE }) - 4 * 4100)) / 4100);
    expect(most).toBe(121_948);
    kernels.closeGrid(open(most));
    expect(() => open(most + 1)).toThrow("a grid with finer voxels holds at most 500 MB");
  });
});
