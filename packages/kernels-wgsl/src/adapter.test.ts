import { afterAll, beforeAll, expect, test } from "bun:test";
import { messageOf, SkyvoxError } from "@skyvox/core";
import { type Kernels, statusBits } from "@skyvox/kernels";
import { softwareGpuEnv, useSoftwareGpu, whySoftwareGpuMissing } from "../test/software-gpu.ts";
import { openDawn } from "./dawn.ts";
import { wgslAdapter } from "./mod.ts";

/** Kernels are compiled when a backend is opened: some seconds where the GPU is simulated. */
const OPEN_MS_MAX = 60_000;

const isMissing = whySoftwareGpuMissing !== null;
if (!isMissing) useSoftwareGpu();

const onGpu = test.skipIf(isMissing);
/** Of the name of every test: where there is no SwiftShader it says why the test is skipped. */
const suffix = isMissing ? `: ${whySoftwareGpuMissing}` : "";

const limits = { motionMax: 4096, cellsMax: 4096, blobsMax: 4096 };
const gridSpec = { raysMax: 4, bricksMax: 8, peaksMax: 8, voxelsMax: 64, dense: false } as const;
let one: Kernels;
beforeAll(async () => {
  if (!isMissing) one = await wgslAdapter.open({ software: true });
}, OPEN_MS_MAX);
afterAll(() => {
  if (!isMissing) one[Symbol.dispose]();
});

onGpu(`The wgsl backend says what runs the ops${suffix}`, async () => {
  const probe = await wgslAdapter.probe(0, { software: true });
  expect(probe).toMatchObject({ ok: true, device: expect.stringContaining("SwiftShader") });
  expect(probe.ok && probe.memoryBytes >= 2 ** 27).toBe(true);
  expect([one.backend, one.device]).toEqual(["wgsl", probe.ok ? probe.device : ""]);
});

onGpu(`The wgsl backend says no to software that nobody asked for, and to a device it has not${suffix}`, async () => {
  const [named, reason] = [one.device, "which is software, need a GPU"];
  expect(await wgslAdapter.probe()).toEqual({
    ok: false,
    reason: `Cannot probe the wgsl kernels: only ${named}, ${reason}`,
  });
  await expect(wgslAdapter.open()).rejects.toThrow(`Cannot open the wgsl kernels: only ${named}, ${reason}`);
  await expect(wgslAdapter.open({ index: 1, software: true })).rejects.toThrow("device 1, need device 0");
});

onGpu(`The wgsl backend says no where there is no driver${suffix}`, () => {
  const script = `const { wgslAdapter } = await import("${import.meta.dir}/mod.ts");
    console.log((await wgslAdapter.probe()).reason); process.exit(0)`;
  const env = { ...process.env, ...softwareGpuEnv, VK_DRIVER_FILES: "/no-such-driver.json" };
  const child = Bun.spawnSync([process.execPath, "-e", script], { env });
  expect(child.stdout.toString()).toBe(
    "Cannot probe the wgsl kernels: no driver for any GPU of this machine, need one\n",
  );
});

onGpu(
  `The wgsl backend keeps the first rows of a list and counts all, of a picture of no whole words too${suffix}`,
  async () => {
    const camera = one.openCamera({ widthPx: 3, heightPx: 3, ...limits, motionMax: 5 });
    one.motion(camera, new Uint8Array(9), { mode: "diff", threshold: 0 });
    one.motion(camera, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), { mode: "diff", threshold: 0 });
    const read = one.readCamera(camera, "motion");
    await one.submit();
    const row1 = 1 << 16;
    const rows = Uint32Array.of(0, 1, 1, 2, 2, 3, row1, 4, row1 | 1, 5);
    expect(await read).toEqual({ rows, count: 5, total: 9, status: statusBits.motionOverflow });
    one.closeCamera(camera);
  },
);

onGpu(`The wgsl backend delivers a list that is longer than all before${suffix}`, async () => {
  const [widthPx, heightPx] = [400, 250];
  const camera = one.openCamera({ widthPx, heightPx, ...limits, motionMax: widthPx * heightPx });
  for (const level of [0, 9]) {
    one.motion(camera, new Uint8Array(widthPx * heightPx).fill(level), { mode: "diff", threshold: 0 });
  }
  const [first, second] = [one.readCamera(camera, "motion"), one.readCamera(camera, "motion")];
  await one.submit();
  const { rows, count, total, status } = await first;
  expect([count, total, status]).toEqual([100_000, 100_000, 0]);
  expect(rows.every((word, i) => word === (i % 2 === 1 ? 9 : placeOf((i - 1) / 2 + 0.5, widthPx)))).toBe(true);
  expect(await second).toEqual(await first);
  one.closeCamera(camera);
});

