/** Large uploads through kept memory, on a GPU that is simulated in software: there the adapter itself never takes that way. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { assert, createPrng, messageOf } from "@skyvox/core";
import { type Kernels, referenceAdapter, type Table } from "@skyvox/kernels";
import { examineSeed } from "@skyvox/kernels/random-exam";
import { openDawn } from "../src/dawn.ts";
import { WgslKernels } from "../src/kernels.ts";
import { programsOf } from "../src/program.ts";
import { Staging } from "../src/staging.ts";
import { useSoftwareGpu, whySoftwareGpuMissing } from "./software-gpu.ts";

const OPEN_MS_MAX = 60_000;
/** Odd, so that a picture does not end with a whole word; 2^20 bytes and a little. */
const SIDE_PX = 1025;
const STEPS_MAX = 50;

const isMissing = whySoftwareGpuMissing !== null;
const onGpu = test.skipIf(isMissing);
const suffix = isMissing ? `: ${whySoftwareGpuMissing}` : "";
if (!isMissing) useSoftwareGpu();

/** Uploads that went through kept memory. */
let stagedCount = 0;
const { stage } = Staging.prototype;
beforeAll(() => {
  Staging.prototype.stage = function (this: Staging, bytes: Uint8Array): GPUBuffer | null {
    const buffer = stage.call(this, bytes);
    if (buffer !== null) stagedCount += 1;
    return buffer;
  };
});
afterAll(() => {
  Staging.prototype.stage = stage;
});

async function openKernels(stagedBytesMin: number): Promise<WgslKernels> {
  const answer = await openDawn({ software: true });
  assert(answer.ok, "SwiftShader opens");
  return new WgslKernels(answer.dawn, await programsOf(answer.dawn), { stagedBytesMin });
}

/** A camera with pictures of more than 2^20 bytes. */
function openLarge(kernels: Kernels) {
  const limits = { motionMax: 4096, cellsMax: 4096, blobsMax: 4096 };
  const camera = kernels.openCamera({ widthPx: SIDE_PX, heightPx: SIDE_PX, ...limits });
  return async (pixels: Uint8Array): Promise<Table> => {
    kernels.motion(camera, pixels, { mode: "average", threshold: 20 });
    const motion = kernels.readCamera(camera, "motion");
    await kernels.submit();
    return await motion;
  };
}

onGpu(
  `Pictures that are staged give the tables that written ones give${suffix}`,
  async () => {
    using staged = await openKernels(2 ** 20);
    using written = await openKernels(Number.POSITIVE_INFINITY);
    const [viaStaging, viaQueue] = [openLarge(staged), openLarge(written)];
    const prng = createPrng(5);
    const pixels = new Uint8Array(SIDE_PX * SIDE_PX);
    stagedCount = 0;
    for (let step = 0; stagedCount < 3 && step < STEPS_MAX; step++) {
      for (let i = 0; i < 1000; i++) pixels[prng.int(pixels.length)] = prng.int(256);
      pixels[pixels.length - 1] = 255 * (step & 1);
      const table = await viaStaging(pixels);
      expect(table).toEqual(await viaQueue(pixels));
      expect(table.count > 500).toBe(step > 0);
    }
    expect(stagedCount).toBe(3);
  },
  OPEN_MS_MAX,
);

onGpu(
  `A backend that stages every upload equals the reference${suffix}`,
  async () => {
    using reference = await referenceAdapter.open();
    using kernels = await openKernels(0);
    stagedCount = 0;
    expect(await examineSeed(1, reference, [{ name: "wgsl, staged", kernels }])).toEqual([]);
    expect(stagedCount).toBeGreaterThan(100);
  },
  OPEN_MS_MAX,
);

onGpu(
  `A device that is lost while memory is staged, mapped or being mapped rejects what is waited for and nothing else${suffix}`,
  async () => {
    using kernels = await openKernels(2 ** 20);
    const [one, other] = [openLarge(kernels), openLarge(kernels)];
    const pixels = new Uint8Array(SIDE_PX * SIDE_PX);
    stagedCount = 0;
    for (let step = 0; stagedCount < 2 && step < STEPS_MAX; step++) await Promise.all([one(pixels), other(pixels)]);
    expect(stagedCount).toBeGreaterThanOrEqual(2);
    // When the device goes, some memory is being mapped for what comes next, and some is lent to what runs.
    const waiting = [one(pixels), other(pixels)];
    const answer = await openDawn({ software: true });
    assert(answer.ok, "SwiftShader is open");
    answer.dawn.device.destroy();
    const settled = await Promise.allSettled([...waiting, one(pixels), other(pixels)]);
    for (const outcome of settled) {
      expect(outcome.status === "rejected" ? messageOf(outcome.reason) : "").toContain("the device is lost");
    }
    // A rejection that nobody hears would end the test run.
    await answer.dawn.device.lost;
    await new Promise((resolve) => setImmediate(resolve));
  },
  OPEN_MS_MAX,
);
