/** What the page reads of the cluster is what a node answers: by type, and by the answers of a node that runs. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type {
  AllocationAnswer,
  ClusterAnswer,
  ClusterEventMessage,
  NodesAnswer,
  TopologyAnswer,
  WorkersAnswer,
} from "@skyvox/dashboard";
import { plainCluster } from "./cluster-plain-view.ts";
import { liveNode } from "./live-node.ts";
import { lineMatching } from "./run-node.ts";

// The test of the whole program starts it.
setDefaultTimeout(60_000);

test("The page's types are those of the node's answers", () => {
  const cluster: ClusterAnswer = plainCluster.cluster();
  const nodes: NodesAnswer["nodes"] = plainCluster.nodes();
  const workers: WorkersAnswer["workers"] = plainCluster.workers();
  const allocation: AllocationAnswer = plainCluster.allocation();
  const topology: TopologyAnswer = plainCluster.topology();
  const events: readonly ClusterEventMessage[] = plainCluster.events();
  const counts = [nodes, workers, allocation.placements, topology.links, events].map((list) => list.length);
  expect([cluster.fabric.kind, ...counts]).toEqual(["nats", 1, 1, 1, 1, 1]);
});

test("A node that is alone answers as the page reads it: it leads itself, has its cameras and no links", async () => {
  await using node = await liveNode(["--kernels", "cpu"]);
  const get = async <Answer>(path: string): Promise<Answer> => (await fetch(node.url + path)).json() as Promise<Answer>;
  await untilEvent(node.url, "took-office");
  const cluster = await get<ClusterAnswer>("/api/v1/cluster");
  expect([cluster.nodesHere, cluster.fabric.kind, cluster.leader?.nodeId]).toEqual([1, "local", cluster.nodeId]);
  expect(cluster.fabric.limits[0]).toStartWith("one machine only");
  const { nodes } = await get<NodesAnswer>("/api/v1/nodes");
  expect(nodes.map(({ nodeId, isLeader, isSelf }) => [nodeId, isLeader, isSelf])).toEqual([
    [cluster.nodeId, true, true],
  ]);
  expect((await get<WorkersAnswer>("/api/v1/workers")).workers).toHaveLength(1);
  expect((await get<TopologyAnswer>("/api/v1/topology")).links).toEqual([]);
});

/** Reads what happens until something of a type does. */
async function untilEvent(url: string, type: string): Promise<void> {
  const stop = new AbortController();
  const response = await fetch(`${url}/api/v1/events`, { signal: stop.signal });
  if (response.body === null) throw new Error("the node tells of no events");
  await lineMatching(response.body, new RegExp(`^event: ${type}$`, "m"));
  stop.abort();
}
