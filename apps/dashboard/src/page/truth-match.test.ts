import { expect, test } from "bun:test";
import type { Point } from "./geometry.ts";
import type { TrackState } from "./live-state.ts";
import { matchTruth } from "./truth-match.ts";

function track(id: number, positionM: Point, state: TrackState["state"] = "confirmed"): TrackState {
  const still = { velocityMps: [0, 0, 0], covarianceM2: [1, 0, 0, 1, 0, 1] } as const;
  return { id, state, positionM, ...still, score: 1, ageS: 1, detectionCount: 1 };
}

function paired(
  tracks: readonly TrackState[],
  truth: readonly (readonly [string, Point])[],
): [number, string, number][] {
  const errors = matchTruth(
    tracks,
    truth.map(([name, positionM]) => ({ name, positionM })),
  );
  return [...errors].sort(([a], [b]) => a - b).map(([id, { name, distanceM }]) => [id, name, distanceM]);
}

test("A track's error is its distance to the truth it follows", () => {
  // 3-4-5 in the plane: the error is 0.5 m.
  expect(paired([track(1, [10, 20, 30])], [["a", [10.3, 20.4, 30]]])).toEqual([[1, "a", expect.closeTo(0.5, 12)]]);
});

test("A truth is followed by one track: the closer one, and the other has no error to show", () => {
  const tracks = [track(1, [1, 0, 0]), track(2, [0.2, 0, 0])];
  expect(paired(tracks, [["a", [0, 0, 0]]])).toEqual([[2, "a", 0.2]]);
});

test("Two tracks between two targets take one each, whatever their order", () => {
  // The closest pair (2, b) is made first; track 1 keeps a, though b is nearer to it.
  const tracks = [track(1, [1.6, 0, 0]), track(2, [3.1, 0, 0])];
  const truth = [
    ["a", [0, 0, 0]],
    ["b", [3, 0, 0]],
  ] as const;
  const expected = [
    [1, "a", 1.6],
    [2, "b", expect.closeTo(0.1, 12)],
  ];
  expect(paired(tracks, truth)).toEqual(expected as [number, string, number][]);
  expect(paired(tracks.toReversed(), truth.toReversed())).toEqual(expected as [number, string, number][]);
});

test("A tentative track takes only what confirmed ones leave", () => {
  const tracks = [track(1, [0.1, 0, 0], "tentative"), track(2, [2, 0, 0], "coasting")];
  expect(paired(tracks, [["a", [0, 0, 0]]])).toEqual([[2, "a", 2]]);
});

test("Beyond five metres a track follows nothing", () => {
  expect(paired([track(1, [5, 0, 0])], [["a", [0, 0, 0]]])).toEqual([[1, "a", 5]]);
  expect(paired([track(1, [5.01, 0, 0])], [["a", [0, 0, 0]]])).toEqual([]);
  expect(paired([track(1, [0, 0, 0])], [])).toEqual([]);
});
