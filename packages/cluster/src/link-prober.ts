/**
 * Measures how long messages take between nodes, and tells all others: every node then knows the whole topology.
 *
 * A probe is a request over the fabric, its latency half of the round trip. Bandwidth is not measured here: it belongs to the links that
 * carry bulk bytes.
 */

import { type AlarmClock, nowMsOf, repeat } from "@skyvox/core";
import { z } from "zod";
import { type Fabric, FabricError } from "./fabric.ts";
import { jsonValue } from "./json-value.ts";
import { type NodeId, nodeId } from "./node-id.ts";
import type { RouteChange, Topology } from "./topology.ts";

const PROBE_MS = 1000;
const ANSWER_MS_MAX = 500;

const id = z.string().min(1).max(64).transform(nodeId);
const row = z.strictObject({
  from: id,
  links: z.array(z.strictObject({ to: id, latencyMs: z.number().min(0) })).max(256),
});

/** A prober at work; dispose it to end it. */
export class LinkProber implements Disposable {
  readonly #self: NodeId;
  readonly #fabric: Fabric;
  readonly #clock: AlarmClock;
  readonly #topology: Topology;
  readonly #peers: () => readonly NodeId[];
  readonly #onChange: (change: RouteChange) => void;
  readonly #ends = new DisposableStack();

  constructor(options: {
    readonly self: NodeId;
    readonly fabric: Fabric;
    readonly clock: AlarmClock;
    /** Is written to. */
    readonly topology: Topology;
    /** Nodes to measure, without this one. */
    readonly peers: () => readonly NodeId[];
    readonly onChange: (change: RouteChange) => void;
  }) {
    this.#self = options.self;
    this.#fabric = options.fabric;
    this.#clock = options.clock;
    this.#topology = options.topology;
    this.#peers = options.peers;
    this.#onChange = options.onChange;
    const { fabric } = options;
    this.#ends.use(fabric.subscribe(`cluster.probe.${options.self}`, ({ bytes, respond }) => respond(bytes)));
    this.#ends.use(fabric.subscribe("cluster.links", ({ bytes }) => this.#hear(bytes)));
    this.#ends.defer(repeat(options.clock, PROBE_MS, () => void this.probe()));
  }

  /** Measures all peers once and tells the others. */
  async probe(): Promise<void> {
    const measured = await Promise.all(this.#peers().map((peer) => this.#measure(peer)));
    if (this.#ends.disposed) return;
    const links = measured.flatMap(({ to, latencyMs }) => (latencyMs === null ? [] : [{ to, latencyMs }]));
    for (const { to, latencyMs } of measured) if (latencyMs === null) this.#note(this.#topology.lose(this.#self, to));
    this.#take(this.#self, links);
    this.#publish(new TextEncoder().encode(JSON.stringify({ from: this.#self, links })));
  }

  [Symbol.dispose](): void {
    this.#ends.dispose();
  }

  /** A fabric that its owner closed ends the probing. */
  #publish(bytes: Uint8Array): void {
    try {
      this.#fabric.publish("cluster.links", bytes);
    } catch (error) {
      if (!(error instanceof FabricError) || error.fault !== "closed") throw error;
      this[Symbol.dispose]();
    }
  }

  /** One way in milliseconds; null where no answer came. */
  async #measure(to: NodeId): Promise<{ to: NodeId; latencyMs: number | null }> {
    const startMs = nowMsOf(this.#clock);
    try {
      await this.#fabric.request(`cluster.probe.${to}`, new Uint8Array(64), ANSWER_MS_MAX);
      return { to, latencyMs: (nowMsOf(this.#clock) - startMs) / 2 };
    } catch (error) {
      if (error instanceof FabricError) return { to, latencyMs: null };
      throw error;
    }
  }

  /** The row of another node; what cannot be read is left out, its next one comes in a second. */
  #hear(bytes: Uint8Array): void {
    const read = row.safeParse(jsonValue(bytes));
    if (read.success && read.data.from !== this.#self) this.#take(read.data.from, read.data.links);
  }

  #take(from: NodeId, links: readonly { to: NodeId; latencyMs: number }[]): void {
    for (const { to, latencyMs } of links) {
      if (to !== from) this.#note(this.#topology.measure({ from, to, latencyMs, bytesPerSecond: null }));
    }
  }

  #note(change: RouteChange | null): void {
    if (change !== null) this.#onChange(change);
  }
}
