import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { levelForFootprint, pixelFootprintM, sizeVoxelsOf, voxelSizeAtLevelM } from "./level.ts";

/** 7680 pixels over 60 degrees. */
const focalPx = 3840 / Math.tan(Math.PI / 6);
const eightK = { fxPx: focalPx, fyPx: focalPx };

describe("Level by range", () => {
  test("is 0.1 m to 665 m and 0.8 m at 5 km for 8K over 60 degrees", () => {
    // One pixel covers 1 / 6651 of the range at the image centre.
    expect(levelForFootprint(pixelFootprintM(eightK, 665))).toBe(0);
    expect(levelForFootprint(pixelFootprintM(eightK, 666))).toBe(1);
    expect(voxelSizeAtLevelM(levelForFootprint(pixelFootprintM(eightK, 5000)))).toBeCloseTo(0.8, 12);
  });

  test("takes a footprint of exactly one voxel at its own level and one just over at the next", () => {
    expect([0, 0.1, 0.1000001, 0.2, 1.6, 1.7, 1e9].map(levelForFootprint)).toEqual([0, 0, 1, 1, 4, 4, 4]);
  });

  test("never makes voxels smaller than a pixel's footprint nor twice as large, and never shrinks with range", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 20_000, noNaN: true }),
        fc.double({ min: 0, max: 5000, noNaN: true }),
        (near, more) => {
          const footprint = pixelFootprintM(eightK, near);
          const size = voxelSizeAtLevelM(levelForFootprint(footprint));
          if (footprint <= 1.6) expect(size).toBeGreaterThanOrEqual(footprint);
          if (size > 0.1) expect(size).toBeLessThan(2 * footprint);
          expect(levelForFootprint(pixelFootprintM(eightK, near + more))).toBeGreaterThanOrEqual(
            levelForFootprint(footprint),
          );
        },
      ),
      { numRuns: 200, seed: 3 },
    );
  });

  test("refuses a level that is none", () => {
    expect(() => voxelSizeAtLevelM(5)).toThrow("level is an integer from 0 to 4");
    expect(() => levelForFootprint(-1)).toThrow("footprint is not negative");
  });
});

describe("Size of a volume", () => {
  test("counts a box of whole voxels without one too many", () => {
    expect(sizeVoxelsOf([0, -1, 0.1], [0.3, 1, 0.35], 0.1)).toEqual([3, 20, 3]);
  });
});
