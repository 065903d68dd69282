/**
 * What the master knows of who may hold which camera, and so what it may grant: no camera is ever held twice.
 *
 * A camera may be held by a node from the moment a grant that lists it is sent until the node says, having applied that grant or a
 * later one, that it does not hold it, or until the term of the grant has run out. Only then is the camera free for another node.
 *
 * Two rules keep a master from granting what another one has granted:
 * - A new master grants nothing that a node does not hold already until every grant of the master before has run out (`quietUntilMs`).
 *   So that this is known soon, a grant ends {@link GRANT_TERM_MS} after the heartbeat by which a majority last confirmed its master.
 * - A term counts as run out only once a majority of the engine's hosts has confirmed the master's lease after it did (`confirmedMs`):
 *   else a later master might have renewed it meanwhile.
 *
 * Neither rule holds for cameras that two nodes may use at once: their node is granted them as soon as it is chosen.
 */
import { assert, type CameraId } from "@skyvox/core";
import { type AppliedGrant, GRANT_TERM_MS } from "./camera-holder.ts";
import { DRIFT_MARGIN } from "./lease.ts";
import type { NodeId, NodeLife } from "./node-id.ts";

/** What a node's heartbeat says about cameras. */
export interface HolderReport {
  readonly nodeId: NodeId;
  readonly life: NodeLife;
  readonly sequence: number;
  readonly applied: AppliedGrant | null;
  readonly holds: readonly CameraId[];
}

/** The orders for one node, still without their owner. */
export interface GrantOrder {
  readonly number: number;
  readonly answers: number;
  readonly termMs: number;
  readonly mayTake: boolean;
  readonly cameras: readonly CameraId[];
  readonly shared: readonly CameraId[];
}

interface HolderState {
  readonly nodeId: NodeId;
  sequence: number;
  heardMs: number;
  reported: readonly CameraId[];
  /** Cameras it may hold. */
  readonly mayHold: Map<CameraId, { grantNumber: number; untilMs: number }>;
}

/** The ledger of one term of office; see the head of this file. */
export class CameraLedger {
  readonly #epoch: number;
  readonly #termMs: number;
  #quietUntilMs: number;
  readonly #holders = new Map<NodeLife, HolderState>();
  #grantNumber = 0;
  #targets: ReadonlyMap<CameraId, NodeId> = new Map();
  #shared: ReadonlySet<CameraId> = new Set();

  constructor(options: { readonly epoch: number; readonly quietUntilMs: number }) {
    this.#epoch = options.epoch;
    this.#termMs = GRANT_TERM_MS * DRIFT_MARGIN;
    this.#quietUntilMs = options.quietUntilMs;
  }

  /** True while cameras may only be kept. */
  isQuiet(nowMs: number): boolean {
    return nowMs < this.#quietUntilMs;
  }

  /** Ends the quiet at a time, once that is known. */
  setQuietUntil(ms: number): void {
    this.#quietUntilMs = ms;
  }

  /** Sets where each camera ought to be, and which of them two nodes may use at once. */
  aim(targets: ReadonlyMap<CameraId, NodeId>, shared: ReadonlySet<CameraId> = new Set()): void {
    this.#targets = targets;
    this.#shared = shared;
  }

  /** Who is known to hold each camera or may hold it; the target where several may, or where nobody does yet. */
  owners(): Map<CameraId, NodeId> {
    const owners = new Map<CameraId, NodeId>();
    for (const { nodeId, mayHold, reported } of this.#holders.values()) {
      for (const id of [...reported, ...mayHold.keys()]) {
        if (!owners.has(id) || this.#targets.get(id) === nodeId) owners.set(id, nodeId);
      }
    }
    for (const [id, target] of this.#targets) if (!owners.has(id)) owners.set(id, target);
    return owners;
  }

  /** Takes a node's report; one that is older than the last is nothing. Returns false for such. */
  report(nowMs: number, report: HolderReport): boolean {
    const { nodeId, life, sequence, applied, holds } = report;
    const holder = this.#holders.get(life) ?? {
      ...{ nodeId, sequence: 0, heardMs: nowMs, reported: [] },
      mayHold: new Map(),
    };
    if (sequence <= holder.sequence) return false;
    this.#holders.set(life, holder);
    holder.sequence = sequence;
    holder.heardMs = nowMs;
    holder.reported = holds;
    if (applied?.epoch !== this.#epoch) return true;
    for (const [id, { grantNumber }] of holder.mayHold) {
      if (grantNumber <= applied.number && !holds.includes(id)) holder.mayHold.delete(id);
    }
    return true;
  }

  /** Ends what has run out. `confirmedMs` is that of the lease. */
  expire(nowMs: number, confirmedMs: number): void {
    for (const [life, holder] of this.#holders) {
      for (const [id, { untilMs }] of holder.mayHold) {
        if (untilMs < nowMs && untilMs < confirmedMs) holder.mayHold.delete(id);
      }
      const endMs = holder.heardMs + this.#termMs;
      if (holder.mayHold.size === 0 && endMs < nowMs && endMs < confirmedMs) this.#holders.delete(life);
    }
  }

  /** Writes the orders that answer the last report of a life; only a master with tenure may send them. `confirmedMs` is that of the lease. */
  order(nowMs: number, life: NodeLife, confirmedMs: number): GrantOrder {
    const holder = this.#holders.get(life);
    assert(holder !== undefined, "orders answer a report");
    const mayTake = !this.isQuiet(nowMs);
    const shared = [...this.#targets].flatMap(([id, target]) =>
      target === holder.nodeId && this.#shared.has(id) ? [id] : [],
    );
    const kept = holder.reported.filter((id) => !this.#shared.has(id));
    const cameras = mayTake ? this.#grantable(life, holder.nodeId) : kept;
    // One count for all, so that a life that was forgotten and comes back is never given an old number.
    this.#grantNumber += 1;
    const grantNumber = this.#grantNumber;
    const termMs = Math.max(0, Math.min(GRANT_TERM_MS, confirmedMs + GRANT_TERM_MS - holder.heardMs));
    const untilMs = holder.heardMs + termMs * DRIFT_MARGIN;
    for (const id of cameras) holder.mayHold.set(id, { grantNumber, untilMs });
    return { number: grantNumber, answers: holder.sequence, termMs, mayTake, cameras, shared };
  }

  #grantable(life: NodeLife, nodeId: NodeId): CameraId[] {
    const ids: CameraId[] = [];
    for (const [id, target] of this.#targets) {
      if (target !== nodeId || this.#shared.has(id)) continue;
      const isElsewhere = [...this.#holders].some(([other, { mayHold }]) => other !== life && mayHold.has(id));
      if (!isElsewhere) ids.push(id);
    }
    return ids.sort();
  }
}
