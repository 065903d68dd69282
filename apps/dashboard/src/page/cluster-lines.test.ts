import { expect, test } from "bun:test";
import type { ClusterAnswer, NodesAnswer } from "../cluster-answers.ts";
import { headline, linkLines, nodeLines, placementLines, summary } from "./cluster-lines.ts";

const FABRIC = { kind: "nats", engine: "nats-server 2.10", url: "nats://x", host: "a", moves: 0, limits: [] } as const;
const CLUSTER: ClusterAnswer = {
  clusterId: "c",
  nodeId: "a",
  leader: { nodeId: "a", epoch: 4 },
  nodesHere: 2,
  fabric: FABRIC,
};

function node(nodeId: string, changed: Partial<NodesAnswer["nodes"][number]> = {}): NodesAnswer["nodes"][number] {
  return {
    ...{ nodeId, state: "healthy", isSelf: false, isLeader: false, role: "master", version: null, address: null },
    ...{ isCordoned: false, isDraining: false, cameras: [], cannotOpen: [], ...changed },
  };
}

test("A node that is alone says so in one line", () => {
  const picture = { cluster: CLUSTER, nodes: [node("a")] };
  expect(headline(picture)).toBe("1 node");
  const fabric = { ...FABRIC, limits: ["one machine only"] };
  expect(summary({ ...picture, cluster: { ...CLUSTER, fabric } })).toBe(
    'One node, "a": it leads itself; one machine only',
  );
});

test("A cluster says how many are here, who leads, over what, and how often that moved", () => {
  const picture = { cluster: CLUSTER, nodes: [node("a"), node("b"), node("c", { state: "dead" })] };
  expect(headline(picture)).toBe("2 nodes · a leads");
  expect(headline({ ...picture, cluster: { ...CLUSTER, leader: null } })).toBe("2 nodes · nobody leads");
  expect(headline({ ...picture, nodes: [node("a"), node("b", { state: "dead" })] })).toBe("1 node · a leads");
  expect(summary(picture)).toBe('Cluster "c": "a" leads in epoch 4; nats-server 2.10 on "a"');
  const moved = { ...CLUSTER, leader: null, fabric: { ...FABRIC, host: null, moves: 2 } };
  expect(summary({ ...picture, cluster: moved })).toBe(
    'Cluster "c": nobody leads now; nobody hosts the engine now, moved 2 times',
  );
});

test("A node's row tells its part, its cameras, what it could not open, its load and its worker", () => {
  const nodes = [
    node("a", { isLeader: true, isSelf: true, cameras: ["north", "east"] }),
    node("b", { isDraining: true, isCordoned: true, cannotOpen: [{ cameraId: "east", why: "no such file" }] }),
    node("c", { state: "dead", role: null }),
  ];
  const worker = { nodeId: "a", processId: 7, state: "running", backend: "cpu", device: "AVX2", restarts: 1 } as const;
  const opening = { ...worker, nodeId: "b", state: "opening", device: "", restarts: 0 } as const;
  const lines = nodeLines(nodes, [worker, opening], [{ nodeId: "a", load: 0.254 }]);
  expect(lines.map(({ cells }) => cells)).toEqual([
    ["a", "healthy", "leader, this node", "north, east", "25 %", "cpu, AVX2: running, 1 restart"],
    ["b", "healthy", "master, draining", "none; cannot open east: no such file", "–", "cpu: opening"],
    ["c", "dead", "", "none", "–", "none"],
  ]);
});

test("A camera's row tells where it is to be, who has it now and why, and one without a place comes first", () => {
  const lines = placementLines({
    placements: [
      { cameraId: "north", nodeId: "a", kind: "kept", why: "it has it", holder: "a" },
      { cameraId: "east", nodeId: "b", kind: "moved", why: '"a" is full', holder: "a" },
      { cameraId: "south", nodeId: "b", kind: "new", why: "most room left", holder: null },
    ],
    unplaced: [{ cameraId: "west", why: "no node reaches it" }],
    loads: [],
  });
  expect(lines.map(({ state, cells }) => [state, ...cells])).toEqual([
    ["unplaced", "west", "nowhere", "no node reaches it"],
    ["held", "north", "a", "it has it"],
    ["waiting", "east", "b (now a)", 'moved: "a" is full'],
    ["waiting", "south", "b (now nobody)", "new: most room left"],
  ]);
});

test("A link's row tells its latency, and the way round where that is shorter", () => {
  const lines = linkLines({
    links: [
      { from: "a", to: "b", latencyMs: 12.5 },
      { from: "b", to: "a", latencyMs: 0.204 },
    ],
    routes: [
      { from: "a", to: "b", nodes: ["a", "c", "b"], costMs: 0.9 },
      { from: "b", to: "a", nodes: ["b", "a"], costMs: 0.204 },
    ],
  });
  expect(lines.map(({ cells }) => cells)).toEqual([
    ["a → b", "12.50 ms", "better by c: 0.90 ms"],
    ["b → a", "0.20 ms", ""],
  ]);
});
