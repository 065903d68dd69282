/**
 * Judges one peer: healthy, then suspect after a silence, then dead when a direct ping stays unanswered.
 *
 * Times are awake time of the observer (see observer-lag.ts), never of the wall. A ping carries a nonce: an answer counts only for the
 * ping that is out, so that an old one that was held up in the network does not clear a peer that has died since.
 */
import { assert } from "@skyvox/core";

/** Limits of the judgement, in milliseconds of the observer's awake time, before they are stretched by its lag. */
export interface DetectorLimits {
  /** Silence after which a peer is suspect. */
  readonly silenceMsMax: number;
  /** How long the direct ping of a suspect may stay unanswered. */
  readonly pingMsMax: number;
}

/** Four heartbeats of 100 ms missed, then 200 ms for the ping. */
export const defaultDetectorLimits: DetectorLimits = { silenceMsMax: 400, pingMsMax: 200 };

/** What a check found. */
export type Verdict =
  | { readonly type: "healthy" }
  | { readonly type: "suspected"; readonly pingNonce: number; readonly silentMs: number }
  | { readonly type: "waiting" }
  | { readonly type: "dead"; readonly silentMs: number };

/** The judge of one peer. */
export class FailureDetector {
  readonly #limits: DetectorLimits;
  #heardMs: number;
  #ping: { readonly nonce: number; readonly sentMs: number } | null = null;

  constructor(limits: DetectorLimits, awakeMs: number) {
    assert(limits.silenceMsMax > 0, "silenceMsMax is positive");
    assert(limits.pingMsMax > 0, "pingMsMax is positive");
    this.#limits = limits;
    this.#heardMs = awakeMs;
  }

  get isSuspect(): boolean {
    return this.#ping !== null;
  }

  /** Notes a sign of life; returns true where it clears a suspicion. */
  hear(awakeMs: number): boolean {
    const cleared = this.#ping !== null;
    this.#heardMs = Math.max(this.#heardMs, awakeMs);
    this.#ping = null;
    return cleared;
  }

  /** Notes the answer to a ping; returns true where it is the one that is out. */
  answer(awakeMs: number, nonce: number): boolean {
    if (this.#ping?.nonce !== nonce) return false;
    return this.hear(awakeMs);
  }

  /**
   * Judges the peer now.
   *
   * @param scale by how much limits are stretched, at least 1.
   * @param drawNonce called when a ping goes out.
   */
  check(awakeMs: number, scale: number, drawNonce: () => number): Verdict {
    assert(scale >= 1, "limits are never made shorter");
    const silentMs = awakeMs - this.#heardMs;
    if (this.#ping === null) {
      if (silentMs <= this.#limits.silenceMsMax * scale) return { type: "healthy" };
      this.#ping = { nonce: drawNonce(), sentMs: awakeMs };
      return { type: "suspected", pingNonce: this.#ping.nonce, silentMs };
    }
    if (awakeMs - this.#ping.sentMs <= this.#limits.pingMsMax * scale) return { type: "waiting" };
    return { type: "dead", silentMs };
  }
}
