/**
 * What must hold on any backend by itself, told without the reference: order of rays does not matter, and two passes equal dense
 * casting. The cases would find a break of either too; here the message says what broke.
 */
import { createPrng, type Prng } from "@skyvox/core";
import type { GridHandle, Kernels } from "../src/kernels.ts";
import { randomCamera, randomPoints, randomSize, shuffledPoints } from "./material.ts";
import { onGrid, type Reading } from "./reading-log.ts";

/** A rule that one backend obeys or not; `check` answers what is wrong, or null. */
export interface ConformanceProperty {
  readonly name: string;
  readonly seeds: number;
  check(kernels: Kernels, prng: Prng): Promise<string | null>;
}

/** The rules. */
export const properties: readonly ConformanceProperty[] = [
  {
    name: "cast: any order of rays gives the same pool",
    seeds: 8,
    check: async (kernels, prng) => {
      const scene = randomScene(prng);
      const [asMade] = await castScene(kernels, scene, 1);
      const shuffled = scene.points.map(({ view, points }) => ({ view, points: shuffledPoints(prng, points) }));
      const [reordered] = await castScene(kernels, { ...scene, points: shuffled.reverse() }, 1);
      return isSame(asMade!.table.rows, reordered!.table.rows) ? null : "the pool depends on the order of rays";
    },
  },
  {
    name: "cast: two passes equal dense casting inside selected bricks",
    seeds: 8,
    check: async (kernels, prng) => {
      const scene = randomScene(prng);
      const [dense] = await onGrid(kernels, { sizeVoxels: scene.sizeVoxels, dense: true }, (grid, log) => {
        addScene(kernels, grid, scene);
        kernels.castDense(grid);
        log.grid(grid, "dense");
      });
      for (const viewsMin of [1, 2, 3, 4]) {
        const [pool, bricks] = await castScene(kernels, scene, viewsMin);
        const wrong = firstUnlikeDense(scene.sizeVoxels, pool!.table.rows, bricks!.table.rows, dense!.table.rows);
        if (wrong !== null) return `viewsMin ${viewsMin}: ${wrong}`;
      }
      return null;
    },
  },
];

/** Checks one rule on one seed. */
export function checkProperty(property: ConformanceProperty, kernels: Kernels, seed: number): Promise<string | null> {
  return property.check(kernels, createPrng(seed).fork(property.name));
}

interface Scene {
  readonly sizeVoxels: [number, number, number];
  readonly models: readonly { view: number; camera: ReturnType<typeof randomCamera> }[];
  readonly points: readonly { view: number; points: Uint32Array }[];
}

function randomScene(prng: Prng): Scene {
  const sizeVoxels = randomSize(prng);
  const target = [sizeVoxels[0] / 2, sizeVoxels[1] / 2, sizeVoxels[2] / 2] as const;
  const models = [0, 7, 19, 30, 31].map((view) => ({ view, camera: randomCamera(prng, sizeVoxels) }));
  const points = models.map(({ view, camera }) => ({ view, points: randomPoints(prng, camera, [target], 20) }));
  return { sizeVoxels, models, points };
}

function addScene(kernels: Kernels, grid: GridHandle, scene: Scene): void {
  for (const { view, camera } of scene.models) kernels.setView(grid, view, camera.model);
  for (const { view, points } of scene.points) kernels.rays(grid, view, points);
}

/** Casts in two passes and reads the pool and the bricks. */
function castScene(kernels: Kernels, scene: Scene, viewsMin: number): Promise<Reading[]> {
  return onGrid(kernels, { sizeVoxels: scene.sizeVoxels }, (grid, log) => {
    addScene(kernels, grid, scene);
    kernels.mark(grid);
    kernels.select(grid, viewsMin);
    kernels.cast(grid);
    log.grid(grid, "pool", "bricks");
  });
}

function isSame(a: Uint32Array, b: Uint32Array): boolean {
  return a.length === b.length && a.every((word, i) => word === b[i]);
}

/** Compares every voxel of every slot with the dense sum; outside the grid a slot is empty. */
function firstUnlikeDense(
  [nx, ny, nz]: readonly [number, number, number],
  pool: Uint32Array,
  bricks: Uint32Array,
  dense: Uint32Array,
): string | null {
  const nby = Math.ceil(ny / 8);
  const nbz = Math.ceil(nz / 8);
  for (const [slot, brick] of bricks.entries()) {
    for (let place = 0; place < 512; place++) {
      const x = 8 * Math.floor(brick / (nby * nbz)) + (place >> 6);
      const y = 8 * (Math.floor(brick / nbz) % nby) + ((place >> 3) & 7);
      const z = 8 * (brick % nbz) + (place & 7);
      const expected = x < nx && y < ny && z < nz ? dense[(x * ny + y) * nz + z] : 0;
      const got = pool[1024 * slot + place];
      if (got !== expected) return `voxel (${x}, ${y}, ${z}) is ${got}, dense ${expected}`;
    }
  }
  return null;
}
