import { expect, test } from "bun:test";
import { SkyvoxError } from "@skyvox/core";
import { cudaAdapter } from "./mod.ts";

const probe = await cudaAdapter.probe();
const reason = probe.ok ? "" : `: ${probe.reason}`;
const onDevice = test.skipIf(!probe.ok);

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

onDevice(`The cuda backend runs on the device that it found, on a GPU${reason}`, async () => {
  using kernels = await cudaAdapter.open();
  expect(kernels.device).toBe(probe.ok ? probe.device : "");
});
