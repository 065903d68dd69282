/**
 * What must hold on any backend by itself, told without the reference: order of rays does not matter, and two passes equal dense
 * casting, in the grid and in its tiles. The cases would find a break of either too; here the message says what broke.
 */
import { createPrng, type Prng } from "@skyvox/core";
import type { GridHandle, Kernels } from "../src/kernels.ts";
import type { RayModel } from "../src/ray-model.ts";
import { directModel, onePoint, pick, randomCamera, randomPoints, randomSize, shuffledPoints } from "./material.ts";
import { onGrid, type Reading } from "./reading-log.ts";
import { firstUnlikeEveryRay, type TileTables } from "./tile-oracle.ts";

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
  {
    name: "castTiles: any order of rays gives the same tile pool",
    seeds: 8,
    check: async (kernels, prng) => {
      const scene = randomScene(prng);
      const world = { ...scene, levels: randomLevels(prng, scene.sizeVoxels) };
      const asMade = await castWorld(kernels, world, 1);
      const shuffled = scene.points.map(({ view, points }) => ({ view, points: shuffledPoints(prng, points) }));
      const reordered = await castWorld(kernels, { ...world, points: shuffled.reverse() }, 1);
      return isSame(asMade.tilePool, reordered.tilePool) ? null : "the tile pool depends on the order of rays";
    },
  },
  {
    name: "castTiles: two passes equal dense casting inside selected bricks",
    seeds: 40,
    check: async (kernels, prng) => {
      // Along faces one view suffices for a tile: the more tiles, the more there is to miss.
      const [scene, viewsMin] = prng.int(2) === 0 ? [randomScene(prng), pick(prng, 1, 2, 3)] : [grazingScene(prng), 1];
      const world = { ...scene, levels: randomLevels(prng, scene.sizeVoxels) };
      return firstUnlikeEveryRay(await castWorld(kernels, world, viewsMin));
    },
  },
];

/** Checks one rule on one seed. */
export function checkProperty(property: ConformanceProperty, kernels: Kernels, seed: number): Promise<string | null> {
  return property.check(kernels, createPrng(seed).fork(property.name));
}

interface Scene {
  readonly sizeVoxels: [number, number, number];
  readonly models: readonly { view: number; model: RayModel }[];
  readonly points: readonly { view: number; points: Uint32Array }[];
}

function randomScene(prng: Prng): Scene {
  const sizeVoxels = randomSize(prng);
  const target = [sizeVoxels[0] / 2, sizeVoxels[1] / 2, sizeVoxels[2] / 2] as const;
  const cameras = [0, 7, 19, 30, 31].map((view) => ({ view, camera: randomCamera(prng, sizeVoxels) }));
  const points = cameras.map(({ view, camera }) => ({ view, points: randomPoints(prng, camera, [target], 20) }));
  return { sizeVoxels, models: cameras.map(({ view, camera }) => ({ view, model: camera.model })), points };
}

/**
 * Rays within a few thousandths of faces, edges and corners of tiles, nearly along them: what the margin of segments is for. Each has a
 * companion a quarter of a voxel aside, so that there is a tile on the other side too.
 */
function grazingScene(prng: Prng): Scene {
  const sizeVoxels = randomSize(prng);
  const offset = () => pick(prng, 0, 1, 1, -1) * pick(prng, 1, 20, 500, 4000, 8000) + prng.int(20);
  const slope = () => pick(prng, 0, 1, -1, 1 << 8, -(1 << 8), -(1 << 9), 1 << 18, -(1 << 18), (1 << 29) - 1);
  const models: { view: number; model: RayModel }[] = [];
  for (let view = 0; view < 32; view += 2) {
    const origin = triple((axis) => prng.int(sizeVoxels[axis] + 1) * 2 ** 20 + offset());
    const direction = triple(slope);
    const k = prng.int(3);
    const isUp = prng.int(2) === 0;
    direction[k] = isUp ? 1 << 29 : -(1 << 29);
    // Some come from so far that the walk of the grid has lost a few thousandths.
    if (prng.int(2) === 0) origin[k] = pick(prng, 20, 900, 1900) * 2 ** 20 * (isUp ? -1 : 1);
    const aside = triple((axis) => origin[axis] + pick(prng, -1, 1) * 2 ** 18);
    models.push(
      { view, model: directModel(origin, direction) },
      { view: view + 1, model: directModel(aside, direction) },
    );
  }
  return { sizeVoxels, models, points: models.map(({ view }) => ({ view, points: onePoint(view + 1) })) };
}

function triple(value: (axis: 0 | 1 | 2) => number): [number, number, number] {
  return [value(0), value(1), value(2)];
}

interface World extends Scene {
  readonly levels: Uint8Array;
}

function randomLevels(prng: Prng, sizeVoxels: readonly number[]): Uint8Array {
  const superblocks = sizeVoxels.reduce((count, side) => count * Math.ceil(side / 8), 1);
  return Uint8Array.from({ length: superblocks }, () => pick(prng, 4, 4, 3, 2, 1, 0));
}

/** Casts a world in its grid and in its tiles, with room for all that the grid gives. */
async function castWorld(kernels: Kernels, world: World, viewsMin: number): Promise<TileTables> {
  const fine = { levels: world.levels, tilesMax: 64, segmentsMax: 8192, marksMax: 2 ** 18, bricksMax: 8192 };
  const readings = await onGrid(kernels, { sizeVoxels: world.sizeVoxels, fine }, (grid, log) => {
    addScene(kernels, grid, world);
    kernels.mark(grid);
    kernels.select(grid, viewsMin);
    kernels.cast(grid);
    kernels.refine(grid, viewsMin);
    kernels.castTiles(grid, viewsMin);
    log.grid(grid, "rays", "tiles", "tileBricks", "tilePool");
  });
  const [rays, tiles, tileBricks, tilePool] = readings.map(({ table }) => table.rows);
  const models = new Map(world.models.map(({ view, model }) => [view, model]));
  return { rays: rays!, models, tiles: tiles!, tileBricks: tileBricks!, tilePool: tilePool!, viewsMin };
}

function addScene(kernels: Kernels, grid: GridHandle, scene: Scene): void {
  for (const { view, model } of scene.models) kernels.setView(grid, view, model);
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
