/**
 * Cases of the sparse world: `refine`, `castTiles`, and `peaks` and `voxels` on a grid with finer voxels.
 *
 * Levels are random from superblock to superblock, so that tiles of all levels lie side by side. Limits are small enough that a case
 * stays within a few megabytes; many cases pass one of them, and say so by what they log. Rays that a camera hardly ever has (along
 * faces, edges and corners of tiles, and ties) come one per view, as in `cases-walk.ts`.
 */
import type { Prng, Vec3 } from "@skyvox/core";
import type { FineSpec, GridHandle, GridSpec, Kernels } from "../src/mod.ts";
import type { ConformanceCase } from "./case.ts";
import { addScene, castAll } from "./grid-scene.ts";
import { directModel, onePoint, pick, q20, randomCamera, randomPoints, randomSize } from "./material.ts";
import { onGrid, type Reading, type ReadingLog } from "./reading-log.ts";

/** Cases of `refine`, `castTiles`, and `peaks` and `voxels` of tiles. */
export const worldCases: readonly ConformanceCase[] = [
  {
    name: "refine: random scenes, levels and views",
    seeds: 40,
    run: (kernels, prng) =>
      onWorld(kernels, prng, randomSize(prng), {}, (grid, log, sizeVoxels) => {
        addScene(kernels, grid, prng, sizeVoxels);
        castAll(kernels, grid, 1 + prng.int(2));
        for (const viewsMin of [2, 1, 4, 3]) {
          kernels.refine(grid, viewsMin);
          log.grid(grid, "tiles", "segments");
        }
      }),
  },
  {
    name: "castTiles: random scenes, levels and views",
    seeds: 60,
    run: (kernels, prng) =>
      onWorld(kernels, prng, randomSize(prng), {}, (grid, log, sizeVoxels) => {
        addScene(kernels, grid, prng, sizeVoxels, { views: 2 + prng.int(5), clutter: 6 });
        castAll(kernels, grid, 1);
        kernels.refine(grid, pick(prng, 1, 2, 2, 3));
        castTilesAndLog(kernels, grid, log, 1 + prng.int(4));
      }),
  },
  {
    name: "castTiles: along faces, edges and corners of tiles",
    seeds: 40,
    run: (kernels, prng) => {
      const sizeVoxels = randomSize(prng);
      const least = () => (1 + prng.int(30)) * 2 ** -20;
      const grazing = (n: number) => prng.int(n + 1) + pick(prng, 0, 0, least(), -least(), 0.5);
      const slope = () => pick(prng, 0, 1, -1, 1 << 8, -(1 << 8), 1 << 29, -(1 << 29), (1 << 29) - 1, 1 << 19);
      return castOneByOne(kernels, prng, sizeVoxels, () => {
        const from = triple((k) => grazing(sizeVoxels[k]));
        if (prng.int(2) === 0) from[prng.int(3)] = pick(prng, -20, 60, -7.5);
        return { from, direction: [slope(), slope(), slope()] };
      });
    },
  },
  {
    name: "castTiles: every axis, sign and tie",
    seeds: 24,
    run: (kernels, prng) => {
      const sizeVoxels = pick<[number, number, number]>(prng, [16, 16, 16], [23, 9, 31], [8, 40, 8]);
      const step = () => pick(prng, 1, -1, 1, -1, 0) * 12_345;
      return castOneByOne(kernels, prng, sizeVoxels, () => {
        const offset = pick(prng, 0, 0.5, 2 ** -7, 3 * 2 ** -9);
        return { from: triple((k) => prng.int(sizeVoxels[k] + 5) - 2 + offset), direction: [step(), step(), step()] };
      });
    },
  },
  {
    name: "castTiles: from within a tile, from its faces and corners",
    seeds: 24,
    run: (kernels, prng) => {
      const sizeVoxels = pick<[number, number, number]>(prng, [9, 12, 8], [16, 8, 11], [8, 8, 8]);
      const component = () => (prng.uint32() | 0) >> pick(prng, 3, 3, 9, 21);
      return castOneByOne(kernels, prng, sizeVoxels, () => {
        const offset = () => pick(prng, 0, 0, prng.uniform(0, 1), 2 ** -20, -(2 ** -20));
        const from = triple((k) => prng.int(sizeVoxels[k]) + offset());
        return { from, direction: [component(), component(), component()] };
      });
    },
  },
  {
    name: "castTiles: from as far away as positions reach",
    seeds: 24,
    run: (kernels, prng) => {
      const sizeVoxels = pick<[number, number, number]>(prng, [24, 16, 9], [16, 33, 16]);
      return castOneByOne(kernels, prng, sizeVoxels, () => {
        const to = triple((k) => prng.uniform(0, sizeVoxels[k]));
        const away = triple(() => pick(prng, 0, 1, -1, prng.uniform(-1, 1)));
        // A ray 990 voxels out may move 1,023 sideways on its way to the far face; one along an axis moves by none.
        const isAlongOne = away.filter((part) => part !== 0).length === 1;
        const from = triple((k) => to[k] + away[k] * (isAlongOne ? 1970 : 980));
        const direction = triple((k) => Math.round((to[k] - from[k]) * 2 ** 18));
        return { from, direction };
      });
    },
  },
  {
    name: "castTiles: void rays and rays that look away",
    seeds: 4,
    run: (kernels, prng) => {
      const away = 1 + prng.int(1000);
      const rays: DirectRay[] = [
        { from: [3, 3, 3], direction: [0, 0, 0] },
        { from: [-1, 5, 5], direction: [-away, 0, 0] },
        { from: [5, 13, 5], direction: [0, away, 1] },
        { from: [3, 4, 5], direction: [away, 0, 0] },
        { from: [5, 5, -0.5], direction: [away, away, away] },
        { from: [40, 40, 40], direction: [away, away, away] },
      ];
      return castOneByOne(kernels, prng, [12, 12, 12], (i) => rays[i % rays.length]!);
    },
  },
  {
    name: "castTiles: a wide world of 12 views",
    seeds: 3,
    run: (kernels, prng) =>
      onWorld(kernels, prng, [200, 160, 40], { marksMax: 2 ** 20, bricksMax: 4096 }, (grid, log, sizeVoxels) => {
        addClusters(kernels, grid, prng, sizeVoxels);
        castAll(kernels, grid, 3);
        log.grid(grid, "bricks", "pool");
        kernels.refine(grid, 3);
        castTilesAndLog(kernels, grid, log, 3);
        for (const viewsMin of [3, 5]) findAndLog(kernels, grid, log, { viewsMin, sumMin: 20 });
      }),
  },
  {
    name: "castTiles: thousands of rays",
    seeds: 3,
    run: (kernels, prng) => {
      const limits = { segmentsMax: pick(prng, 2 ** 16, 5000), bricksMax: 2048 };
      return onWorld(kernels, prng, [24, 16, 13], limits, (grid, log, sizeVoxels) => {
        addScene(kernels, grid, prng, sizeVoxels, { views: 8, clutter: 400 });
        castAll(kernels, grid, 2);
        kernels.refine(grid, 3);
        castTilesAndLog(kernels, grid, log, 3);
        findAndLog(kernels, grid, log, { viewsMin: 3, sumMin: 1 });
      });
    },
  },
  {
    name: "castTiles: past every limit",
    seeds: 40,
    run: (kernels, prng) => {
      const limits = {
        tilesMax: pick(prng, 1, 3, 4096),
        marksMax: pick(prng, 1, 600, 5000, 100_000),
        segmentsMax: pick(prng, 1, 20, 8192),
        bricksMax: pick(prng, 1, 9, 2048),
        peaksMax: pick(prng, 1, 4096),
        voxelsMax: pick(prng, 1, 70, 65_536),
      };
      return onWorld(kernels, prng, randomSize(prng), limits, (grid, log, sizeVoxels) => {
        addScene(kernels, grid, prng, sizeVoxels, { views: 4, clutter: 12 });
        castAll(kernels, grid, 1);
        kernels.refine(grid, 1 + prng.int(2));
        castTilesAndLog(kernels, grid, log, 1 + prng.int(2));
        findAndLog(kernels, grid, log, { viewsMin: 1, sumMin: 1 });
      });
    },
  },
  {
    name: "castTiles: out of turn, twice, after clear",
    seeds: 16,
    run: (kernels, prng) =>
      onWorld(kernels, prng, randomSize(prng), {}, (grid, log, sizeVoxels) => {
        const all = () => {
          log.grid(grid, "tiles", "segments", "tileBricks", "tilePool");
          findAndLog(kernels, grid, log, { viewsMin: 1, sumMin: 1 });
        };
        all();
        kernels.castTiles(grid, 1);
        all();
        addScene(kernels, grid, prng, sizeVoxels);
        kernels.refine(grid, 1);
        kernels.castTiles(grid, 1);
        all();
        castAll(kernels, grid, 1);
        all();
        kernels.refine(grid, 2);
        all();
        for (const viewsMin of [1, 2, 2]) {
          kernels.castTiles(grid, viewsMin);
          all();
        }
        // Neither a new selection of the grid nor more rays changes what is refined; the origins are those of then.
        kernels.select(grid, 4);
        addScene(kernels, grid, prng, sizeVoxels);
        kernels.castTiles(grid, 1);
        all();
        kernels.refine(grid, 1);
        all();
        kernels.clear(grid);
        all();
        addScene(kernels, grid, prng, sizeVoxels);
        castAll(kernels, grid, 2);
        kernels.refine(grid, 2);
        kernels.castTiles(grid, 2);
        all();
      }),
  },
  {
    name: "peaks: of tiles, random scenes and limits",
    seeds: 40,
    run: (kernels, prng) => {
      const limits = { peaksMax: pick(prng, 2, 4096), voxelsMax: pick(prng, 2, 65_536) };
      return onWorld(kernels, prng, randomSize(prng), limits, (grid, log, sizeVoxels) => {
        addScene(kernels, grid, prng, sizeVoxels, { views: 8, clutter: 12 });
        castAll(kernels, grid, 2);
        kernels.refine(grid, 2);
        kernels.castTiles(grid, pick(prng, 1, 2));
        for (const viewsMin of [1, 2, 3]) {
          findAndLog(kernels, grid, log, { viewsMin, sumMin: pick(prng, 1, 100, 2 ** 32 - 1) });
        }
      });
    },
  },
  {
    name: "peaks: across faces of tiles, of one level and of two, weights near 2^32",
    seeds: 40,
    run: (kernels, prng) => {
      const levels = pick(prng, [0, 0], [4, 4], [2, 2], [3, 4], [0, 1]);
      const limits = { levelOf: (brick: number) => levels[brick % 2]! };
      return onWorld(kernels, prng, [16, 16, 16], limits, (grid, log) => {
        // Through the corner of eight superblocks at (8, 8, 8), or the corner of tiles at (4, 4, 4), by a few finer voxels.
        const [corner, near] = [pick(prng, 4, 8), pick(prng, 0.01, 0.1)];
        const weight = pick(prng, 7, 2 ** 29, 2 ** 30 - 1);
        for (let view = 0; view < 4; view++) {
          const step = () => pick(prng, 0, 9, -9, 4);
          const direction: Vec3 = [step(), step(), 9];
          const from = triple((k) => corner - direction[k] / 2 + pick(prng, 0, prng.uniform(-near, near)));
          kernels.setView(
            grid,
            view,
            directModel(
              triple((k) => q20(from[k])),
              direction,
            ),
          );
          kernels.rays(grid, view, onePoint(weight));
        }
        castAll(kernels, grid, 1);
        kernels.refine(grid, pick(prng, 1, 2));
        castTilesAndLog(kernels, grid, log, 1);
        for (const viewsMin of [1, 2, 3, 4]) findAndLog(kernels, grid, log, { viewsMin, sumMin: 1 });
      });
    },
  },
];

