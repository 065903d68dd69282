import { describe, expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import { normalTailQuantile, snrMinQ4For } from "./false-alarm.ts";
import { createBackground, extractMotion } from "./ops/motion.ts";
import { findSpots, SPOT_WORDS } from "./ops/spots.ts";

/** Abramowitz & Stegun, tables 26.1 and 26.2 (Q of whole numbers) and 26.5 (quantiles). */
const TABLE = [
  [0, 0.5],
  [1, 0.158655253931457],
  [2, 0.0227501319481792],
  [3, 0.00134989803163009],
  [5, 2.866515718791939e-7],
  [8, 6.220960574271786e-16],
  [1.959963984540054, 0.025],
  [3.090232306167814, 0.001],
] as const;

test("The quantile of the normal law is that of printed tables", () => {
  for (const [x, probability] of TABLE) expect(normalTailQuantile(probability)).toBeCloseTo(x, 10);
});

describe("The threshold of spots", () => {
  test("is the square in 1/16 of the sigmas that noise passes so often, either way", () => {
    // Two tails of 0.00135 over a million pixels are 2,700 alarms: 3 sigma, 16 · 9 = 144.
    expect(snrMinQ4For({ falseAlarmsPerFrame: 2699.8, pixelCount: 1e6 })).toBe(144);
    expect(snrMinQ4For({ falseAlarmsPerFrame: 2699.7, pixelCount: 1e6 })).toBe(145);
    // One in 8K: 1.5e-8 per tail; Q(5.5) = 1.9e-8 is too often, Q(5.6) = 1.1e-8 seldom enough.
    const one = snrMinQ4For({ falseAlarmsPerFrame: 1, pixelCount: 7680 * 4320 });
    expect(one).toBeGreaterThan(16 * 5.5 ** 2);
    expect(one).toBeLessThan(16 * 5.6 ** 2);
  });

  test("stays within what op spots takes", () => {
    expect(snrMinQ4For({ falseAlarmsPerFrame: 1e9, pixelCount: 100 })).toBe(1);
    expect(snrMinQ4For({ falseAlarmsPerFrame: 1e-300, pixelCount: 1e6 })).toBe(2 ** 14);
    expect(() => snrMinQ4For({ falseAlarmsPerFrame: 0, pixelCount: 100 })).toThrow("falseAlarmsPerFrame is positive");
    expect(() => snrMinQ4For({ falseAlarmsPerFrame: 1, pixelCount: 0.5 })).toThrow("pixelCount is a positive integer");
  });

  test("lets through about as many spots of noise as were asked for", () => {
    for (const [sigma, falseAlarmsPerFrame] of [
      [1, 20],
      [3, 20],
      [3, 1],
    ] as const) {
      // Fewer than asked for, since of neighbours one counts; not by more than half.
      const found = spotsOfNoise(sigma, falseAlarmsPerFrame) / falseAlarmsPerFrame;
      expect([sigma, found > 0.5, found < 1.1]).toEqual([sigma, true, true]);
    }
  });
});

/** Spots per frame in 40 frames of 96 by 96 pixels of normal noise, after 100 from which the background learns it. */
function spotsOfNoise(sigma: number, falseAlarmsPerFrame: number): number {
  const prng = createPrng(8);
  const [sidePx, frames] = [96, 40];
  const gaussian = { slowShift: 5, fastShift: 2, holdShift: 4, snrMinQ4: 256, varianceMinQ8: 64 };
  const snrMinQ4 = snrMinQ4For({ falseAlarmsPerFrame, pixelCount: sidePx * sidePx });
  const background = createBackground(sidePx * sidePx);
  let found = 0;
  for (let i = -100; i < frames; i++) {
    const frame = Uint8Array.from({ length: sidePx * sidePx }, () => Math.round(120 + sigma * prng.normal()));
    extractMotion(background, frame, sidePx, { mode: "gaussian", threshold: 255, gaussian });
    if (i < 0 || background.gaussian === null) continue;
    found += findSpots(background.gaussian, sidePx, { snrMinQ4, perTileMax: 1024 }).rows.length / SPOT_WORDS;
  }
  return found / frames;
}
