/**
 * Finds nodes of the same cluster on a network that anybody can write to: a state machine over signed datagrams.
 *
 * Every node announces itself once a second. A listener that does not know the announcer's life sends it a nonce; only the answer that
 * repeats it, signed, proves that the announcer lives now and has the token. So a recorded announcement, played back, finds nobody, and
 * no clock of any machine takes part: steps of the wall clock do nothing here. Whoever finds a newcomer announces itself at the next tick,
 * so that both know each other within two ticks and not only after a second. Announcements of a life that has proved itself count
 * by rising sequence numbers; the life stays known for `staleMs` after the last.
 *
 * What is refused is counted by reason and told in one line per reason and sender a minute.
 */
import type { Prng } from "@skyvox/core";
import {
  type Announcement,
  BEACON_VERSION,
  type BeaconBody,
  type BeaconRefusal,
  decodeBeacon,
  encodeBeacon,
} from "./beacon-codec.ts";
import { Refusals } from "./refusals.ts";

/** Announcements go out this often. */
export const ANNOUNCE_MS = 1000;
/** A node that was not heard of for this long is lost. */
const STALE_MS = 5000;
/** A challenge waits this long for its proof, and no second one goes to the same life meanwhile. */
const CHALLENGE_MS = 500;
/** Challenges that wait at once; further announcers wait for the next announcement. */
const CHALLENGES_MAX = 64;
/** Lives known at once; further ones are refused. */
const FOUND_MAX = 256;
/** An announcement that is this many behind the last is an overtaken copy; one further behind was recorded. */
const OVERTAKEN_MAX = 2;

/** Where a datagram came from or goes to, as the shell writes it. */
export type BeaconAddress = string;

/** Why something was not taken. */
export type DiscoveryRefusal = BeaconRefusal | "other-cluster" | "replayed" | "unasked" | "full";

/** Something that happened. */
export type DiscoveryEvent =
  | { readonly type: "tick" }
  | { readonly type: "datagram"; readonly from: BeaconAddress; readonly bytes: Uint8Array };

/** Something to do or to know. */
export type DiscoveryAction =
  /** `null` for everybody: all interfaces and groups. */
  | { readonly type: "send"; readonly to: BeaconAddress | null; readonly bytes: Uint8Array }
  | { readonly type: "found"; readonly announcement: Announcement; readonly address: BeaconAddress }
  /** The same life says something else of itself. */
  | { readonly type: "changed"; readonly announcement: Announcement; readonly address: BeaconAddress }
  | { readonly type: "lost"; readonly announcement: Announcement }
  | { readonly type: "tell"; readonly line: string };

interface Found {
  announcement: Announcement;
  heardMs: number;
  /** Where its direct announcements come from; null where it sends none. */
  direct: BeaconAddress | null;
}

/** Finds nodes; see the head of this file. */
export class Discovery {
  readonly #clusterId: string;
  readonly #key: Uint8Array;
  readonly #prng: Prng;
  readonly #seeds: readonly BeaconAddress[];
  readonly #found = new Map<string, Found>();
  readonly #challenges = new Map<
    string,
    { readonly nonce: string; readonly sentMs: number; readonly isDirect: boolean }
  >();
  readonly #refused = new Refusals<DiscoveryRefusal>();
  #self: Omit<Announcement, "sequence">;
  #sequence = 0;
  #announcedMs = Number.NEGATIVE_INFINITY;
  #actions: DiscoveryAction[] = [];

  /** Takes a key of {@link beaconKey}; nonces are drawn from `prng`, which must not be seeded from anything an attacker knows. */
  constructor(options: {
    readonly clusterId: string;
    readonly key: Uint8Array;
    readonly prng: Prng;
    /** Nodes that are told by name, where broadcasts do not reach them; they answer the same way. */
    readonly seeds: readonly BeaconAddress[];
    readonly self: Omit<Announcement, "sequence">;
  }) {
    this.#clusterId = options.clusterId;
    this.#key = options.key;
    this.#prng = options.prng;
    this.#seeds = options.seeds;
    this.#self = options.self;
  }

