/**
 * The time step of 20 cameras of 7680 x 4320: motion and blobs of every picture, then rays, both passes and peaks.
 *
 * Fifty targets fly in a cube of 500 voxels a side, four views must agree. Backend cuda takes pictures that lie on the device
 * already, others take them from the host.
 */
import { isGpu, openWays } from "./backends.ts";
import { type DotsScene, dotsScene } from "./dots-scene.ts";
import { type Bench, type BenchOptions, type BenchResult, type BenchTarget, digestOf, interleave } from "./harness.ts";
import { placed } from "./motion-frames.ts";
import { targets } from "./targets.ts";
import { drawPictures, foundShare, openTimeStep } from "./time-step.ts";

const VIEWS_MIN = 4;

export const bench: Bench = {
  name: "step",
  subject: "kernels",
  async run({ small, rounds, adapter }: BenchOptions): Promise<BenchResult> {
    const size = small
      ? { dots: 2, sideVoxels: 48, cameras: 5, widthPx: 160 }
      : { dots: 50, sideVoxels: 500, cameras: 20, widthPx: 7680 };
    const scenes = [1, 2].map((seed) => dotsScene({ seed, ...size }));
    using stack = new DisposableStack();
    const { all } = await openWays(adapter, stack);
    const pictures = scenes.map((scene, i) => {
      const { widthPx, heightPx } = scene.intrinsics;
      return placed(stack, adapter, { widthPx, heightPx, frames: drawPictures(scene, i + 1) }).frames;
    });
    const step = openTimeStep(all, scenes[0] as DotsScene, "blobs", VIEWS_MIN);
    let turn = 0;
    let points: Uint32Array[] = [];
    let peaks: Uint32Array = new Uint32Array();
    const observe = async () => {
      points = await step.observe(pictures[turn++ % 2]!);
    };
    const reconstruct = async () => {
      peaks = await step.reconstruct(points);
    };
    const whole = async () => {
      await observe();
      await reconstruct();
    };
    const timings = await interleave(
      [
        { name: "whole time step", run: whole },
        { name: "pictures to blobs", run: observe },
        { name: "blobs to peaks", run: reconstruct },
      ],
      rounds,
    );
    await whole();
    const stepMs = timings[0]?.medianMs ?? Number.NaN;
    const share = foundShare(scenes[(turn - 1) % 2]!.targets, peaks);
    return {
      rows: [
        ...timings.map(({ name, medianMs, noise }) => {
          return { name: `${name}, ${size.cameras} cameras, ${all.device}`, median: medianMs, unit: "ms", noise };
        }),
        { name: "targets found", median: 100 * share, unit: "%" },
      ],
      targets: targetsOf(isGpu(adapter), stepMs, size.cameras),
      digest: digestOf(peaks),
    };
  },
};

/** A GPU keeps up with far more than the camera's rate; a host with few cores shares cameras with other machines. */
function targetsOf(onGpu: boolean, stepMs: number, cameras: number): BenchTarget[] {
  if (onGpu) return [{ name: "time step", achieved: stepMs, wanted: targets.gpu.stepMs, unit: "ms", better: "lower" }];
  const achieved = (1000 * cameras) / stepMs;
  const wanted = targets.motion.framesPerSecond8k;
  return [{ name: "8K pictures, whole step", achieved, wanted, unit: "pictures/s", better: "higher" }];
}