/** Limits of a world, and the level of each superblock where it shall not be random. */
type WorldLimits = Partial<FineSpec & Pick<GridSpec, "peaksMax" | "voxelsMax">> & {
  readonly levelOf?: (brick: number) => number;
};

/** Opens a grid with finer voxels for one case. */
function onWorld(
  kernels: Kernels,
  prng: Prng,
  sizeVoxels: GridSpec["sizeVoxels"],
  { peaksMax = 4096, voxelsMax = 65_536, levelOf = () => prng.int(5), ...limits }: WorldLimits,
  body: (grid: GridHandle, log: ReadingLog, sizeVoxels: GridSpec["sizeVoxels"]) => void,
): Promise<Reading[]> {
  const superblocks = sizeVoxels.reduce((count, side) => count * Math.ceil(side / 8), 1);
  const levels = Uint8Array.from({ length: superblocks }, (_, brick) => levelOf(brick));
  const fine = { levels, tilesMax: 4096, segmentsMax: 8192, marksMax: 2 ** 17, bricksMax: 1024, ...limits };
  return onGrid(kernels, { sizeVoxels, peaksMax, voxelsMax, fine }, (grid, log) => body(grid, log, sizeVoxels));
}

function castTilesAndLog(kernels: Kernels, grid: GridHandle, log: ReadingLog, viewsMin: number): void {
  kernels.castTiles(grid, viewsMin);
  log.grid(grid, "tiles", "segments", "tileBricks", "tilePool");
}

