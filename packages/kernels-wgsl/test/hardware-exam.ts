/**
 * Run by `hardware.test.ts`: `probe` prints why there is no GPU, `exam` one line per failure of every case and rule of the exam. Its
 * pictures are small, so it is taken once more with every upload staged.
 *
 * @module
 */
import { assert } from "@skyvox/core";
import { referenceAdapter } from "@skyvox/kernels";
import { examineSeed } from "@skyvox/kernels/random-exam";
import { openDawn } from "../src/dawn.ts";
import { WgslKernels } from "../src/kernels.ts";
import { wgslAdapter } from "../src/mod.ts";
import { programsOf } from "../src/program.ts";

const SEEDS = 16;

async function openStaged(): Promise<WgslKernels> {
  const answer = await openDawn({});
  assert(answer.ok, "the GPU is open");
  return new WgslKernels(answer.dawn, await programsOf(answer.dawn), { stagedBytesMin: 0 });
}

if (process.argv[2] === "probe") {
  const probe = await wgslAdapter.probe();
  console.log(probe.ok ? "" : probe.reason);
} else {
  const reference = await referenceAdapter.open();
  const examinees = [
    { name: "wgsl", kernels: await wgslAdapter.open() },
    { name: "wgsl, uploads staged", kernels: await openStaged() },
  ];
  for (let seed = 0; seed < SEEDS; seed++) {
    for (const failure of await examineSeed(seed, reference, examinees)) console.log(failure);
  }
}
process.exit(0);
