import { expect, test } from "bun:test";
import { AssertionError } from "./assert.ts";
import { createPrng, mix64, Prng } from "./prng.ts";

test("Prng gives the published xoshiro128** sequence for the state 1, 2, 3, 4", () => {
  // Reference output of Blackman & Vigna's C code, as in the tests of the rand_xoshiro crate; the first three also by hand.
  const prng = new Prng(0n, [1, 2, 3, 4]);
  const expected = [
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ];
  expect(expected.map(() => prng.uint32())).toEqual(expected);
});

test("Prng seeding gives the published SplitMix64 sequence for the seed 1234567", () => {
  // Published at rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64.
  const gamma = 0x9e3779b97f4a7c15n;
  const outputs = [0n, 1n, 2n, 3n, 4n].map((step) => mix64(BigInt.asUintN(64, 1234567n + step * gamma)));
  expect(outputs).toEqual([
    6457827717110365317n,
    3203168211198807973n,
    9817491932198370423n,
    4593380528125082431n,
    16408922859458223821n,
  ]);
});

test("Prng fills its four words from two SplitMix64 outputs, low half first", () => {
  const words = [6457827717110365317n, 3203168211198807973n].flatMap((word) => [
    Number(word & 0xffff_ffffn),
    Number(word >> 32n),
  ]);
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = words;
  expect(createPrng(1234567).uint32()).toBe(new Prng(0n, [w0, w1, w2, w3]).uint32());
});

test("Prng of one seed repeats and of another seed differs", () => {
  const draw = (seed: number) => {
    const prng = createPrng(seed);
    return Array.from({ length: 8 }, () => prng.uint32());
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(draw(-1)).not.toEqual(draw(1));
});

test("Prng fork depends on seed and label, not on what was drawn", () => {
  const fresh = createPrng(3).fork("noise");
  const parent = createPrng(3);
  for (let i = 0; i < 100; i++) parent.uint32();
  expect(parent.fork("noise").uint32()).toBe(fresh.uint32());
  const first = (label: string) => createPrng(3).fork(label).uint32();
  expect(first("noise")).not.toBe(first("Noise"));
  expect(first("noise")).not.toBe(createPrng(3).uint32());
});

test("Prng floats lie in [0, 1) with mean 1/2 and variance 1/12", () => {
  const prng = createPrng(11);
  const count = 100_000;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const value = prng.float();
    expect(value >= 0 && value < 1).toBe(true);
    sum += value;
    squares += (value - 0.5) ** 2;
  }
  // Five standard errors: 0.289 / sqrt(n) and sqrt(1/180) / sqrt(n).
  expect(Math.abs(sum / count - 0.5)).toBeLessThan((5 * 0.289) / Math.sqrt(count));
  expect(Math.abs(squares / count - 1 / 12)).toBeLessThan((5 * 0.0745) / Math.sqrt(count));
});

test("Prng normals have mean 0, variance 1 and the tails of a normal", () => {
  const prng = createPrng(12);
  const count = 100_000;
  let sum = 0;
  let squares = 0;
  let beyondTwo = 0;
  for (let i = 0; i < count; i++) {
    const value = prng.normal();
    sum += value;
    squares += value * value;
    if (Math.abs(value) > 2) beyondTwo++;
  }
  expect(Math.abs(sum / count)).toBeLessThan(5 / Math.sqrt(count));
  expect(Math.abs(squares / count - 1)).toBeLessThan((5 * Math.SQRT2) / Math.sqrt(count));
  // P(|z| > 2) = 0.0455.
  expect(Math.abs(beyondTwo / count - 0.0455)).toBeLessThan(5 * Math.sqrt(0.0455 / count));
});

test("Prng integers are uniform for a count that does not divide 2^32", () => {
  const prng = createPrng(13);
  const counts = new Array<number>(7).fill(0);
  const total = 70_000;
  for (let i = 0; i < total; i++) {
    const value = prng.int(7);
    counts[value] = (counts[value] ?? 0) + 1;
  }
  // Chi-square with 6 degrees of freedom: 22.5 is its 99.9 % point.
  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  expect(chiSquare).toBeLessThan(22.5);
});

test("Prng refuses an empty range, a broken seed and a zero state", () => {
  expect(() => createPrng(1).int(0)).toThrow(AssertionError);
  expect(() => createPrng(1).int(2.5)).toThrow(AssertionError);
  expect(() => createPrng(Number.NaN)).toThrow(AssertionError);
  expect(() => new Prng(1n, [0, 0, 0, 0])).toThrow(AssertionError);
  expect(createPrng(1).int(1)).toBe(0);
});
