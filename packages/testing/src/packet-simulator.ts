/**
 * A network of named ends under a seed: packets are late, lost, doubled and overtaken, and ways between ends can be cut in one direction.
 *
 * A packet's fate is drawn when it is sent, and cuts count at that moment and at its arrival. Delays are a floor plus an exponential
 * tail, so packets overtake each other. The payload is handed on as it is: whoever sends it does not change it afterwards.
 */
import { assert, NS_PER_MS, type Prng } from "@skyvox/core";
import type { ManualClock } from "./manual-clock.ts";

/** How the network behaves; can be changed while it runs. */
export interface PacketConditions {
  /** Every packet takes this long at least. */
  readonly delayMsMin: number;
  /** Mean of what comes on top. */
  readonly delayMsTail: number;
  /** Share of packets that are lost, 0..1. */
  readonly lossRate: number;
  /** Share of packets that arrive twice, 0..1. */
  readonly duplicateRate: number;
}

/** A quiet network of one rack. */
export const calmConditions: PacketConditions = { delayMsMin: 0.1, delayMsTail: 0.2, lossRate: 0, duplicateRate: 0 };

/** Packets under way at once; more are lost. */
const IN_FLIGHT_MAX = 100_000;

/** The network; `deliver` is called at the time of arrival. */
export class PacketSimulator<Payload> {
  readonly #clock: ManualClock;
  readonly #prng: Prng;
  readonly #deliver: (packet: { from: string; to: string; payload: Payload }) => void;
  readonly #cuts = new Map<string, number>();
  #inFlight = 0;
  conditions: PacketConditions = calmConditions;

  constructor(options: {
    readonly clock: ManualClock;
    readonly prng: Prng;
    readonly deliver: (packet: { from: string; to: string; payload: Payload }) => void;
  }) {
    this.#clock = options.clock;
    this.#prng = options.prng;
    this.#deliver = options.deliver;
  }

  /** Cuts one direction; cuts of the same way add up. Returns a function that takes this cut back, once. */
  cut(from: string, to: string): () => void {
    const way = wayOf(from, to);
    this.#cuts.set(way, (this.#cuts.get(way) ?? 0) + 1);
    let isCut = true;
    return () => {
      if (!isCut) return;
      isCut = false;
      this.#cuts.set(way, (this.#cuts.get(way) ?? 0) - 1);
    };
  }

  /** True where packets get through in this direction. */
  isOpen(from: string, to: string): boolean {
    return from === to || (this.#cuts.get(wayOf(from, to)) ?? 0) === 0;
  }

  /** Packets under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Sends a packet on its way. */
  send(from: string, to: string, payload: Payload): void {
    const { lossRate, duplicateRate } = this.conditions;
    assert(lossRate >= 0 && lossRate <= 1, "lossRate is a share");
    if (!this.isOpen(from, to) || this.#prng.float() < lossRate) return;
    const copies = this.#prng.float() < duplicateRate ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) this.#carry(from, to, payload);
  }

  /** Draws how long a packet takes now, in milliseconds. */
  drawDelayMs(): number {
    const { delayMsMin, delayMsTail } = this.conditions;
    return delayMsMin - delayMsTail * Math.log(1 - this.#prng.float());
  }

  #carry(from: string, to: string, payload: Payload): void {
    if (this.#inFlight >= IN_FLIGHT_MAX) return;
    this.#inFlight += 1;
    const delayNs = BigInt(Math.round(this.drawDelayMs() * Number(NS_PER_MS)));
    this.#clock.schedule(this.#clock.nowNs() + delayNs, () => {
      this.#inFlight -= 1;
      if (this.isOpen(from, to)) this.#deliver({ from, to, payload });
    });
  }
}

function wayOf(from: string, to: string): string {
  return `${from}>${to}`;
}
