/** Three machines in network namespaces: they find each other, share cameras, and notice cables that are pulled and ways that are lost. */
import { expect, test } from "bun:test";
import { BEACON_PORT } from "../src/discovery-udp.ts";
import { findNatsServer } from "../src/nats-server-child.ts";
import { until } from "./cluster-fixture.ts";
import { machineMs } from "./engine-node.ts";
import { type EngineNode, lastOf, startEngineNode } from "./engine-nodes.ts";
import { NamespaceNetwork, whyNoNamespaces } from "./network-namespaces.ts";

const why = findNatsServer(null) === null ? "no nats-server was found" : whyNoNamespaces();
if (why !== null) console.log(`skipped: three machines in network namespaces, ${why}`);

const CAMERAS = 10;
const FOUND_MS_MAX = 1000;
/** The limit of the product is 800 ms; observers on a busy machine stretch it by their own lateness. */
const NOTICED_MS_MAX = 1600;

function heldBy(nodes: readonly EngineNode[]): string[] {
  return nodes.flatMap((node) => lastOf(node, "holds")?.detail.split(",") ?? []).filter((id) => id !== "");
}

/** Waits until both others have noticed that the last node is gone since a time; returns how long the slower one took. */
async function noticed(others: readonly EngineNode[], name: string, sinceMs: number): Promise<number> {
  const noticedAt = (node: EngineNode) =>
    node.lines.find(({ event, detail, atMs }) => event === "died" && detail.startsWith(`${name}:`) && atMs > sinceMs)
      ?.atMs;
  await until(() => others.every((node) => noticedAt(node) !== undefined));
  return Math.max(...others.map((node) => noticedAt(node) ?? Number.NaN)) - sinceMs;
}

/** Waits until all nodes see all others again since a time. */
async function whole(nodes: readonly EngineNode[], name: string, sinceMs: number): Promise<void> {
  const returned = (node: EngineNode) =>
    node.lines.some(({ event, detail, atMs }) => event === "joined" && detail === name && atMs > sinceMs);
  await until(() => nodes.every((node) => node.name === name || returned(node)));
}

test.skipIf(why !== null)(
  "Three machines find each other within a second, share the cameras, and notice a pulled cable and a lost way",
  async () => {
    using network = new NamespaceNetwork(3);
    await using ends = new AsyncDisposableStack();
    const nodes = ["a", "b", "c"].map((name, index) =>
      startEngineNode(
        {
          ...{ name, host: network.addressOf(index), token: "of three machines", beaconPort: BEACON_PORT },
          ...{ broadcasts: [network.broadcast], cameraCount: CAMERAS },
        },
        ends,
        network.on(index),
      ),
    );
    const foundBy = ({ lines }: EngineNode) =>
      new Set(lines.filter(({ event }) => event === "found").map(({ detail }) => detail));
    await until(() => nodes.every((node) => foundBy(node).size === 2));
    const openedMs = Math.max(...nodes.map((node) => lastOf(node, "beacon")?.atMs ?? Number.NaN));
    const foundMs = Math.max(...nodes.map((node) => lastOf(node, "found")?.atMs ?? Number.NaN)) - openedMs;
    await until(() => heldBy(nodes).length === CAMERAS);
    expect(new Set(heldBy(nodes)).size).toBe(CAMERAS);
    // The node that leads stays: what is measured is how others notice a machine, not how they replace a master.
    const epochOf = (node: EngineNode) => Number(lastOf(node, "took-office")?.detail ?? 0);
    const leader = nodes.reduce((a, b) => (epochOf(b) > epochOf(a) ? b : a));
    const victim = nodes.findLast((node) => node !== leader) ?? leader;
    const others = nodes.filter((node) => node !== victim);
    const index = nodes.indexOf(victim);

    let cutMs = machineMs();
    const plug = network.unplug(index);
    const unpluggedMs = await noticed(others, victim.name, cutMs);
    let mendedMs = machineMs();
    plug();
    await whole(others, victim.name, mendedMs);

    cutMs = machineMs();
    const unmutes = others.map((other) => network.mute(index, nodes.indexOf(other)));
    const mutedMs = await noticed(others, victim.name, cutMs);
    mendedMs = machineMs();
    for (const unmute of unmutes) unmute();
    await whole(others, victim.name, mendedMs);

    const times = [foundMs, unpluggedMs, mutedMs].map((ms) => `${ms.toFixed(0)} ms`);
    console.log(`found after ${times[0]}, a pulled cable noticed after ${times[1]}, a lost way after ${times[2]}`);
    expect(foundMs).toBeLessThan(FOUND_MS_MAX);
    expect(Math.max(unpluggedMs, mutedMs)).toBeLessThan(NOTICED_MS_MAX);
  },
  60_000,
);
