import { assert } from "@skyvox/core";

/** A list of uint32 that grows by doubling, for columns whose length is known only when they have been read. */
export class NumberList {
  /** The first `length` are those of the list; the array is another one after `reserve`. */
  numbers = new Uint32Array(0);
  length = 0;

  /** Makes room for so many more. */
  reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.numbers.length) return;
    const grown = new Uint32Array(Math.max(needed, 2 * this.numbers.length));
    grown.set(this.numbers);
    this.numbers = grown;
  }

  /** Adds numbers that lie in memory as little-endian words, at any address. */
  addBytes(bytes: Uint8Array): void {
    assert(bytes.length % 4 === 0, "words have four bytes");
    this.reserve(bytes.length / 4);
    new Uint8Array(this.numbers.buffer).set(bytes, 4 * this.length);
    this.length += bytes.length / 4;
  }

  /** Returns the numbers; the list is not to be added to any more. */
  toArray(): Uint32Array {
    return this.numbers.subarray(0, this.length);
  }
}
