/**
 * Run by `hardware.test.ts`: `probe` prints why there is no GPU, `exam` one line per failure of every case and rule of the exam.
 *
 * @module
 */
import { referenceAdapter } from "@skyvox/kernels";
import { examineSeed } from "@skyvox/kernels/random-exam";
import { wgslAdapter } from "../src/mod.ts";

const SEEDS = 16;

if (process.argv[2] === "probe") {
  const probe = await wgslAdapter.probe();
  console.log(probe.ok ? "" : probe.reason);
} else {
  const reference = await referenceAdapter.open();
  const kernels = await wgslAdapter.open();
  for (let seed = 0; seed < SEEDS; seed++) {
    for (const failure of await examineSeed(seed, reference, [{ name: "wgsl", kernels }])) console.log(failure);
  }
}
process.exit(0);
