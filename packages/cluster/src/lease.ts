/**
 * The master lease: who may claim it, who holds it, and when the holder must let go. A state machine of one candidate.
 *
 * One key `master.<epoch>` per epoch is created in the engine's store and never used again: creation has one winner, where an update by
 * compare-and-set had several on servers before 2.9.21. The number of the key is the epoch, the token that workers fence (epoch-fence.ts).
 * The holder renews by heartbeats of 150 ms that touch no store; candidates count their silence on their own monotonic clock. A
 * heartbeat that another node heard counts as well, or a candidate that is cut off from the holder alone would push it out of office
 * again and again.
 *
 * The store may be lost and made anew, empty. Epochs stay monotonic because a candidate claims one more than the highest number it
 * has heard of from anybody, keys or workers; workers say in their heartbeats which epoch they obey.
 *
 * The holder has tenure while a majority of the nodes that host the engine's store has answered a heartbeat it sent less than a ttl ago.
 * An answering node answers no earlier epoch afterwards, and one that has just started, which may have forgotten what it answered,
 * stays silent for `isolationMs`. With its answer it says how long ago it answered an earlier epoch. Two majorities meet in one node, so a
 * later holder knows when every earlier tenure was last confirmed; the same majority is what the store needs to create the next key.
 * Without tenure for `isolationMs` the holder steps down.
 *
 * Not here: what a master does with its office (failover.ts).
 */
import { assert, type Prng } from "@skyvox/core";
import type { Owner } from "./epoch-fence.ts";
import { defaultLeaseOptions, type LeaseAction, type LeaseEvent, type LeaseOptions } from "./lease-events.ts";
import type { NodeId } from "./node-id.ts";

export { defaultLeaseOptions, type LeaseAction, type LeaseEvent, type LeaseOptions };

type Phase =
  | { readonly type: "standing-by"; readonly claimAtMs: number }
  | { readonly type: "claiming"; readonly epoch: number; readonly lookUpAtMs: number }
  | {
      readonly type: "leading";
      readonly epoch: number;
      sequence: number;
      sentMs: number;
      /** When recent heartbeats were sent, by sequence number. */
      readonly sent: Map<number, number>;
      /** Send time of the latest heartbeat that each host answered. */
      readonly answered: Map<NodeId, number>;
      /** For each host that answered: no earlier epoch was answered by it after this time. */
      readonly earlier: Map<NodeId, number>;
      readonly sinceMs: number;
    };

/** Clocks of two nodes run at rates that differ by less than this. */
export const DRIFT_MARGIN = 1.02;

/** Heartbeats whose answers still count. */
const SENT_MAX = 32;

/** One candidate for the master lease; see the head of this file. */
export class MasterLease {
  readonly #self: NodeId;
  readonly #options: LeaseOptions;
  readonly #prng: Prng;
  #phase: Phase;
  readonly #startMs: number;
  #isCandidate: boolean;
  #hosts: readonly NodeId[] = [];
  /** Highest epoch that was heard of. */
  #epochSeen = 0;
  /** The owner that is obeyed and answered; null before the first. */
  #owner: Owner | null = null;
  /** When the owner was last heard. */
  #heardMs = Number.NEGATIVE_INFINITY;
  /** When the owner was told to be dead; null while it is not. */
  #ownerDiedMs: number | null = null;
  /** The epoch that was answered last, and when; and until when an earlier one may have been, by this node or by hosts before it. */
  #answered = { epoch: 0, atMs: Number.NEGATIVE_INFINITY };
  #earlierMs: number;
  #jitterMs = 0;
  #actions: LeaseAction[] = [];

