/** A list of fixed-width rows of uint32 that grows while an op finds rows. */
export class Rows {
  #words = new Uint32Array(256);
  #length = 0;

  /** Appends one word; the caller keeps to the width of the table. Values are taken modulo 2^32. */
  push(...words: number[]): void {
    while (this.#length + words.length > this.#words.length) {
      const larger = new Uint32Array(this.#words.length * 2);
      larger.set(this.#words);
      this.#words = larger;
    }
    for (const word of words) this.#words[this.#length++] = word;
  }

  /** Returns a copy of all words so far. */
  toArray(): Uint32Array {
    return this.#words.slice(0, this.#length);
  }
}

/** The low word of a 64-bit integer given as an exact float; negative values in two's complement. */
export function low32(value: number): number {
  return value >>> 0;
}

/** The high word of a 64-bit integer given as an exact float; negative values in two's complement. */
export function high32(value: number): number {
  return Math.floor(value / 2 ** 32) >>> 0;
}
