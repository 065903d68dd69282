/**
 * The random generator of numpy, so that scenes published as Python scripts are drawn again here to the last digit.
 *
 * `numpy.random.default_rng(seed)` is PCG64 (O'Neill 2014: a 128-bit linear congruence, output XSL-RR) seeded by SeedSequence. Uniforms
 * have 53 bits; normals come from a ziggurat of 256 layers (Doornik 2005), Poisson numbers above 10 from transformed rejection (Hörmann
 * 1993), and shuffles from bounded integers by masked rejection, as numpy 1.17 and later do. Its tables are computed here: a value may
 * differ from numpy's in the last bits of a double, never in which branch it takes but with a chance of about 1e-12.
 *
 * For everything else use `Prng` of core, which is ten times faster.
 */
import { assert } from "@skyvox/core";

/** A stream that equals `numpy.random.default_rng(seed)`; create it with {@link createNumpyRandom}. */
export class NumpyRandom {
  #state: bigint;
  readonly #increment: bigint;
  /** The upper half of the last word that was split for a 32-bit draw, or null. */
  #spare: number | null = null;

  constructor(state: bigint, increment: bigint) {
    this.#state = state;
    this.#increment = increment;
  }

  #next64(): bigint {
    this.#state = (this.#state * MULTIPLIER + this.#increment) & MASK_128;
    const mixed = (this.#state >> 64n) ^ (this.#state & MASK_64);
    const turn = this.#state >> 122n;
    return ((mixed >> turn) | (mixed << (64n - turn))) & MASK_64;
  }

  #next32(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    const word = this.#next64();
    this.#spare = Number(word >> 32n);
    return Number(word & 0xffff_ffffn);
  }

  /** Draws from [0, 1): `rng.random()`. */
  float(): number {
    return Number(this.#next64() >> 11n) * 2 ** -53;
  }

  /** Draws from [low, high): `rng.uniform(low, high)`. */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.float();
  }

  /** Draws from the normal law of mean 0 and sigma 1: `rng.normal()`. */
  normal(): number {
    for (;;) {
      const word = this.#next64();
      const layer = Number(word & 0xffn);
      const magnitude = Number((word >> 9n) & 0xf_ffff_ffff_ffffn);
      const x = magnitude * ZIGGURAT.width[layer]!;
      const signed = ((word >> 8n) & 1n) === 1n ? -x : x;
      if (magnitude < ZIGGURAT.inside[layer]!) return signed;
      if (layer === 0) return this.#tail((word >> 17n) & 1n);
      const [above, below] = [ZIGGURAT.height[layer - 1]!, ZIGGURAT.height[layer]!];
      if ((above - below) * this.float() + below < Math.exp(-0.5 * x * x)) return signed;
    }
  }

  /** Draws beyond the last layer (Marsaglia 1964). */
  #tail(sign: bigint): number {
    for (;;) {
      const x = -Math.log1p(-this.float()) / RADIUS;
      const y = -Math.log1p(-this.float());
      if (y + y > x * x) return sign === 1n ? -(RADIUS + x) : RADIUS + x;
    }
  }

  /** Draws a Poisson number of a mean of 10 or more: `rng.poisson(mean)`. */
  poisson(mean: number): number {
    assert(mean >= 10, "the mean of a Poisson number is 10 or more");
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    for (;;) {
      const u = this.float() - 0.5;
      const v = this.float();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2)) return k;
      if (k < 0 || (us < 0.013 && v > us)) continue;
      const tried = Math.log(v) + Math.log(inverseAlpha) - Math.log(a / (us * us) + b);
      if (tried <= -mean + k * Math.log(mean) - logFactorial(k)) return k;
    }
  }

  /** Puts rows in random order in place: `rng.shuffle(rows)` of a two-dimensional array. */
  shuffle<Row>(rows: Row[]): void {
    for (let i = rows.length - 1; i >= 1; i--) {
      const mask = 2 ** (32 - Math.clz32(i)) - 1;
      let j = this.#next32() & mask;
      while (j > i) j = this.#next32() & mask;
      [rows[i], rows[j]] = [rows[j]!, rows[i]!];
    }
  }
}