function findAndLog(
  kernels: Kernels,
  grid: GridHandle,
  log: ReadingLog,
  evidence: Parameters<Kernels["peaks"]>[1],
): void {
  kernels.peaks(grid, evidence);
  kernels.voxels(grid, evidence);
  log.grid(grid, "peaks", "voxels");
}

interface DirectRay {
  /** In voxels of the grid. */
  readonly from: Vec3;
  readonly direction: Vec3;
}

/** Casts 16 rays, one per view with weight view + 1, through the tiles they make themselves. */
function castOneByOne(
  kernels: Kernels,
  prng: Prng,
  sizeVoxels: readonly [number, number, number],
  ray: (index: number) => DirectRay,
): Promise<Reading[]> {
  return onWorld(kernels, prng, sizeVoxels, {}, (grid, log) => {
    for (let view = 16; view < 32; view++) {
      const { from, direction } = ray(view - 16);
      kernels.setView(
        grid,
        view,
        directModel(
          triple((k) => q20(from[k])),
          direction,
        ),
      );
      kernels.rays(grid, view, onePoint(view + 1));
    }
    castAll(kernels, grid, 1);
    kernels.refine(grid, 1);
    castTilesAndLog(kernels, grid, log, 1);
  });
}

/** Adds 12 cameras that look at clusters of targets, most of them next to a face, an edge or a corner of tiles. */
function addClusters(kernels: Kernels, grid: GridHandle, prng: Prng, sizeVoxels: GridSpec["sizeVoxels"]): void {
  const targets: Vec3[] = [];
  for (let cluster = 0; cluster < 8; cluster++) {
    const corner = triple((k) => pick(prng, 8, 8, 1) * (1 + prng.int(Math.floor(sizeVoxels[k] / 8) - 1)));
    for (let i = 0; i < 4; i++) targets.push(triple((k) => corner[k] + pick(prng, 0.2, 0.02) * prng.uniform(-1, 1)));
  }
  for (let view = 0; view < 12; view++) {
    const camera = randomCamera(prng, sizeVoxels);
    kernels.setView(grid, view, camera.model);
    kernels.rays(grid, view, randomPoints(prng, camera, targets, 10));
  }
}

function triple(value: (k: 0 | 1 | 2) => number): [number, number, number] {
  return [value(0), value(1), value(2)];
}
