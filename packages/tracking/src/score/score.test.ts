import { describe, expect, test } from "bun:test";
import type { Vec3 } from "@skyvox/core";
import { reportHtml } from "./report-html.ts";
import { reportText } from "./report-text.ts";
import { defaultScoreOptions, scoreRun } from "./score.ts";
import type { ScoredStep } from "./scored-run.ts";

const variance = (m2: number) => [m2, 0, 0, 0, m2, 0, 0, 0, m2] as const;
const place = (timeS: number): Vec3 => [10 * timeS, Math.sin(timeS) * 20, 50];
const truthAt = (timeS: number) => [{ name: "a", positionEnuM: place(timeS) }];

/** One target; track 1 is 3 m north of it from the third step on, track 9 is far away in the last two. */
const steps: ScoredStep[] = Array.from({ length: 10 }, (_, k) => {
  const [e, n, u] = place(k);
  const near = k < 2 ? [] : [{ id: 1, positionEnuM: [e, n + 3, u] as const, covarianceM2: variance(3) }];
  const far = k < 8 ? [] : [{ id: 9, positionEnuM: [e, n, u + 500] as const, covarianceM2: variance(3) }];
  return { timeS: k, truth: truthAt(k), tracks: [...near, ...far] };
});

describe("Score of a hand-worked run", () => {
  const score = scoreRun(steps, truthAt, defaultScoreOptions);

  test("GOSPA is 3 m where one pair is 3 m apart, 3.54 m where the target is missed", () => {
    expect(score.steps.map(({ gospaM }) => Math.round(gospaM * 1e6) / 1e6)).toEqual([
      ...[3.535534, 3.535534],
      ...[3, 3, 3, 3, 3, 3],
      // 9 + 12.5 with the false track.
      ...[4.636809, 4.636809],
    ]);
    expect(score.gospa.missedCount).toBe(0.2);
    expect(score.gospa.falseCount).toBe(0.2);
    expect(score.gospa.pairRmsM).toBeCloseTo(3, 9);
    expect(score.trajectoryGospa).toMatchObject({ switchCount: 0, missedM2: 2.5, falseM2: 2.5, isExact: true });
    expect(score.trajectoryGospa.gospaM ** 2).toBeCloseTo(7.2 + 5, 9);
  });

  test("OSPA is c where all is missed and shares the rest", () => {
    expect(score.steps[0]?.ospaM).toBe(5);
    expect(score.steps[5]?.ospaM).toBeCloseTo(3, 9);
    expect(score.steps[9]?.ospaM).toBeCloseTo(Math.sqrt((9 + 25) / 2), 9);
  });

  test("The vision family counts 8 matches of similarity 0.7, 2 misses and 2 false ones", () => {
    expect(score.clear).toMatchObject({ truePositives: 8, falseNegatives: 2, falsePositives: 2, switches: 0 });
    expect(score.clear.mota).toBeCloseTo(0.6, 12);
    expect(score.clear.motpM).toBeCloseTo(3, 9);
    expect(score.identity.idf1).toBe(0.8);
    // Up to alpha 0.70 (14 of 19): DetA 8 / 12 and AssA 8 / 10.
    expect(score.hota.hota).toBeCloseTo((14 / 19) * Math.sqrt((8 / 12) * 0.8), 9);
  });

  test("Rates, latency and consistency", () => {
    expect(score.rates.pd.value).toBe(0.8);
    expect(score.rates).toMatchObject({ trackCount: 2, falseTrackCount: 1 });
    expect(score.rates.falsePerHour.value).toBe(360);
    expect(score.rates.latency).toMatchObject({ medianS: 2, neverFoundCount: 0 });
    // 3² / 3 in each of eight samples.
    expect(score.nees.mean).toBeCloseTo(3, 9);
    expect(score.nees).toMatchObject({ sampleCount: 8, samplesInside: 1, degrees: 3 });
  });

  test("Errors are 3 m as they are and none once aligned", () => {
    expect(score.errors).toHaveLength(6);
    expect(score.errors[0]?.rmseM).toBeCloseTo(3, 9);
    expect(score.errors[2]?.rmseM).toBeLessThan(1e-9);
  });

  test("is plain JSON: nothing is lost on the way", () => {
    expect(JSON.parse(JSON.stringify(score))).toEqual(score);
  });

  test("reads as text with both families, every alignment and the definitions", () => {
    const text = reportText(score, "tracks.csv", "truth.csv");
    for (const line of [
      "tracks.csv against truth.csv: 10 steps",
      "GOSPA (c = 5 m",
      "OSPA",
      "HOTA",
      "IDF1",
      "NEES of position",
    ])
      expect(text).toContain(line);
    expect(text).toMatch(/not aligned, clock as it is +3 m/);
    expect(text).toContain("Wilson, 95 %");
  });

  test("is a page that loads nothing and runs nothing", () => {
    const page = reportHtml({ score, steps, tracks: "<b>.csv", truth: "truth.csv" });
    expect(page).not.toMatch(/https?:|<script|<link|<img|src=|@import|url\(/);
    expect(page).toContain("&#60;b&#62;.csv");
    expect(page.match(/<svg /g)).toHaveLength(5);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });
});

test("Tracks in a frame of their own are scored by pairing the only target with the longest track", () => {
  const moved = steps.map((step) => ({
    ...step,
    tracks: step.tracks.map((track) => ({
      ...track,
      positionEnuM: [-track.positionEnuM[1], track.positionEnuM[0] + 1000, 7] as const,
    })),
  }));
  expect(scoreRun(moved, truthAt, defaultScoreOptions).errors).toEqual([]);
  const found = scoreRun(moved, truthAt, { ...defaultScoreOptions, pairing: "only" });
  expect(found.errors[0]?.pairCount).toBe(8);
  expect(found.errors[0]?.rmseM).toBeGreaterThan(900);
  expect(found.errors[2]?.rmseM).toBeLessThan(1e-9);
});

test("A score needs steps, and only one target for that pairing", () => {
  expect(() => scoreRun([], truthAt, defaultScoreOptions)).toThrow("at least one step");
  const two = [{ timeS: 0, truth: [...truthAt(0), { name: "b", positionEnuM: [0, 0, 0] as const }], tracks: [] }];
  expect(() => scoreRun(two, truthAt, { ...defaultScoreOptions, pairing: "only" })).toThrow("one target");
});

test("A run of nothing but silence has a score", () => {
  const score = scoreRun([{ timeS: 0, truth: [], tracks: [] }], truthAt, defaultScoreOptions);
  expect(score.gospa.gospaM).toBe(0);
  expect(reportText(score, "a", "b")).toContain("no pair with a covariance");
});
