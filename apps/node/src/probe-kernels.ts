/**
 * Entry of the probe: a child process that asks one backend whether it runs here, checks it against the reference on seeded data and times
 * it. Its last line of standard output is a `ProbeReport` as JSON. If the backend's library or driver crashes, only this process dies.
 */
import { messageOf } from "@skyvox/core";
import { type BackendName, findTrialDifference } from "@skyvox/kernels";
import type { ProbeReport } from "./kernel-choice.ts";
import { timeStepMs } from "./probe-step.ts";
import { adapterOf, KERNEL_THREADS } from "./select-kernels.ts";

/** Seeds of the trial: it has every op in every mode, and a start is to be quick. */
const SEEDS = [1];

async function report(backend: BackendName, software: boolean): Promise<ProbeReport> {
  const adapter = await adapterOf(backend);
  const answer = await adapter.probe(0, { software });
  if (!answer.ok) return { ok: false, reason: answer.reason };
  using kernels = await adapter.open({ threads: KERNEL_THREADS, software });
  const { device } = kernels;
  if (backend !== "reference") {
    const difference = await findTrialDifference(kernels, SEEDS);
    if (difference !== null) return { ok: false, reason: `it differs from the reference: ${difference}`, device };
  }
  const reason = backend === "reference" ? "the truth the others are checked against" : "gives the reference's bits";
  // Nothing is chosen by the time of a GPU simulated in software, and it takes long.
  return { ok: true, reason, device, ...(software ? {} : { stepMs: await timeStepMs(kernels) }) };
}

const [, , backend, software] = process.argv;
const answer = await report(backend as BackendName, software === "software").catch(
  (error: unknown): ProbeReport => ({ ok: false, reason: messageOf(error) }),
);
console.log(JSON.stringify(answer));