const MASK_64 = 2n ** 64n - 1n;
const MASK_128 = 2n ** 128n - 1n;
const MULTIPLIER = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645n;

/** Creates the stream of `numpy.random.default_rng(seed)`; the seed is a safe integer from 0 on. */
export function createNumpyRandom(seed: number): NumpyRandom {
  assert(Number.isSafeInteger(seed) && seed >= 0, "seed is a safe integer from 0 on");
  const words = seedWords(seed);
  const join = (k: number): bigint => (words[k]! << 64n) | words[k + 1]!;
  const increment = ((join(2) << 1n) | 1n) & MASK_128;
  const state = ((increment + join(0)) * MULTIPLIER + increment) & MASK_128;
  return new NumpyRandom(state, increment);
}

/** `numpy.random.SeedSequence(seed).generate_state(4, uint64)` (O'Neill's seed_seq_fe, pool of four words). */
function seedWords(seed: number): bigint[] {
  const entropy = [seed >>> 0, Math.floor(seed / 2 ** 32), 0, 0];
  let constant = 0x43b0d7e5;
  const hash = (value: number, factor: number): number => {
    const mixed = value ^ constant;
    constant = Math.imul(constant, factor);
    const product = Math.imul(mixed, constant);
    return product ^ (product >>> 16);
  };
  const pool = entropy.map((word) => hash(word, 0x931e8875));
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from === to) continue;
      const mixed = Math.imul(0xca01f9dd, pool[to]!) - Math.imul(0x4973f715, hash(pool[from]!, 0x931e8875));
      pool[to] = mixed ^ (mixed >>> 16);
    }
  }
  constant = 0x8b51f9dd;
  const halves = Array.from({ length: 8 }, (_, k) => BigInt(hash(pool[k % 4]!, 0x58f38ded) >>> 0));
  return [0, 2, 4, 6].map((k) => halves[k]! | (halves[k + 1]! << 32n));
}

/** Where the tail of the normal law begins: 256 layers of equal area. */
const RADIUS = 3.6541528853610088;

const ZIGGURAT = buildZiggurat();

/** Layer k spans 0 … x(k): `width` is x(k) / 2^52, `inside` how much of 2^52 lies under the layer above, `height` the curve at x(k). */
function buildZiggurat(): Record<"width" | "inside" | "height", Float64Array> {
  const curve = (x: number): number => Math.exp(-0.5 * x * x);
  const area = RADIUS * curve(RADIUS) + normalTail(RADIUS);
  const edges = new Float64Array(256);
  edges[255] = RADIUS;
  for (let k = 254; k >= 1; k--) {
    const above = edges[k + 1]!;
    edges[k] = Math.sqrt(-2 * Math.log(area / above + curve(above)));
  }
  const base = area / curve(RADIUS);
  const inside = edges.map((edge, k) =>
    Math.floor(k === 0 ? (RADIUS / base) * 2 ** 52 : (edges[k - 1]! / edge) * 2 ** 52),
  );
  const width = edges.map((edge, k) => (k === 0 ? base : edge) * 2 ** -52);
  return { width, inside, height: edges.map((edge) => curve(edge)) };
}

/** The area under exp(-x²/2) beyond `from`, by the continued fraction of Mills' ratio (Abramowitz & Stegun 26.2.14). */
function normalTail(from: number): number {
  let fraction = from;
  for (let k = 200; k >= 1; k--) fraction = from + k / fraction;
  return Math.exp(-0.5 * from * from) / fraction;
}

/** ln k! by Stirling's series after lifting small k. */
function logFactorial(k: number): number {
  let x = k + 1;
  let lifted = 0;
  for (; x < 10; x++) lifted += Math.log(x);
  const inverse = 1 / (x * x);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - lifted;
}
