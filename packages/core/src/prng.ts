/**
 * Seeded random numbers: the same seed gives the same integers on every machine.
 *
 * The generator is xoshiro128** 1.1 (Blackman & Vigna 2018, period 2^128 - 1), its four words filled by SplitMix64 (Steele, Lea &
 * Flood 2014) from a 64-bit seed, low half first. `fork` derives a child seed from the parent's seed and a label alone, never from
 * what was drawn before, so adding a draw in one place does not change another. Integers and uniform floats are exact everywhere;
 * `normal` goes through `Math.log`, whose last bit is left to the engine. Not for secrets.
 */
import { assert } from "./assert.ts";

/** A stream of random numbers; create it with {@link createPrng}. */
export class Prng {
  readonly #seed: bigint;
  #s0: number;
  #s1: number;
  #s2: number;
  #s3: number;
  /** The second value of the last pair of normals, or NaN. */
  #spareNormal = Number.NaN;

  /** Takes the 64-bit seed that forks derive from and the four state words, not all zero. */
  constructor(seed: bigint, words: readonly [number, number, number, number]) {
    assert(
      words.some((word) => word !== 0),
      "the state of a Prng is not all zero",
    );
    this.#seed = seed;
    [this.#s0, this.#s1, this.#s2, this.#s3] = words;
  }

  /** Draws an integer in [0, 2^32). */
  uint32(): number {
    const product = Math.imul(this.#s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.#s1 << 9;
    this.#s2 ^= this.#s0;
    this.#s3 ^= this.#s1;
    this.#s1 ^= this.#s2;
    this.#s0 ^= this.#s3;
    this.#s2 ^= shifted;
    this.#s3 = (this.#s3 << 11) | (this.#s3 >>> 21);
    return result;
  }

  /** Draws a multiple of 2^-53 in [0, 1), from two words. */
  float(): number {
    const high = this.uint32() >>> 5;
    return (high * 0x400_0000 + (this.uint32() >>> 6)) * 2 ** -53;
  }

  /** Draws a float in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.float();
  }

  /** Draws an integer in [0, count), without bias: words past the last whole multiple of `count` are drawn again. */
  int(count: number): number {
    assert(Number.isInteger(count) && count >= 1 && count <= 2 ** 32, "count is an integer in 1..2^32");
    const limit = 2 ** 32 - (2 ** 32 % count);
    let word = this.uint32();
    while (word >= limit) word = this.uint32();
    return word % count;
  }

  /** Draws from the normal distribution of mean 0 and sigma 1 (Marsaglia's polar method). */
  normal(): number {
    if (!Number.isNaN(this.#spareNormal)) {
      const spare = this.#spareNormal;
      this.#spareNormal = Number.NaN;
      return spare;
    }
    for (;;) {
      const x = this.uniform(-1, 1);
      const y = this.uniform(-1, 1);
      const r2 = x * x + y * y;
      if (r2 >= 1 || r2 === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(r2)) / r2);
      this.#spareNormal = y * factor;
      return x * factor;
    }
  }

  /** Derives an independent stream for the part of the program that `label` names, whatever was drawn from this one. */
  fork(label: string): Prng {
    return prngFromSeed64(mix64(this.#seed ^ fnv1a64(label)));
  }
}

/**
 * Creates the stream of a seed.
 *
 * @param seed any safe integer.
 */
export function createPrng(seed: number): Prng {
  assert(Number.isSafeInteger(seed), "seed is a safe integer");
  return prngFromSeed64(BigInt.asUintN(64, BigInt(seed)));
}

/** Returns the SplitMix64 output for a 64-bit state: a bijection in which every input bit moves every output bit. */
export function mix64(state: bigint): bigint {
  let z = BigInt.asUintN(64, state + GOLDEN_GAMMA);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}

const GOLDEN_GAMMA = 0x9e3779b97f4a7c15n;

function prngFromSeed64(seed: bigint): Prng {
  const first = mix64(seed);
  const second = mix64(seed + GOLDEN_GAMMA);
  const low = (word: bigint) => Number(word & 0xffff_ffffn);
  const high = (word: bigint) => Number(word >> 32n);
  return new Prng(seed, [low(first), high(first), low(second), high(second)]);
}

/** FNV-1a, 64 bit, over the UTF-8 bytes of the text (draft-eastlake-fnv). */
function fnv1a64(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}
