import { expect, test } from "bun:test";
import { parseSite, type Site, type SiteInput, siteFromScene } from "@skyvox/cameras";
import { distance } from "@skyvox/core";
import { skyScene, truthAt } from "@skyvox/scene";
import { lastOf, playScene } from "../testing/play-scene.ts";
import { lineVolume } from "./line-volume.ts";

const scene = skyScene(1);
const site = siteFromScene(scene, "scene:sky");

function siteOfVolume(volume: SiteInput["volume"]): Site {
  return parseSite({ ...site, volume }, "test");
}

test("A volume of voxels of one size counts them from its lower corner", () => {
  const { sizeVoxels, levels, finestSizeM, lattice } = lineVolume(
    siteOfVolume({ minM: [0, 0, 0], maxM: [10, 20, 5.1], voxelSizeM: 0.5 }),
  );
  expect(sizeVoxels).toEqual([20, 40, 11]);
  expect(levels).toBeNull();
  expect(finestSizeM).toBe(0.5);
  expect(lattice).toEqual({ voxelSizeM: 0.5, sizeVoxels: [20, 40, 11] });
});

test("A sparse world holds 12.8 m voxels, a level per 102.4 m block and one lattice", () => {
  const { sizeVoxels, voxelSizeM, levels, finestSizeM, lattice } = lineVolume(site);
  // 2,400 m / 12.8 m = 187.5 and 400 m / 12.8 m = 31.25; blocks of 8 voxels: 24 x 24 x 4.
  expect(voxelSizeM).toBe(12.8);
  expect(sizeVoxels).toEqual([188, 188, 32]);
  expect(levels).toHaveLength(24 * 24 * 4);
  expect(finestSizeM).toBeCloseTo(0.1, 12);
  expect(lattice.sizeVoxels).toEqual([24_000, 24_000, 4000]);
});

test("A volume of too many voxels is refused with the size that would do", () => {
  const volume = { minM: [0, 0, 0], maxM: [2048, 10, 10] } as SiteInput["volume"];
  expect(() => lineVolume(siteOfVolume({ ...volume, voxelSizeM: 1 }))).toThrow(
    'its longest side takes 2048, need at most 2047 (volume.voxelSizeM of 1.00 or more, or "auto")',
  );
  expect(() => lineVolume(siteOfVolume({ minM: [0, 0, 0], maxM: [27_000, 10, 10], voxelSizeM: "auto" }))).toThrow(
    "a side of at most 26 km",
  );
});

test("The line finds the targets of a sparse world within a metre", async () => {
  // Six pictures of the sky, 0.4 s apart: a target flies 2 to 4 m between two, more than its own width.
  const results = await playScene({ site, scene, frameCount: 6, stepS: 0.4 });
  const { timeNs, detections, voxels } = lastOf(results);
  for (const { positionEnuM } of truthAt(scene, Number(timeNs) / 1e9)) {
    expect(Math.min(...detections.map((detection) => distance(detection.positionEnuM, positionEnuM)))).toBeLessThan(1);
  }
  // What is listed lies on the lattice of 0.1 m, within the volume.
  const { sizeVoxels } = lineVolume(site).lattice;
  expect(voxels.length).toBeGreaterThan(0);
  for (let row = 0; row < voxels.length; row += 4) {
    expect((voxels[row] ?? 0) & 0xffff).toBeLessThan(sizeVoxels[0]);
    expect((voxels[row] ?? 0) >>> 16).toBeLessThan(sizeVoxels[1]);
    expect(voxels[row + 1]).toBeLessThan(sizeVoxels[2]);
  }
}, 60_000);
