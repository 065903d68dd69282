/** Three nodes, each with a server of one engine: whoever leads may die together with its server. */
import { expect, test } from "bun:test";
import { findNatsServer } from "../src/nats-server-child.ts";
import { until } from "./cluster-fixture.ts";
import { machineMs } from "./engine-node.ts";
import { type EngineNode, lastOf, startEngineNode } from "./engine-nodes.ts";

const isThere = findNatsServer(null) !== null;
if (!isThere) console.log("skipped: an engine of three servers, no nats-server was found");

const CAMERAS = 10;
/** From the death of the leader and its server to the next leader; the product's limit is 2 s. */
const TAKEOVER_MS_MAX = 2000;

/** A port for beacons that no other test uses. */
const BEACON_PORT = 29_871;

function heldBy(nodes: readonly EngineNode[]): number {
  return nodes.flatMap((node) => lastOf(node, "holds")?.detail.split(",") ?? []).filter((id) => id !== "").length;
}

test.skipIf(!isThere)(
  "When the leader dies with its server another leads within two seconds, under the next epoch, and all cameras are in use again",
  async () => {
    await using ends = new AsyncDisposableStack();
    const nodes = ["a", "b", "c"].map((name) =>
      startEngineNode(
        {
          ...{ name, host: "127.0.0.1", token: "of three", beaconPort: BEACON_PORT },
          ...{ broadcasts: ["127.255.255.255"], cameraCount: CAMERAS },
        },
        ends,
      ),
    );
    const epochOf = (node: EngineNode) => Number(lastOf(node, "took-office")?.detail ?? 0);
    const leaderNow = () => nodes.reduce((a, b) => (epochOf(b) > epochOf(a) ? b : a));
    await until(() => lastOf(leaderNow(), "store-yielded") !== undefined && heldBy(nodes) === CAMERAS);
    const leader = leaderNow();
    const before = epochOf(leader);
    const others = nodes.filter((node) => node !== leader);
    expect(heldBy([leader])).toBeGreaterThan(0);
    const killedMs = machineMs();
    leader.child.kill("SIGKILL");
    await until(() => others.some((node) => epochOf(node) > before));
    const next = lastOf(leaderNow(), "took-office");
    await until(() => heldBy(others) === CAMERAS);
    const heldMs = Math.max(...others.flatMap((node) => lastOf(node, "holds")?.atMs ?? []));
    const tookMs = (next?.atMs ?? Number.NaN) - killedMs;
    console.log(
      `leader and its server killed: next leader after ${tookMs.toFixed(0)} ms, cameras in use after ${(heldMs - killedMs).toFixed(0)} ms`,
    );
    expect(tookMs).toBeLessThanOrEqual(TAKEOVER_MS_MAX);
    expect(Number(next?.detail)).toBe(before + 1);
    const faults = nodes.flatMap(({ lines }) => lines.filter(({ event }) => event === "refused"));
    // While the store is formed, and while it loses a server, it may not answer.
    for (const { detail } of faults) expect(detail).toMatch(/need a store that answers$/);
  },
  60_000,
);
