/** The exam of the cuda backend: on the device where there is one, and of the same sources emulated on the CPU. */
import { test } from "bun:test";
import { conformance } from "@skyvox/kernels/conformance";
import { openNative } from "@skyvox/kernels/native";
import { cudaAdapter } from "../src/mod.ts";
import { buildEmulatedLibrary, emulationReason } from "./emulated-build.ts";

const probe = await cudaAdapter.probe();
if (probe.ok) conformance(`cuda on ${probe.device}`, () => cudaAdapter.open());
else test.skip(`Backend cuda on a GPU: ${probe.reason}`, () => {});

if (emulationReason !== null) test.skip(`Backend cuda, emulated: ${emulationReason}`, () => {});
else {
  const library = await buildEmulatedLibrary();
  conformance("cuda, emulated on the CPU", async () => openNative(library, "cuda"));
}
