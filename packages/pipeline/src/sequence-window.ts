/** Tells what became of numbered things that may be lost, come late or come twice. */

/** What an arrival is: the next or a later one, one that was missed before, or one that came already (or too late to tell). */
export type Arrival = "new" | "late" | "duplicate";

const WINDOW = 1024;

/** Follows the sequence of one sender; remembers the last 1024. */
export class SequenceWindow {
  readonly #seen = new Uint8Array(WINDOW);
  #next = 0;
  #lost = 0;

  /** Numbers that were skipped and have not come since. */
  get lostCount(): number {
    return this.#lost;
  }

  /** Takes a number, counted from 0 by the sender. */
  arrive(sequence: number): Arrival {
    if (sequence >= this.#next) {
      const gap = sequence - this.#next;
      this.#lost += gap;
      for (let i = Math.max(this.#next, sequence - WINDOW + 1); i < sequence; i++) this.#seen[i % WINDOW] = 0;
      this.#seen[sequence % WINDOW] = 1;
      this.#next = sequence + 1;
      return "new";
    }
    if (sequence < this.#next - WINDOW || this.#seen[sequence % WINDOW] === 1) return "duplicate";
    this.#seen[sequence % WINDOW] = 1;
    this.#lost--;
    return "late";
  }
}
