/**
 * Who is here: a state machine over heartbeats, pings and disconnect events, as one node sees its peers.
 *
 * - A heartbeat of a new life joins it; the node's earlier life is dead at once and never comes back.
 * - Silence makes a peer suspect, an unanswered direct ping dead (failure-detector.ts). A disconnect is an instant verdict.
 * - A dead life returns only by answering a ping sent after its death: a heartbeat that was held up in the network revives nobody.
 * - Heartbeats count by their sequence number: copies and stragglers refresh nothing.
 *
 * Each node judges for itself; nothing here is agreed upon. What must be agreed upon is fenced by epochs (lease.ts).
 */
import { assert } from "@skyvox/core";
import { type DetectorLimits, defaultDetectorLimits, FailureDetector } from "./failure-detector.ts";
import type { NodeId, NodeLife } from "./node-id.ts";
import { ObserverLag } from "./observer-lag.ts";

/** A member as others see it. */
export interface Member {
  readonly nodeId: NodeId;
  readonly life: NodeLife;
  readonly state: "healthy" | "suspect" | "dead" | "left";
  /** Counts joins as this observer saw them, from 1. */
  readonly joinOrder: number;
  /** When the state was entered. */
  readonly sinceMs: number;
}

/** Something that happened. */
export type MembershipEvent =
  | { readonly type: "heartbeat"; readonly nodeId: NodeId; readonly life: NodeLife; readonly sequence: number }
  /** Word of the process alone, counted apart from its heartbeats: it keeps a member that is here and admits nobody. */
  | { readonly type: "alive"; readonly nodeId: NodeId; readonly life: NodeLife; readonly sequence: number }
  | { readonly type: "pong"; readonly nodeId: NodeId; readonly life: NodeLife; readonly nonce: number }
  /** The engine saw the connection of a life end. */
  | { readonly type: "disconnected"; readonly nodeId: NodeId; readonly life: NodeLife; readonly why: string }
  /** The node said that it goes. */
  | { readonly type: "leave"; readonly nodeId: NodeId; readonly life: NodeLife }
  | { readonly type: "tick" };

/** Something to do or to know. */
export type MembershipAction =
  | { readonly type: "ping"; readonly nodeId: NodeId; readonly life: NodeLife; readonly nonce: number }
  | { readonly type: "joined"; readonly nodeId: NodeId; readonly life: NodeLife; readonly isReturn: boolean }
  | { readonly type: "suspected"; readonly nodeId: NodeId; readonly silentMs: number }
  | { readonly type: "cleared"; readonly nodeId: NodeId }
  | { readonly type: "died"; readonly nodeId: NodeId; readonly life: NodeLife; readonly why: string }
  | { readonly type: "left"; readonly nodeId: NodeId; readonly life: NodeLife }
  | { readonly type: "refused"; readonly nodeId: NodeId; readonly why: string };

/** Limits of the membership. */
export interface MembershipOptions extends DetectorLimits {
  /** How often `tick` is meant to come. */
  readonly tickMs: number;
  /** Nodes remembered at once, the dead among them; further ones are refused. */
  readonly nodesMax: number;
  /** How long a node that is gone is remembered. */
  readonly forgetMs: number;
  /** A dead life that still sends heartbeats is pinged this often. */
  readonly probeMs: number;
}

/** Defaults of {@link MembershipOptions}. */
export const defaultMembershipOptions: MembershipOptions = {
  ...defaultDetectorLimits,
  tickMs: 50,
  nodesMax: 256,
  forgetMs: 60_000,
  probeMs: 200,
};

/** Earlier lives remembered per node, so that their stragglers do not count as a new one. */
const RETIRED_LIVES_MAX = 8;

interface Peer {
  readonly nodeId: NodeId;
  life: NodeLife;
  state: Member["state"];
  joinOrder: number;
  sinceMs: number;
  sequence: number;
  aliveSequence: number;
  detector: FailureDetector;
  /** The ping that a dead life must answer to return. */
  probe: { readonly nonce: number; readonly sentMs: number } | null;
  readonly retired: NodeLife[];
}

