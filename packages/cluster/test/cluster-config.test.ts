import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createPrng, systemAlarmClock } from "@skyvox/core";
import { connectionName } from "../src/cluster-agent.ts";
import { ClusterConfig, type ClusterOptions } from "../src/cluster-config.ts";
import type { Fabric } from "../src/fabric.ts";
import { LocalEngine } from "../src/fabric-local.ts";
import { connectNats } from "../src/fabric-nats.ts";
import { findNatsServer, NatsServerChild } from "../src/nats-server-child.ts";
import { nodeId, nodeLife } from "../src/node-id.ts";

const host = nodeId("a");

function joinAs(name: string, fabric: Fabric, rest: Partial<ClusterOptions> = {}): ClusterConfig {
  return new ClusterConfig({
    ...{
      nodeId: nodeId(name),
      life: nodeLife(`${name}.1`),
      fabric,
      clock: systemAlarmClock,
      prng: createPrng(1).fork(name),
    },
    ...{
      capacity: { bytesPerSecond: 1e9, memoryBytes: 8e9 },
      engineHosts: [host],
      othersMayLead: true,
      onNotice: () => {},
    },
    ...rest,
  });
}

const nameOf = (name: string) => connectionName(nodeId(name), nodeLife(`${name}.1`));

test("One node over a local fabric leads and uses all cameras at once, with reasons and limits", async () => {
  await using fabric = new LocalEngine({ clock: systemAlarmClock }).connect(nameOf("a"));
  using cluster = joinAs("a", fabric, { othersMayLead: false });
  cluster.start({ master: true });
  await cluster.ready({ nodes: 1, timeoutMs: 5000 });
  const placements = await cluster.allocateCameras(10, 5000);
  expect(placements).toHaveLength(10);
  expect(placements[0]).toMatchObject({ cameraId: "camera-1", nodeId: "a", kind: "new", why: "most room left" });
  const status = cluster.getClusterStatus();
  expect(status).toMatchObject({ isMaster: true, master: { epoch: 1, holder: "a" }, members: [], unplaced: [] });
  expect(status.fabric.limits).toEqual(["one machine only: no other node can join"]);
  await expect(cluster.ready({ nodes: 2, timeoutMs: 50 })).rejects.toThrow(
    "Cannot complete cluster of 2 nodes: 1 nodes are here after 50 ms, need more time or nodes",
  );
});

const kinds = findNatsServer(null) === null ? (["local"] as const) : (["local", "nats"] as const);
if (kinds.length === 1) console.log("skipped: clusters over NATS, no nats-server was found");

describe.each([...kinds])("A cluster of three over the fabric %s", (kind) => {
  let connect: (name: string) => Promise<Fabric>;
  const ends = new AsyncDisposableStack();
  beforeAll(async () => {
    if (kind === "local") {
      const engine = new LocalEngine({ clock: systemAlarmClock });
      connect = async (name) => engine.connect(name);
      return;
    }
    const { credentials } = ends.use(await NatsServerChild.start({ host: "127.0.0.1", program: null }));
    connect = (name) => connectNats({ name, credentials, replicas: 1 });
  });
  afterAll(() => ends.disposeAsync());

  test("shares cameras in pairs, measures its links, and moves the cameras of a node that dies", async () => {
    const fabrics = await Promise.all(["a", "b", "c"].map((name) => connect(nameOf(name))));
    const [a, b, c] = fabrics.map((fabric, index) => joinAs(["a", "b", "c"][index]!, fabric)) as [
      ClusterConfig,
      ClusterConfig,
      ClusterConfig,
    ];
    a.start({ master: true });
    b.start({ master: false });
    c.start({ master: false });
    await a.ready({ nodes: 3, timeoutMs: 5000 });
    expect(() => b.setAdmission({ nodeId: nodeId("b"), isCordoned: false, isDraining: false })).not.toThrow();
    await expect(b.allocateCameras(2, 100)).rejects.toThrow(/Cannot allocate cameras: .* leads, need the master/);
    const placements = await a.allocateCameras(12, 5000);
    const perNode = Map.groupBy(placements, (placement) => placement.nodeId);
    expect([...perNode].map(([id, { length }]) => `${id} ${length}`).sort()).toEqual(["a 4", "b 4", "c 4"]);
    for (let pair = 0; pair < 6; pair++) {
      const ids = [`camera-${2 * pair + 1}`, `camera-${2 * pair + 2}`];
      const nodes = placements
        .filter((placement) => ids.includes(placement.cameraId))
        .map((placement) => placement.nodeId);
      expect(new Set(nodes).size).toBe(1);
    }
    await holding([a, b, c], 12);
    const routes = await a.optimizeNetworkTopology();
    expect([...routes.keys()].sort()).toEqual([nodeId("b"), nodeId("c")]);
    expect(a.tryAllocation({ nodesGone: [nodeId("c")] })?.changed).toHaveLength(4);

    // Ended without a word, as a killed process: only its connection goes.
    await fabrics[2]!.close();
    await holding([a, b], 12);
    const states = a.getClusterStatus().members.map(({ nodeId: id, state }) => `${id} ${state}`);
    expect(states.sort()).toEqual(["b healthy", "c dead"]);
    for (const cluster of [a, b]) cluster.stop();
    for (const fabric of fabrics) await fabric.close();
  }, 20_000);
});

/** Waits until the nodes together use this many different cameras. */
async function holding(clusters: readonly ClusterConfig[], count: number): Promise<void> {
  const endMs = performance.now() + 10_000;
  for (;;) {
    const held = new Set(clusters.flatMap((cluster) => cluster.getClusterStatus().holds));
    if (held.size === count) return;
    if (performance.now() > endMs) throw new Error(`${held.size} of ${count} cameras are in use`);
    await Bun.sleep(5);
  }
}
