import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { GaussianParams, MotionParams } from "../camera-spec.ts";
import { extractGaussian, type GaussianBackground, STILL, startGaussian } from "./gaussian.ts";

function params(threshold: number, some: Partial<GaussianParams> = {}): MotionParams {
  const usual = { slowShift: 4, fastShift: 2, holdShift: 4, snrMinQ4: 256, varianceMinQ8: 64 };
  return { mode: "gaussian", threshold, gaussian: { ...usual, ...some } };
}

/** Shows one pixel some grey levels and returns the last row of table "motion", `[difference, still]`, or null. */
function show(background: GaussianBackground, levels: readonly number[], with_: MotionParams) {
  let row: [number, boolean] | null = null;
  for (const level of levels) {
    const [, word] = extractGaussian(background, Uint8Array.of(level), 1, with_);
    row = word === undefined ? null : [word & 255, (word & STILL) !== 0];
  }
  return row;
}

function stateOf({ slowQ16, varianceQ8, fastQ8, deviationQ4, noiseQ8, frameCount }: GaussianBackground) {
  return [slowQ16[0], varianceQ8[0], fastQ8[0], deviationQ4[0], noiseQ8[0], frameCount];
}

describe("Mode gaussian", () => {
  test("starts at the first frame, with the least variance and without deviation", () => {
    const background = startGaussian(Uint8Array.of(100, 255), params(3));
    expect([...background.slowQ16]).toEqual([100 * 65_536, 255 * 65_536]);
    expect([...background.fastQ8]).toEqual([25_600, 65_280]);
    expect([...background.varianceQ8, ...background.noiseQ8]).toEqual([64, 64, 64, 64]);
    expect([...background.deviationQ4, background.frameCount]).toEqual([0, 0, 1]);
  });

  test("follows what does not move, mean and variance, half of the way at first", () => {
    const background = startGaussian(Uint8Array.of(100), params(3));
    // d = 65,536, E = 16.5 down, V by (256 - 64 + 1) / 2 = 96, M by half a grey level, F by 256 / 4.
    expect(show(background, [101], params(3))).toBeNull();
    expect(stateOf(background)).toEqual([100 * 65_536 + 32_768, 160, 25_664, 16, 64, 2]);
    // Two frames seen, so a quarter: d = 32,768, E = 8.5 down, M by 8192, V by floor((64 - 160 + 2) / 4) = -24, F by 194 / 4 down.
    expect(show(background, [101], params(3))).toBeNull();
    expect(stateOf(background)).toEqual([100 * 65_536 + 40_960, 136, 25_712, 8, 160, 3]);
  });

  test("hardly follows what moves, and leaves its variance alone", () => {
    const background = startGaussian(Uint8Array.of(100), params(3));
    // d = 655,360, E = 160.5 down, 16 · 160² = 409,600 > 64 · 256; M by 2^-(1 + 4) of d, F a quarter of 2560.
    expect(show(background, [110], params(3))).toEqual([10, false]);
    expect(stateOf(background)).toEqual([100 * 65_536 + 20_480, 64, 25_600 + 640, 160, 64, 2]);
    const below = startGaussian(Uint8Array.of(100), params(3));
    // -159.5 down is -160; (-655,360 + 16) / 32 is -20,479.5, down -20,480.
    expect(show(below, [90], params(3))).toEqual([10, false]);
    expect(stateOf(below)).toEqual([100 * 65_536 - 20_480, 64, 25_600 - 640, -160, 64, 2]);
  });

  test("asks for more than the threshold and more than the signal-to-noise ratio, strictly", () => {
    const moves = (level: number, threshold: number, snrMinQ4: number) =>
      show(startGaussian(Uint8Array.of(100), params(0)), [level], params(threshold, { snrMinQ4 })) !== null;
    // One grey level: E = 16, 16 · 256 = 64 · 64.
    expect([moves(101, 0, 63), moves(101, 0, 64), moves(101, 1, 63)]).toEqual([true, false, false]);
    expect([moves(0, 99, 1), moves(0, 100, 1)]).toEqual([true, false]);
  });

  test("lets noise raise what counts as motion, and the least variance is a floor", () => {
    const afterNoise = (level: number) => {
      const noisy = startGaussian(Uint8Array.of(100), params(0));
      const flicker = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 94 : 106));
      show(noisy, flicker, params(255));
      return { varianceQ8: noisy.varianceQ8[0], row: show(noisy, [level], params(3)) };
    };
    // The mean swings by a 31st of ±6 after them, so each is off by 6 · 32 / 31: 38.36 square grey levels, 9820 in 1/256. Four sigma
    // are 25 grey levels.
    expect(afterNoise(100).varianceQ8).toBeWithin(9780, 9860);
    expect(afterNoise(123).row).toBeNull();
    expect(afterNoise(127).row?.[0]).toBeWithin(26, 28);
    const quiet = startGaussian(Uint8Array.of(100), params(0));
    show(quiet, new Array(200).fill(100), params(3));
    expect([quiet.varianceQ8[0]! < 64, quiet.noiseQ8[0]]).toEqual([true, 64]);
  });

  test("keeps a target that hovers, the longer the more it holds, and says when it stands still", () => {
    const framesOf = (holdShift: number): { moving: number; stillFrom: number } => {
      const background = startGaussian(Uint8Array.of(100), params(3));
      show(background, new Array(100).fill(100), params(3));
      let [moving, stillFrom] = [0, -1];
      for (let row = show(background, [200], params(3, { holdShift })); row !== null; moving++) {
        if (row[1] && stillFrom < 0) stillFrom = moving;
        row = show(background, [200], params(3, { holdShift }));
      }
      return { moving, stillFrom };
    };
    // The fast mean is off by 100 · 0.75^k after k frames: 3.2 of 12, 2.4 of 13, at a threshold of 3.
    expect(framesOf(8).stillFrom).toBe(13);
    // The slow mean has come to within 3.5 grey levels after ln(100 / 3.5) · 2^(4 + hold) frames: 54 · 2^hold.
    expect(framesOf(0).moving).toBeWithin(45, 60);
    expect(framesOf(3).moving).toBeWithin(8 * 50, 8 * 57);
    expect(framesOf(6).moving).toBeWithin(64 * 50, 64 * 57);
  });

  test("lists by row and column", () => {
    const background = startGaussian(new Uint8Array(6).fill(50), params(3));
    const rows = extractGaussian(background, Uint8Array.of(50, 90, 50, 10, 50, 50), 3, params(3));
    expect([...rows]).toEqual([1, 40, 0 | (1 << 16), 40]);
  });

  test("counts frames up to 2^20", () => {
    const background = startGaussian(Uint8Array.of(7), params(3));
    background.frameCount = 2 ** 20 - 1;
    show(background, [7, 7, 7], params(3));
    expect(background.frameCount).toBe(2 ** 20);
  });

  test("stays in its 32, 16 and 16 bits, and equals plain arithmetic", () => {
    const extremes = fc.record({
      threshold: fc.constantFrom(0, 5, 255),
      slowShift: fc.constantFrom(1, 2, 12),
      fastShift: fc.constantFrom(1, 8),
      holdShift: fc.constantFrom(0, 8),
      snrMinQ4: fc.constantFrom(1, 256, 2 ** 14),
      varianceMinQ8: fc.constantFrom(16, 64, 65_535),
    });
    const levels = fc.array(fc.constantFrom(0, 1, 128, 254, 255), { minLength: 2, maxLength: 80 });
    fc.assert(
      fc.property(extremes, levels, ({ threshold, ...gaussian }, sequence) => {
        const chosen = params(threshold, gaussian);
        const background = startGaussian(Uint8Array.of(sequence[0]!), chosen);
        const plain = new PlainPixel(sequence[0]!, gaussian);
        for (const level of sequence.slice(1)) {
          expect(show(background, [level], chosen)).toEqual(plain.show(level, threshold));
          expect(stateOf(background).slice(0, 3)).toEqual([plain.mean, plain.variance, plain.fast]);
        }
      }),
    );
  });
});

