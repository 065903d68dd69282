/**
 * What every link must hold, whatever moves its bytes. A link joins by a fixture; what its traits do not promise is left out.
 *
 * The peers are real: another end over the loopback interface, a child process that is killed with SIGKILL, frames made by hand.
 */
import { describe } from "bun:test";
import { closeTests, deathTests } from "./link-contract-ends.ts";
import { faultTests } from "./link-contract-faults.ts";
import { flowTests, messageTests } from "./link-contract-messages.ts";
import { offerTests, transferTests } from "./link-contract-transfers.ts";
import type { LinkFixture } from "./link-fixture.ts";

/** Runs the contract for one kind of link. */
export function linkContract(fixture: LinkFixture): void {
  const { isReliable, isOrdered, transferBytesMax } = fixture.traits;
  describe(`Link ${fixture.kind}`, () => {
    messageTests(fixture);
    if (isReliable && isOrdered) flowTests(fixture);
    faultTests(fixture);
    if (transferBytesMax > 0) {
      transferTests(fixture);
      offerTests(fixture);
    }
    closeTests(fixture);
    deathTests(fixture);
  });
}
