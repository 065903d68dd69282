/**
 * Cases of the walk: rays with chosen origins and directions, up to 32 at a time, one per view.
 *
 * They aim at what random cameras hardly ever hit: every face, edge and corner of the grid, rays along them, ties between axes and
 * between boundaries, and the longest grid. Each is cast in two passes and densely.
 */
import type { Vec3 } from "@skyvox/core";
import type { Kernels } from "../src/mod.ts";
import type { ConformanceCase } from "./case.ts";
import { directModel, onePoint, pick, q20, randomSize } from "./material.ts";
import { onGrid, type Reading } from "./reading-log.ts";

/** Cases of the walk: rays with chosen origins and directions, up to 32 at a time, one per view. */
export const walkCases: readonly ConformanceCase[] = [
  {
    name: "cast: one ray from every side",
    seeds: 24,
    run: (kernels, prng) => {
      const sizeVoxels = randomSize(prng);
      // Every face, edge and corner has a side of its own; 26 of them, the upper faces included, then rays from inside.
      const rays: DirectRay[] = [];
      for (let side = 0; side < 27; side++) {
        const sides = [(side % 3) - 1, (Math.floor(side / 3) % 3) - 1, Math.floor(side / 9) - 1];
        const from = sizeVoxels.map((n, k) => n / 2 + sides[k]! * (n / 2 + prng.uniform(0, 30)));
        const to = sizeVoxels.map((n) => prng.uniform(0, n));
        const direction = to.map((t, k) => Math.round((t - from[k]!) * 2 ** 20));
        rays.push({ originQ20: q20All(from), direction: direction as [number, number, number] });
      }
      return castDirect(kernels, sizeVoxels, rays);
    },
  },
  {
    name: "cast: into the outermost voxels of the upper faces",
    seeds: 8,
    run: (kernels, prng) => {
      const sizeVoxels = randomSize(prng);
      const rays: DirectRay[] = [];
      for (const k of [0, 1, 2] as const) {
        // Straight down, oblique, and from exactly on the face: index n belongs to no voxel, n - 1 does.
        for (const tilt of [0, 1, 900_000, 1 << 20]) {
          for (const above of [0, 2 ** -20, 1.5, 7, 300]) {
            if (rays.length === 32) break;
            const from: [number, number, number] = [0.5, 0.5, 0.5];
            from[k] = sizeVoxels[k] + above;
            const direction: [number, number, number] = [tilt, tilt, tilt];
            direction[k] = -(1 << 20);
            rays.push({ originQ20: q20All(from), direction });
          }
        }
      }
      return castDirect(kernels, sizeVoxels, rays);
    },
  },
  {
    name: "cast: along faces, edges and corners",
    seeds: 24,
    run: (kernels, prng) => {
      const sizeVoxels = randomSize(prng);
      const grazing = (n: number) => pick(prng, 0, n, n - 1, 2 ** -20, -(2 ** -20), n - 2 ** -20, 8, prng.int(n + 1));
      const slope = () => pick(prng, 0, 0, 1, -1, 1 << 29, -(1 << 29), (1 << 29) - 1, 1 << 9);
      const rays: DirectRay[] = [];
      for (let i = 0; i < 32; i++) {
        const from = sizeVoxels.map(grazing);
        if (prng.int(2) === 0) from[prng.int(3)] = pick(prng, -20, 60, -7.5);
        rays.push({ originQ20: q20All(from), direction: [slope(), slope(), slope()] });
      }
      return castDirect(kernels, sizeVoxels, rays);
    },
  },
  {
    name: "cast: diagonals whose axes tie",
    seeds: 12,
    run: (kernels, prng) => {
      const sizeVoxels = pick<[number, number, number]>(prng, [16, 16, 16], [23, 9, 31], [8, 40, 8]);
      const step = () => pick(prng, 1, -1, 1, -1, 0) * 12_345;
      const rays: DirectRay[] = [];
      for (let i = 0; i < 32; i++) {
        const offset = pick(prng, 0, 0.5, 0.25);
        const from = sizeVoxels.map((n) => prng.int(n + 5) - 2 + offset);
        rays.push({ originQ20: q20All(from), direction: [step(), step(), step()] });
      }
      return castDirect(kernels, sizeVoxels, rays);
    },
  },
  {
    name: "cast: random origins and directions",
    seeds: 40,
    run: (kernels, prng) => {
      const sizeVoxels = randomSize(prng);
      const component = () => (prng.uint32() | 0) >> (2 + prng.int(pick(prng, 4, 30)));
      const rays: DirectRay[] = [];
      for (let i = 0; i < 32; i++) {
        const spread = pick(prng, 1, 3, 20);
        const from = sizeVoxels.map((n) => n / 2 + prng.uniform(-0.5, 0.5) * spread * n);
        rays.push({ originQ20: q20All(from), direction: [component(), component(), component()] });
      }
      return castDirect(kernels, sizeVoxels, rays);
    },
  },
  {
    name: "cast: the longest grid",
    seeds: 6,
    run: (kernels, prng) => {
      const long = prng.int(3);
      const sizeVoxels: [number, number, number] = [9, 17, 4];
      sizeVoxels[long] = 2047;
      const rays: DirectRay[] = [];
      for (let i = 0; i < 8; i++) {
        const from = sizeVoxels.map((n) => prng.uniform(0, n));
        const isUp = prng.int(2) === 0;
        if (prng.int(3) > 0) from[long] = isUp ? 0 : 2047;
        const direction: [number, number, number] = [prng.int(900), prng.int(900), prng.int(900)];
        direction[long] = isUp ? 90_000 : -90_000;
        rays.push({ originQ20: q20All(from), direction });
      }
      return castDirect(kernels, sizeVoxels, rays);
    },
  },
  {
    name: "cast: void rays and rays that look away",
    seeds: 4,
    run: (kernels, prng) => {
      const away = 1 + prng.int(1000);
      return castDirect(
        kernels,
        [12, 12, 12],
        [
          { originQ20: q20All([3, 3, 3]), direction: [0, 0, 0] },
          { originQ20: q20All([-1, 5, 5]), direction: [-away, 0, 0] },
          { originQ20: q20All([5, 13, 5]), direction: [0, away, 1] },
          { originQ20: q20All([5, 5, -0.5]), direction: [away, away, away] },
          { originQ20: q20All([40, 40, 40]), direction: [away, away, away] },
        ],
      );
    },
  },
];

