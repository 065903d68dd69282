import { expect, test } from "bun:test";
import { type TrackState, type TrackUpdate, trackId } from "@skyvox/core";
import { TrackIds } from "./track-ids.ts";

/** A track at a place east, known to half a metre. */
function track(id: number, eastM: number, state: TrackState = "confirmed"): TrackUpdate {
  return {
    ...{ id: trackId(id), state, timeNs: 0n, firstTimeNs: 0n, score: 20, detectionCount: 9, missedCount: 0 },
    positionEnuM: [eastM, 0, 10],
    velocityEnuMps: [1, 0, 0],
    covariance: Float64Array.from({ length: 36 }, (_, index) => (index % 7 === 0 ? 0.25 : 0)),
  };
}

const idsOf = (updates: readonly TrackUpdate[]) => updates.map(({ id, positionEnuM: [east] }) => `${id} at ${east}`);

test("A node that never followed reports its own ids, whatever they are", () => {
  const updates = [track(3, 1), track(9, 2)];
  expect(new TrackIds().name(updates)).toBe(updates);
});

test("Whoever followed goes on under the leader's ids, and counts on from the highest it gave", () => {
  const ids = new TrackIds();
  ids.follow([track(1, 50.1), track(2, 20.2)], [track(7, 20), track(9, 50), track(12, 80, "deleted")]);
  expect(idsOf(ids.name([track(1, 51), track(2, 21), track(3, 90)]))).toEqual(["7 at 21", "9 at 51", "13 at 90"]);
  // An id stays with its track, and one that was deleted is not given again.
  expect(idsOf(ids.name([track(1, 52, "deleted"), track(3, 91)]))).toEqual(["9 at 52", "13 at 91"]);
  expect(idsOf(ids.name([track(3, 92), track(4, 52)]))).toEqual(["13 at 92", "14 at 52"]);
});

test("Of two tracks close together the nearer one gets the name, and the other the other", () => {
  const ids = new TrackIds();
  ids.follow([track(1, 0.2), track(2, 1.1)], [track(5, 1), track(6, 0)]);
  expect(idsOf(ids.name([track(1, 0.2), track(2, 1.1)]))).toEqual(["5 at 1.1", "6 at 0.2"]);
});

test("A name is given up when the leader's track is elsewhere, further than both know their places", () => {
  const ids = new TrackIds();
  ids.follow([track(1, 0)], [track(5, 0)]);
  // Four standard deviations of both, 0.71 m together, are 2.83 m.
  ids.follow([track(1, 0)], [track(5, 2.8)]);
  expect(idsOf(ids.name([track(1, 0)]))).toEqual(["5 at 0"]);
  ids.follow([track(1, 0)], [track(5, 2.9)]);
  expect(idsOf(ids.name([track(1, 0)]))).toEqual(["6 at 0"]);
});
