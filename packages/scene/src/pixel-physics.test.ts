/** Optics, sensors and what can be known at best: against closed forms, slow integrals and the table of requirements. */
import { expect, test } from "bun:test";
import { normalDensity, normalIntegral } from "./normal-integral.ts";
import { pixelLimits } from "./pixel-limits.ts";
import { pixelProfile } from "./pixel-profile.ts";
import { monoSensor, noiseSigmaGrey, thermalSensor } from "./sensor.ts";

test("The normal integral is right to 1e-9 at published values", () => {
  // Abramowitz & Stegun, table 26.1.
  for (const [z, value] of [
    [0, 0.5],
    [0.5, 0.6914624613],
    [1, 0.8413447461],
    [1.96, 0.9750021049],
    [3, 0.998650102],
  ] as const) {
    expect(Math.abs(normalIntegral(z) - value)).toBeLessThan(1.5e-9);
    expect(Math.abs(normalIntegral(-z) - 1 + value)).toBeLessThan(1.5e-9);
  }
  expect(normalIntegral(-7)).toBe(0);
  expect(normalIntegral(7)).toBe(1);
  expect(normalDensity(0)).toBeCloseTo(0.3989422804, 10);
});

const discs = [0.05, 0.4, 1.25, 3, 8].flatMap((radiusPx) =>
  [
    [0, 0],
    [0.5, 0.5],
    [0.13, -0.37],
  ].map(([du = 0, dv = 0]) => ({ u: 40 + du, v: 30 + dv, radiusPx })),
);

test("A profile holds the area of its disc, centred on the disc, at any place between pixels", () => {
  for (const disc of discs) {
    const { cover, left, top, widthPx } = pixelProfile(disc, 0.85);
    const area = Math.PI * disc.radiusPx ** 2;
    let [sum, sumU, sumV] = [0, 0, 0];
    for (const [at, share] of cover.entries()) {
      sum += share;
      sumU += share * (left + (at % widthPx) - disc.u);
      sumV += share * (top + Math.floor(at / widthPx) - disc.v);
    }
    expect(Math.abs(sum / area - 1)).toBeLessThan(1e-6);
    // Light from a Gaussian falls evenly enough on a comb of pixels: the centroid is right to 1e-5 pixel at this spread.
    expect(Math.abs(sumU / sum)).toBeLessThan(1e-5);
    expect(Math.abs(sumV / sum)).toBeLessThan(1e-5);
  }
});

test("A profile agrees with a slow sum over points of disc and pixel", () => {
  const disc = { u: 20.2, v: 20.4, radiusPx: 1.25 };
  const profile = pixelProfile(disc, 0.85);
  for (const [x, y] of [
    [20, 20],
    [21, 19],
    [18, 20],
    [22, 23],
  ] as const) {
    const got = profile.cover[(y - profile.top) * profile.widthPx + x - profile.left] ?? 0;
    expect(Math.abs(got / slowCover(disc, x, y) - 1)).toBeLessThan(5e-3);
  }
});

/** Sums the spread over a fine grid of points of the disc and of the pixel. */
function slowCover(disc: { u: number; v: number; radiusPx: number }, x: number, y: number): number {
  const [inDisc, inPixel] = [60, 8];
  let sum = 0;
  const step = (2 * disc.radiusPx) / inDisc;
  for (let i = 0; i < inDisc; i++) {
    for (let j = 0; j < inDisc; j++) {
      const [du, dv] = [-disc.radiusPx + (i + 0.5) * step, -disc.radiusPx + (j + 0.5) * step];
      if (du * du + dv * dv > disc.radiusPx ** 2) continue;
      for (let k = 0; k < inPixel; k++) {
        for (let l = 0; l < inPixel; l++) {
          const px = x - 0.5 + (k + 0.5) / inPixel - disc.u - du;
          const py = y - 0.5 + (l + 0.5) / inPixel - disc.v - dv;
          sum += Math.exp(-(px * px + py * py) / (2 * 0.85 ** 2));
        }
      }
    }
  }
  return (sum * step * step) / (inPixel * inPixel * 2 * Math.PI * 0.85 ** 2);
}

