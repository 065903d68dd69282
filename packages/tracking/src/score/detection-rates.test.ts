import { expect, test } from "bun:test";
import { detectionRates } from "./detection-rates.ts";
import type { ScoredStep } from "./scored-run.ts";

const UNIT = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
const step = (timeS: number, names: readonly string[], ids: readonly number[]): ScoredStep => ({
  timeS,
  truth: names.map((name) => ({ name, positionEnuM: [0, 0, 0] })),
  tracks: ids.map((id) => ({ id, positionEnuM: [0, 0, 0], covarianceM2: UNIT })),
});

test("Detection rates of a worked run", () => {
  // Two targets over four seconds. Track 1 finds "a" from the second step on, track 2 never finds anything, track 3 finds "b" once of twice.
  const steps = [
    step(0, ["a", "b"], [2]),
    step(1, ["a", "b"], [1, 2]),
    step(2, ["a", "b"], [1, 3]),
    step(3, ["a", "b"], [1, 3]),
  ];
  const pairs = [Int32Array.of(-1, -1), Int32Array.of(0, -1), Int32Array.of(0, -1), Int32Array.of(0, 1)];
  const found = detectionRates(steps, pairs);
  expect(found.pd.value).toBe(4 / 8);
  expect(found).toMatchObject({ trackCount: 3, falseTrackCount: 1 });
  expect(found.falseShare.value).toBeCloseTo(1 / 3, 12);
  // Four steps a second apart stand for four seconds: one false track in them is 900 an hour.
  expect(found.falsePerHour.value).toBeCloseTo(900, 9);
  expect(found.latency).toEqual({ foundCount: 2, neverFoundCount: 0, medianS: 2, p90S: 2.8, maxS: 3 });
});

test("Detection rates name targets that were never found", () => {
  const found = detectionRates([step(0, ["a"], []), step(1, ["a"], [])], [Int32Array.of(-1), Int32Array.of(-1)]);
  expect(found.latency).toEqual({ foundCount: 0, neverFoundCount: 1, medianS: 0, p90S: 0, maxS: 0 });
  expect(found.pd).toMatchObject({ value: 0, low: 0 });
  expect(found.falseTrackCount).toBe(0);
});
