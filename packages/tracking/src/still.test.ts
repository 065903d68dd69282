import { expect, test } from "bun:test";
import { pointDetection } from "../test/scenario.ts";
import { DetectionSet } from "./detection-set.ts";
import { StillFilters } from "./still.ts";

function setAt(x: number): DetectionSet {
  const set = new DetectionSet(4);
  set.load([pointDetection(0n, [x, 0, 0], 0.1)]);
  return set;
}

test("Still filter seen again in the same place earns ln(Pd / clutter) + ln N(0; 0, 2 r), against its share of the clutter", () => {
  const still = new StillFilters(3);
  still.begin(1, setAt(5), 0);
  still.update(1, setAt(5), 0, 7);
  const earned = 7 - 1.5 * Math.log(2 * Math.PI * 0.02);
  expect(still.clutterScore(1, 99, 0.1)).toBeCloseTo(Math.log(0.9 + 0.1 * Math.exp(earned)), 12);
});

test("Still filter that is missed pays the miss, and its share never counts less than the rest", () => {
  const still = new StillFilters(1);
  still.begin(0, setAt(5), 0);
  expect(still.clutterScore(0, 99, 0.25)).toBeCloseTo(0, 12);
  still.miss(0, -2);
  expect(still.clutterScore(0, 99, 0.25)).toBeCloseTo(Math.log(0.75 + 0.25 * Math.exp(-2)), 12);
  still.miss(0, -2000);
  expect(still.clutterScore(0, 99, 0.25)).toBeCloseTo(Math.log(0.75), 12);
});

test("Still filter pays for a step of 1 m by its chi-square value and follows by its gain", () => {
  const still = new StillFilters(1);
  still.begin(0, setAt(0), 0);
  still.update(0, setAt(1), 0, 0);
  // v² / S = 1 / 0.02; then it stands at 0.5 with variance 0.005.
  const first = -25 - 1.5 * Math.log(2 * Math.PI * 0.02);
  still.update(0, setAt(0.5), 0, 0);
  const second = -1.5 * Math.log(2 * Math.PI * 0.015);
  expect(still.clutterScore(0, 99, 1 - 1e-15)).toBeCloseTo(first + second, 6);
});

test("Still filter forgets as time passes: a step after a minute costs less", () => {
  const costAfter = (seconds: number): number => {
    const still = new StillFilters(1);
    still.begin(0, setAt(0), 0);
    still.predict(0, seconds);
    still.update(0, setAt(1), 0, 100);
    return still.clutterScore(0, 99, 0.5);
  };
  expect(costAfter(60)).toBeGreaterThan(costAfter(0));
});

test("Still filter has no head start over the target score it is compared with", () => {
  const still = new StillFilters(1);
  still.begin(0, setAt(0), 0);
  still.update(0, setAt(0), 0, 100);
  expect(still.clutterScore(0, 3, 0.5)).toBeCloseTo(Math.log(0.5 + 0.5 * Math.exp(3)), 12);
  expect(still.clutterScore(0, 99, 0.5)).toBeCloseTo(Math.log(0.5 + 0.5 * Math.exp(3)), 12);
});
