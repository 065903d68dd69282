import { expect, test } from "bun:test";
import { missedTruth, positionOfPlace } from "./place.ts";

const truth = [
  { name: "a", positionM: [1, 2, 3] },
  { name: "b", positionM: [4, 5, 6] },
] as const;

test("The place of a true target moves with it, any other stays", () => {
  const place = { label: "b", positionM: [0, 0, 0], truthName: "b" } as const;
  expect(positionOfPlace(place, { truth })).toEqual([4, 5, 6]);
  expect(positionOfPlace({ ...place, truthName: "gone" }, { truth })).toEqual([0, 0, 0]);
  expect(positionOfPlace({ ...place, truthName: null }, { truth })).toEqual([0, 0, 0]);
});

test("A true target without a track can be asked about", () => {
  const errors = new Map([[7, { name: "a", positionM: [1, 2, 3], distanceM: 0.1 } as const]]);
  expect(missedTruth({ truth, errors })).toEqual([{ label: "b", positionM: [4, 5, 6], truthName: "b" }]);
  expect(missedTruth({ truth: [], errors })).toEqual([]);
});