/** The members as one node sees them; see the head of this file. */
export class Membership {
  readonly #self: NodeId;
  readonly #options: MembershipOptions;
  readonly #lag: ObserverLag;
  readonly #peers = new Map<NodeId, Peer>();
  #joins = 0;
  #nonce = 0;
  #actions: MembershipAction[] = [];

  constructor(options: { readonly self: NodeId; readonly nowMs: number } & Partial<MembershipOptions>) {
    this.#self = options.self;
    this.#options = { ...defaultMembershipOptions, ...options };
    assert(this.#options.nodesMax >= 1, "at least one node is remembered");
    this.#lag = new ObserverLag({ intervalMs: this.#options.tickMs, nowMs: options.nowMs });
  }

  /** All nodes that are remembered, this one not among them, in order of joining. */
  members(): Member[] {
    return [...this.#peers.values()]
      .map(({ nodeId, life, state, joinOrder, sinceMs }) => ({ nodeId, life, state, joinOrder, sinceMs }))
      .sort((a, b) => a.joinOrder - b.joinOrder);
  }

  /** True where a node is healthy or suspect. */
  isHere(nodeId: NodeId): boolean {
    const state = this.#peers.get(nodeId)?.state;
    return state === "healthy" || state === "suspect";
  }

  /** Mean lateness of this observer, in milliseconds. */
  get lateMs(): number {
    return this.#lag.lateMs;
  }

  /** Takes one event and returns what is to be done about it, in order. */
  step(nowMs: number, event: MembershipEvent): MembershipAction[] {
    this.#actions = [];
    if (event.type === "tick") this.#tick(nowMs);
    else if (event.nodeId !== this.#self) this.#hear(nowMs, event);
    return this.#actions;
  }

  #hear(nowMs: number, event: Exclude<MembershipEvent, { type: "tick" }>): void {
    const peer = this.#peers.get(event.nodeId);
    if (event.type === "heartbeat") {
      if (peer === undefined) this.#admit(nowMs, event);
      else if (peer.life !== event.life) this.#succeed(nowMs, peer, event);
      else this.#beat(nowMs, peer, event.sequence);
      return;
    }
    if (peer === undefined || peer.life !== event.life) return;
    if (event.type === "alive") this.#hearAlive(nowMs, peer, event.sequence);
    else if (event.type === "pong") this.#pong(nowMs, peer, event.nonce);
    else if (event.type === "leave") this.#end(nowMs, peer, { type: "left", nodeId: peer.nodeId, life: peer.life });
    else this.#end(nowMs, peer, { type: "died", nodeId: peer.nodeId, life: peer.life, why: event.why });
  }

  #admit(nowMs: number, { nodeId, life, sequence }: Heartbeat): void {
    const { nodesMax } = this.#options;
    if (this.#peers.size >= nodesMax) this.#forgetOne();
    if (this.#peers.size >= nodesMax) {
      this.#actions.push({ type: "refused", nodeId, why: `${nodesMax} nodes are known, need a free place` });
      return;
    }
    const detector = new FailureDetector(this.#options, this.#lag.awakeMsAt(nowMs));
    const joinOrder = ++this.#joins;
    const state = "healthy";
    this.#peers.set(nodeId, {
      ...{ nodeId, life, state, joinOrder, sinceMs: nowMs, sequence, detector },
      ...{ aliveSequence: 0, probe: null, retired: [] },
    });
    this.#actions.push({ type: "joined", nodeId, life, isReturn: false });
  }

  /** Another life of a node that is known: a later one ends the one before, an earlier one is nothing. */
  #succeed(nowMs: number, peer: Peer, { life, sequence }: Heartbeat): void {
    if (peer.retired.includes(life)) return;
    this.#end(nowMs, peer, { type: "died", nodeId: peer.nodeId, life: peer.life, why: "the node started again" });
    peer.retired.push(peer.life);
    if (peer.retired.length > RETIRED_LIVES_MAX) peer.retired.shift();
    peer.life = life;
    peer.sequence = sequence;
    peer.aliveSequence = 0;
    this.#enter(nowMs, peer, false);
  }