interface DirectRay {
  readonly originQ20: Vec3;
  readonly direction: Vec3;
}

function q20All(voxels: readonly number[]): [number, number, number] {
  return [q20(voxels[0]!), q20(voxels[1]!), q20(voxels[2]!)];
}

/** Casts up to 32 rays, one per view with weight view + 1, in two passes and densely. */
async function castDirect(
  kernels: Kernels,
  sizeVoxels: readonly [number, number, number],
  rays: readonly DirectRay[],
): Promise<Reading[]> {
  const addAll = (grid: Parameters<Kernels["rays"]>[0]) => {
    for (const [view, ray] of rays.entries()) {
      kernels.setView(grid, view, directModel(ray.originQ20, ray.direction));
      kernels.rays(grid, view, onePoint(view + 1));
    }
  };
  const sparse = await onGrid(kernels, { sizeVoxels }, (grid, log) => {
    addAll(grid);
    kernels.mark(grid);
    kernels.select(grid, 1);
    kernels.cast(grid);
    log.grid(grid, "rays", "marks", "pool");
  });
  const dense = await onGrid(kernels, { sizeVoxels, dense: true }, (grid, log) => {
    addAll(grid);
    kernels.castDense(grid);
    log.grid(grid, "dense");
  });
  return [...sparse, ...dense];
}