  /** The nodes that have proved themselves, by life. */
  found(): Announcement[] {
    return [...this.#found.values()].map(({ announcement }) => announcement);
  }

  /** How much was refused, by reason. */
  refused(): ReadonlyMap<DiscoveryRefusal, number> {
    return this.#refused.counts();
  }

  /** Says something else of this node from the next announcement on, which goes out at the next tick. */
  describe(self: Omit<Announcement, "sequence">): void {
    this.#self = self;
    this.#announcedMs = Number.NEGATIVE_INFINITY;
  }

  /** Takes one event and returns what is to be done about it, in order. Times are of a monotonic clock. */
  step(nowMs: number, event: DiscoveryEvent): DiscoveryAction[] {
    this.#actions = [];
    if (event.type === "tick") this.#tick(nowMs);
    else this.#read(nowMs, event.from, event.bytes);
    return this.#actions;
  }

  #tick(nowMs: number): void {
    if (nowMs - this.#announcedMs >= ANNOUNCE_MS) this.#announce(nowMs);
    for (const [life, { announcement, heardMs }] of this.#found) {
      if (nowMs - heardMs <= STALE_MS) continue;
      this.#found.delete(life);
      this.#actions.push({ type: "lost", announcement });
    }
    for (const [life, { sentMs }] of this.#challenges) {
      if (nowMs - sentMs > CHALLENGE_MS) this.#challenges.delete(life);
    }
  }

  #announce(nowMs: number): void {
    this.#announcedMs = nowMs;
    const announcement = this.#announcement(1);
    const say = (to: BeaconAddress | null) =>
      this.#send(to, { type: "announce", clusterId: this.#clusterId, from: announcement, isDirect: to !== null });
    say(null);
    const direct = [...this.#found.values()].flatMap((found) => found.direct ?? []);
    for (const to of new Set([...this.#seeds, ...direct])) say(to);
  }

  #read(nowMs: number, from: BeaconAddress, bytes: Uint8Array): void {
    const reading = decodeBeacon(bytes, this.#key);
    if (!reading.ok) {
      const need =
        reading.reason === "version" ? `version ${BEACON_VERSION}` : "a beacon signed with this cluster's token";
      this.#refuse(nowMs, { reason: reading.reason, from, found: reading.found, need });
      return;
    }
    const { body } = reading;
    if (body.clusterId !== this.#clusterId) {
      const found = `cluster "${body.clusterId}"`;
      this.#refuse(nowMs, { reason: "other-cluster", from, found, need: `"${this.#clusterId}"` });
    } else if (body.type === "challenge") this.#prove(from, body);
    else if (body.from.life === this.#self.life) return;
    else if (body.type === "announce") this.#hear(nowMs, from, body);
    else this.#take(nowMs, from, body);
  }

  #prove(from: BeaconAddress, { life, nonce }: Extract<BeaconBody, { type: "challenge" }>): void {
    if (life !== this.#self.life) return;
    this.#send(from, { type: "proof", clusterId: this.#clusterId, from: this.#announcement(0), nonce });
  }

  #hear(nowMs: number, from: BeaconAddress, body: Extract<BeaconBody, { type: "announce" }>): void {
    const { from: announcement, isDirect } = body;
    const { life, sequence } = announcement;
    const known = this.#found.get(life);
    if (known === undefined) {
      this.#challenge(nowMs, from, life, isDirect);
      return;
    }
    // The same announcement comes by several interfaces and groups, and may be overtaken by the next; only an older one is odd.
    const behind = known.announcement.sequence - sequence;
    if (behind >= 0 && behind <= OVERTAKEN_MAX) return;
    if (behind > 0) {
      const found = `announcement ${sequence} of "${announcement.nodeId}"`;
      this.#refuse(nowMs, { reason: "replayed", from, found, need: `one past ${known.announcement.sequence}` });
      return;
    }
    if (isDirect) known.direct = from;
    this.#note(nowMs, from, announcement, known);
  }

  #challenge(nowMs: number, from: BeaconAddress, life: string, isDirect: boolean): void {
    if (this.#challenges.has(life) || this.#challenges.size >= CHALLENGES_MAX) return;
    const nonce = Array.from({ length: 4 }, () => this.#prng.uint32().toString(36)).join("-");
    this.#challenges.set(life, { nonce, sentMs: nowMs, isDirect });
    this.#send(from, { type: "challenge", clusterId: this.#clusterId, life, nonce });
  }

  #take(
    nowMs: number,
    from: BeaconAddress,
    { from: announcement, nonce }: Extract<BeaconBody, { type: "proof" }>,
  ): void {
    const { life, nodeId } = announcement;
    const challenge = this.#challenges.get(life);
    if (challenge?.nonce !== nonce) {
      const found = `a proof of "${nodeId}"`;
      this.#refuse(nowMs, { reason: "unasked", from, found, need: "one for the nonce that was sent" });
      return;
    }
    this.#challenges.delete(life);
    if (this.#found.size >= FOUND_MAX) {
      this.#refuse(nowMs, {
        reason: "full",
        from,
        found: `node "${nodeId}" past ${FOUND_MAX} others`,
        need: "a free place",
      });
      return;
    }
    this.#found.set(life, { announcement, heardMs: nowMs, direct: challenge.isDirect ? from : null });
    // Whoever comes knows of us only what we tell it from now on, and need not wait a second for it.
    this.#announcedMs = Number.NEGATIVE_INFINITY;
    this.#actions.push({ type: "found", announcement, address: from });
  }

  #note(nowMs: number, address: BeaconAddress, announcement: Announcement, known: Found): void {
    const isSame =
      JSON.stringify({ ...known.announcement, sequence: 0 }) === JSON.stringify({ ...announcement, sequence: 0 });
    known.announcement = announcement;
    known.heardMs = nowMs;
    if (!isSame) this.#actions.push({ type: "changed", announcement, address });
  }

  #announcement(step: 0 | 1): Announcement {
    // A node is challenged only once it has announced itself, so the number of a proof is that of an announcement.
    this.#sequence += step;
    return { ...this.#self, sequence: this.#sequence };
  }

  #send(to: BeaconAddress | null, body: BeaconBody): void {
    this.#actions.push({ type: "send", to, bytes: encodeBeacon(body, this.#key) });
  }

  #refuse(
    nowMs: number,
    { reason, from, found, need }: { reason: DiscoveryRefusal; from: BeaconAddress; found: string; need: string },
  ): void {
    // By address without its port: a sender that changes ports is still one.
    const sender = from.slice(0, Math.max(0, from.lastIndexOf(":")));
    if (!this.#refused.note(nowMs, { reason, sender })) return;
    this.#actions.push({ type: "tell", line: `Cannot use beacon from ${from}: ${found}, need ${need}` });
  }
}
