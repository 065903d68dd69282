/** What the API of real nodes says of their cluster, and the orders it takes. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { findNatsServer } from "@skyvox/cluster";
import type {
  AllocationFacts,
  ClusterFacts,
  NodeFacts,
  SchedulerFacts,
  TaskFacts,
  TopologyFacts,
  TrialFacts,
  WorkerFacts,
} from "../src/cluster/cluster-view.ts";
import { ask, askUntil, type ClusterProcess, TestCluster } from "./cluster-nodes.ts";
import { lineMatching, runNode, startNode } from "./run-node.ts";

setDefaultTimeout(60_000);

const isThere = findNatsServer(null) !== null;
if (!isThere) console.log("skipped: the API of clusters of real nodes, no nats-server was found");

let cluster: TestCluster;
let leader: ClusterProcess;
let worker: ClusterProcess;

const camerasOf = (nodeId: string, { placements }: AllocationFacts) =>
  placements.filter(({ holder }) => holder === nodeId).map(({ cameraId }) => cameraId);

const post = (path: string, init: RequestInit = {}) =>
  fetch(`${leader.url}/api/v1/${path}`, { method: "POST", ...init });

beforeAll(async () => {
  if (!isThere) return;
  cluster = await TestCluster.create();
  [leader, worker] = await Promise.all([cluster.start("a", "master"), cluster.start("w", "worker")]);
  await askUntil<AllocationFacts>(worker, "allocation", (facts) => camerasOf("w", facts).length === 2);
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

test.skipIf(!isThere)("Every node names the nodes, their workers and the links between them", async () => {
  for (const node of [leader, worker]) {
    const { nodes } = await askUntil<{ nodes: NodeFacts[] }>(node, "nodes", ({ nodes }) => nodes.length === 2);
    expect(nodes.map(({ nodeId, role, state, isLeader }) => [nodeId, role, state, isLeader])).toEqual([
      ["a", "master", "healthy", true],
      ["w", "worker", "healthy", false],
    ]);
    expect(nodes.find(({ isSelf }) => isSelf)).toMatchObject({ nodeId: node.name, address: node.url });
  }
  const { workers } = await ask<{ workers: WorkerFacts[] }>(leader, "workers");
  expect(workers).toMatchObject([
    { nodeId: "a", state: "running", backend: "cpu", restarts: 0 },
    { nodeId: "w", state: "running", backend: "cpu", restarts: 0 },
  ]);
  for (const { processId } of workers) expect(() => process.kill(processId ?? 0, 0)).not.toThrow();
  const { routes } = await askUntil<TopologyFacts>(leader, "topology", ({ links }) => links.length === 2);
  expect(routes.map(({ nodes }) => nodes)).toEqual([
    ["a", "w"],
    ["w", "a"],
  ]);
});

test.skipIf(!isThere)(
  "A node is drained, takes nothing while it is, and is given cameras again afterwards",
  async () => {
    const question = JSON.stringify({ nodesDrained: ["w"] });
    const headers = { "content-type": "application/json" };
    const trial = (await (await post("allocation/what-if", { body: question, headers })).json()) as TrialFacts;
    expect(trial.changed.map(({ nodeId, why }) => [nodeId, why])).toEqual(
      Array.from({ length: 2 }, () => ["a", 'most room left; "w" is drained']),
    );
    expect((await post("nodes/w/drain")).status).toBe(202);
    await askUntil<AllocationFacts>(worker, "allocation", (facts) => camerasOf("a", facts).length === 4);
    await askUntil<{ nodes: NodeFacts[] }>(leader, "nodes", ({ nodes }) =>
      nodes.some(
        ({ nodeId, isCordoned, isDraining, cameras }) =>
          nodeId === "w" && isCordoned && isDraining && cameras.length === 0,
      ),
    );
    expect((await post("nodes/w/uncordon")).status).toBe(202);
    await askUntil<AllocationFacts>(worker, "allocation", (facts) => camerasOf("w", facts).length === 2);
  },
);

test.skipIf(!isThere)(
  "Orders for nobody, to a node that does not lead, or from a foreign page are refused",
  async () => {
    expect(await (await post("nodes/nobody/drain")).json()).toMatchObject({
      status: 404,
      detail: 'Cannot order a node: there is no node "nobody", need one of a, w',
    });
    const elsewhere = await fetch(`${worker.url}/api/v1/nodes/a/drain`, { method: "POST" });
    expect(await elsewhere.json()).toMatchObject({
      status: 409,
      detail: `Cannot order a node: "a" leads, need the leader's API (${leader.url} on its machine)`,
    });
    const foreign = await post("nodes/w/drain", { headers: { origin: "http://elsewhere.example" } });
    expect(foreign.status).toBe(403);
  },
);

test.skipIf(!isThere)("Tasks go where the policy says, and each says why", async () => {
  const body = JSON.stringify({ policy: "round-robin" });
  const headers = { "content-type": "application/json" };
  const set = await fetch(`${leader.url}/api/v1/scheduler`, { method: "PUT", body, headers });
  expect((await set.json()) as SchedulerFacts).toMatchObject({ policy: "round-robin" });
  const { tasks: before } = await ask<TaskFacts>(leader, "tasks");
  const known = new Set(before.map(({ taskId }) => taskId));
  const isDoneBy = (node: string) => (task: TaskFacts["tasks"][number]) =>
    !known.has(task.taskId) && task.state === "completed" && task.workerId?.startsWith(`${node}.`);
  const { tasks, counts, deadLetters } = await askUntil<TaskFacts>(
    leader,
    "tasks",
    ({ tasks }) => tasks.some(isDoneBy("a")) && tasks.some(isDoneBy("w")),
  );
  expect(tasks.every(({ type }) => type === "reconstruct")).toBe(true);
  expect(counts).toMatchObject({ deadLetters: 0, workers: 2 });
  expect(deadLetters).toEqual([]);
  const done = tasks.find(isDoneBy("w"));
  const { lines } = await ask<{ lines: string[] }>(leader, `tasks/${done?.taskId}`);
  expect(lines[0]).toMatch(/^was completed by worker "w\.\d+\.\d+" in [\d.]+ ms/);
  expect(lines[1]).toMatch(/^attempt 1 on worker "w\.\S+" \(completed\): next in turn of 2 that could take it/);
  expect((await ask<TaskFacts>(worker, "tasks")).counts).toBeNull();
});

test.skipIf(!isThere)("A worker process that is killed is replaced, and its node observes again", async () => {
  const { workers } = await ask<{ workers: WorkerFacts[] }>(leader, "workers");
  const killed = workers.find(({ nodeId }) => nodeId === "w")?.processId ?? 0;
  process.kill(killed, "SIGKILL");
  const killedMs = performance.now();
  const { workers: after } = await askUntil<{ workers: WorkerFacts[] }>(leader, "workers", ({ workers }) =>
    workers.some(({ nodeId, state, restarts }) => nodeId === "w" && state === "running" && restarts === 1),
  );
  console.log(`another worker serves after ${Math.round(performance.now() - killedMs)} ms`);
  expect(after.find(({ nodeId }) => nodeId === "w")?.processId).not.toBe(killed);
  const { tasks } = await ask<TaskFacts>(leader, "tasks");
  const known = new Set(tasks.map(({ taskId }) => taskId));
  await askUntil<TaskFacts>(leader, "tasks", ({ tasks }) =>
    tasks.some(
      ({ taskId, state, workerId }) => !known.has(taskId) && state === "completed" && workerId?.startsWith("w."),
    ),
  );
});

test.skipIf(!isThere)("Events tell what happened, and what happens from then on", async () => {
  const { body } = await fetch(`${leader.url}/api/v1/events`);
  if (body === null) throw new Error("the answer has a body");
  expect((await lineMatching(body, /event: took-office\ndata: (\{.*\})\n/))[1]).toContain("leads under epoch 1");
  expect((await post("nodes/w/cordon")).status).toBe(202);
  expect((await post("nodes/w/uncordon")).status).toBe(202);
  worker.child.kill("SIGKILL");
  const [, data = ""] = await lineMatching(body, /event: died\ndata: (\{.*\})\nid: \d+\n/);
  expect(JSON.parse(data)).toMatchObject({ type: "died", nodeId: "w" });
  await body.cancel();
});

test.skipIf(!isThere)("A node with another token is refused in one line, and counted", async () => {
  const { folder } = cluster;
  writeFileSync(folder.file("other"), "a token of somebody else", { mode: 0o600 });
  const { fabric } = await ask<ClusterFacts>(leader, "cluster");
  const flags = [...cluster.flags("x", "worker"), "--token-file", folder.file("other")];
  const joined = await runNode([...flags, "--join", fabric.url ?? ""], 30_000);
  expect(joined.code).toBe(1);
  expect(joined.stderr).toMatch(/^Cannot connect to engine at nats:\S+: .*uthorization.*, need one that lets us in$/m);
  expect(joined.stderr).not.toContain("somebody");
  const listening = startNode(flags, 30_000);
  const { refused } = await askUntil<ClusterFacts>(
    leader,
    "cluster",
    ({ refused }) => (refused["beacon signature"] ?? 0) > 0 && (refused["beacon connection"] ?? 0) > 0,
  );
  expect(refused["message malformed"] ?? 0).toBe(0);
  listening.kill("SIGTERM");
  await listening.exited;
  expect(leader.said()).toMatch(/^Cannot use beacon from 127\.0\.0\.1:\d+: a signature by another token, need/m);
  expect(leader.said()).toMatch(/^Cannot admit connection "x\/\S+" from 127\.0\.0\.1: .*, need this cluster's token$/m);
});
