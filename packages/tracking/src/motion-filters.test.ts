import { expect, test } from "bun:test";
import { pointDetection } from "../test/scenario.ts";
import { DetectionSet } from "./detection-set.ts";
import { MotionFilters, type MotionOptions } from "./motion-filters.ts";

const options: MotionOptions = {
  motionModels: ["velocity"],
  speedMps: 3,
  accelerationMps2: 2,
  manoeuvreMps2: 8,
};

function setAt(x: number): DetectionSet {
  const set = new DetectionSet(4);
  set.load([pointDetection(0n, [x, 0, 0], 0.5)]);
  return set;
}

test("Filters follow a target seen a few times by its velocity alone until they are woken", () => {
  const one = new MotionFilters(2, options);
  const several = new MotionFilters(2, { ...options, motionModels: ["acceleration", "velocity"] });
  for (const filters of [one, several]) {
    filters.begin(1, setAt(0), 0);
    filters.predict(1, 0.5);
    filters.update(1, setAt(1), 0);
  }
  expect([...several.states]).toEqual([...one.states]);
  expect([...several.covariances]).toEqual([...one.covariances]);
  const [position, velocity] = [several.states[6] ?? 0, several.states[9] ?? 0];
  several.wake(1);
  several.predict(1, 0.5);
  // No model knows of an acceleration yet: all go straight on.
  expect(several.states[6]).toBeCloseTo(position + 0.5 * velocity, 12);
  one.predict(1, 0.5);
  expect(several.covariances[36]).toBeGreaterThan(one.covariances[36] ?? 0);
});

test("Filters without the velocity model are awake from the first detection", () => {
  const filters = new MotionFilters(1, { ...options, motionModels: ["acceleration"] });
  filters.begin(0, setAt(0), 0);
  filters.predict(0, 1);
  // 0.5² + 3² · 1 + 8² / 4 + (1.5 · 8)² / 20.
  expect(filters.covariances[0]).toBeCloseTo(0.25 + 9 + 16 + 7.2, 10);
});

test("Filters gate by the squared distance and reach as far along an axis", () => {
  const filters = new MotionFilters(1, options);
  filters.begin(0, setAt(0), 0);
  // S = 0.5² + 0.5² on every axis.
  expect(filters.logLikelihood(0, setAt(2), 0, 8.1)).toBeCloseTo(-0.5 * 8 - 1.5 * Math.log(2 * Math.PI * 0.5), 12);
  expect(filters.logLikelihood(0, setAt(2), 0, 7.9)).toBe(Number.NEGATIVE_INFINITY);
  expect(filters.reachM(0, 0, 0.25, 8)).toBeCloseTo(2, 12);
});

test("Filters copied to another slot go on as the first would have", () => {
  const filters = new MotionFilters(2, { ...options, motionModels: ["velocity", "turn", "acceleration"] });
  filters.begin(0, setAt(0), 0);
  filters.wake(0);
  filters.predict(0, 0.5);
  filters.update(0, setAt(1), 0);
  filters.copy(0, 1);
  for (const slot of [0, 1]) {
    filters.predict(slot, 0.5);
    filters.update(slot, setAt(3), 0);
  }
  expect([...filters.states.slice(6)]).toEqual([...filters.states.slice(0, 6)]);
  expect([...filters.covariances.slice(36)]).toEqual([...filters.covariances.slice(0, 36)]);
});
