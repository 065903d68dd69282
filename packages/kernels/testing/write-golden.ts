/** Writes `golden.json` from the reference: `bun run packages/kernels/testing/write-golden.ts`, after a change of a specification. */
import { referenceAdapter } from "../src/reference.ts";
import { conformanceCases, hashReadings, runCase } from "./exam.ts";

using reference = await referenceAdapter.open();
const golden: Record<string, string[]> = {};
for (const entry of conformanceCases) {
  const hashes: string[] = [];
  for (let seed = 0; seed < entry.seeds; seed++) hashes.push(hashReadings(await runCase(entry, reference, seed)));
  golden[entry.name] = hashes;
}
await Bun.write(new URL("golden.json", import.meta.url), `${JSON.stringify(golden, null, 2)}\n`);
