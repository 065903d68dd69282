import { expect, test } from "bun:test";
import { nsFromSeconds, type TrackState, type TrackUpdate, trackId, type Vec3 } from "@skyvox/core";
import { LiveScore } from "./live-score.ts";

function track(id: number, positionEnuM: Vec3, state: TrackState = "confirmed"): TrackUpdate {
  const covariance = new Float64Array(36);
  const rest = { timeNs: 0n, firstTimeNs: 0n, velocityEnuMps: [0, 0, 0] as const, covariance, score: 20 };
  return { id: trackId(id), state, positionEnuM, ...rest, detectionCount: 9, missedCount: 0 };
}
const truth = [
  { name: "a", positionEnuM: [0, 0, 0] as const },
  { name: "b", positionEnuM: [50, 0, 0] as const },
];
const at = nsFromSeconds;

test("Live score of a worked frame set: one pair 3 m off, one missed, one false; tentative tracks do not count", () => {
  const score = new LiveScore();
  const summary = score.add(
    at(1),
    [track(1, [3, 0, 0]), track(2, [90, 0, 0]), track(3, [50, 0, 0], "tentative")],
    truth,
  );
  expect(summary.gospaM).toBeCloseTo(Math.sqrt(9 + 25), 12);
  expect(summary).toMatchObject({
    rmseM: 3,
    truthCount: 2,
    matchedCount: 1,
    missedCount: 1,
    falseCount: 1,
    switchCount: 0,
  });
});

test("Live score tells the last frame set apart from its window", () => {
  const score = new LiveScore();
  score.add(at(1), [], truth);
  const { now, missedCount } = score.add(at(2), [track(1, [0, 0, 0]), track(2, [90, 0, 0])], truth);
  // One of two truth points is matched; the track at 90 m explains nothing. Over both sets three points were missed.
  expect(now).toEqual({ truthCount: 2, matchedCount: 1, missedCount: 1, falseCount: 1 });
  expect(missedCount).toBe(3);
});

test("Live score counts coasting tracks as shown", () => {
  expect(new LiveScore().add(at(1), [track(1, [0, 0, 0], "coasting")], truth).matchedCount).toBe(1);
});

test("Live score counts an identity switch, also across a gap without a match", () => {
  const score = new LiveScore();
  score.add(at(1), [track(1, [0, 0, 0]), track(2, [50, 0, 0])], truth);
  expect(score.add(at(2), [track(2, [0, 0, 0]), track(1, [50, 0, 0])], truth).switchCount).toBe(2);
  score.add(at(3), [], truth);
  expect(score.add(at(4), [track(7, [0, 0, 0])], truth).switchCount).toBe(3);
});

test("Live score forgets what is older than its window", () => {
  const score = new LiveScore({ windowS: 10 });
  score.add(at(0), [], truth);
  expect(score.add(at(9), [track(1, [1, 0, 0]), track(2, [50, 0, 0])], truth).missedCount).toBe(2);
  const later = score.add(at(10), [track(1, [1, 0, 0]), track(2, [50, 0, 0])], truth);
  expect(later).toMatchObject({ missedCount: 0, matchedCount: 4, truthCount: 4 });
  expect(later.rmseM).toBeCloseTo(Math.sqrt(1 / 2), 12);
});

test("Live score before the first frame set is all zero, and time may not go back", () => {
  const score = new LiveScore();
  expect(score.summary()).toEqual({
    gospaM: 0,
    rmseM: 0,
    now: { truthCount: 0, matchedCount: 0, missedCount: 0, falseCount: 0 },
    truthCount: 0,
    matchedCount: 0,
    missedCount: 0,
    falseCount: 0,
    switchCount: 0,
  });
  score.add(at(2), [], []);
  expect(() => score.add(at(1), [], [])).toThrow("forward in time");
});