  #beat(nowMs: number, peer: Peer, sequence: number): void {
    if (sequence <= peer.sequence) return;
    peer.sequence = sequence;
    if (peer.state === "left") return;
    if (peer.state === "dead") {
      this.#probe(nowMs, peer);
      return;
    }
    if (peer.detector.hear(this.#lag.awakeMsAt(nowMs))) this.#clear(nowMs, peer);
  }

  #hearAlive(nowMs: number, peer: Peer, sequence: number): void {
    if (sequence <= peer.aliveSequence) return;
    peer.aliveSequence = sequence;
    if (peer.state === "dead" || peer.state === "left") return;
    if (peer.detector.hear(this.#lag.awakeMsAt(nowMs))) this.#clear(nowMs, peer);
  }

  #pong(nowMs: number, peer: Peer, nonce: number): void {
    if (peer.state === "dead" && peer.probe?.nonce === nonce) this.#enter(nowMs, peer, true);
    else if (peer.state === "suspect" && peer.detector.answer(this.#lag.awakeMsAt(nowMs), nonce))
      this.#clear(nowMs, peer);
  }

  #tick(nowMs: number): void {
    const awakeMs = this.#lag.step(nowMs);
    for (const peer of this.#peers.values()) {
      if (peer.state === "dead" || peer.state === "left") {
        if (nowMs - peer.sinceMs > this.#options.forgetMs) this.#peers.delete(peer.nodeId);
        continue;
      }
      const verdict = peer.detector.check(awakeMs, this.#lag.scale, () => ++this.#nonce);
      const { nodeId, life } = peer;
      if (verdict.type === "suspected") {
        peer.state = "suspect";
        peer.sinceMs = nowMs;
        this.#actions.push({ type: "suspected", nodeId, silentMs: verdict.silentMs });
        this.#actions.push({ type: "ping", nodeId, life, nonce: verdict.pingNonce });
      } else if (verdict.type === "dead") {
        const why = `silent for ${Math.round(verdict.silentMs)} ms and a ping unanswered`;
        this.#end(nowMs, peer, { type: "died", nodeId, life, why });
      }
    }
  }

  /** Makes a place by forgetting the node that has been gone longest. */
  #forgetOne(): void {
    const gone = [...this.#peers.values()].filter(({ state }) => state === "dead" || state === "left");
    const oldest = gone.sort((a, b) => a.sinceMs - b.sinceMs)[0];
    if (oldest !== undefined) this.#peers.delete(oldest.nodeId);
  }

  #probe(nowMs: number, peer: Peer): void {
    if (peer.probe !== null && nowMs - peer.probe.sentMs < this.#options.probeMs) return;
    peer.probe = { nonce: ++this.#nonce, sentMs: nowMs };
    this.#actions.push({ type: "ping", nodeId: peer.nodeId, life: peer.life, nonce: peer.probe.nonce });
  }

  #enter(nowMs: number, peer: Peer, isReturn: boolean): void {
    peer.state = "healthy";
    peer.sinceMs = nowMs;
    peer.joinOrder = ++this.#joins;
    peer.probe = null;
    peer.detector = new FailureDetector(this.#options, this.#lag.awakeMsAt(nowMs));
    this.#actions.push({ type: "joined", nodeId: peer.nodeId, life: peer.life, isReturn });
  }

  #clear(nowMs: number, peer: Peer): void {
    peer.state = "healthy";
    peer.sinceMs = nowMs;
    this.#actions.push({ type: "cleared", nodeId: peer.nodeId });
  }

  #end(nowMs: number, peer: Peer, action: Extract<MembershipAction, { type: "died" | "left" }>): void {
    if (peer.state === "dead" || peer.state === "left") return;
    peer.state = action.type === "left" ? "left" : "dead";
    peer.sinceMs = nowMs;
    peer.probe = null;
    this.#actions.push(action);
  }
}

type Heartbeat = Extract<MembershipEvent, { type: "heartbeat" }>;
