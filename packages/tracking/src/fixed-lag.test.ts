import { describe, expect, test } from "bun:test";
import { createPrng, type Detection, nsFromSeconds, type TrackUpdate, type Vec3 } from "@skyvox/core";
import fc from "fast-check";
import { pointDetection } from "../test/scenario.ts";
import { Tracker } from "./tracker.ts";
import type { TrackerOptions } from "./tracker-options.ts";

const FRAME_S = 0.1;
const options: Partial<TrackerOptions> = {
  clutterPerM3: 1e-3,
  accelerationMps2: 2,
  missCorrelationS: FRAME_S,
  motionModels: ["velocity", "turn", "acceleration"],
  lateSecondsMax: 1,
};

interface FrameSet {
  readonly timeNs: bigint;
  readonly detections: readonly Detection[];
}

/** Six targets that cross each other in pairs, missed one time in ten, and a few false ones. */
function crossings(frameCount: number, seed: number): FrameSet[] {
  const prng = createPrng(seed);
  return Array.from({ length: frameCount }, (_, k) => {
    const timeNs = nsFromSeconds((k + 1) * FRAME_S);
    const ahead = k * FRAME_S - 2;
    const targets = [0, 1, 2, 3, 4, 5].filter(() => prng.float() < 0.9);
    const noise = (): number => 0.3 * prng.normal();
    const seen = targets.map(
      (target): Vec3 => [
        10 * ahead + noise(),
        20 * (target >> 1) + 2 * ahead * (target % 2 === 0 ? 1 : -1) + noise(),
        noise(),
      ],
    );
    const clutter = Array.from(
      { length: prng.int(4) },
      (): Vec3 => [prng.uniform(-20, 20), prng.uniform(-5, 45), prng.uniform(-5, 5)],
    );
    return { timeNs, detections: [...seen, ...clutter].map((position) => pointDetection(timeNs, position, 0.3)) };
  });
}

function play(tracker: Tracker, sets: readonly FrameSet[]): readonly TrackUpdate[] {
  let last: readonly TrackUpdate[] = [];
  for (const { timeNs, detections } of sets) last = tracker.step(timeNs, detections);
  return last;
}

/** Each set comes up to `placesMax` places late. */
function delayed(sets: readonly FrameSet[], placesMax: number, seed: number): FrameSet[] {
  const prng = createPrng(seed);
  return sets
    .map((set, k) => ({ set, place: k + prng.uniform(0, placesMax) }))
    .sort((a, b) => a.place - b.place)
    .map(({ set }) => set);
}

describe("Late frame sets", () => {
  test("give the same bits as in order, whatever order they come in within the lag", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (seed, orderSeed) => {
        const sets = crossings(45, seed);
        const inOrder = new Tracker({ ...options, lateSecondsMax: 0 });
        const late = new Tracker(options);
        play(inOrder, sets);
        play(late, delayed(sets, 9, orderSeed));
        // One more comes last to both, so that they report the same step.
        const last = [{ timeNs: nsFromSeconds(4.6), detections: [] }];
        const alive = (tracks: readonly TrackUpdate[]): TrackUpdate[] =>
          tracks.filter(({ state }) => state !== "deleted");
        expect(alive(play(late, last))).toEqual(alive(play(inOrder, last)));
        expect(late.counts).toEqual({ ...inOrder.counts, lateSets: 0 });
      }),
      { numRuns: 15, seed: 3 },
    );
  });

  test("of one instant count as one", () => {
    const sets = crossings(20, 1);
    const halves = sets.flatMap(({ timeNs, detections }) => [
      { timeNs, detections: detections.slice(0, 3) },
      { timeNs, detections: detections.slice(3) },
    ]);
    expect(play(new Tracker(options), halves)).toEqual(play(new Tracker({ ...options, lateSecondsMax: 0 }), sets));
  });

  test("beyond the lag are left out and counted", () => {
    const tracker = new Tracker(options);
    const sets = crossings(20, 2);
    const before = play(tracker, sets);
    const shown = before.filter(({ state }) => state !== "deleted");
    expect(tracker.step(nsFromSeconds(0.95), [])).toEqual(shown);
    expect(tracker.counts.lateSets).toBe(1);
    tracker.step(nsFromSeconds(1.05), []);
    expect(tracker.counts.lateSets).toBe(1);
  });

  test("may undo a track: it is reported deleted once", () => {
    const tracker = new Tracker({ ...options, clutterPerM3: 1e-6, lateSecondsMax: 5 });
    const at = (seconds: number, ...positions: readonly Vec3[]): readonly TrackUpdate[] => {
      const timeNs = nsFromSeconds(seconds);
      return tracker.step(
        timeNs,
        positions.map((position) => pointDetection(timeNs, position, 0.3)),
      );
    };
    at(1, [0, 0, 0]);
    expect(at(1.9, [0, 0, 0]).map(({ id, state }) => [+id, state])).toEqual([[1, "tentative"]]);
    // Nothing was there in between: the candidate ended, and the last detection begins one that is no track yet.
    const states = [1.1, 1.2, 1.3, 1.4, 1.5].flatMap((seconds) => at(seconds).map(({ state }) => state));
    expect(states.at(-1)).toBe("deleted");
    expect(states.filter((state) => state === "deleted").length).toBe(1);
    expect(at(2)).toEqual([]);
  });
});

test("Tracker that may take nothing late refuses a step back", () => {
  const tracker = new Tracker();
  tracker.step(10n, []);
  expect(() => tracker.step(9n, [])).toThrow("steps go forward in time");
});
