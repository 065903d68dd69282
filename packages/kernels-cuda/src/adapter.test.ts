import { expect, test } from "bun:test";
import { AssertionError, SkyvoxError } from "@skyvox/core";
import { cudaAdapter } from "./mod.ts";

const probe = await cudaAdapter.probe();
const reason = probe.ok ? "" : `: ${probe.reason}`;
const onDevice = test.skipIf(!probe.ok);
const limits = { motionMax: 4096, cellsMax: 4096, blobsMax: 4096 };

test("The cuda backend answers the probe in words, with a driver or without", async () => {
  const answer = probe.ok ? probe.device : probe.reason;
  expect(answer).toMatch(
    /, sm_\d+$|^(no CUDA driver|no CUDA device|CUDA does not start) \(\w+, \d+\)$|^no code for CUDA device \d+|^built without CUDA \(nvcc not found\)$|^not built yet/,
  );
  expect(probe.ok ? probe.memoryBytes > 0 : true).toBe(true);
  expect((await cudaAdapter.probe(99)).ok).toBe(false);
});

test("The cuda backend that cannot run is an error of the backend", async () => {
  const opened = cudaAdapter.open({ index: 99 });
  await expect(opened).rejects.toBeInstanceOf(SkyvoxError);
  await expect(opened).rejects.toMatchObject({
    code: "backend",
    message: expect.stringMatching(/^Cannot open the cuda kernels: /),
  });
});

onDevice(`The cuda backend gives a table as it was when it was asked for, on a GPU${reason}`, async () => {
  using kernels = await cudaAdapter.open();
  const camera = kernels.openCamera({ widthPx: 1, heightPx: 1, ...limits });
  const step = (level: number) => kernels.motion(camera, Uint8Array.of(level), { mode: "diff", threshold: 0 });
  step(10);
  step(13);
  const first = kernels.readCamera(camera, "motion");
  step(20);
  const second = kernels.readCamera(camera, "motion");
  kernels.closeCamera(camera);
  await kernels.submit();
  expect([...(await first).rows]).toEqual([0, 3]);
  expect([...(await second).rows]).toEqual([0, 7]);
});

onDevice(`The cuda backend asserts on use after dispose; disposing twice is harmless, on a GPU${reason}`, async () => {
  const kernels = await cudaAdapter.open();
  expect(kernels.device).toBe(probe.ok ? probe.device : "");
  const camera = kernels.openCamera({ widthPx: 4, heightPx: 4, ...limits });
  kernels[Symbol.dispose]();
  kernels[Symbol.dispose]();
  expect(() => kernels.blobs(camera, { pixelsMin: 1 })).toThrow(AssertionError);
  await expect(kernels.submit()).rejects.toBeInstanceOf(AssertionError);
});
