/**
 * One ray per blob against one ray per moving pixel, from pictures to peaks: the time step of `dots-scene.ts`.
 *
 * Both find the same targets in the same pictures. A target of 5 by 5 pixels casts 25 rays or one, one of 11 by 11 casts 121 or one.
 * The time holds everything between: motion, cells or blobs, reading them back, rays, both passes and peaks.
 */
import type { Kernels } from "@skyvox/kernels";
import { VIEWS_MIN } from "./cast-passes.ts";
import { type DotsScene, type DotsSize, dotsScene } from "./dots-scene.ts";
import { type Bench, type BenchOptions, type BenchResult, digestOf, interleave, type Variant } from "./harness.ts";
import { targets } from "./targets.ts";
import { drawPictures, foundShare, openTimeStep, type RaysThrough } from "./time-step.ts";

const SIDES_PX = [5, 11] as const;
const ways = ["pixels", "blobs"] as const;

export const bench: Bench = {
  name: "blob-rays",
  subject: "kernels",
  async run({ small, rounds, adapter }: BenchOptions): Promise<BenchResult> {
    const size = small ? { dots: 3, sideVoxels: 48, widthPx: 160 } : { dots: 200, sideVoxels: 500 };
    using kernels = await adapter.open({ threads: 1 });
    const results: BenchResult[] = [];
    for (const dotPx of SIDES_PX) results.push(await compare(kernels, { ...size, dotPx }, rounds));
    return {
      rows: results.flatMap(({ rows }) => rows),
      targets: results.flatMap((result) => result.targets),
      digest: digestOf(...results.map(({ digest }) => digest)),
    };
  },
};

async function compare(kernels: Kernels, size: DotsSize, rounds: number): Promise<BenchResult> {
  // Targets stand elsewhere in each picture: what stays where it is becomes background.
  const scenes = [1, 2].map((seed) => dotsScene({ seed, ...size }));
  const pictures = scenes.map((scene, i) => drawPictures(scene, i + 1));
  const variants = ways.map((through) => stepVariant(kernels, scenes, pictures, through));
  const timings = await interleave(variants, rounds);
  const side = `targets of ${size.dotPx} px`;
  return {
    rows: variants.map((variant, i) => {
      const { name, medianMs, noise } = timings[i]!;
      const { rays, share } = variant.last();
      const note = `${rays} rays, ${(100 * share).toFixed(1)} % of the targets found`;
      return { name: `${side}, ${name}`, median: medianMs, unit: "ms", noise, note };
    }),
    targets: [
      {
        name: `${side}, blobs against pixels`,
        achieved: timings[1]?.speedup ?? Number.NaN,
        wanted: targets.blobRaysTimesPixelRays,
        unit: "x",
        better: "higher",
      },
    ],
    digest: digestOf(...variants.map((variant) => variant.last().peaks)),
  };
}

/** What the last run of a variant found. */
interface Last {
  readonly peaks: Uint32Array;
  readonly rays: number;
  readonly share: number;
}

function stepVariant(
  kernels: Kernels,
  scenes: readonly DotsScene[],
  pictures: readonly Uint8Array[][],
  through: RaysThrough,
): Variant & { last(): Last } {
  const step = openTimeStep(kernels, scenes[0]!, through, VIEWS_MIN);
  let turn = 0;
  let points: Uint32Array[] = [];
  let peaks: Uint32Array = new Uint32Array();
  return {
    name: `rays through ${through}, ${kernels.device}`,
    async run() {
      points = await step.observe(pictures[turn++ % 2]!);
      peaks = await step.reconstruct(points);
    },
    last() {
      const rays = points.reduce((sum, rows) => sum + rows.length / 4, 0);
      return { peaks, rays, share: foundShare(scenes[(turn - 1) % 2]!.targets, peaks) };
    },
  };
}
