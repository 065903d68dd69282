/**
 * A cluster of two nodes as plain values: what the tests of the API answer from.
 *
 * Node a answers and leads; node b is a worker that observes the camera "north" and could not open "east".
 */
import { policyNames } from "@skyvox/processor";
import type { ClusterView } from "../src/cluster/cluster-view.ts";

const placement = {
  cameraId: "north",
  nodeId: "node-b",
  kind: "new",
  why: "most room left",
  holder: "node-b",
} as const;

export const plainCluster: ClusterView = {
  cluster: () => ({
    ...{ clusterId: "skyvox", nodeId: "node-a", role: "master", isLeader: true, nodesHere: 2 },
    leader: { nodeId: "node-a", epoch: 3 },
    fabric: {
      ...{ kind: "nats", engine: "nats-server 2.9.10", url: "nats://127.0.0.1:4222", host: "node-a", moves: 0 },
      limits: ["one engine server"],
    },
    refused: { "beacon signature": 1 },
  }),
  nodes: () => [
    {
      ...{ nodeId: "node-b", state: "healthy", isSelf: false, isLeader: false, role: "worker", version: "0.1.0" },
      ...{ address: "http://127.0.0.1:8081", engineUrl: null, isCordoned: false, isDraining: false },
      ...{ cameras: ["north"], cannotOpen: [{ cameraId: "east", why: "no such file" }] },
    },
  ],
  workers: () => [
    { nodeId: "node-b", processId: 7, state: "running", backend: "cpu", device: "AVX2, 1 thread", restarts: 1 },
  ],
  allocation: () => ({
    ...{ epoch: 3, placements: [placement], unplaced: [{ cameraId: "east", why: '"node-b" cannot reach it' }] },
    loads: [{ nodeId: "node-b", load: 0.25 }],
  }),
  tryAllocation: ({ nodesGone }) =>
    nodesGone.includes("node-b")
      ? { ok: true, value: { placements: [], unplaced: [], loads: [], changed: [placement] } }
      : { ok: false, reason: "not-leading", why: 'Cannot try an allocation: "node-b" leads, need its API' },
  setAdmission: ({ nodeId }) =>
    nodeId === "node-b"
      ? { ok: true, value: true }
      : { ok: false, reason: "unknown", why: `Cannot find node "${nodeId}": it is not here, need one of node-b` },
  tasks: () => ({
    counts: {
      ...{ submitted: 9, completed: 7, retries: 1, deadLetters: 1, cancelled: 0, expired: 1, answersRefused: 0 },
      ...{ queued: 0, assigned: 0, workers: 2, executionMsMean: 4.5 },
    },
    tasks: [
      {
        ...{ taskId: "set-9", type: "reconstruct", state: "completed", priority: 5 },
        ...{ attempts: 2, failures: 1, workerId: "node-b.1", submittedMs: 10, settledMs: 14 },
      },
    ],
    deadLetters: [{ taskId: "set-4", type: "reconstruct", attempts: 4, reason: "failed 4 times" }],
  }),
  explainTask: (id) => (id === "set-9" ? ['was completed by worker "node-b.1" in 4.0 ms'] : null),
  scheduler: () => ({ policy: "weighted", policies: policyNames }),
  setPolicy: () => ({ ok: true, value: true }),
  topology: () => ({
    links: [{ from: "node-a", to: "node-b", latencyMs: 0.2 }],
    routes: [{ from: "node-a", to: "node-b", nodes: ["node-a", "node-b"], costMs: 0.24 }],
  }),
  events: () => [{ id: 1, timeMs: 1_700_000_000_000, type: "joined", nodeId: "node-b", text: '"node-b" joined' }],
  subscribe: () => () => undefined,
};
