import { expect, test } from "bun:test";
import { createPrng, type Prng } from "@skyvox/core";
import { nodeId } from "./node-id.ts";
import { routeOf, shortestRoutes } from "./shortest-routes.ts";
import { Topology } from "./topology.ts";

/** Dijkstra 1959 without a heap, as an oracle: the cost from one node to all. */
function dijkstra(costs: Float64Array, count: number, from: number): number[] {
  const best = Array.from({ length: count }, (_, index) => (index === from ? 0 : Number.POSITIVE_INFINITY));
  const open = new Set(best.keys());
  while (open.size > 0) {
    const at = [...open].reduce((a, b) => (best[b]! < best[a]! ? b : a));
    open.delete(at);
    for (const to of open) best[to] = Math.min(best[to]!, best[at]! + costs[at * count + to]!);
  }
  return best;
}

function randomCosts(prng: Prng, count: number): Float64Array {
  const density = prng.float();
  const costs = new Float64Array(count * count).fill(Number.POSITIVE_INFINITY);
  // Whole numbers, so that sums are exact in any order.
  for (let i = 0; i < costs.length; i++) if (prng.float() < density) costs[i] = prng.int(1000);
  return costs;
}

test("Shortest routes cost what Dijkstra finds on 1000 random graphs, and their hops add up to it", () => {
  const prng = createPrng(11);
  for (let round = 0; round < 1000; round++) {
    const count = 1 + prng.int(12);
    const costs = randomCosts(prng, count);
    const routes = shortestRoutes(costs, count);
    for (let from = 0; from < count; from++) {
      const oracle = dijkstra(costs, count, from);
      expect([round, from, ...routes.costs.subarray(from * count, (from + 1) * count)]).toEqual([
        round,
        from,
        ...oracle,
      ]);
      for (let to = 0; to < count; to++) {
        const route = routeOf(routes, count, from, to);
        const sum = route.slice(1).reduce((total, hop, index) => total + costs[route[index]! * count + hop]!, 0);
        if (Number.isFinite(oracle[to])) expect([route.at(-1), sum]).toEqual([to, oracle[to]]);
        else expect(route).toEqual([]);
      }
    }
  }
});

const [a, b, c] = [nodeId("a"), nodeId("b"), nodeId("c")];

/** a-c direct in 1 ms; by b in 0.6 ms and 0.6 ms; 1 KB in a message at 1 MB/s takes 1.024 ms more per link. */
function triangle(): Topology {
  const topology = new Topology({ messageBytes: 1024 });
  for (const [from, to, latencyMs] of [
    [a, c, 1],
    [a, b, 0.6],
    [b, c, 0.6],
  ] as const) {
    topology.measure({ from, to, latencyMs, bytesPerSecond: 1e6 });
  }
  return topology;
}

test("Topology routes by latency and bandwidth: a hop more costs the message's transfer once more", () => {
  expect(triangle().route(a, c)).toEqual({ nodes: [a, c], costMs: 2.024 });
  const quick = new Topology({ messageBytes: 0 });
  quick.measure({ from: a, to: c, latencyMs: 1.5, bytesPerSecond: null });
  quick.measure({ from: a, to: b, latencyMs: 0.5, bytesPerSecond: null });
  quick.measure({ from: b, to: c, latencyMs: 0.5, bytesPerSecond: null });
  expect(quick.route(a, c)).toEqual({ nodes: [a, b, c], costMs: 1 });
  expect(quick.route(c, a)).toBeNull();
});

test("Topology believes a spike at the second measurement in a row, not at the first", () => {
  const topology = triangle();
  const spike = { from: a, to: c, latencyMs: 50, bytesPerSecond: null };
  expect(topology.measure(spike)).toBeNull();
  expect(topology.measure({ ...spike, latencyMs: 1 })).toBeNull();
  expect(topology.measure(spike)).toBeNull();
  expect(topology.measure(spike)).toEqual({ cause: "spike", from: a, to: c, changedPairs: 1 });
  expect(topology.route(a, c)?.nodes).toEqual([a, b, c]);
});

test("Topology lets routes stand while a cost stays in its band, and goes back when a spike is over", () => {
  const topology = triangle();
  for (let i = 0; i < 20; i++) {
    expect(topology.measure({ from: a, to: c, latencyMs: i % 2 === 0 ? 1.2 : 0.8, bytesPerSecond: null })).toBeNull();
  }
  for (let i = 0; i < 2; i++) topology.measure({ from: a, to: c, latencyMs: 50, bytesPerSecond: null });
  let changes = 0;
  for (let i = 0; i < 40; i++) {
    if (topology.measure({ from: a, to: c, latencyMs: 1, bytesPerSecond: null })?.changedPairs === 1) changes++;
  }
  expect(changes).toBe(1);
  expect(topology.route(a, c)?.nodes).toEqual([a, c]);
});

test("Topology routes around a lost link and forgets a node that is gone", () => {
  const topology = triangle();
  expect(topology.lose(a, c)?.cause).toBe("lost link");
  expect(topology.route(a, c)?.nodes).toEqual([a, b, c]);
  expect(topology.remove(b)?.cause).toBe("node gone");
  expect(topology.route(a, c)).toBeNull();
  expect(topology.remove(b)).toBeNull();
  expect(topology.links()).toEqual([]);
});
