import { expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import { coverDisc, createDiscPatch, type DiscPatch } from "./disc.ts";

const SPREAD_PX = 0.8;

test("Disc keeps its area as flux and its centre as centroid, from 0.3 px to 60 px across, at any sub-pixel phase", () => {
  const patch = createDiscPatch();
  for (const diameterPx of [0.3, 0.6, 1, 2, 3.5, 5, 8, 8.4, 8.6, 9, 10, 20, 60]) {
    for (const [phaseU, phaseV] of [
      [0, 0],
      [0.5, 0.5],
      [0.13, -0.37],
      [-0.25, 0.49],
    ] as const) {
      coverDisc({ u: 100 + phaseU, v: 50 + phaseV, radiusPx: diameterPx / 2 }, SPREAD_PX, patch);
      const { flux, u, v } = moments(patch);
      const area = (Math.PI * diameterPx ** 2) / 4;
      expect(Math.abs(flux / area - 1)).toBeLessThan(2e-3);
      expect(Math.abs(u - 100 - phaseU)).toBeLessThan(1e-3);
      expect(Math.abs(v - 50 - phaseV)).toBeLessThan(1e-3);
    }
  }
});

test("Disc agrees with a slow integral over disc, spread and pixel", () => {
  const patch = createDiscPatch();
  for (const radiusPx of [0.15, 0.5, 1.2, 2.5, 4.1, 4.4, 7]) {
    const disc = { u: 20.2, v: 20.4, radiusPx };
    coverDisc(disc, SPREAD_PX, patch);
    const peak = slowCoverage(disc, 20, 20);
    for (const [x, y] of [
      [20, 20],
      [21, 20],
      [20, 22],
      [18, 19],
      [24, 20],
    ] as const) {
      const covered = patch.coverage[(y - patch.top) * patch.widthPx + (x - patch.left)] ?? Number.NaN;
      // One per cent where the straight edge takes over, and the pixel's box taken for a Gaussian.
      expect(Math.abs(covered - slowCoverage(disc, x, y))).toBeLessThan(0.012 * Math.max(peak, 0.1));
    }
  }
});

test("Disc of 0.3 px dims instead of vanishing: its peak is its area times the peak of the spread", () => {
  const patch = createDiscPatch();
  coverDisc({ u: 10, v: 10, radiusPx: 0.15 }, SPREAD_PX, patch);
  // Variances along one axis add: the spread, the pixel, and r² / 4 of the disc itself.
  const variance = SPREAD_PX ** 2 + 1 / 12 + 0.15 ** 2 / 4;
  const expected = (Math.PI * 0.15 ** 2) / (2 * Math.PI * variance);
  expect(Math.max(...patch.coverage.subarray(0, patch.widthPx * patch.heightPx)) / expected).toBeCloseTo(1, 3);
});

test("Disc much larger than its spread is full inside and empty outside", () => {
  const patch = createDiscPatch();
  coverDisc({ u: 0, v: 0, radiusPx: 20 }, SPREAD_PX, patch);
  const at = (x: number, y: number) => patch.coverage[(y - patch.top) * patch.widthPx + (x - patch.left)] ?? Number.NaN;
  expect(at(0, 0)).toBe(1);
  expect(at(-12, 10)).toBe(1);
  expect(at(20, 0)).toBeCloseTo(0.5, 1);
  expect(at(17, 17)).toBeLessThan(1e-4);
  expect(patch.coverage.every((value) => value >= 0 && value <= 1)).toBe(true);
});

test("Disc patch serves small discs after large ones without their remains", () => {
  const patch = createDiscPatch();
  coverDisc({ u: 0, v: 0, radiusPx: 90 }, SPREAD_PX, patch);
  coverDisc({ u: 3, v: 4, radiusPx: 1 }, SPREAD_PX, patch);
  const { flux, u, v } = moments(patch);
  expect(flux).toBeCloseTo(Math.PI, 2);
  expect(u).toBeCloseTo(3, 3);
  expect(v).toBeCloseTo(4, 3);
});

test("Disc of no radius is refused", () => {
  expect(() => coverDisc({ u: 0, v: 0, radiusPx: 0 }, SPREAD_PX, createDiscPatch())).toThrow(AssertionError);
  expect(() => coverDisc({ u: 0, v: 0, radiusPx: Number.NaN }, SPREAD_PX, createDiscPatch())).toThrow(AssertionError);
});

function moments({ coverage, widthPx, heightPx, left, top }: DiscPatch): { flux: number; u: number; v: number } {
  let [flux, u, v] = [0, 0, 0];
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const value = coverage[y * widthPx + x]!;
      flux += value;
      u += value * (left + x);
      v += value * (top + y);
    }
  }
  return { flux, u: u / flux, v: v / flux };
}

/** Sums the optical spread alone over sub-pixels of the pixel and cells of the disc: no Gaussian stands for the box here. */
function slowCoverage(disc: { u: number; v: number; radiusPx: number }, x: number, y: number): number {
  const cells = 60;
  const cell = (2 * disc.radiusPx) / cells;
  const subPixels = 5;
  let sum = 0;
  for (let i = 0; i < cells; i++) {
    for (let j = 0; j < cells; j++) {
      const du = -disc.radiusPx + (i + 0.5) * cell;
      const dv = -disc.radiusPx + (j + 0.5) * cell;
      if (du * du + dv * dv > disc.radiusPx * disc.radiusPx) continue;
      for (let a = 0; a < subPixels; a++) {
        for (let b = 0; b < subPixels; b++) {
          const px = x - 0.5 + (a + 0.5) / subPixels - disc.u - du;
          const py = y - 0.5 + (b + 0.5) / subPixels - disc.v - dv;
          sum += Math.exp(-(px * px + py * py) / (2 * SPREAD_PX ** 2));
        }
      }
    }
  }
  return (sum * cell * cell) / (subPixels ** 2 * 2 * Math.PI * SPREAD_PX ** 2);
}
