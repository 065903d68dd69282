/**
 * What a node may use: the cameras granted to it, and until when.
 *
 * Every heartbeat of the node has a number. A grant names the heartbeat it answers, and holds for its term from the moment that
 * heartbeat was sent, on the node's own clock: however long the grant was on its way, the master that counts from the moment it
 * received the heartbeat ends later. A grant lists all cameras, so a lost one is made good by the next.
 */
import { assert, type CameraId } from "@skyvox/core";
import type { Fence, Owner } from "./epoch-fence.ts";

/**
 * How long a grant holds at most, in milliseconds from the heartbeat it answers. A new master that takes over after a ttl of silence
 * answers the next heartbeats before grants of the one before run out, so that nodes that live keep what they hold.
 */
export const GRANT_TERM_MS = 950;

/** Orders of an owner to one node. */
export interface Grant {
  readonly owner: Owner;
  /** Rises with each grant of this owner. */
  readonly number: number;
  /** Sequence number of the heartbeat that is answered. */
  readonly answers: number;
  /** How long it holds from that heartbeat on, in milliseconds: it ends with the tenure of the owner that wrote it. */
  readonly termMs: number;
  /** False where cameras may only be kept, not taken: an owner before may still give orders elsewhere. */
  readonly mayTake: boolean;
  readonly cameras: readonly CameraId[];
  /** Cameras that two nodes may use at once: taken whatever `mayTake` says. */
  readonly shared: readonly CameraId[];
}

/** The last grant that was applied. */
export interface AppliedGrant {
  readonly epoch: number;
  readonly number: number;
}

/** Why a grant was not applied. */
export type GrantOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: "fenced" | "stale" | "unknown-heartbeat" | "expired" };

/** Heartbeats whose send times are remembered; more than a term holds. */
const SENT_MAX = 64;

/** The cameras of one node; see the head of this file. */
export class CameraHolder {
  readonly #fence: Fence;
  readonly #termMs: number | null;
  readonly #sent = new Map<number, number>();
  #lastSequence = 0;
  #lastAnswered = 0;
  #applied: AppliedGrant | null = null;
  #validUntilMs = Number.NEGATIVE_INFINITY;
  #cameras: readonly CameraId[] = [];

  /** @param options.termMs in place of every grant's term, which plants a fault. */
  constructor(options: { readonly fence: Fence; readonly termMs?: number }) {
    this.#fence = options.fence;
    this.#termMs = options.termMs ?? null;
  }

  /** The last grant that was applied; null before the first. */
  get applied(): AppliedGrant | null {
    return this.#applied;
  }

  /** Notes that a heartbeat goes out; sequence numbers rise. */
  noteHeartbeat(nowMs: number, sequence: number): void {
    assert(sequence > this.#lastSequence, "sequence numbers of heartbeats rise");
    this.#lastSequence = sequence;
    this.#sent.set(sequence, nowMs);
    if (this.#sent.size > SENT_MAX) this.#sent.delete(sequence - SENT_MAX);
  }

  /** The cameras this node may use now, sorted; none once the term has run out. */
  holds(nowMs: number): readonly CameraId[] {
    return nowMs < this.#validUntilMs ? this.#cameras : [];
  }

  /** Takes a grant. */
  apply(nowMs: number, grant: Grant): GrantOutcome {
    const admission = this.#fence.admit(grant.owner);
    if (!admission.ok) return { ok: false, reason: "fenced" };
    if (this.#isStale(grant)) return { ok: false, reason: "stale" };
    const sentMs = this.#sent.get(grant.answers);
    if (sentMs === undefined) return { ok: false, reason: "unknown-heartbeat" };
    const validUntilMs = sentMs + (this.#termMs ?? grant.termMs);
    if (nowMs >= validUntilMs) return { ok: false, reason: "expired" };
    const held = this.holds(nowMs);
    const own = grant.mayTake ? grant.cameras : held.filter((id) => grant.cameras.includes(id));
    this.#cameras = [...new Set([...own, ...grant.shared])].sort();
    this.#validUntilMs = validUntilMs;
    this.#lastAnswered = grant.answers;
    this.#applied = { epoch: grant.owner.epoch, number: grant.number };
    return { ok: true };
  }

  #isStale({ owner, number, answers }: Grant): boolean {
    if (answers < this.#lastAnswered) return true;
    return this.#applied?.epoch === owner.epoch && number <= this.#applied.number;
  }
}
