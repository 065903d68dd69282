import { assert } from "@skyvox/core";

/**
 * Tells which workers have been silent for too long, without mistaking its own sleep for theirs.
 *
 * Silence is counted in ticks that the watchdog itself lived through: one that comes late, because its process was held up, counts for
 * at most two tick lengths, and what the workers said meanwhile is heard before the next.
 */
export class Watchdog<Id> {
  readonly #tickMs: number;
  readonly #silenceMsMax: number;
  /** Silence so far; null from a sign of life to the next tick. */
  readonly #silenceMs = new Map<Id, number | null>();
  #lastTickMs: number | null = null;

  /** Takes how often it is ticked and how much silence is too much. */
  constructor(options: { readonly tickMs: number; readonly silenceMsMax: number }) {
    assert(options.tickMs > 0, "tickMs is positive");
    assert(options.silenceMsMax > 2 * options.tickMs, "silenceMsMax is more than two ticks");
    this.#tickMs = options.tickMs;
    this.#silenceMsMax = options.silenceMsMax;
  }

  /** Hears from a worker; the first time begins to watch it. */
  hear(id: Id): void {
    this.#silenceMs.set(id, null);
  }

  /** Watches a worker no more. */
  forget(id: Id): void {
    this.#silenceMs.delete(id);
  }

  /** Returns the workers that have been silent for too long, each once: they are forgotten. */
  tick(nowMs: number): Id[] {
    const spanMs = Math.min(nowMs - (this.#lastTickMs ?? nowMs), 2 * this.#tickMs);
    this.#lastTickMs = nowMs;
    const silent: Id[] = [];
    for (const [id, beforeMs] of this.#silenceMs) {
      const silenceMs = beforeMs === null ? 0 : beforeMs + spanMs;
      this.#silenceMs.set(id, silenceMs);
      if (silenceMs < this.#silenceMsMax) continue;
      silent.push(id);
      this.#silenceMs.delete(id);
    }
    return silent;
  }
}
