/**
 * What a bench is, and the timing all benches share.
 *
 * A bench lives in `bench/<subject>.bench.ts` and exports one `bench: Bench`. It takes its variants in turn, round by round and
 * with the order reversed every second round, so that a slow minute of the machine falls on all of them alike; what is
 * reported is the median. Ratios within one run are trustworthy on a busy machine, absolute numbers are not: therefore each
 * run also copies memory as an anchor. With `small: true` a bench must end within about a second, so that it runs as a test.
 *
 * Not here: choosing benches and printing them (`run.ts`), wanted numbers (`targets.ts`), comparing with a file (`compare.ts`).
 */
import { assert, type Clock, systemClock } from "@skyvox/core";
import type { KernelsAdapter } from "@skyvox/kernels";

/** What a bench is about; `bun bench kernels` runs all benches of that subject. */
export type BenchSubject = "kernels" | "line" | "tracking" | "cameras" | "api" | "memory" | "pipeline" | "processor";

/** How one run of a bench is wanted. */
export interface BenchOptions {
  /** Takes tiny inputs, so that the whole bench ends within about a second. */
  readonly small: boolean;
  /** Also measures the rivals it is compared with (other programs, older versions), where they are installed. */
  readonly anchors: boolean;
  /** How often each variant is timed; the median of these is reported. */
  readonly rounds: number;
  /** The kernel backend that is measured, one that can run here. Benches of other things leave it alone. */
  readonly adapter: KernelsAdapter;
}

/** One measured number. */
export interface BenchRow {
  readonly name: string;
  readonly median: number;
  /** Unit of `median`; a comparison takes ns, us, ms and s as better when lower, and what ends in `/s` or `fps` as better when higher. */
  readonly unit: string;
  /** Spread of the rounds as a share of the median, as `Timing.noise` has it; a comparison allows that much more. */
  readonly noise?: number;
  readonly note?: string;
}

/** One number that was promised, beside what was reached. */
export interface BenchTarget {
  readonly name: string;
  readonly achieved: number;
  readonly wanted: number;
  readonly unit: string;
  readonly better: "higher" | "lower";
}

/** What a bench found. */
export interface BenchResult {
  readonly rows: readonly BenchRow[];
  readonly targets: readonly BenchTarget[];
  /** What was wanted and could not be measured here, one line each with the reason. */
  readonly leftOut?: readonly string[];
  /** Hash of the values computed (not of the times): equal between two runs with the same options. */
  readonly digest: string;
}

/** A measurable subject. */
export interface Bench {
  readonly name: string;
  readonly subject: BenchSubject;
  run(options: BenchOptions): Promise<BenchResult>;
}

/** One thing to be timed; the time from call to return (or to the promise's end) counts. */
export interface Variant {
  readonly name: string;
  run(): unknown;
}

/** One thing that tells its own time, in milliseconds: another program, or the part of a run that counts. */
export interface SelfTimed {
  readonly name: string;
  measureMs(): number | Promise<number>;
}

/** The times of one variant. */
export interface Timing {
  readonly name: string;
  readonly medianMs: number;
  /** Fastest round. */
  readonly minMs: number;
  /** Median of the distances from the median, as a share of it: 0.05 means half of the rounds lie within 5 %. */
  readonly noise: number;
  /** Median over the rounds of (time of the first variant / time of this one): above 1 this one is faster. */
  readonly speedup: number;
}

/**
 * Times variants in turn: one untimed round, then `rounds` rounds, every second one in reverse order.
 *
 * @throws {AssertionError} when there is no variant or `rounds` is not a positive integer.
 */
export function interleave(
  variants: readonly Variant[],
  rounds: number,
  clock: Clock = systemClock,
): Promise<Timing[]> {
  return interleaveTimed(
    variants.map((variant) => timed(variant, clock)),
    rounds,
  );
}

/**
 * The same for what tells its own time.
 *
 * @throws {AssertionError} when there is nothing to time or `rounds` is not a positive integer.
 */
export async function interleaveTimed(subjects: readonly SelfTimed[], rounds: number): Promise<Timing[]> {
  assert(subjects.length > 0, "at least one variant is timed");
  assert(Number.isInteger(rounds) && rounds > 0, "rounds is a positive integer");
  const times = subjects.map(() => new Float64Array(rounds));
  for (const subject of subjects) await subject.measureMs();
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < subjects.length; turn++) {
      const index = round % 2 === 0 ? turn : subjects.length - 1 - turn;
      (times[index] as Float64Array)[round] = await (subjects[index] as SelfTimed).measureMs();
    }
  }
  const first = times[0] as Float64Array;
  return subjects.map(({ name }, index) => timingOf(name, times[index] as Float64Array, first));
}

/** Times a variant by a clock, each time it is measured. */
export function timed(variant: Variant, clock: Clock = systemClock): SelfTimed {
  return { name: variant.name, measureMs: () => timeOnce(variant, clock) };
}

async function timeOnce(variant: Variant, clock: Clock): Promise<number> {
  const startNs = clock.nowNs();
  const pending = variant.run();
  if (pending instanceof Promise) await pending;
  return Number(clock.nowNs() - startNs) / 1e6;
}

function timingOf(name: string, ms: Float64Array, firstMs: Float64Array): Timing {
  const medianMs = median(ms);
  const noise = medianMs > 0 ? median(ms.map((value) => Math.abs(value - medianMs))) / medianMs : 0;
  const speedup = median(ms.map((value, round) => (value > 0 ? (firstMs[round] ?? 0) / value : 1)));
  return { name, medianMs, minMs: Math.min(...ms), noise, speedup };
}

/**
 * Finds the middle value; of an even count the mean of the two middle ones.
 *
 * @throws {AssertionError} when there is no value.
 */
export function median(values: ArrayLike<number>): number {
  assert(values.length > 0, "a median has at least one value");
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** The anchor of a run: a copy of `byteLength` bytes by one core, the cheapest thing one can do to data. */
export function memcpyVariant(byteLength: number): Variant {
  assert(Number.isInteger(byteLength) && byteLength > 0, "byteLength is a positive integer");
  const from = new Uint8Array(byteLength).fill(7);
  const to = new Uint8Array(byteLength);
  return { name: `memcpy ${byteLength / 2 ** 20} MiB`, run: () => to.set(from) };
}

/** Converts work done in a time to a rate per second: bytes and ms give bytes/s. */
export function perSecond(amount: number, ms: number): number {
  assert(ms > 0, "a rate needs a time above zero");
  return (amount * 1000) / ms;
}

/** Hashes the values of a result in the order given; 16 hex digits of SHA-256. */
export function digestOf(...parts: readonly (string | ArrayBufferView)[]): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const part of parts) {
    hasher.update(typeof part === "string" ? part : new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }
  return hasher.digest("hex").slice(0, 16);
}
