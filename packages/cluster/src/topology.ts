/**
 * How nodes reach each other best: latency and bandwidth of every link as measured, and the cheapest routes over them.
 *
 * The cost of a link is the time that a message of `messageBytes` takes: latency plus bytes over bandwidth. Measurements are smoothed;
 * routes are computed anew when a smoothed cost has left a band around the cost they were computed with, when two measurements in a
 * row lie far above the mean (a spike, believed at once rather than smoothed), and when a link or node comes or goes. A state machine
 * without time: the caller decides how often it measures.
 */
import { assert } from "@skyvox/core";
import type { NodeId } from "./node-id.ts";
import { routeOf, type ShortestRoutes, shortestRoutes } from "./shortest-routes.ts";

/** Limits of the topology. */
export interface TopologyOptions {
  /** Size of the message that routes are chosen for. */
  readonly messageBytes: number;
  /** Share of a new measurement in the mean. */
  readonly newShare: number;
  /** Routes are computed anew when a cost has changed by this share. */
  readonly changeShareMin: number;
  /** A measurement counts as high from this multiple of the mean. */
  readonly spikeFactor: number;
}

/** Defaults of {@link TopologyOptions}; a message is a report of a few KB. */
export const defaultTopologyOptions: TopologyOptions = {
  messageBytes: 4096,
  newShare: 0.2,
  changeShareMin: 0.25,
  spikeFactor: 3,
};

/** One direction of a link, as measured. */
export interface LinkMeasurement {
  readonly from: NodeId;
  readonly to: NodeId;
  /** One way, in milliseconds. */
  readonly latencyMs: number;
  /** Null where it was not measured this time. */
  readonly bytesPerSecond: number | null;
}

/** Why routes were computed anew. */
export interface RouteChange {
  readonly cause: "new link" | "lost link" | "node gone" | "spike" | "drift";
  readonly from: NodeId;
  readonly to: NodeId;
  /** Pairs whose route has another way now. */
  readonly changedPairs: number;
}

/** A route and what it takes. */
export interface Route {
  /** Both ends included. */
  readonly nodes: readonly NodeId[];
  /** Time of one message, in milliseconds. */
  readonly costMs: number;
}

interface LinkState {
  latencyMs: number;
  bytesPerSecond: number;
  /** What the routes in force were computed with. */
  costMs: number;
  highInARow: number;
}

/** Links are taken to carry this until their bandwidth is measured: one gigabit per second. */
const BYTES_PER_SECOND_UNMEASURED = 125e6;

/** The topology as it is measured; see the head of this file. */
export class Topology {
  readonly #options: TopologyOptions;
  readonly #links = new Map<NodeId, Map<NodeId, LinkState>>();
  #nodes: NodeId[] = [];
  #routes: ShortestRoutes = { costs: new Float64Array(), nextHops: new Int32Array() };

