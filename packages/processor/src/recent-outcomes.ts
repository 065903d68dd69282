import { assert } from "@skyvox/core";
import type { TaskOutcome } from "./task.ts";

/** Remembers how the last tasks ended, for at most `windowMs` and at most `capacity` of them. */
export class RecentOutcomes {
  readonly #windowMs: number;
  readonly #capacity: number;
  readonly #ends: End[] = [];
  #next = 0;

  constructor(options: { readonly windowMs: number; readonly capacity: number }) {
    assert(options.windowMs > 0, "windowMs is positive");
    assert(Number.isInteger(options.capacity) && options.capacity >= 1, "capacity is a positive integer");
    this.#windowMs = options.windowMs;
    this.#capacity = options.capacity;
  }

  /** Notes an outcome; what was cancelled or fell with its dependency says nothing about the work. */
  note(nowMs: number, outcome: TaskOutcome): void {
    if (outcome.state === "cancelled") return;
    if (outcome.state === "dead-letter" && outcome.reason.code === "dependency") return;
    const isMissed = outcome.state === "expired" || (outcome.state === "completed" && outcome.isLate);
    this.#ends[this.#next] = { atMs: nowMs, state: outcome.state, isMissed };
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** Shares over what is remembered: 1 and 0 where nothing ended lately. */
  shares(nowMs: number): { readonly successRate: number; readonly missedShare: number } {
    const recent = this.#ends.filter(({ atMs }) => nowMs - atMs <= this.#windowMs);
    const count = (is: (end: End) => boolean): number => recent.filter(is).length;
    const completed = count(({ state }) => state === "completed");
    const dead = count(({ state }) => state === "dead-letter");
    return {
      successRate: completed + dead === 0 ? 1 : completed / (completed + dead),
      missedShare: recent.length === 0 ? 0 : count(({ isMissed }) => isMissed) / recent.length,
    };
  }
}

interface End {
  readonly atMs: number;
  readonly state: TaskOutcome["state"];
  readonly isMissed: boolean;
}
