/**
 * What a node may use: the cameras granted to it, and until when.
 *
 * Every heartbeat of the node has a number. A grant names the heartbeat it answers, and holds for a term from the moment that
 * heartbeat was sent, on the node's own clock: however long the grant was on its way, the master that counts from the moment it
 * received the heartbeat ends later. A grant lists all cameras, so a lost one is made good by the next.
 */
import { assert, type CameraId } from "@skyvox/core";
import type { Fence, Owner } from "./epoch-fence.ts";

/** How long a grant holds, in milliseconds from the heartbeat it answers. */
export const GRANT_TERM_MS = 800;

/** Orders of an owner to one node. */
export interface Grant {
  readonly owner: Owner;
  /** Rises with each grant of this owner. */
  readonly number: number;
  /** Sequence number of the heartbeat that is answered. */
  readonly answers: number;
  /** False where cameras may only be kept, not taken: an owner before may still give orders elsewhere. */
  readonly mayTake: boolean;
  readonly cameras: readonly CameraId[];
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
  readonly #termMs: number;
  readonly #sent = new Map<number, number>();
  #lastSequence = 0;
  #lastAnswered = 0;
  #applied: AppliedGrant | null = null;
  #validUntilMs = Number.NEGATIVE_INFINITY;
  #cameras: readonly CameraId[] = [];

  constructor(options: { readonly fence: Fence; readonly termMs?: number }) {
    this.#fence = options.fence;
    this.#termMs = options.termMs ?? GRANT_TERM_MS;
    assert(this.#termMs > 0, "a term is positive");
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
    if (nowMs >= sentMs + this.#termMs) return { ok: false, reason: "expired" };
    const held = this.holds(nowMs);
    this.#cameras = grant.mayTake ? [...grant.cameras].sort() : held.filter((id) => grant.cameras.includes(id));
    this.#validUntilMs = sentMs + this.#termMs;
    this.#lastAnswered = grant.answers;
    this.#applied = { epoch: grant.owner.epoch, number: grant.number };
    return { ok: true };
  }

  #isStale({ owner, number, answers }: Grant): boolean {
    if (answers < this.#lastAnswered) return true;
    return this.#applied?.epoch === owner.epoch && number <= this.#applied.number;
  }
}
