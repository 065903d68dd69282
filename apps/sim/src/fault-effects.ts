/**
 * What each fault does to a world, and how it is undone.
 */
import { calmConditions } from "@skyvox/testing";
import type { Fault } from "./faults.ts";
import type { World } from "./world.ts";

/** How long it takes until an engine whose hosts died is there again. */
export const ENGINE_REMADE_MS = 300;

/** From the cut between the master and one node to that from all others. */
const DESERTED_AFTER_MS = 700;

/** Lets a fault begin, and end when its time is over. */
export function beginFault(world: World, fault: Fault): void {
  const end = beginOf(world, fault);
  if (end !== null) world.after(fault.forMs, end);
}

function beginOf(world: World, fault: Fault): (() => void) | null {
  switch (fault.kind) {
    case "kill":
      world.kill(fault.node);
      remakeIfGone(world);
      return () => world.start(fault.node);
    case "freeze":
      world.freeze(fault.node);
      return () => world.thaw(fault.node);
    case "cut":
      return cutWays(world, [[fault.node, fault.other]], fault.isOneWay);
    case "isolate":
      return isolate(world, fault.node, fault.isOneWay);
    case "split": {
      const isLow = (index: number) => index < fault.node;
      const [low, high] = [indicesOf(world).filter(isLow), indicesOf(world).filter((index) => !isLow(index))];
      return cutWays(
        world,
        low.flatMap((a) => high.map((b): Way => [a, b])),
        false,
      );
    }
    case "storm":
      world.tell("a storm begins");
      world.network.conditions = { ...calmConditions, ...conditionsOf(fault) };
      return () => {
        world.tell("the storm ends");
        world.network.conditions = calmConditions;
      };
    case "reset": {
      const process = world.process(fault.node);
      if (process !== undefined) world.disconnect(process, "connection reset");
      return null;
    }
    case "kill-engine":
      return killEngine(world);
    case "hand-over":
      for (const process of world.processes) world.give(process, { type: "hand-over" });
      return null;
    case "strike-master":
      return strikeMaster(world, fault);
    case "drain":
      return drain(world, fault.node);
  }
}

function conditionsOf({ lossRate, duplicateRate, delayMsTail }: Extract<Fault, { kind: "storm" }>) {
  return { lossRate, duplicateRate, delayMsTail };
}

function strikeMaster(
  world: World,
  { node, blow, forMs }: Extract<Fault, { kind: "strike-master" }>,
): (() => void) | null {
  const master = indicesOf(world).find((index) => world.process(index)?.node.office != null);
  if (master === undefined) return null;
  if (blow === "freeze") {
    world.freeze(master);
    return () => world.thaw(master);
  }
  if (blow === "isolate" || node === master) return isolate(world, master, false);
  const mend = cutWays(world, [[node, master]], false);
  let mendAll: (() => void) | null = null;
  if (forMs > DESERTED_AFTER_MS) {
    world.after(DESERTED_AFTER_MS, () => {
      mendAll = isolate(world, master, false);
    });
  }
  return () => {
    mend();
    mendAll?.();
  };
}

function drain(world: World, node: number): (() => void) | null {
  const process = world.process(node);
  if (process === undefined) return null;
  const { self } = process.node;
  world.tell(`${self} is drained`);
  world.give(process, { type: "set-admission", nodeId: self, isCordoned: true, isDraining: true });
  return () => world.give(process, { type: "set-admission", nodeId: self, isCordoned: false, isDraining: false });
}

function killEngine(world: World): () => void {
  const hosts = hostIndices(world);
  for (const index of hosts) world.kill(index);
  remakeIfGone(world);
  return () => {
    for (const index of hosts) world.start(index);
  };
}

type Way = readonly [from: number, to: number];

function isolate(world: World, node: number, isOneWay: boolean): () => void {
  const others = indicesOf(world).filter((index) => index !== node);
  return cutWays(
    world,
    others.map((other): Way => [other, node]),
    isOneWay,
  );
}

function cutWays(world: World, ways: readonly Way[], isOneWay: boolean): () => void {
  const both = isOneWay
    ? ways
    : ways.flatMap(([a, b]): Way[] => [
        [a, b],
        [b, a],
      ]);
  const names = both.map(([a, b]) => `n${a}>n${b}`).join(" ");
  world.tell(`cut ${names}`);
  const mends = both.map(([a, b]) => world.network.cut(`n${a}`, `n${b}`));
  return () => {
    world.tell(`mended ${names}`);
    for (const mend of mends) mend();
  };
}

/** Node indices, the dead among them. */
function indicesOf(world: World): number[] {
  return Array.from({ length: world.nodeCount }, (_, index) => index);
}

function hostIndices(world: World): number[] {
  return indicesOf(world).filter((index) => world.store.hosts.some((host) => host === `n${index}`));
}

/** Where no host of the engine lives, its store is gone; other nodes make it anew. */
function remakeIfGone(world: World): void {
  const isAlive = (index: number) => world.process(index) !== undefined;
  if (hostIndices(world).some(isAlive)) return;
  const wanted = world.store.hosts.length;
  world.after(ENGINE_REMADE_MS, () => {
    const alive = indicesOf(world).filter(isAlive);
    if (hostIndices(world).some(isAlive) && wanted !== 1) return;
    if (alive.length > 0) world.remakeEngine(alive.slice(0, alive.length >= 3 && wanted === 3 ? 3 : 1));
  });
}
