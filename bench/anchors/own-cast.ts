/**
 * The counterpart of the rivals that cast, in a process of its own: the same time step on one thread.
 *
 * Usage: own-cast.ts DOTS SIDE PASSES. Prints one JSON object, medians in milliseconds.
 */
import { cpuAdapter } from "@skyvox/kernels-cpu";
import { castDensely, castTwoPasses, openDots, VIEWS_MIN } from "../cast-passes.ts";
import { dotsScene } from "../dots-scene.ts";
import { interleave } from "../harness.ts";

const [dots = 0, sideVoxels = 0, passes = 0] = process.argv.slice(2).map(Number);
const scene = dotsScene({ seed: 1, dots, sideVoxels });
using kernels = await cpuAdapter.open({ threads: 1 });
const sparse = openDots(kernels, scene);
const dense = openDots(kernels, { ...scene, grid: { ...scene.grid, dense: true } });
const [twoPasses, densely] = await interleave(
  [
    {
      name: "two passes",
      run: () => {
        castTwoPasses(kernels, sparse, scene.views, VIEWS_MIN);
        return kernels.submit();
      },
    },
    {
      name: "dense",
      run: () => {
        castDensely(kernels, dense, scene.views);
        return kernels.submit();
      },
    },
  ],
  passes,
);
console.log(JSON.stringify({ twoPassesMs: twoPasses?.medianMs, denseMs: densely?.medianMs }));
