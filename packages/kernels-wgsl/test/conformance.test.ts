/** The exam of the wgsl backend on a GPU that is simulated in software; `hardware.test.ts` takes a real one. */
import { test } from "bun:test";
import { conformance } from "@skyvox/kernels/conformance";
import { wgslAdapter } from "../src/mod.ts";
import { useSoftwareGpu, whySoftwareGpuMissing } from "./software-gpu.ts";

/** A simulated GPU takes about ten times as long as the reference; `bun run exam --backend wgsl` takes all seeds. */
const SEEDS_MAX = 4;

if (whySoftwareGpuMissing !== null) test.skip(`Backend wgsl on SwiftShader: ${whySoftwareGpuMissing}`, () => {});
else {
  useSoftwareGpu();
  conformance("wgsl on SwiftShader", () => wgslAdapter.open({ software: true }), SEEDS_MAX);
}