  constructor(
    options: {
      readonly self: NodeId;
      readonly nowMs: number;
      readonly prng: Prng;
      readonly isCandidate: boolean;
    } & Partial<LeaseOptions>,
  ) {
    this.#self = options.self;
    this.#options = { ...defaultLeaseOptions, ...options };
    assert(this.#options.renewMs * 2 <= this.#options.ttlMs, "a ttl holds two heartbeats at least");
    this.#prng = options.prng;
    this.#startMs = options.nowMs;
    this.#isCandidate = options.isCandidate;
    this.#earlierMs = options.nowMs;
    this.#phase = { type: "standing-by", claimAtMs: options.nowMs };
    this.#standBy(options.nowMs, this.#options.othersMayLead ? this.#options.ttlMs : 0);
  }

  /** The office this node holds; null where it holds none. */
  get office(): Owner | null {
    return this.#phase.type === "leading" ? { epoch: this.#phase.epoch, holder: this.#self } : null;
  }

  /** The owner this node knows of, itself included; null before the first. */
  get owner(): Owner | null {
    return this.#owner;
  }

  /** Highest epoch that was heard of; 0 before the first. */
  get epochSeen(): number {
    return this.#epochSeen;
  }

  /** How long ago the owner was heard, for others to know that it lives; null where that is longer than a ttl or it is doubtful. */
  ownerHeardAgoMs(nowMs: number): number | null {
    if (this.#phase.type === "leading") return this.hasTenure(nowMs) ? 0 : null;
    if (this.#ownerDiedMs !== null) return null;
    const agoMs = nowMs - this.#heardMs;
    return agoMs < this.#options.ttlMs ? agoMs : null;
  }

  /**
   * Send time of the latest heartbeat that a majority of the engine's hosts has answered, in this node's milliseconds; tenure ends a
   * ttl later. Minus infinity before the first.
   */
  get confirmedMs(): number {
    const phase = this.#phase;
    if (phase.type !== "leading" || this.#hosts.length === 0) return Number.NEGATIVE_INFINITY;
    const times = this.#hosts.map((host) => phase.answered.get(host) ?? Number.NEGATIVE_INFINITY);
    times.sort((a, b) => b - a);
    return times[Math.floor(this.#hosts.length / 2)] ?? Number.NEGATIVE_INFINITY;
  }

  /**
   * No earlier tenure was confirmed after this time, in this node's milliseconds: a majority of the hosts has said so. Infinity until then.
   */
  get earlierConfirmedMs(): number {
    const phase = this.#phase;
    if (phase.type !== "leading" || this.#hosts.length === 0) return Number.POSITIVE_INFINITY;
    const times = this.#hosts.map((host) => phase.earlier.get(host) ?? Number.POSITIVE_INFINITY);
    times.sort((a, b) => a - b);
    return times[Math.floor(this.#hosts.length / 2)] ?? Number.POSITIVE_INFINITY;
  }

  /** True while this node holds the lease and a majority confirmed it less than a ttl ago. */
  hasTenure(nowMs: number): boolean {
    return nowMs - this.confirmedMs < this.#options.ttlMs;
  }

  /** Takes one event and returns what is to be done about it, in order. */
  step(nowMs: number, event: LeaseEvent): LeaseAction[] {
    this.#actions = [];
    this.#take(nowMs, event);
    return this.#actions;
  }

  #take(nowMs: number, event: LeaseEvent): void {
    switch (event.type) {
      case "tick":
        this.#tick(nowMs);
        break;
      case "heartbeat":
        this.#hear(nowMs, event.owner, event.sequence);
        break;
      case "owner-obeyed":
        this.#raise(nowMs, event.owner);
        if (event.heardAgoMs !== null) this.#hearOfOwner(nowMs, event.owner, event.heardAgoMs);
        break;
      case "created":
        if (this.#phase.type !== "claiming" || this.#phase.epoch !== event.epoch) break;
        if (event.isTaken) this.#actions.push({ type: "read", epoch: event.epoch });
        else this.#takeOffice(nowMs, event.epoch);
        break;
      case "read":
        this.#read(nowMs, event.epoch, event.holder);
        break;
      case "answered":
        this.#hearAnswer(nowMs, event);
        break;
      case "holder-died":
        this.#hearOfDeath(nowMs, event.holder);
        break;
      case "released":
        this.#released(nowMs, event.owner, event.successor);
        break;
      case "engine-hosts":
        this.#setHosts(nowMs, event.hosts);
        break;
      case "candidacy":
        this.#isCandidate = event.isCandidate;
        if (!event.isCandidate) this.#resign(nowMs, "this node may no longer lead");
        break;
      case "release":
        this.#release(nowMs, event.successor);
        break;
    }
  }

  #tick(nowMs: number): void {
    const phase = this.#phase;
    if (phase.type === "leading") {
      const unconfirmedMs = nowMs - Math.max(this.confirmedMs, phase.sinceMs);
      if (unconfirmedMs > this.#options.isolationMs) {
        this.#resign(nowMs, `no majority of the engine's hosts answered for ${Math.round(unconfirmedMs)} ms`);
      } else if (nowMs - phase.sentMs >= this.#options.renewMs) this.#publish(nowMs, phase);
    } else if (phase.type === "claiming") {
      // The claim may have won without our knowing, so the key is looked up before anything else is tried.
      if (nowMs < phase.lookUpAtMs) return;
      this.#phase = { ...phase, lookUpAtMs: nowMs + this.#options.claimMsMax };
      this.#actions.push({ type: "read", epoch: phase.epoch });
    } else if (this.#isCandidate && nowMs >= phase.claimAtMs) this.#claim(nowMs);
  }

  #claim(nowMs: number): void {
    const epoch = this.#epochSeen + 1;
    this.#phase = { type: "claiming", epoch, lookUpAtMs: nowMs + this.#options.claimMsMax };
    this.#actions.push({ type: "create", epoch });
  }

  /** What the key of a claim holds. A key that is not there may still be created by a claim under way, so the next claim is higher. */
  #read(nowMs: number, epoch: number, holder: NodeId | null): void {
    if (this.#phase.type !== "claiming" || this.#phase.epoch !== epoch) return;
    if (holder === this.#self) this.#takeOffice(nowMs, epoch);
    else if (holder === null) {
      this.#epochSeen = Math.max(this.#epochSeen, epoch);
      this.#standBy(nowMs, 0);
    } else {
      this.#epochSeen = Math.max(this.#epochSeen, epoch);
      this.#standBy(nowMs, this.#options.ttlMs);
    }
  }

  #takeOffice(nowMs: number, epoch: number): void {
    assert(epoch > this.#epochSeen, "a claim ends when its epoch is heard of");
    this.#epochSeen = epoch;
    const owner: Owner = { epoch, holder: this.#self };
    const phase: Phase = {
      ...{ type: "leading", epoch, sequence: 0, sentMs: nowMs, sinceMs: nowMs },
      ...{ sent: new Map(), answered: new Map(), earlier: new Map() },
    };
    this.#phase = phase;
    this.#owner = owner;
    this.#ownerDiedMs = null;
    this.#actions.push({ type: "took-office", owner });
    this.#publish(nowMs, phase);
  }

  #publish(nowMs: number, phase: Extract<Phase, { type: "leading" }>): void {
    phase.sequence += 1;
    phase.sentMs = nowMs;
    phase.sent.set(phase.sequence, nowMs);
    if (phase.sent.size > SENT_MAX) phase.sent.delete(phase.sequence - SENT_MAX);
    const owner: Owner = { epoch: phase.epoch, holder: this.#self };
    if (this.#hosts.includes(this.#self)) {
      this.#noteAnswer(nowMs, phase.epoch);
      phase.answered.set(this.#self, nowMs);
      phase.earlier.set(this.#self, this.#earlierMs);
    }
    this.#actions.push({ type: "publish-heartbeat", owner, sequence: phase.sequence });
  }

  #hearAnswer(nowMs: number, answer: Extract<LeaseEvent, { type: "answered" }>): void {
    const { epoch, sequence, by, earlierAgoMs } = answer;
    const phase = this.#phase;
    if (phase.type !== "leading" || phase.epoch !== epoch) return;
    const sentMs = phase.sent.get(sequence);
    if (sentMs === undefined) return;
    phase.answered.set(by, Math.max(sentMs, phase.answered.get(by) ?? Number.NEGATIVE_INFINITY));
    // The way here took time, and its clock may run fast: both only make the time later than it was.
    const earlierMs = nowMs - earlierAgoMs / DRIFT_MARGIN;
    phase.earlier.set(by, Math.min(earlierMs, phase.earlier.get(by) ?? Number.POSITIVE_INFINITY));
  }

  /** Notes that this node answers an owner, and from when on it answers no earlier one. */
  #noteAnswer(nowMs: number, epoch: number): void {
    if (epoch > this.#answered.epoch) this.#earlierMs = Math.max(this.#earlierMs, this.#answered.atMs);
    this.#answered = { epoch, atMs: nowMs };
  }

  /** Other hosts keep the store from now on. Those before died: until now they may have answered an owner that this node never heard. */
  #setHosts(nowMs: number, hosts: readonly NodeId[]): void {
    if ([...hosts].sort().join() === [...this.#hosts].sort().join()) return;
    this.#hosts = hosts;
    this.#earlierMs = nowMs;
    if (this.#phase.type !== "leading") return;
    this.#phase.answered.clear();
    this.#phase.earlier.clear();
  }

  /** A holder that is known to be dead is not waited for: only as long as its next heartbeat would take, should it live after all. */
  #hearOfDeath(nowMs: number, holder: NodeId): void {
    if (this.#phase.type !== "standing-by" || this.#owner?.holder !== holder) return;
    this.#ownerDiedMs = nowMs;
    const claimAtMs = Math.min(this.#phase.claimAtMs, nowMs + this.#options.renewMs + this.#jitterMs);
    this.#phase = { type: "standing-by", claimAtMs };
  }

  #hear(nowMs: number, owner: Owner, sequence: number): void {
    if (owner.holder === this.#self || owner.epoch < this.#epochSeen) return;
    if (this.#phase.type === "leading" && this.#phase.epoch === owner.epoch) {
      this.#meetTwin(nowMs, owner);
      return;
    }
    // A twin of the owner that is known: it is not followed, so that its followers and ours do not come to share an epoch.
    if (this.#owner?.epoch === owner.epoch && this.#owner.holder !== owner.holder) return;
    this.#resign(nowMs, `"${owner.holder}" leads under epoch ${owner.epoch}`);
    this.#epochSeen = owner.epoch;
    this.#owner = owner;
    this.#heardMs = nowMs;
    this.#ownerDiedMs = null;
    this.#standBy(nowMs, this.#options.ttlMs);
    const remembers = nowMs - this.#startMs > this.#options.isolationMs * DRIFT_MARGIN;
    if (!remembers || !this.#hosts.includes(this.#self)) return;
    this.#noteAnswer(nowMs, owner.epoch);
    this.#actions.push({ type: "answer", owner, sequence, earlierAgoMs: Math.max(0, nowMs - this.#earlierMs) });
  }

  /** Two holders of one epoch: the store was made anew on both sides of a cut. Both let go; the first by name claims the next at once. */
  #meetTwin(nowMs: number, { epoch, holder }: Owner): void {
    this.#resign(nowMs, `"${holder}" holds epoch ${epoch} too`);
    this.#standBy(nowMs, this.#self < holder ? 0 : this.#options.ttlMs);
  }

  /** An owner that others hear is alive, though the way from it to here may be cut: it is not pushed from its office. */
  #hearOfOwner(nowMs: number, { epoch }: Owner, heardAgoMs: number): void {
    if (this.#phase.type !== "standing-by" || epoch < this.#epochSeen) return;
    // That it was heard before it died says nothing.
    if (this.#ownerDiedMs !== null && nowMs - heardAgoMs <= this.#ownerDiedMs) return;
    this.#ownerDiedMs = null;
    const claimAtMs = nowMs - heardAgoMs + this.#options.ttlMs + this.#jitterMs;
    if (claimAtMs > this.#phase.claimAtMs) this.#phase = { type: "standing-by", claimAtMs };
  }

  #raise(nowMs: number, owner: Owner): void {
    const { epoch, holder } = owner;
    if (this.office?.epoch === epoch && holder !== this.#self) this.#meetTwin(nowMs, owner);
    if (epoch <= this.#epochSeen) return;
    this.#epochSeen = epoch;
    if (this.#phase.type === "standing-by") return;
    this.#resign(nowMs, `epoch ${epoch} is in force`);
    // Its owner may be alive; only its silence frees the lease.
    this.#standBy(nowMs, this.#options.ttlMs);
  }

  #released(nowMs: number, owner: Owner, successor: NodeId | null): void {
    if (owner.epoch < this.#epochSeen || this.#phase.type !== "standing-by") return;
    this.#epochSeen = owner.epoch;
    this.#standBy(nowMs, successor === null || successor === this.#self ? 0 : this.#options.ttlMs);
    if (successor === this.#self && this.#isCandidate) this.#claim(nowMs);
  }

  #release(nowMs: number, successor: NodeId | null): void {
    const owner = this.office;
    if (owner === null) return;
    this.#actions.push({ type: "publish-release", owner, successor });
    this.#resign(nowMs, "handed over");
  }

  #resign(nowMs: number, why: string): void {
    const owner = this.office;
    if (owner !== null) this.#actions.push({ type: "left-office", owner, why });
    if (this.#phase.type !== "standing-by") this.#standBy(nowMs, this.#options.ttlMs);
  }

  #standBy(nowMs: number, waitMs: number): void {
    this.#jitterMs = this.#options.othersMayLead ? this.#prng.uniform(0, this.#options.jitterMs) : 0;
    this.#phase = { type: "standing-by", claimAtMs: nowMs + waitMs + this.#jitterMs };
  }
}
