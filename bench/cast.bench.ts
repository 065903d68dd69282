/**
 * Casting one time step of `dots-scene.ts`: rays per second in two passes and densely, with the work behind them.
 *
 * A ray of two passes is marked, its bricks selected, and cast; rays are added and the grid emptied within the time too. Steps are
 * the voxels a ray crosses in the whole grid, updates those that it adds to, each reading and writing a sum of 4 bytes and, in two
 * passes, 4 bytes of view bits. A GPU is also given a million rays, since 20,000 leave most of it idle. With `--anchors` OctoMap
 * and OpenVDB cast the same rays (`cast-anchor.ts`).
 */
import { gridMemoryBytes, type Kernels, type KernelsAdapter } from "@skyvox/kernels";
import { isGpu, openWays, type Ways } from "./backends.ts";
import { compareWithRivals } from "./cast-anchor.ts";
import { castDensely, castTwoPasses, gridRows, openDots, VIEWS_MIN } from "./cast-passes.ts";
import { bandwidthNote, openCopy } from "./copy.ts";
import { type DotsScene, dotsScene } from "./dots-scene.ts";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  type BenchRow,
  type BenchTarget,
  digestOf,
  interleaveTimed,
  perSecond,
  type Timing,
  timed,
  type Variant,
} from "./harness.ts";
import { targets } from "./targets.ts";

const SLOT_WORDS = 1024;
const BYTES_PER_UPDATE = { twoPasses: 16, dense: 8 } as const;

export const bench: Bench = {
  name: "cast",
  subject: "kernels",
  async run({ small, anchors, rounds, adapter }: BenchOptions): Promise<BenchResult> {
    const size = small ? { dots: 4, sideVoxels: 64 } : { dots: 200, sideVoxels: 500 };
    const scene = dotsScene({ seed: 1, ...size });
    using stack = new DisposableStack();
    const ways = await openWays(adapter, stack);
    const million = isGpu(adapter) && !small ? dotsScene({ seed: 1, ...size, dotPx: 35 }) : null;
    const variants = [...variantsOf(ways, scene), ...(million === null ? [] : millionVariants(ways.one, million))];
    const copy = stack.use(openCopy(adapter, small ? 2 ** 20 : 2 ** 26));
    const timings = await interleaveTimed([...variants.map((variant) => timed(variant)), copy.subject], rounds);
    const measured = variants.map((variant, i): Measured => ({ ...variant, timing: timings[i] as Timing }));
    // Counted last: it leaves hundreds of megabytes to collect.
    const work = await workOf(ways.one, scene);
    const copied = { bytesMoved: copy.bytesMoved, ms: timings.at(-1)?.medianMs ?? Number.NaN };
    const found = anchors ? await compareWithRivals(ways.one, scene, size, rounds) : null;
    return {
      rows: [
        ...measured.map((variant) => rowOf(variant)),
        ...workRows(measured, scene, work, copied),
        ...(found?.rows ?? []),
      ],
      targets: [...ownTargets(adapter, measured, scene), ...(found?.targets ?? [])],
      leftOut: found?.leftOut ?? [],
      digest: work.digest,
    };
  },
};

interface CastVariant extends Variant {
  readonly kind: "twoPasses" | "dense";
  readonly rayCount: number;
}

interface Measured extends CastVariant {
  readonly timing: Timing;
}

/** The first is what others are measured against: two passes on one thread. */
function variantsOf({ one, all, scalar }: Ways, scene: DotsScene): CastVariant[] {
  return [
    twoPassVariant(one, scene, VIEWS_MIN),
    denseVariant(one, scene),
    ...(all === one ? [] : [twoPassVariant(all, scene, VIEWS_MIN), denseVariant(all, scene)]),
    twoPassVariant(one, scene, 2),
    ...(scalar === null ? [] : [twoPassVariant(scalar, scene, VIEWS_MIN)]),
  ];
}

function millionVariants(kernels: Kernels, scene: DotsScene): CastVariant[] {
  const variants = [twoPassVariant(kernels, scene, VIEWS_MIN), denseVariant(kernels, scene)];
  return variants.map((variant) => ({ ...variant, name: `${variant.name}, ${scene.rayCount} rays` }));
}

function twoPassVariant(kernels: Kernels, scene: DotsScene, viewsMin: number): CastVariant {
  const grid = openDots(kernels, scene);
  const run = () => {
    castTwoPasses(kernels, grid, scene.views, viewsMin);
    return kernels.submit();
  };
  const name = `two passes, ${viewsMin} views, ${kernels.device}`;
  return { name, kind: "twoPasses", rayCount: scene.rayCount, run };
}

