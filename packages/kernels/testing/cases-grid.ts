/**
 * Cases of the ops on a grid, in scenes of random cameras that look at common targets.
 *
 * Grids are small, not cubic, and mostly no multiple of 8 a side; views include 31, whose bit is the sign of an int32. What random
 * cameras hardly ever hit (faces, ties, corners) stands in `cases-walk.ts`.
 */
import type { Prng } from "@skyvox/core";
import type { GridHandle, GridSpec, Kernels } from "../src/mod.ts";
import type { ConformanceCase } from "./case.ts";
import { addScene, castAll } from "./grid-scene.ts";
import { directModel, onePoint, pick, q20, randomCamera, randomPoints, randomSize } from "./material.ts";
import { onGrid, type ReadingLog } from "./reading-log.ts";

/** Cases of `rays`, `mark`, `select`, `cast`, `castDense`, `peaks` and `voxels` on scenes of random cameras. */
export const gridCases: readonly ConformanceCase[] = [
  {
    name: "rays: random lenses, places in the image and views",
    seeds: 40,
    run: (kernels, prng) =>
      onGrid(kernels, { sizeVoxels: [20, 30, 10] }, (grid, log) => {
        for (let call = 0; call < 6; call++) {
          const camera = randomCamera(prng, [20, 30, 10]);
          const view = pick(prng, 0, 31, prng.int(32));
          kernels.setView(grid, view, camera.model);
          kernels.rays(grid, view, randomPoints(prng, camera, [], prng.int(40)));
        }
        log.grid(grid, "rays");
      }),
  },
  {
    name: "rays: full lists and weights are refused whole",
    seeds: 4,
    run: (kernels, prng) =>
      onGrid(kernels, { sizeVoxels: [8, 8, 8], raysMax: 5, dense: true }, (grid, log) => {
        kernels.setView(grid, 3, directModel([0, 0, 0], [1 + prng.int(9), 2, 3]));
        const add = (...weights: number[]) => {
          const points = Uint32Array.from(weights.flatMap((weight) => [0, 0, weight, 1]));
          log.attempt(() => kernels.rays(grid, 3, points));
          log.grid(grid, "rays");
        };
        add();
        add(1, 2, 3, 4, 5, 6);
        add(1, 2, 3, 4);
        add(5, 6);
        add(2 ** 32 - 11);
        add(2 ** 32 - 10);
        kernels.castDense(grid);
        log.grid(grid, "rays", "dense");
        add(2 ** 31, 2 ** 31 - 11);
        kernels.castDense(grid);
        add(1);
        log.grid(grid, "rays", "dense");
        kernels.clear(grid);
        add(2 ** 31, 2 ** 31 - 1);
        add(0);
        add(1);
        log.grid(grid, "dense");
      }),
  },
  {
    name: "mark: random scenes",
    seeds: 40,
    run: (kernels, prng) => {
      const sizeVoxels = randomSize(prng);
      return onGrid(kernels, { sizeVoxels }, (grid, log) => {
        addScene(kernels, grid, prng, sizeVoxels);
        kernels.mark(grid);
        log.grid(grid, "marks");
      });
    },
  },
  {
    name: "select: random marks and limits",
    seeds: 16,
    run: (kernels, prng) => {
      const sizeVoxels = randomSize(prng);
      return onGrid(kernels, { sizeVoxels, bricksMax: pick(prng, 1, 5, 4096) }, (grid, log) => {
        addScene(kernels, grid, prng, sizeVoxels);
        kernels.mark(grid);
        for (const viewsMin of [2, 1, 4, 3, 32]) {
          kernels.select(grid, viewsMin);
          log.grid(grid, "bricks", "pool");
        }
      });
    },
  },
  {
    name: "cast: random scenes",
    seeds: 40,
    run: (kernels, prng) => {
      const sizeVoxels = randomSize(prng);
      return onGrid(kernels, { sizeVoxels, bricksMax: pick(prng, 3, 4096, 4096) }, (grid, log) => {
        addScene(kernels, grid, prng, sizeVoxels);
        castAll(kernels, grid, 1 + prng.int(4));
        log.grid(grid, "rays", "marks", "bricks", "pool");
      });
    },
  },
  {
    name: "cast: twice, again after select, again after clear",
    seeds: 8,
    run: (kernels, prng) => {
      const sizeVoxels = randomSize(prng);
      return onGrid(kernels, { sizeVoxels }, (grid, log) => {
        kernels.cast(grid);
        log.grid(grid, "pool");
        addScene(kernels, grid, prng, sizeVoxels);
        kernels.cast(grid);
        log.grid(grid, "pool");
        castAll(kernels, grid, 2);
        log.grid(grid, "pool");
        kernels.cast(grid);
        log.grid(grid, "pool");
        kernels.select(grid, 1);
        kernels.cast(grid);
        log.grid(grid, "bricks", "pool");
        kernels.clear(grid);
        log.grid(grid, "rays", "marks", "bricks", "pool", "peaks", "voxels");
        addScene(kernels, grid, prng, sizeVoxels);
        castAll(kernels, grid, 1);
        log.grid(grid, "bricks", "pool");
      });
    },
  },
  {
    name: "cast: a wide scene of 12 views",
    seeds: 2,
    run: (kernels, prng) => {
      const sizeVoxels = [210, 163, 60] as const;
      return onGrid(kernels, { sizeVoxels }, (grid, log) => {
        for (let part = 0; part < 4; part++) addScene(kernels, grid, prng, sizeVoxels, { views: 3, clutter: 25 });
        castAll(kernels, grid, 3);
        kernels.peaks(grid, { viewsMin: 3, sumMin: 20 });
        kernels.voxels(grid, { viewsMin: 3, sumMin: 1 });
        log.grid(grid, "bricks", "pool", "peaks", "voxels");
      });
    },
  },
  {
    name: "castDense: random scenes in batches",
    seeds: 24,
    run: (kernels, prng) => {
      const sizeVoxels = randomSize(prng);
      return onGrid(kernels, { sizeVoxels, dense: true }, (grid, log) => {
        for (let batch = 0; batch < 2; batch++) {
          addScene(kernels, grid, prng, sizeVoxels);
          kernels.castDense(grid);
          log.grid(grid, "rays", "dense");
        }
        kernels.clear(grid);
        log.grid(grid, "dense");
      });
    },
  },
  {
    name: "peaks: random scenes and limits",
    seeds: 40,
    run: (kernels, prng) => onEvidence(kernels, prng, { peaksMax: pick(prng, 2, 4096) }),
  },
  {
    name: "peaks: plateaus, and weights near 2^32",
    seeds: 12,
    run: (kernels, prng) =>
      onGrid(kernels, { sizeVoxels: [17, 17, 17] }, (grid, log) => {
        const weight = pick(prng, 7, 2 ** 29, 2 ** 30 - 1);
        for (let view = 0; view < 4; view++) {
          // Parallel to an axis or to a diagonal through the brick corner at (8, 8, 8).
          const direction = pick(prng, [0, 0, 9], [0, 9, 0], [9, 0, 0], [9, 9, 9], [9, -9, 0]) as [
            number,
            number,
            number,
          ];
          const origin = () => q20(8 + prng.uniform(-1.2, 1.2));
          kernels.setView(grid, view, directModel([origin(), origin(), origin()], direction));
          kernels.rays(grid, view, onePoint(weight));
        }
        castAll(kernels, grid, 1);
        for (const viewsMin of [1, 2, 3, 4]) {
          kernels.peaks(grid, { viewsMin, sumMin: 1 });
          log.grid(grid, "peaks");
        }
      }),
  },
  {
    name: "voxels: random scenes and limits",
    seeds: 24,
    run: (kernels, prng) => onEvidence(kernels, prng, { voxelsMax: pick(prng, 2, 65_536) }),
  },
];

/** Casts a random scene and lists its peaks and voxels under several demands. */
function onEvidence(kernels: Kernels, prng: Prng, limits: Partial<GridSpec>) {
  const sizeVoxels = randomSize(prng);
  return onGrid(kernels, { sizeVoxels, ...limits }, (grid: GridHandle, log: ReadingLog) => {
    for (let i = 0; i < 2; i++) addScene(kernels, grid, prng, sizeVoxels);
    castAll(kernels, grid, 1);
    for (const viewsMin of [1, 2, 3]) {
      const evidence = { viewsMin, sumMin: pick(prng, 1, 100, 2 ** 32 - 1) };
      kernels.peaks(grid, evidence);
      kernels.voxels(grid, evidence);
      log.grid(grid, "peaks", "voxels");
    }
  });
}