onGpu(`The wgsl backend leaves the event loop free while the device works${suffix}`, async () => {
  const [widthPx, heightPx] = [640, 480];
  const camera = one.openCamera({ widthPx, heightPx, ...limits });
  let turns = 0;
  let isDone = false;
  const turn = () => {
    turns += 1;
    if (!isDone) setImmediate(turn);
  };
  for (let i = 0; i < 4; i++) {
    one.motion(camera, new Uint8Array(widthPx * heightPx), { mode: "average", threshold: 0 });
  }
  setImmediate(turn);
  await one.submit();
  isDone = true;
  expect(turns).toBeGreaterThan(1);
  one.closeCamera(camera);
});

onGpu(`The wgsl backend refuses a table larger than any buffer of the device, and goes on${suffix}`, async () => {
  const spec = { ...gridSpec, sizeVoxels: [8, 8, 8] as const, raysMax: 2 ** 28 };
  expect(await refusalOf(() => one.openGrid(spec))).toStartWith(
    "capacity: Cannot take memory of the device: a buffer of 5368709120 bytes, need at most ",
  );
  await one.submit();
});

onGpu(`The wgsl backend rejects what is waited for when it is disposed meanwhile${suffix}`, async () => {
  const kernels = await wgslAdapter.open({ software: true });
  const camera = kernels.openCamera({ widthPx: 1, heightPx: 1, ...limits });
  const submittedRead = kernels.readCamera(camera, "motion");
  const submitted = kernels.submit();
  const pendingRead = kernels.readCamera(camera, "motion");
  kernels[Symbol.dispose]();
  for (const rejected of await Promise.allSettled([submitted, submittedRead, pendingRead])) {
    const reason = rejected.status === "rejected" ? messageOf(rejected.reason) : "";
    expect(reason).toContain("kernels stay open until submit resolves");
  }
});

const loss = (verb: string) => `device: Cannot ${verb}: the device is lost (device was destroyed), need one that works`;

onGpu(
  `The wgsl backend rejects what is waited for and what comes later when its device is lost; who opens after that has a new one${suffix}`,
  async () => {
    const lost = await wgslAdapter.open({ software: true });
    const camera = lost.openCamera({ widthPx: 64, heightPx: 64, ...limits });
    lost.motion(camera, new Uint8Array(4096), { mode: "diff", threshold: 0 });
    const submittedRead = lost.readCamera(camera, "motion");
    const submitted = lost.submit();
    const pendingRead = lost.readCamera(camera, "motion");
    const before = await openDawn({ software: true });
    if (before.ok) before.dawn.device.destroy();
    expect(await refusalOf(() => submitted)).toBe(loss("run kernels"));
    expect(await refusalOf(() => submittedRead)).toBe(loss("run kernels"));
    expect(await refusalOf(() => pendingRead)).toBe(loss("read a table"));
    expect(await refusalOf(() => lost.readCamera(camera, "motion"))).toBe(loss("read a table"));
    lost.motion(camera, new Uint8Array(4096), { mode: "diff", threshold: 0 });
    expect(await refusalOf(() => lost.submit())).toBe(loss("run kernels"));
    expect(await refusalOf(() => lost.openCamera({ widthPx: 1, heightPx: 1, ...limits }))).toBe(loss("open a camera"));

    lost[Symbol.dispose]();
    using next = await wgslAdapter.open({ software: true });
    const after = await openDawn({ software: true });
    expect(before.ok && after.ok && before.dawn.device !== after.dawn.device).toBe(true);
    const again = next.openCamera({ widthPx: 1, heightPx: 1, ...limits });
    for (const level of [1, 5]) next.motion(again, Uint8Array.of(level), { mode: "diff", threshold: 0 });
    const moving = next.readCamera(again, "motion");
    await next.submit();
    expect([...(await moving).rows]).toEqual([0, 4]);
  },
  OPEN_MS_MAX,
);

/** First word of the row of a pixel in raster order. */
function placeOf(pixel: number, widthPx: number): number {
  return (pixel % widthPx) | (Math.floor(pixel / widthPx) << 16);
}

/** Code and message of what is thrown or rejected. */
async function refusalOf(op: () => unknown): Promise<string> {
  try {
    await op();
  } catch (error) {
    if (error instanceof SkyvoxError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "none";
}
