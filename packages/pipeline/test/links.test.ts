import { expect, setDefaultTimeout, test } from "bun:test";
import { probeLinks } from "../src/choose-link.ts";
import { linkContract } from "./link-contract.ts";
import { fixtures } from "./link-fixture.ts";

// Whole frames through two ends in one process, on cores that others use as well.
setDefaultTimeout(60_000);
const found = probeLinks();

for (const fixture of Object.values(fixtures)) {
  const { isHere, note } = found[fixture.kind];
  if (isHere) linkContract(fixture);
  else {
    console.warn(`Link ${fixture.kind} skipped: ${note}`);
    test.skip(`Link ${fixture.kind}: ${note}`, () => {
      expect(note).toBe("");
    });
  }
}
