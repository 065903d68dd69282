import { expect, test } from "bun:test";
import type { TrackState } from "@skyvox/core";
import type { Truth } from "./scored-run.ts";
import { stepsOf, type TrackRow } from "./scored-steps.ts";

const UNIT = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;
const row = (timeS: number, id = 1, state: TrackState = "confirmed"): TrackRow => ({
  timeS,
  id,
  state,
  positionEnuM: [timeS, 0, 0],
  covarianceM2: UNIT,
});
const truth: Truth = { at: (timeS) => [{ name: "a", positionEnuM: [timeS, 0, 0] }], startS: 0, endS: 10 };
const whole = { fromS: Number.NEGATIVE_INFINITY, toS: Number.POSITIVE_INFINITY };
const timesOf = (rows: readonly TrackRow[], span = whole): number[] =>
  stepsOf(rows, truth, span).map(({ timeS }) => timeS);

test("Steps are the times of the tracks, with steps put in where nothing was tracked", () => {
  expect(timesOf([2, 3, 4, 7, 8].map((timeS) => row(timeS)))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(
    timesOf(
      [0.5, 1.5, 2.9, 4].map((timeS) => row(timeS)),
      { fromS: 0, toS: 4 },
    ),
  ).toEqual([0.5, 1.5, 2.9, 4]);
});

test("Steps outside the truth and outside the wanted span are left out", () => {
  expect(
    timesOf(
      [-1, 0, 1, 2].map((timeS) => row(timeS)),
      { fromS: 1, toS: 2 },
    ),
  ).toEqual([1, 2]);
  expect(timesOf([row(20), row(21)], { fromS: 15, toS: 30 })).toEqual([]);
});

test("Steps of a run without a single track still miss their targets", () => {
  const steps = stepsOf([], truth, { fromS: 0, toS: 1 });
  expect(steps).toHaveLength(11);
  expect(steps.every(({ truth: points, tracks }) => points.length === 1 && tracks.length === 0)).toBe(true);
});

test("Only confirmed and coasting tracks count, and a track with two rows at a time is refused", () => {
  const [step] = stepsOf([row(1, 1), row(1, 2, "coasting"), row(1, 3, "tentative"), row(1, 4, "deleted")], truth, {
    fromS: 1,
    toS: 1,
  });
  expect(step?.tracks.map(({ id }) => id)).toEqual([1, 2]);
  expect(() => stepsOf([row(1), row(1)], truth, { fromS: 1, toS: 1 })).toThrow("one row per time");
});
