/**
 * A whole time step on a backend: pictures of all cameras in, peaks out.
 *
 * Like the line it waits twice: for what moves in each picture, and for where cameras agree. Rays go through the centre of each blob,
 * or through every moving pixel, as programs do that know no blobs.
 */
import { assert, type Vec3 } from "@skyvox/core";
import type { Kernels } from "@skyvox/kernels";
import { blobPoints } from "@skyvox/reconstruction";
import { castTwoPasses, openDots } from "./cast-passes.ts";
import type { DotsScene } from "./dots-scene.ts";
import { noiseFrame, THRESHOLD } from "./motion-frames.ts";

const MOTION = { mode: "sigmaDelta", threshold: THRESHOLD } as const;

/** What rays go through. */
export type RaysThrough = "pixels" | "blobs";

/** A scene opened on a backend, which owns its cameras and its grid. */
export interface TimeStep {
  /** Finds the points of all cameras in a picture each. */
  observe(pictures: readonly Uint8Array[]): Promise<Uint32Array[]>;
  /** Finds where rays through the points meet: rows of table "peaks". */
  reconstruct(points: readonly Uint32Array[]): Promise<Uint32Array>;
}

/** Opens the cameras and the grid of a scene; what they have seen so far is noise without targets. */
export function openTimeStep(kernels: Kernels, scene: DotsScene, through: RaysThrough, viewsMin: number): TimeStep {
  const { widthPx, heightPx } = scene.intrinsics;
  const motionMax = 2 * scene.rayCount;
  const cameras = scene.views.map(() =>
    kernels.openCamera({ widthPx, heightPx, motionMax, cellsMax: motionMax, blobsMax: 4096 }),
  );
  const grid = openDots(kernels, { ...scene, grid: { ...scene.grid, raysMax: 2 * scene.rayCount } });
  const table = through === "pixels" ? "cells" : "blobs";
  const background = noiseFrame(widthPx * heightPx, noiseWords(0));
  for (const camera of cameras) kernels.motion(camera, background, MOTION);
  return {
    async observe(pictures) {
      const tables = cameras.map((camera, i) => {
        kernels.motion(camera, pictures[i]!, MOTION);
        if (through === "pixels") kernels.cells(camera, { shift: 0, pixelsMin: 1 });
        else kernels.blobs(camera, { pixelsMin: 4 });
        return kernels.readCamera(camera, table);
      });
      await kernels.submit();
      const read = await Promise.all(tables);
      return read.map(({ rows }) => (through === "pixels" ? rows : blobPoints(rows)));
    },
    async reconstruct(points) {
      castTwoPasses(
        kernels,
        grid,
        points.map((rows) => ({ points: rows })),
        viewsMin,
      );
      kernels.peaks(grid, { viewsMin, sumMin: 1 });
      const pending = kernels.readGrid(grid, "peaks");
      await kernels.submit();
      const peaks = await pending;
      assert(peaks.status === 0, "no table of the grid is full");
      return peaks.rows;
    },
  };
}

/** Draws a picture per camera: the targets of the scene over noise of the same seed, not 0. */
export function drawPictures(scene: DotsScene, seed: number): Uint8Array[] {
  const { widthPx, heightPx } = scene.intrinsics;
  const noise = noiseFrame(widthPx * heightPx, noiseWords(seed));
  return scene.views.map(({ points }) => {
    const picture = noise.slice();
    for (let p = 0; p < points.length; p += 4) {
      picture[(points[p + 1]! >> 8) * widthPx + (points[p]! >> 8)] = 120 + (points[p + 2]! >> 1);
    }
    return picture;
  });
}

/** A linear congruence (Numerical Recipes), the top half folded down: 8K noise need only be quick and not flat. */
function noiseWords(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state ^ (state >>> 15);
  };
}

/** Counts the places in voxels that have a peak within two voxels on each axis, as a share. */
export function foundShare(targets: readonly Vec3[], peaks: Uint32Array): number {
  const isNear = (target: readonly number[], row: number) =>
    target.every((place, axis) => Math.abs(peaks[row + axis]! + 0.5 - place) <= 2);
  const rows = Array.from({ length: peaks.length / 16 }, (_, i) => 16 * i);
  const found = targets.filter((target) => rows.some((row) => isNear(target, row)));
  return found.length / targets.length;
}
