/**
 * Shortest routes between all pairs of nodes (Floyd 1962; Warshall 1962), with the next hop of each.
 *
 * Costs are square matrices, row-major, `[count, count] float64`: entry `from * count + to`, infinity where there is no link, 0 on the
 * diagonal. Runs in count^3 steps: 40 nodes take well under a millisecond.
 */
import { assert } from "@skyvox/core";

/** All shortest routes. */
export interface ShortestRoutes {
  /** `[count, count] float64`, in the unit of the costs; infinity where there is no route. */
  readonly costs: Float64Array;
  /** `[count, count] int32`: the node after `from` on the way to `to`; -1 where there is no route. */
  readonly nextHops: Int32Array;
}

/**
 * Computes all shortest routes; of two that cost the same the one by the lower node found first stays.
 *
 * @throws {AssertionError} where a cost is negative or not a number.
 */
export function shortestRoutes(linkCosts: Float64Array, count: number): ShortestRoutes {
  assert(linkCosts.length === count * count, "link costs are a square matrix");
  assert(
    linkCosts.every((cost) => cost >= 0),
    "link costs are not negative",
  );
  const costs = linkCosts.slice();
  const nextHops = new Int32Array(count * count).fill(-1);
  for (let from = 0; from < count; from++) {
    costs[from * count + from] = 0;
    for (let to = 0; to < count; to++) {
      if (Number.isFinite(costs[from * count + to])) nextHops[from * count + to] = to;
    }
  }
  for (let via = 0; via < count; via++) relaxThrough(costs, nextHops, count, via);
  return { costs, nextHops };
}

/** Lists the nodes of a route, both ends included; empty where there is none. */
export function routeOf({ nextHops }: ShortestRoutes, count: number, from: number, to: number): number[] {
  assert(from < count && to < count, "both ends are nodes");
  if (nextHops[from * count + to] === -1) return [];
  const route = [from];
  for (let at = from; at !== to; ) {
    at = nextHops[at * count + to]!;
    route.push(at);
    assert(route.length <= count, "a route visits no node twice");
  }
  return route;
}

function relaxThrough(costs: Float64Array, nextHops: Int32Array, count: number, via: number): void {
  for (let from = 0; from < count; from++) {
    const first = costs[from * count + via]!;
    if (first === Number.POSITIVE_INFINITY) continue;
    for (let to = 0; to < count; to++) {
      const through = first + costs[via * count + to]!;
      if (through >= costs[from * count + to]!) continue;
      costs[from * count + to] = through;
      nextHops[from * count + to] = nextHops[from * count + via]!;
    }
  }
}
