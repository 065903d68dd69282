/** Rays of several views that are set, set again and share lenses within a time step: equal to those of the reference. */
import { expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import { type Kernels, type RayModel, referenceAdapter } from "@skyvox/kernels";
import { wgslAdapter } from "../src/mod.ts";
import { useSoftwareGpu, whySoftwareGpuMissing } from "./software-gpu.ts";

const OPEN_MS_MAX = 60_000;
const isMissing = whySoftwareGpuMissing !== null;
const onGpu = test.skipIf(isMissing);
const suffix = isMissing ? `: ${whySoftwareGpuMissing}` : "";
if (!isMissing) useSoftwareGpu();

const prng = createPrng(21);
const whole = (low: number, high: number): number => Math.round(prng.uniform(low, high));
const three = (reach: number) => [whole(-reach, reach), whole(-reach, reach), whole(-reach, reach)] as const;

/** A lens of 3 by 3 nodes every 16 pixels. */
function lensNodes(): Int32Array {
  return Int32Array.from({ length: 18 }, () => whole(-4096, 4096));
}

function modelWith(bendQ12: Int32Array): RayModel {
  const sides = bendQ12.length === 0 ? 0 : 3;
  const lens = { bendShift: 4, bendColumns: sides, bendRows: sides, bendQ12 };
  const place = { originQ20: three(2 ** 23), a: three(2 ** 20), b: three(2 ** 20), c: three(2 ** 20) };
  return { ...place, fractionBits: 12, principalU: 4096, principalV: 4096, ...lens };
}

function points(count: number): Uint32Array {
  return Uint32Array.from({ length: 4 * count }, (_, i) => whole(0, i % 4 < 2 ? 8191 : 255));
}

const [shared, own, none] = [lensNodes(), lensNodes(), new Int32Array(0)];
const models = [shared, own, shared, none, own, none].map(modelWith);
const [before, after] = [
  [0, 1, 2, 3],
  [4, 5],
] as const;
const lists = [points(7), points(5000), points(1), points(40), points(3), points(9)];

/** Table "rays" of two time steps, and "marks" of the second. */
async function rowsOf(kernels: Kernels): Promise<readonly Uint32Array[]> {
  const limits = { raysMax: 12_000, bricksMax: 8, peaksMax: 1, voxelsMax: 1, dense: false };
  const grid = kernels.openGrid({ sizeVoxels: [16, 16, 16], ...limits });
  for (const view of before) kernels.setView(grid, view, models[view]!);
  for (const view of before) kernels.rays(grid, view, lists[view]!);
  // Views 1 and 2 change: their lenses, or that there is one.
  for (const [i, model] of after.entries()) kernels.setView(grid, 1 + i, models[model]!);
  for (const view of [2, 1, 0]) kernels.rays(grid, view, lists[4 + (view % 2)]!);
  const first = kernels.readGrid(grid, "rays");
  await kernels.submit();
  kernels.clear(grid);
  kernels.setView(grid, 3, models[1]!);
  for (const view of [3, 0]) kernels.rays(grid, view, lists[5]!);
  await kernels.submit();
  kernels.mark(grid);
  const last = [kernels.readGrid(grid, "rays"), kernels.readGrid(grid, "marks")];
  await kernels.submit();
  kernels.closeGrid(grid);
  return (await Promise.all([first, ...last])).map(({ rows }) => rows);
}

onGpu(
  `Rays are of the view as it was when they were added, lenses included${suffix}`,
  async () => {
    using kernels = await wgslAdapter.open({ software: true });
    using reference = await referenceAdapter.open();
    const [found, expected] = [await rowsOf(kernels), await rowsOf(reference)];
    expect(expected.map(({ length }) => length)).toEqual([5 * (5048 + 15), 5 * 18, 8]);
    expect(found).toEqual(expected);
  },
  OPEN_MS_MAX,
);
