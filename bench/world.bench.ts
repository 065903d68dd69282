/**
 * Two hundred targets in a world of 10 by 10 km: what the sparse grid holds, what it finds, and how long a time step takes.
 *
 * A time step is all rays into the grid of 12.8 m voxels, in two passes, then the voxels where three views meet as tiles of finer voxels,
 * two passes in those, and peaks. Memory is what the grid takes when it is opened, and what its tables hold in the end; ten times as many
 * targets must stay within the same. A target is found where a peak lies within two voxels of its level on each axis.
 */
import { type GridTable, gridMemoryBytes, type Kernels } from "@skyvox/kernels";
import { voxelSizeAtLevelM } from "@skyvox/voxels";
import { openWays } from "./backends.ts";
import { castTwoPasses, openDots } from "./cast-passes.ts";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  digestOf,
  interleave,
  perSecond,
  type Variant,
} from "./harness.ts";
import { targets } from "./targets.ts";
import { WORLD_VIEWS_MIN, type WorldScene, worldScene } from "./world-scene.ts";

/** Tables that hold the state of voxels, and words in a row of each. */
const STATE: readonly (readonly [GridTable, number])[] = [
  ["rays", 5],
  ["marks", 1],
  ["bricks", 1],
  ["pool", 1024],
  ["tiles", 3],
  ["segments", 5],
  ["tileBricks", 1],
  ["tilePool", 1024],
  ["peaks", 16],
];
const PEAK_WORDS = 16;
const VOXELS_APART_MAX = 2;

export const bench: Bench = {
  name: "world",
  subject: "kernels",
  async run({ small, rounds, adapter }: BenchOptions): Promise<BenchResult> {
    const size = small
      ? { targets: 4, sideM: 1000, heightM: 200, cameras: 4 }
      : { targets: 200, sideM: 10_000, heightM: 1000, cameras: 12 };
    const scene = worldScene({ seed: 1, ...size });
    const crowd = worldScene({ seed: 2, ...size, targets: 10 * size.targets });
    using stack = new DisposableStack();
    const { one, all } = await openWays(adapter, stack);
    const timings = await interleave(
      [worldVariant(one, scene), ...(all === one ? [] : [worldVariant(all, scene)])],
      rounds,
    );
    const found = await stateOf(one, scene);
    const crowded = await stateOf(one, crowd);
    const openedBytes = gridMemoryBytes(scene.grid);
    const stateMb = (bytes: number) => bytes / 1e6;
    return {
      rows: [
        ...timings.map(({ name, medianMs, noise }) => {
          const rate = perSecond(scene.rayCount, medianMs);
          return { name, median: medianMs, unit: "ms", noise, note: `${Math.round(rate / 1000)} thousand rays/s` };
        }),
        { name: "grid as opened", median: stateMb(openedBytes), unit: "MB" },
        { name: "tables held", median: stateMb(found.heldBytes), unit: "MB", note: found.counts },
        {
          name: `tables held, ${crowd.targets.length} targets`,
          median: stateMb(crowded.heldBytes),
          unit: "MB",
          note: crowded.counts,
        },
        { name: `targets found of ${crowd.targets.length}`, median: 100 * crowded.foundShare, unit: "%" },
      ],
      targets: [
        {
          name: "grid as opened",
          achieved: stateMb(openedBytes),
          wanted: stateMb(targets.world.stateBytesMax),
          unit: "MB",
          better: "lower",
        },
        {
          name: "tables held, ten times the targets",
          achieved: stateMb(crowded.heldBytes),
          wanted: stateMb(openedBytes),
          unit: "MB",
          better: "lower",
        },
        {
          name: "targets found",
          achieved: 100 * found.foundShare,
          wanted: 100 * targets.world.foundShare,
          unit: "%",
          better: "higher",
        },
      ],
      digest: digestOf(found.peaks, crowded.peaks),
    };
  },
};

function worldVariant(kernels: Kernels, scene: WorldScene): Variant {
  const grid = openDots(kernels, scene);
  const run = () => {
    castWorld(kernels, grid, scene);
    return kernels.submit();
  };
  return { name: `time step, ${scene.views.length} cameras, ${kernels.device}`, run };
}

function castWorld(kernels: Kernels, grid: ReturnType<Kernels["openGrid"]>, scene: WorldScene): void {
  castTwoPasses(kernels, grid, scene.views, WORLD_VIEWS_MIN);
  kernels.refine(grid, WORLD_VIEWS_MIN);
  kernels.castTiles(grid, WORLD_VIEWS_MIN);
  kernels.peaks(grid, { viewsMin: WORLD_VIEWS_MIN, sumMin: 1 });
}

interface State {
  readonly heldBytes: number;
  /** How many rows the tables hold, in words. */
  readonly counts: string;
  readonly foundShare: number;
  readonly peaks: Uint32Array;
}

/** Casts once and reads everything back. */
async function stateOf(kernels: Kernels, scene: WorldScene): Promise<State> {
  const grid = openDots(kernels, scene);
  castWorld(kernels, grid, scene);
  const pending = STATE.map(([table]) => kernels.readGrid(grid, table));
  await kernels.submit();
  const tables = await Promise.all(pending);
  kernels.closeGrid(grid);
  const heldBytes = tables.reduce((sum, { count }, i) => sum + 4 * count * STATE[i]![1], 0);
  const counts = ["bricks", "tiles", "segments", "tileBricks"].map((name) => {
    const table = tables[STATE.findIndex(([known]) => known === name)]!;
    return `${table.count} ${name}${table.status === 0 ? "" : ` of ${table.total}`}`;
  });
  const peaks = tables.at(-1)!.rows;
  return { heldBytes, counts: counts.join(", "), foundShare: foundShare(scene, peaks), peaks };
}

function foundShare({ minEnuM, targets: places }: WorldScene, peaks: Uint32Array): number {
  const isNear = (target: readonly number[], row: number) => {
    const voxelM = voxelSizeAtLevelM(peaks[row + 14]!);
    const apart = (k: number) => Math.abs((peaks[row + k]! + 0.5) * voxelM + minEnuM[k]! - target[k]!);
    return Math.max(apart(0), apart(1), apart(2)) <= VOXELS_APART_MAX * voxelM;
  };
  const rows = Array.from({ length: peaks.length / PEAK_WORDS }, (_, i) => i * PEAK_WORDS);
  return places.filter((target) => rows.some((row) => isNear(target, row))).length / places.length;
}
