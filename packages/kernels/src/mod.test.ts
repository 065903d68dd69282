import { expect, test } from "bun:test";
import { referenceAdapter } from "./mod.ts";

test("The example of the module runs as written", async () => {
  using kernels = await referenceAdapter.open();
  const camera = kernels.openCamera({ widthPx: 3, heightPx: 1, motionMax: 16, cellsMax: 16, blobsMax: 16 });
  kernels.motion(camera, Uint8Array.of(10, 10, 10), { mode: "diff", threshold: 5 });
  kernels.motion(camera, Uint8Array.of(10, 90, 10), { mode: "diff", threshold: 5 });
  const moving = kernels.readCamera(camera, "motion");
  await kernels.submit();
  expect([...(await moving).rows]).toEqual([1, 80]);
});