/** The grid is not emptied between runs: that would time the emptying of 500 MB. */
function denseVariant(kernels: Kernels, scene: DotsScene): CastVariant {
  const grid = openDots(kernels, { ...scene, grid: { ...scene.grid, dense: true } });
  const run = () => {
    castDensely(kernels, grid, scene.views);
    return kernels.submit();
  };
  return { name: `dense, ${kernels.device}`, kind: "dense", rayCount: scene.rayCount, run };
}

function rowOf({ timing: { name, medianMs, noise }, rayCount }: Measured): BenchRow {
  return { name, median: perSecond(rayCount, medianMs), unit: "rays/s", noise, note: `${medianMs.toFixed(2)} ms` };
}

interface Work {
  /** Voxels that all rays cross. */
  readonly steps: number;
  /** Voxels that all rays add to in two passes. */
  readonly updates: number;
  readonly bricks: number;
  readonly digest: string;
}

function workRows(
  measured: readonly Measured[],
  { rayCount }: DotsScene,
  { steps, updates, bricks }: Work,
  copied: { readonly bytesMoved: number; readonly ms: number },
): BenchRow[] {
  const [twoPasses, dense] = measured as [Measured, Measured];
  const rate = (name: string, count: number, { timing, kind }: Measured): BenchRow => {
    const note = bandwidthNote(count * BYTES_PER_UPDATE[kind], timing.medianMs, copied);
    return { name, median: perSecond(count, timing.medianMs) / 1e6, unit: "million/s", note };
  };
  return [
    { name: "steps a ray", median: steps / rayCount, unit: "voxels" },
    { name: "updates a ray, two passes", median: updates / rayCount, unit: "voxels", note: `in ${bricks} bricks` },
    { ...rate("steps, two passes", steps, twoPasses), note: "crossed or jumped over" },
    rate("updates, two passes", updates, twoPasses),
    rate("updates, dense", steps, dense),
  ];
}

/** Counts voxels by casting every ray with weight 1; hashes pool and peaks of the real weights. */
async function workOf(kernels: Kernels, scene: DotsScene): Promise<Work> {
  const unit = scene.views.map(({ points }) => ({ points: points.map((word, i) => (i % 4 === 2 ? 1 : word)) }));
  const dense = openDots(kernels, { ...scene, grid: { ...scene.grid, dense: true } });
  castDensely(kernels, dense, unit);
  const steps = sumOf(await gridRows(kernels, dense, "dense"));
  kernels.closeGrid(dense);
  const grid = openDots(kernels, scene);
  castTwoPasses(kernels, grid, unit, VIEWS_MIN);
  const counted = await gridRows(kernels, grid, "pool");
  castTwoPasses(kernels, grid, scene.views, VIEWS_MIN);
  kernels.peaks(grid, { viewsMin: VIEWS_MIN, sumMin: 1 });
  const pool = await gridRows(kernels, grid, "pool");
  const peaks = await gridRows(kernels, grid, "peaks");
  kernels.closeGrid(grid);
  const bricks = pool.length / SLOT_WORDS;
  let updates = 0;
  for (let slot = 0; slot < bricks; slot++)
    updates += sumOf(counted.subarray(slot * SLOT_WORDS, slot * SLOT_WORDS + 512));
  return { steps, updates, bricks, digest: digestOf(pool, peaks) };
}

function sumOf(words: Uint32Array): number {
  let sum = 0;
  for (const word of words) sum += word;
  return sum;
}

function ownTargets(adapter: KernelsAdapter, measured: readonly Measured[], { grid }: DotsScene): BenchTarget[] {
  const stateMb = gridMemoryBytes(grid) / 1e6;
  const wantedMb = targets.cast.stateBytesMax / 1e6;
  const state: BenchTarget = { name: "grid", achieved: stateMb, wanted: wantedMb, unit: "MB", better: "lower" };
  const rays = (name: string, { rayCount, timing }: Measured, wanted: number): BenchTarget => {
    return { name, achieved: perSecond(rayCount, timing.medianMs), wanted, unit: "rays/s", better: "higher" };
  };
  const times = (name: string, achieved: number): BenchTarget => {
    return { name, achieved, wanted: targets.cast.timesOneThread, unit: "x", better: "higher" };
  };
  if (isGpu(adapter)) {
    const [twoPasses, dense] = measured.slice(-2) as [Measured, Measured];
    return [
      rays("two passes", twoPasses, targets.gpu.twoPassRaysPerSecond),
      rays("dense", dense, targets.gpu.denseRaysPerSecond),
      state,
    ];
  }
  const [one, , all] = measured as [Measured, Measured, Measured];
  return [
    rays("two passes, one thread", one, targets.cast.raysPerSecondPerCore),
    // Ratios count from the first variant: one thread.
    ...(adapter.backend === "cpu" ? [times("all threads against one", all.timing.speedup)] : []),
    state,
  ];
}
