/** A cluster of real processes loses a worker, its leader with the engine, and its next leader in good order; the tracks go on. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { findNatsServer } from "@skyvox/cluster";
import type { AllocationFacts, ClusterFacts, NodeFacts } from "../src/cluster/cluster-view.ts";
import {
  ask,
  askUntil,
  type ClusterProcess,
  leaderOf,
  type SeenStep,
  TestCluster,
  TrackWatch,
} from "./cluster-nodes.ts";

setDefaultTimeout(60_000);

const isThere = findNatsServer(null) !== null;
if (!isThere) console.log("skipped: clusters of real nodes, no nats-server was found");

let cluster: TestCluster;
let first: ClusterProcess;
let second: ClusterProcess;
let worker: ClusterProcess;

/** Waits until a track whose target nobody saw any more would have ended, which is 2 s later. */
const laterThan = (shown: TrackWatch, before: SeenStep) =>
  shown.next(({ timeS, ids }) => timeS > before.timeS + 2.2 && ids.size === 2);

/** The one that orbits keeps its id. The other nearly stands at its turning points, where it may lose its track on one node too. */
function expectGoneOn(before: SeenStep, after: SeenStep): void {
  expect(after.ids.get("orbit")).toBe(before.ids.get("orbit") ?? Number.NaN);
}

const holdersOf = ({ placements }: AllocationFacts) => new Set(placements.map(({ holder }) => holder));

beforeAll(async () => {
  if (!isThere) return;
  cluster = await TestCluster.create();
  first = await cluster.start("a", "master");
  [second, worker] = await Promise.all([cluster.start("b", "master"), cluster.start("w", "worker")]);
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

test.skipIf(!isThere)("Three nodes find each other, share the cameras and show the same tracks", async () => {
  expect(first.head).toMatch(/^fabric {4}nats, nats-server [\d.]+ at nats:\/\/127\.0\.0\.1:\d+ of "a"$/m);
  expect(first.head).toMatch(/limit: one engine server: /);
  for (const node of [first, second, worker]) {
    const allocation = await askUntil<AllocationFacts>(node, "allocation", (facts) => holdersOf(facts).size === 3);
    expect(allocation.unplaced).toEqual([]);
    expect(allocation.placements.map(({ cameraId }) => cameraId)).toEqual(["a", "b", "c", "d"]);
  }
  const { fabric, leader } = await ask<ClusterFacts>(worker, "cluster");
  expect(leader).toEqual({ nodeId: "a", epoch: 1 });
  expect(fabric).toMatchObject({ kind: "nats", host: "a", moves: 0 });
  using shown = new TrackWatch(first);
  using shownElsewhere = new TrackWatch(worker);
  await shownElsewhere.next(() => true);
  // One of the two targets hovers first; from then on both keep their tracks, as on one node.
  const step = await shown.next(({ ids, timeS }) => ids.size === 2 && timeS > 3.5);
  const isSame = ({ timeS }: SeenStep) => timeS === step.timeS;
  const same = shownElsewhere.steps.find(isSame) ?? (await shownElsewhere.next(isSame));
  expect(same.ids).toEqual(step.ids);
});

test.skipIf(!isThere)("A worker node that is killed loses its cameras to the others and the tracks go on", async () => {
  using shown = new TrackWatch(first);
  const before = await shown.next(({ ids }) => ids.size === 2);
  worker.child.kill("SIGKILL");
  const killedMs = performance.now();
  await askUntil<{ nodes: NodeFacts[] }>(first, "nodes", ({ nodes }) =>
    nodes.some(({ nodeId, state }) => nodeId === "w" && state === "dead"),
  );
  console.log(`worker's death noticed after ${Math.round(performance.now() - killedMs)} ms`);
  await askUntil<AllocationFacts>(
    first,
    "allocation",
    (facts) => !holdersOf(facts).has("w") && !holdersOf(facts).has(null),
  );
  console.log(`its cameras are observed elsewhere after ${Math.round(performance.now() - killedMs)} ms`);
  expectGoneOn(before, await laterThan(shown, before));
});

test.skipIf(!isThere)(
  "A leader that is killed with its engine is followed by another, under the same ids",
  async () => {
    const leader = await leaderOf([first, second]);
    const next = leader === first ? second : first;
    using shown = new TrackWatch(next);
    const before = await shown.next(({ ids }) => ids.size === 2);
    leader.child.kill("SIGKILL");
    const killedMs = performance.now();
    await askUntil<ClusterFacts>(next, "cluster", ({ isLeader }) => isLeader);
    console.log(`another leads after ${Math.round(performance.now() - killedMs)} ms`);
    await shown.next(({ ids }) => ids.size > 0);
    const gapMs = shown.longestGapMs(killedMs);
    console.log(`next published tracks after ${Math.round(gapMs)} ms`);
    expect(gapMs).toBeLessThan(2000);
    expectGoneOn(before, await laterThan(shown, before));
  },
);

test.skipIf(!isThere)("A leader that is asked to end hands over, and the tracks hardly stop", async () => {
  const leader = await leaderOf([second]);
  const next = await cluster.start("c", "master");
  using shown = new TrackWatch(next);
  await askUntil<AllocationFacts>(next, "allocation", (facts) => holdersOf(facts).size === 2);
  // Within its first second a standby learns the rates of the cameras.
  const { timeS: sharedS } = await shown.next(() => true);
  const before = await shown.next(({ ids, timeS }) => ids.size === 2 && timeS > sharedS + 1);
  leader.child.kill("SIGTERM");
  const askedMs = performance.now();
  await askUntil<ClusterFacts>(next, "cluster", ({ isLeader }) => isLeader);
  console.log(`another leads after ${Math.round(performance.now() - askedMs)} ms`);
  expect(await leader.child.exited).toBe(0);
  const after = await laterThan(shown, before);
  const gapMs = shown.longestGapMs(askedMs);
  console.log(`tracks stood still for ${Math.round(gapMs)} ms`);
  expect(gapMs).toBeLessThan(500);
  expectGoneOn(before, after);
});
