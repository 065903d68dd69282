/**
 * The peer that the contract kills: listens with the kind named on the command line and prints its address.
 *
 * It echoes every message. `offer N` makes it offer N bytes, `block N` the same and then stand still for good; offers that it gets are left unanswered. It ends when its standard input does,
 * so that it never outlives the test.
 */
import { fixtures } from "./link-fixture.ts";

const fixture = fixtures[process.argv[2] as keyof typeof fixtures];

const listening = await fixture.listen({
  accept: (link) => ({
    onMessage: ({ bytes }) => {
      const [verb, count] = new TextDecoder().decode(bytes).split(" ");
      if (verb === "offer" || verb === "block") {
        const frame = new Uint8Array(Number(count)).fill(7);
        link
          .offer({ bytes: frame, sequence: 9, description: new Uint8Array() })
          .catch((error) => console.error(error.message));
        if (verb === "block") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      } else link.send(bytes);
    },
    onOffer: () => {},
    onFault: (fault) => console.error(fault.message),
    onEnd: (fault) => console.error(fault?.message ?? "ended in order"),
  }),
});
console.log(listening.address);
await new Response(Bun.stdin).arrayBuffer();
process.exit(0);
