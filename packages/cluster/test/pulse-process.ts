/**
 * A node in a process of its own, whose event loop stands still when it is told to: prints "ready", then "went on" after each standstill.
 *
 * Arguments: its name, and how long its pulse vouches for the event loop, or "none" for no pulse. The engine's credentials come on the first line of standard input,
 * then one number of milliseconds a line.
 */
import { systemAlarmClock } from "@skyvox/core";
import { NatsPulse } from "../src/nats-pulse.ts";
import { nodeId, nodeLife } from "../src/node-id.ts";
import { joinNode } from "./cluster-fixture.ts";

const [name = "", vouchMs = ""] = process.argv.slice(2);
const ends = new AsyncDisposableStack();
const never = new Int32Array(new SharedArrayBuffer(4));
let isReady = false;

for await (const line of console) {
  if (isReady) {
    Atomics.wait(never, 0, 0, Number(line));
    console.log("went on");
    continue;
  }
  isReady = true;
  const credentials = JSON.parse(line);
  const { cluster } = await joinNode(name, credentials, ends);
  if (vouchMs !== "none") {
    ends.use(
      new NatsPulse({
        ...{ nodeId: nodeId(name), life: nodeLife(`${name}.1`), credentials, clock: systemAlarmClock },
        ...{ vouchMsMax: Number(vouchMs), onFault: (fault) => console.error(fault) },
      }),
    );
  }
  cluster.start({ master: false });
  await cluster.ready({ nodes: 4, timeoutMs: 20_000 });
  console.log("ready");
}
await ends.disposeAsync();
process.exit(0);
