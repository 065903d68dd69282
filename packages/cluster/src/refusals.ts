import { assert } from "@skyvox/core";

/** A reason is told once per sender in this time. */
const TELL_MS = 60_000;
/** Senders whose refusals are remembered; past that all are forgotten, and told once more. */
const SENDERS_MAX = 256;

/** Counts what was refused by reason, and says what of it is to be told: a flood of one kind from one sender is one line a minute. */
export class Refusals<Reason extends string> {
  readonly #counts = new Map<Reason, number>();
  readonly #toldMs = new Map<string, number>();

  /** Counts one; returns true where it is to be told. */
  note(nowMs: number, { reason, sender }: { readonly reason: Reason; readonly sender: string }): boolean {
    assert(Number.isFinite(nowMs), "a time is a number");
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const kind = `${reason} ${sender}`;
    const toldMs = this.#toldMs.get(kind);
    if (toldMs !== undefined && nowMs - toldMs < TELL_MS) return false;
    if (this.#toldMs.size >= SENDERS_MAX) this.#toldMs.clear();
    this.#toldMs.set(kind, nowMs);
    return true;
  }

  /** How much was refused, by reason. */
  counts(): ReadonlyMap<Reason, number> {
    return this.#counts;
  }

  /** How much was refused in all. */
  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }
}
