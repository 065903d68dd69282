/**
 * What every backend promises beside the bits of its tables: what a read means, that time steps stay apart, what is refused, and what is
 * asserted. Values are worked by hand.
 */
import { expect } from "bun:test";
import { AssertionError, SkyvoxError } from "@skyvox/core";
import type { Kernels, Table } from "../src/kernels.ts";
import { directModel, onePoint } from "./material.ts";

/** A promise of a backend; `check` expects it. */
export interface Promised {
  readonly name: string;
  check(kernels: Kernels, open: () => Promise<Kernels>): Promise<void>;
}

const CAMERA = { widthPx: 1, heightPx: 1, motionMax: 16, cellsMax: 16, blobsMax: 16 } as const;
const GRID = { raysMax: 4, bricksMax: 8, peaksMax: 8, voxelsMax: 64, dense: false } as const;
const diff = { mode: "diff", threshold: 0 } as const;
/** A view a voxel before the lower face of x that looks along x at y = z = 4.5. */
const forward = directModel([-(2 ** 20), 4.5 * 2 ** 20, 4.5 * 2 ** 20], [2 ** 20, 0, 0]);

/** The promises. */
export const contract: readonly Promised[] = [
  {
    name: "a table is as it was when it was asked for, whatever comes before the fence",
    check: async (kernels) => {
      const camera = kernels.openCamera(CAMERA);
      const show = (level: number) => kernels.motion(camera, Uint8Array.of(level), diff);
      show(10);
      show(13);
      const first = kernels.readCamera(camera, "motion");
      show(20);
      const second = kernels.readCamera(camera, "motion");
      const third = kernels.readCamera(camera, "motion");
      kernels.closeCamera(camera);
      await kernels.submit();
      expect([...(await first).rows]).toEqual([0, 3]);
      expect([...(await second).rows]).toEqual([0, 7]);
      expect(await third).toEqual(await second);
    },
  },
  {
    name: "time steps stay apart that are submitted before the one before has arrived",
    check: async (kernels) => {
      const camera = kernels.openCamera(CAMERA);
      const tables: Promise<Table>[] = [];
      const steps = [10, 13, 20, 4].map((level) => {
        kernels.motion(camera, Uint8Array.of(level), diff);
        tables.push(kernels.readCamera(camera, "motion"));
        return kernels.submit();
      });
      await Promise.all(steps);
      expect((await Promise.all(tables)).map(({ rows }) => [...rows])).toEqual([[], [0, 3], [0, 7], [0, 16]]);
      kernels.closeCamera(camera);
    },
  },
  {
    name: "rays past the limit and weights past 32 bits are refused, and nothing is added",
    check: async (kernels) => {
      const grid = kernels.openGrid({ ...GRID, sizeVoxels: [8, 8, 8] });
      kernels.setView(grid, 3, forward);
      const heavy = onePoint(2 ** 31);
      expect(refusalOf(() => kernels.rays(grid, 3, new Uint32Array(5 * 4)))).toBe(
        "capacity: Cannot add 5 rays: 0 are there, need at most 4",
      );
      kernels.rays(grid, 3, heavy);
      expect(refusalOf(() => kernels.rays(grid, 3, heavy))).toBe(
        "capacity: Cannot add 1 rays: weights sum to 4294967296, need less than 2^32",
      );
      const rays = kernels.readGrid(grid, "rays");
      await kernels.submit();
      expect([...(await rays).rows]).toEqual([2 ** 20, 0, 0, 2 ** 31, 3]);
      kernels.closeGrid(grid);
    },
  },
  {
    name: "one ray is walked along a row of voxels",
    check: async (kernels) => {
      const grid = kernels.openGrid({ ...GRID, sizeVoxels: [3, 8, 8] });
      kernels.setView(grid, 0, forward);
      kernels.rays(grid, 0, onePoint(7));
      kernels.mark(grid);
      kernels.select(grid, 1);
      kernels.cast(grid);
      kernels.voxels(grid, { viewsMin: 1, sumMin: 1 });
      const voxels = kernels.readGrid(grid, "voxels");
      await kernels.submit();
      // y = z = 4.5 all along, so voxels (0 … 2, 4, 4), each once with weight 7 and bit 0.
      expect([...(await voxels).rows]).toEqual([4 << 16, 4, 7, 1, 1 | (4 << 16), 4, 7, 1, 2 | (4 << 16), 4, 7, 1]);
      kernels.closeGrid(grid);
    },
  },
  {
    name: "frames in locked memory move as others do, and a lock ends with the kernels at the latest",
    check: async (kernels, open) => {
      const pixels = new Uint8Array(2 * 64 * 64).fill(10);
      pixels[64 * 64 + 3 * 64 + 5] = 17;
      const lock = kernels.lockMemory(pixels);
      const camera = kernels.openCamera({ ...CAMERA, widthPx: 64, heightPx: 64 });
      kernels.motion(camera, pixels.subarray(0, 64 * 64), diff);
      kernels.motion(camera, pixels.subarray(64 * 64), diff);
      const motion = kernels.readCamera(camera, "motion");
      await kernels.submit();
      expect([...(await motion).rows]).toEqual([5 | (3 << 16), 7]);
      kernels.closeCamera(camera);
      lock[Symbol.dispose]();
      lock[Symbol.dispose]();
      const others = await open();
      const left = others.lockMemory(pixels);
      others[Symbol.dispose]();
      left[Symbol.dispose]();
      kernels.lockMemory(pixels)[Symbol.dispose]();
      expect(() => others.lockMemory(pixels)).toThrow("kernels are open");
      expect(() => kernels.lockMemory(new Uint8Array())).toThrow("there are bytes to lock");
    },
  },
  {
    name: "use after close and after dispose is asserted, and disposing twice is harmless",
    check: async (_kernels, open) => {
      const kernels = await open();
      const camera = kernels.openCamera(CAMERA);
      const grid = kernels.openGrid({ ...GRID, sizeVoxels: [8, 8, 8] });
      const closed = kernels.openGrid({ ...GRID, sizeVoxels: [8, 8, 8] });
      kernels.closeCamera(camera);
      kernels.closeGrid(closed);
      expect(() => kernels.blobs(camera, { pixelsMin: 1 })).toThrow(AssertionError);
      expect(() => kernels.mark(closed)).toThrow(AssertionError);
      expect(() => kernels.castDense(grid)).toThrow("castDense needs a dense grid");
      expect(() => kernels.refine(grid, 1)).toThrow("refine needs a grid with finer voxels");
      expect(() => kernels.rays(grid, 0, onePoint(1))).toThrow("the view has been set");
      kernels[Symbol.dispose]();
      kernels[Symbol.dispose]();
      expect(() => kernels.mark(grid)).toThrow(AssertionError);
      expect(() => kernels.openCamera(CAMERA)).toThrow("kernels are open");
      await expect(kernels.submit()).rejects.toBeInstanceOf(AssertionError);
    },
  },
];

/** Code and message of what is thrown; "none" where nothing is. */
function refusalOf(op: () => void): string {
  try {
    op();
  } catch (error) {
    if (error instanceof SkyvoxError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "none";
}
