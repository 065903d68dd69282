/**
 * The other process of `link-shm.test.ts`: connects to the link and maps the pool named on the command line.
 *
 * It views what it is offered, sends back the XXH3 of what it sees, and goes on holding it: for the next line of its standard input, after
 * which it sends what the release said, or for good.
 */
import { systemClock } from "@skyvox/core";
import { connectShm } from "../src/link-shm.ts";
import { SharedSegment } from "../src/shared-segment.ts";
import { poolLayout } from "./link-shm-pool.ts";

const [address = "", path = ""] = process.argv.slice(2);
const lines = console[Symbol.asyncIterator]();
const segment = SharedSegment.attach(path, poolLayout);
await connectShm({
  ...{ address, checksum: "xxh3", clock: systemClock },
  pools: [{ segment, part: 0, quotaSlots: 1, holdMsMax: 60_000 }],
  accept: (made) => ({
    onMessage: () => {},
    onOffer: async (offer) => {
      const view = offer.view();
      if (view === null) return offer.refuse();
      made.send(new TextEncoder().encode(Bun.hash.xxHash3(view.bytes).toString(16)));
      await lines.next();
      made.send(new TextEncoder().encode(view.release() ? "valid" : "void"));
    },
    onFault: (fault) => console.error(fault.message),
    onEnd: () => {},
  }),
});
