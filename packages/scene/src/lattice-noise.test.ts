import { expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import { hash32, latticeNoise, ringNoise } from "./lattice-noise.ts";

test("Lattice noise stays in [0, 1], is smooth and spreads evenly", () => {
  let sum = 0;
  let last = latticeNoise(-50, 3.3, 9);
  for (let step = 1; step <= 10_000; step++) {
    const value = latticeNoise(-50 + step * 0.01, 3.3, 9);
    expect(value >= 0 && value <= 1).toBe(true);
    // The cubic rises by at most 1.5 per cell.
    expect(Math.abs(value - last)).toBeLessThanOrEqual(0.0151);
    last = value;
    sum += value;
  }
  expect(sum / 10_000).toBeCloseTo(0.5, 0);
});

test("Lattice noise is the hash on the lattice and differs by seed", () => {
  expect(latticeNoise(4, -7, 2)).toBe(hash32(4, -7, 2) / 2 ** 32);
  expect(latticeNoise(4, -7, 2)).not.toBe(latticeNoise(4, -7, 3));
});

test("Lattice hash moves about half of the output bits for every input bit", () => {
  let flipped = 0;
  let trials = 0;
  for (let value = 0; value < 64; value++) {
    for (let bit = 0; bit < 16; bit++) {
      const difference = hash32(value, 5, 1) ^ hash32(value ^ (1 << bit), 5, 1);
      for (let k = 0; k < 32; k++) flipped += (difference >>> k) & 1;
      trials += 32;
    }
  }
  expect(flipped / trials).toBeGreaterThan(0.47);
  expect(flipped / trials).toBeLessThan(0.53);
});

test("Ring noise closes the circle", () => {
  expect(ringNoise(0, 7, 1)).toBe(ringNoise(1, 7, 1));
  expect(ringNoise(-0.2, 7, 1)).toBeCloseTo(ringNoise(0.8, 7, 1), 12);
  expect(ringNoise(0.9999999, 7, 1)).toBeCloseTo(ringNoise(0, 7, 1), 5);
  expect(() => ringNoise(0.5, 0, 1)).toThrow(AssertionError);
});
