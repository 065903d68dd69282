import { expect, test } from "bun:test";
import type { TrackState } from "./live-state.ts";
import { bytesText, durationText, fixed, headingDegrees, sigmaText, speedMps } from "./readout.ts";

const TRACK: TrackState = {
  id: 1,
  state: "confirmed",
  positionM: [0, 0, 0],
  velocityMps: [3, 4, 12],
  covarianceM2: [0.04, 0, 0, 0.01, 0, 0.09],
  score: 1,
  ageS: 1,
  detectionCount: 1,
};

test("Speed is over all three axes, sigma the largest of them", () => {
  expect(speedMps(TRACK)).toBe(13);
  expect(sigmaText(TRACK)).toBe("±0.30");
  expect(sigmaText({ ...TRACK, covarianceM2: [-1, 0, 0, 1, 0, 1] })).toBe("±–");
});

test("Heading counts from north through east", () => {
  const towards = (e: number, n: number): number => headingDegrees({ ...TRACK, velocityMps: [e, n, 0] });
  expect([towards(0, 1), towards(1, 0), towards(0, -1), towards(-1, 0)]).toEqual([0, 90, 180, 270]);
});

test("Numbers keep their places, and nothing is minus zero", () => {
  expect(fixed(-1.25, 2)).toBe("−1.25");
  expect(fixed(-0.001, 2)).toBe("0.00");
  expect(fixed(7, 1)).toBe("7.0");
  for (const missing of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY]) expect(fixed(missing, 1)).toBe("–");
});

test("Durations and bytes are short", () => {
  expect(durationText(12.34)).toBe("12.3 s");
  expect(durationText(245)).toBe("4:05");
  expect(durationText(3_661)).toBe("1:01:01");
  expect(bytesText(412e6)).toBe("412 MB");
  expect(bytesText(2.5e9)).toBe("2.50 GB");
});
