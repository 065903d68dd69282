import { assert } from "@skyvox/core";

/** A queue with a named limit that drops its oldest entry when it is full: what waits here is made good for by what comes later. */
export class BoundedQueue<Entry> {
  readonly #lengthMax: number;
  #entries: Entry[] = [];
  #dropped = 0;

  constructor(lengthMax: number) {
    assert(lengthMax >= 1, "a queue holds one entry at least");
    this.#lengthMax = lengthMax;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** How many entries were dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
    if (this.#entries.length <= this.#lengthMax) return;
    this.#entries.shift();
    this.#dropped += 1;
  }

  /** Takes all entries out, oldest first. */
  drain(): Entry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }
}
