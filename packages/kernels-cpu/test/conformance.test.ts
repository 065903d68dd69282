/** The exam of the cpu backend: both instruction sets, one and two threads. */
import { test } from "bun:test";
import { conformance } from "@skyvox/kernels/conformance";
import { cpuAdapter } from "../src/mod.ts";

const probe = await cpuAdapter.probe();
const paths = [
  { threads: 1, scalar: true },
  { threads: 2, scalar: true },
  { threads: 1, scalar: false },
  { threads: 2, scalar: false },
];

for (const { threads, scalar } of paths) {
  const name = `cpu, ${scalar ? "scalar" : "best instructions"}, ${threads} threads`;
  if (!probe.ok) test.skip(`Backend ${name}: ${probe.reason}`, () => {});
  else if (!scalar && !probe.device.startsWith("AVX2")) test.skip(`Backend ${name}: no AVX2 here`, () => {});
  else conformance(name, () => cpuAdapter.open({ threads, scalar }));
}
