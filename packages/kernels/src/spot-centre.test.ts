import { describe, expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import { findSpots, SPOT_WORDS } from "./ops/spots.ts";
import { spotCentre } from "./spot-centre.ts";

const SIDE = 21;

describe("The centre of a spot", () => {
  test("is the top of the parabola through the logarithms", () => {
    // ln of 64, 128, 128: 6, 7, 7 ln 2, whose parabola tops at 1/2; of 256, 512, 64: 8, 9, 6 ln 2, at -1/4.
    const row = spotRow({ x: 30, y: 7, f: 128, left: 64, right: 128, above: 32, below: 32 });
    const { u, v } = spotCentre(row);
    expect(u).toBeCloseTo(30.5, 12);
    expect(v).toBe(7);
    expect(spotCentre(spotRow({ x: 4, y: 5, f: 512, left: 256, right: 64, above: 256, below: 64 })).v).toBeCloseTo(
      4.75,
      12,
    );
  });

  test("is that of a dark spot too", () => {
    const bright = { x: 30, y: 7, f: 300, left: 140, right: 220, above: 90, below: 30 };
    const dark = { ...bright, f: -300, left: -140, right: -220, above: -90, below: -30 };
    expect(spotCentre(spotRow(dark))).toEqual(spotCentre(spotRow(bright)));
  });

  test("stays within its pixel, and says so where neighbours leave it open", () => {
    // A neighbour below zero; one higher than the spot, whose own noise was greater; a plateau.
    expect(spotCentre(spotRow({ x: 9, y: 9, f: 50, left: -900, right: 40, above: 20, below: 20 })).u).toBeLessThan(9.5);
    expect(spotCentre(spotRow({ x: 9, y: 9, f: 50, left: 10, right: 80, above: 20, below: 20 })).u).toBe(9.5);
    const flat = spotCentre(spotRow({ x: 9, y: 9, f: 50, left: 50, right: 50, above: 20, below: 20 }));
    expect([flat.u, flat.uSigmaPx]).toEqual([9, 0.5]);
  });

  test("is right to a twentieth of a pixel where there is no noise", () => {
    for (const sigmaPx of [0.5, 0.7, 1]) {
      for (const [x, y] of [
        [10, 10],
        [10.25, 9.9],
        [9.6, 10.4],
        [10.125, 10.375],
      ] as const) {
        const centre = centreNear(rendered({ x, y, sigmaPx, flux: 250, noise: null }), x, y);
        expect(Math.abs(centre!.u - x)).toBeLessThan(0.05);
        expect(Math.abs(centre!.v - y)).toBeLessThan(0.05);
      }
    }
  });

  test("errs as much as it says in noise: mean squares of 300 points in units of sigma", () => {
    const prng = createPrng(12);
    for (const sigmaPx of [0.5, 0.7, 1]) {
      for (const flux of [120, 200, 350]) {
        const squares: number[] = [];
        for (let i = 0; i < 300; i++) {
          const [x, y] = [prng.uniform(9.5, 10.5), prng.uniform(9.5, 10.5)];
          const centre = centreNear(rendered({ x, y, sigmaPx, flux, noise: () => 2 * prng.normal() }), x, y);
          if (centre === null) continue;
          squares.push(((centre.u - x) / centre.uSigmaPx) ** 2, ((centre.v - y) / centre.vSigmaPx) ** 2);
        }
        const mean = squares.reduce((sum, square) => sum + square, 0) / squares.length;
        expect([squares.length > 550, mean > 0.4, mean < 1.4]).toEqual([true, true, true]);
      }
    }
  });
});

function spotRow(spot: Record<"x" | "y" | "f" | "left" | "right" | "above" | "below", number>): Uint32Array {
  const { x, y, f, left, right, above, below } = spot;
  return Uint32Array.of(x | (y << 16), f, left, right, above, below, 64, 400, 10, 0, 0, 0);
}

/** Deviations of a Gaussian point of light, its pixels summed over 8 by 8 places each; x and y as the camera model counts pixels. */
function rendered(point: { x: number; y: number; sigmaPx: number; flux: number; noise: (() => number) | null }) {
  const places = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => (i - 3.5) / 8);
  const along = (centre: number) =>
    Array.from({ length: SIDE }, (_, pixel) => {
      const sum = places.reduce(
        (all, place) => all + Math.exp(-(((pixel + place - centre) / point.sigmaPx) ** 2) / 2),
        0,
      );
      return sum / (8 * point.sigmaPx * Math.sqrt(2 * Math.PI));
    });
  const [columns, rows] = [along(point.x), along(point.y)];
  const deviationQ4 = new Int16Array(SIDE * SIDE).map((_, i) => {
    const light = point.flux * columns[i % SIDE]! * rows[Math.floor(i / SIDE)]!;
    return 16 * Math.round(light + (point.noise?.() ?? 0));
  });
  return { deviationQ4, noiseQ8: new Uint16Array(SIDE * SIDE).fill(point.noise === null ? 64 : 1024) };
}

/** The centre of the strongest spot where it is within two pixels of a place; null where it is not. */
function centreNear(field: ReturnType<typeof rendered>, x: number, y: number) {
  const { rows } = findSpots(field, SIDE, { snrMinQ4: 16 * 16, perTileMax: 1 });
  if (rows.length === 0) return null;
  const centre = spotCentre(rows.subarray(0, SPOT_WORDS));
  return Math.hypot(centre.u - x, centre.v - y) < 2 ? centre : null;
}