  constructor(options: Partial<TopologyOptions> = {}) {
    this.#options = { ...defaultTopologyOptions, ...options };
    assert(this.#options.newShare > 0 && this.#options.newShare <= 1, "newShare is a share");
    assert(this.#options.spikeFactor > 1, "a spike lies above the mean");
  }

  /** All links with a cost, in order of their ends. */
  links(): { from: NodeId; to: NodeId; latencyMs: number; bytesPerSecond: number }[] {
    return [...this.#links]
      .flatMap(([from, ends]) =>
        [...ends].map(([to, { latencyMs, bytesPerSecond }]) => ({ from, to, latencyMs, bytesPerSecond })),
      )
      .sort((a, b) => (a.from === b.from ? (a.to < b.to ? -1 : 1) : a.from < b.from ? -1 : 1));
  }

  /** Takes a measurement; says what became of the routes, null where they stay. */
  measure({ from, to, latencyMs, bytesPerSecond }: LinkMeasurement): RouteChange | null {
    assert(from !== to, "a link has two ends");
    assert(latencyMs >= 0, "a latency is not negative");
    assert(bytesPerSecond === null || bytesPerSecond > 0, "a bandwidth is positive");
    const ends = this.#links.get(from) ?? new Map<NodeId, LinkState>();
    this.#links.set(from, ends);
    const link = ends.get(to);
    if (link === undefined) {
      const fresh = { latencyMs, bytesPerSecond: bytesPerSecond ?? BYTES_PER_SECOND_UNMEASURED, highInARow: 0 };
      ends.set(to, { ...fresh, costMs: this.#costOf(fresh) });
      return this.#recompute("new link", from, to);
    }
    const isSpike = this.#smooth(link, latencyMs, bytesPerSecond);
    const costMs = this.#costOf(link);
    if (Math.abs(costMs - link.costMs) < this.#options.changeShareMin * link.costMs) return null;
    link.costMs = costMs;
    return this.#recompute(isSpike ? "spike" : "drift", from, to);
  }

  /** Takes a link out; null where there was none. */
  lose(from: NodeId, to: NodeId): RouteChange | null {
    return this.#links.get(from)?.delete(to) === true ? this.#recompute("lost link", from, to) : null;
  }

  /** Takes a node out with all its links; null where there was none. */
  remove(node: NodeId): RouteChange | null {
    if (!this.#nodes.includes(node)) return null;
    this.#links.delete(node);
    for (const ends of this.#links.values()) ends.delete(node);
    return this.#recompute("node gone", node, node);
  }

  /** The cheapest route; null where there is none. */
  route(from: NodeId, to: NodeId): Route | null {
    const [a, b, count] = [this.#nodes.indexOf(from), this.#nodes.indexOf(to), this.#nodes.length];
    if (a < 0 || b < 0) return null;
    const nodes = routeOf(this.#routes, count, a, b).map((index) => this.#nodes[index]!);
    return nodes.length === 0 ? null : { nodes, costMs: this.#routes.costs[a * count + b]! };
  }

  /** Smooths a measurement in; returns true where it is believed at once. */
  #smooth(link: LinkState, latencyMs: number, bytesPerSecond: number | null): boolean {
    const { newShare, spikeFactor } = this.#options;
    link.highInARow = latencyMs > spikeFactor * link.latencyMs ? link.highInARow + 1 : 0;
    const isSpike = link.highInARow >= 2;
    // The first high one may be a straggler and is kept out of the mean, or the second would not stand out of it.
    if (isSpike) {
      link.latencyMs = latencyMs;
      link.highInARow = 0;
    } else if (link.highInARow === 0) link.latencyMs += newShare * (latencyMs - link.latencyMs);
    if (bytesPerSecond !== null) link.bytesPerSecond += newShare * (bytesPerSecond - link.bytesPerSecond);
    return isSpike;
  }

  #costOf({ latencyMs, bytesPerSecond }: Pick<LinkState, "latencyMs" | "bytesPerSecond">): number {
    return latencyMs + (1000 * this.#options.messageBytes) / bytesPerSecond;
  }

  #recompute(cause: RouteChange["cause"], from: NodeId, to: NodeId): RouteChange {
    const before = this.#nextHopsByName();
    this.#nodes = [...new Set([...this.#links].flatMap(([end, ends]) => [end, ...ends.keys()]))].sort();
    const count = this.#nodes.length;
    const costs = new Float64Array(count * count).fill(Number.POSITIVE_INFINITY);
    for (const [end, ends] of this.#links) {
      const row = this.#nodes.indexOf(end) * count;
      for (const [other, link] of ends) costs[row + this.#nodes.indexOf(other)] = link.costMs;
    }
    this.#routes = shortestRoutes(costs, count);
    const after = this.#nextHopsByName();
    const pairs = new Set([...before.keys(), ...after.keys()]);
    const changedPairs = [...pairs].filter((pair) => before.get(pair) !== after.get(pair)).length;
    return { cause, from, to, changedPairs };
  }

  #nextHopsByName(): Map<string, NodeId> {
    const count = this.#nodes.length;
    const hops = new Map<string, NodeId>();
    this.#routes.nextHops.forEach((hop, index) => {
      const [from, to] = [Math.floor(index / count), index % count];
      if (hop >= 0 && from !== to) hops.set(`${this.#nodes[from]} ${this.#nodes[to]}`, this.#nodes[hop]!);
    });
    return hops;
  }
}