/** The same pixel in numbers that do not wrap, checked to stay in range. */
class PlainPixel {
  mean: number;
  variance: number;
  fast: number;
  #frames = 1;
  readonly #params: GaussianParams;

  constructor(level: number, gaussian: GaussianParams) {
    this.#params = gaussian;
    [this.mean, this.variance, this.fast] = [level * 65_536, gaussian.varianceMinQ8, level * 256];
  }

  show(level: number, threshold: number): [number, boolean] | null {
    const { slowShift, fastShift, holdShift, snrMinQ4, varianceMinQ8 } = this.#params;
    const follow = (by: number, shift: number) => Math.floor(by / 2 ** shift + 0.5);
    const s = Math.min(slowShift, Math.floor(Math.log2(this.#frames)) + 1);
    const d = level * 65_536 - this.mean;
    const e = Math.floor(d / 4096 + 0.5);
    const f = level * 256 - this.fast;
    const difference = Math.floor(Math.abs(d) / 65_536 + 0.5);
    const moving = difference > threshold && 16 * e * e > Math.max(this.variance, varianceMinQ8) * snrMinQ4;
    this.mean += follow(d, moving ? s + holdShift : s);
    if (!moving) this.variance += follow(Math.min(e * e, 65_535) - this.variance, s);
    this.fast += follow(f, fastShift);
    this.#frames++;
    expect(this.mean).toBeWithin(0, 255 * 65_536 + 1);
    expect(this.variance).toBeWithin(0, 65_536);
    expect(this.fast).toBeWithin(0, 65_281);
    return moving ? [difference, Math.abs(f) <= threshold * 256] : null;
  }
}