test("Derivatives of a profile are those of finite differences", () => {
  const [step, disc] = [1e-4, { u: 20.2, v: 20.4, radiusPx: 1.25 }];
  const profile = pixelProfile(disc, 0.85);
  const moved = (du: number, dv: number) => pixelProfile({ ...disc, u: disc.u + du, v: disc.v + dv }, 0.85).cover;
  for (const [derivative, right, left] of [
    [profile.coverByU, moved(step, 0), moved(-step, 0)],
    [profile.coverByV, moved(0, step), moved(0, -step)],
  ] as const) {
    for (const [at, slope] of derivative.entries()) {
      expect(Math.abs(slope - (right[at]! - left[at]!) / (2 * step))).toBeLessThan(1e-5);
    }
  }
});

test("The bound of a point is 1.27 / d at a spread of 0.85 pixel, and follows √2 times spread and pixel", () => {
  for (const [spreadPx, expected] of [
    [0.7, 1.07],
    [0.85, 1.27],
    [1, 1.47],
    [1.3, 1.88],
  ] as const) {
    for (const phase of [0, 0.25, 0.5]) {
      const profile = pixelProfile({ u: 10 + phase, v: 10, radiusPx: 0.02 }, spreadPx);
      const { snr, uSigmaPx, vSigmaPx } = pixelLimits(profile, { amplitudeGrey: -5000, sigmaGrey: 2 });
      expect(Math.abs((vSigmaPx * snr) / expected - 1)).toBeLessThan(0.06);
      expect(Math.abs((uSigmaPx * snr) / expected - 1)).toBeLessThan(0.06);
      expect(expected).toBeCloseTo(Math.SQRT2 * Math.sqrt(spreadPx ** 2 + 1 / 12), 1);
    }
  }
});

test("The signal to noise of a point is that of a matched filter: amplitude · area over sigma and the width of spread and pixel", () => {
  const radiusPx = 0.05;
  const profile = pixelProfile({ u: 10.3, v: 10.1, radiusPx }, 0.85);
  const { snr } = pixelLimits(profile, { amplitudeGrey: 400, sigmaGrey: 2 });
  // Σ p² of a Gaussian of variance s² + 1/12 is 1 / (4 π (s² + 1/12)).
  const expected = (400 * Math.PI * radiusPx ** 2) / 2 / Math.sqrt(4 * Math.PI * (0.85 ** 2 + 1 / 12));
  expect(Math.abs(snr / expected - 1)).toBeLessThan(2e-3);
});

test("A visible sensor fills its well with sky, as long as 1/500 s suffices, and its noise is that of counting", () => {
  const sensor = monoSensor({ focalMm: 200, fNumber: 4 });
  expect(sensor.pixelAngleRad).toBeCloseTo(16e-6, 12);
  expect(sensor.skyGrey).toBeCloseTo(180, 9);
  // 10 500 electrons are 180 levels; √(10 500 + 2.5²) of them are noise.
  expect(noiseSigmaGrey(sensor, 180)).toBeCloseTo((Math.sqrt(10_500 + 6.25) * 180) / 10_500, 9);
  // π · 100 · 0.8 / 64 W/m² on (3.2 µm)² at 0.6 electrons per photon of 3.61e-19 J: 6.7e7 electrons a second.
  expect(sensor.exposureS).toBeCloseTo(10_500 / 6.68e7, 6);
  const slow = monoSensor({ focalMm: 200, fNumber: 22 });
  expect(slow.exposureS).toBe(1 / 500);
  expect(slow.skyGrey / 180).toBeCloseTo((6.68e7 * (4 / 22) ** 2) / 500 / 10_500, 2);
});

test("A thermal sensor's noise is its NETD at any level", () => {
  const sensor = thermalSensor({ focalMm: 200, netdMk: 30 });
  expect(sensor.pixelAngleRad).toBeCloseTo(60e-6, 12);
  expect(noiseSigmaGrey(sensor, 0) / (sensor.greyPerKelvin ?? 0)).toBeCloseTo(0.03, 12);
  expect(noiseSigmaGrey(sensor, 200)).toBe(noiseSigmaGrey(sensor, 0));
});
