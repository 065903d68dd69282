import { expect, test } from "bun:test";
import { AssertionError, createPrng } from "@skyvox/core";
import { createNoisyCopies } from "./noise.ts";

const widthPx = 200;
const heightPx = 150;
const flat = (grey256: number) => new Uint16Array(widthPx * heightPx).fill(grey256);
const copiesOf = (background: Uint16Array, noiseSigma: number, count: number, seed = 5) =>
  createNoisyCopies({ background, widthPx, noiseSigma, count, prng: createPrng(seed) });

test("Noise has the wanted sigma and leaves the mean, fractions of a grey level included", () => {
  const values = copiesOf(flat(100 * 256 + 77), 2, 4).flatMap((copy) => [...copy]);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  // 120 000 pixels: five standard errors of mean (2 / sqrt(n)) and sigma (2 / sqrt(2 n)). Rounding to whole greys adds 1/12.
  expect(Math.abs(mean - 100 - 77 / 256)).toBeLessThan(5 * (2 / Math.sqrt(values.length)));
  expect(Math.abs(Math.sqrt(variance) - Math.sqrt(4 + 1 / 12))).toBeLessThan(5 * (2 / Math.sqrt(2 * values.length)));
});

test("Noise of neighbouring pixels, rows and copies is uncorrelated", () => {
  const [first, second] = copiesOf(flat(100 * 256), 4, 2);
  if (!first || !second) throw new Error("two copies");
  const correlation = (a: Uint8Array, b: Uint8Array, shift: number) => {
    let sum = 0;
    for (let i = 0; i + shift < a.length; i++) sum += (a[i]! - 100) * (b[i + shift]! - 100);
    return sum / (a.length - shift) / 16;
  };
  const fiveErrors = 5 / Math.sqrt(first.length);
  expect(Math.abs(correlation(first, first, 1))).toBeLessThan(fiveErrors);
  expect(Math.abs(correlation(first, first, widthPx))).toBeLessThan(fiveErrors);
  expect(Math.abs(correlation(first, second, 0))).toBeLessThan(fiveErrors);
  expect(Math.abs(correlation(first, first, 0) - 1)).toBeLessThan(0.1);
});

test("Noise of sigma zero rounds the background to the nearest grey", () => {
  const background = flat(256 * 90);
  background.set([128 + 256 * 7, 127 + 256 * 7, 0, 65535]);
  const [copy] = copiesOf(background, 0, 1);
  expect([...(copy ?? []).slice(0, 5)]).toEqual([8, 7, 0, 255, 90]);
});

test("Noise stops at black and white", () => {
  const [dark] = copiesOf(flat(0), 10, 1);
  const [light] = copiesOf(flat(255 * 256), 10, 1);
  const share = (copy: Uint8Array | undefined, grey: number) =>
    (copy ?? new Uint8Array()).reduce((count, value) => count + (value === grey ? 1 : 0), 0) / (widthPx * heightPx);
  // Half of the pixels and those within half a grey level.
  expect(share(dark, 0)).toBeCloseTo(0.52, 1);
  expect(share(light, 255)).toBeCloseTo(0.52, 1);
});

test("Noise repeats for a seed and refuses a sigma its table cannot hold", () => {
  expect(copiesOf(flat(25600), 2, 2)).toEqual(copiesOf(flat(25600), 2, 2));
  expect(copiesOf(flat(25600), 2, 1)).not.toEqual(copiesOf(flat(25600), 2, 1, 6));
  expect(() => copiesOf(flat(25600), 26, 1)).toThrow(AssertionError);
  expect(() => copiesOf(flat(25600), -1, 1)).toThrow(AssertionError);
});
