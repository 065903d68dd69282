import { describe, expect, test } from "bun:test";
import { createPrng, type Detection, nsFromSeconds, type TrackUpdate, type Vec3 } from "@skyvox/core";
import fc from "fast-check";
import { pointDetection } from "../test/scenario.ts";
import { Tracker } from "./tracker.ts";

const FRAME_S = 1 / 30;
const timeAt = (k: number): bigint => nsFromSeconds(k * FRAME_S);

/** Runs frames `from … to` with the positions that `place` gives for each. */
function run(
  tracker: Tracker,
  from: number,
  to: number,
  place: (k: number) => readonly Vec3[],
  shape: Partial<Detection> = {},
): readonly TrackUpdate[] {
  let last: readonly TrackUpdate[] = [];
  for (let k = from; k <= to; k++) {
    const timeNs = timeAt(k);
    last = tracker.step(
      timeNs,
      place(k).map((position) => ({ ...pointDetection(timeNs, position, 0.1), ...shape })),
    );
  }
  return last;
}

describe("Life of a track", () => {
  test("A lone detection is not reported; its second gives id 1; the score confirms it", () => {
    const tracker = new Tracker();
    expect(run(tracker, 1, 1, () => [[0, 0, 5]])).toEqual([]);
    expect(
      run(tracker, 2, 2, () => [[0.3, 0, 5]]).map(({ id, state, detectionCount }) => [+id, state, detectionCount]),
    ).toEqual([[1, "tentative", 2]]);
    const [track] = run(tracker, 3, 6, (k) => [[0.3 * (k - 1), 0, 5]]);
    expect(track?.state).toBe("confirmed");
    expect(track?.firstTimeNs).toBe(timeAt(1));
    expect(track?.velocityEnuMps[0]).toBeCloseTo(9, 0);
  });

  test("Score of a second detection where it was expected is ln(Pd N(0; 0, S) / clutter) where nothing stands still", () => {
    const tracker = new Tracker({
      detectionProbability: 0.8,
      clutterPerM3: 1e-4,
      speedMps: 3,
      accelerationMps2: 2,
      stillShare: 1e-15,
    });
    const [track] = run(tracker, 1, 2, () => [[7, 8, 9]]);
    // S = r + (r + v² dt² + q dt³ / 3) per axis; dt is rounded to whole nanoseconds.
    const s = 0.01 + 0.01 + 9 * FRAME_S ** 2 + (4 * FRAME_S ** 3) / 3;
    expect(track?.score).toBeCloseTo(Math.log(0.8 / 1e-4) - 1.5 * Math.log(2 * Math.PI * s), 6);
  });

  test("A miss lowers the score by the share of the correlation time it covers, and the track coasts", () => {
    const tracker = new Tracker({
      detectionProbability: 0.8,
      gateProbability: 0.99,
      missCorrelationS: 0.1,
      stillShare: 1e-12,
    });
    const [before] = run(tracker, 1, 10, () => [[0, 0, 0]]);
    const [after] = run(tracker, 11, 11, () => []);
    expect(after?.state).toBe("coasting");
    expect(after?.missedCount).toBe(1);
    expect((after?.score ?? 0) - (before?.score ?? 0)).toBeCloseTo(Math.log(1 - 0.8 * 0.99) / 3, 6);
    expect(run(tracker, 12, 12, () => [[0, 0, 0]])[0]).toMatchObject({ state: "confirmed", missedCount: 0 });
  });

  test("A track that misses too long is reported deleted once; a target that returns gets a new id", () => {
    const tracker = new Tracker();
    run(tracker, 1, 10, () => [[0, 0, 0]]);
    const states: string[] = [];
    for (let k = 11; k < 60; k++) states.push(...run(tracker, k, k, () => []).map((track) => track.state));
    expect(states.filter((state) => state === "deleted").length).toBe(1);
    expect(states.at(-1)).toBe("deleted");
    expect(run(tracker, 61, 70, () => [[0, 0, 0]]).map((track) => +track.id)).toEqual([2]);
  });

  test("A gap longer than the coasting limit ends a track even when its target is still there", () => {
    const tracker = new Tracker({ coastSecondsMax: 1 });
    run(tracker, 1, 10, () => [[0, 0, 0]]);
    const after = run(tracker, 1_000_000, 1_000_000, () => [[0, 0, 0]]);
    expect(after.map(({ id, state }) => [+id, state])).toEqual([[1, "deleted"]]);
    expect(run(tracker, 1_000_001, 1_000_010, () => [[0, 0, 0]]).map((track) => +track.id)).toEqual([2]);
  });

  test("A gap of a few frames keeps the id", () => {
    const tracker = new Tracker();
    run(tracker, 1, 20, (k) => [[k * 0.1, 0, 0]]);
    const [track] = run(tracker, 28, 30, (k) => [[k * 0.1, 0, 0]]);
    expect([Number(track?.id), track?.state]).toEqual([1, "confirmed"]);
  });
});

describe("Association", () => {
  test("Crossing targets keep their ids", () => {
    const tracker = new Tracker();
    const place = (k: number): readonly Vec3[] => [
      [-6 + 0.2 * k, 0.05, 3],
      [6 - 0.2 * k, -0.05, 3],
    ];
    const before = run(tracker, 1, 20, place);
    const after = run(tracker, 21, 60, place);
    expect(after.map((track) => +track.id)).toEqual([1, 2]);
    for (const [index, track] of after.entries()) {
      expect(Math.sign(track.velocityEnuMps[0])).toBe(Math.sign(before[index]?.velocityEnuMps[0] ?? 0));
    }
  });

  test("Two targets 3 m apart are two tracks", () => {
    const updates = run(new Tracker(), 1, 30, (k) => [
      [k * 0.1, 0, 20],
      [k * 0.1, 3, 20],
    ]);
    expect(updates.map(({ state }) => state)).toEqual(["confirmed", "confirmed"]);
  });

  test("Uniform clutter at the assumed density confirms nothing in 300 frame sets", () => {
    const prng = createPrng(99);
    // 100 x 100 x 30 m, 3 false detections per frame set on average.
    const tracker = new Tracker({ clutterPerM3: 1e-5 });
    for (let k = 1; k <= 300; k++) {
      const updates = run(tracker, k, k, () =>
        Array.from({ length: prng.int(7) }, () => [prng.uniform(0, 100), prng.uniform(0, 100), prng.uniform(0, 30)]),
      );
      expect(updates.filter((track) => track.state === "confirmed").length).toBe(0);
    }
  });
});

describe("Holes", () => {
  test("What stays where it is is never confirmed, however long it is seen", () => {
    const prng = createPrng(31);
    const jitter = (): number => 0.1 * prng.normal();
    const tracker = new Tracker();
    for (let k = 1; k <= 300; k++) {
      for (const track of run(tracker, k, k, () => [[jitter(), jitter(), 5 + jitter()]]))
        expect(track.state).toBe("tentative");
    }
  });

  test("What stood still and sets off is confirmed within a second", () => {
    const prng = createPrng(32);
    const tracker = new Tracker();
    const place = (k: number): readonly Vec3[] => [[2 * Math.max(0, k - 60) * FRAME_S + 0.1 * prng.normal(), 0, 5]];
    expect(run(tracker, 1, 60, place)[0]?.state).toBe("tentative");
    expect(run(tracker, 61, 90, place)[0]).toMatchObject({ state: "confirmed", firstTimeNs: timeAt(1) });
  });

  test("A confirmed track that stops stays confirmed", () => {
    const updates = run(new Tracker(), 1, 300, (k) => [[Math.min(k, 60) * 0.1, 0, 5]]);
    expect(updates[0]?.state).toBe("confirmed");
  });
});

describe("Extended targets", () => {
  const body: Partial<Detection> = { extentM: [0.15, 0.15, 0.5], covarianceM2: [0.01, 0, 0, 0, 0.01, 0, 0, 0, 0.04] };

  test("A person whose detection wanders over the body and breaks in pieces is one track", () => {
    const prng = createPrng(5);
    const tracker = new Tracker();
    const seen = new Set<number>();
    for (let k = 1; k <= 200; k++) {
      const centre: Vec3 = [1.5 * k * FRAME_S, 0, 0.9];
      const wander = (): Vec3 => [
        centre[0] + 0.1 * prng.normal(),
        0.1 * prng.normal(),
        centre[2] + 0.2 * prng.normal(),
      ];
      const pieces: Vec3[] = [wander()];
      if (prng.int(4) === 0) pieces.push(wander());
      for (const track of run(tracker, k, k, () => pieces, body)) seen.add(track.id);
    }
    expect([...seen]).toEqual([1]);
  });

  test("A second track born from a body in two pieces ends once the body is whole; the elder id stays", () => {
    const tracker = new Tracker();
    run(tracker, 1, 30, () => [[0, 0, 0]]);
    // The other piece lies outside the first one's reach for a while: it has to become a track.
    const split = run(tracker, 31, 40, () => [
      [0, 0, 0],
      [0.8, 0, 0],
    ]);
    expect(split.filter((track) => track.state !== "deleted").length).toBe(2);
    const whole = run(tracker, 41, 70, () => [[0.4, 0, 0]]);
    expect(whole.map(({ id, state }) => [+id, state])).toEqual([[1, "confirmed"]]);
  });
});

describe("Determinism", () => {
  const scenario = (seed: number): Detection[][] => {
    const prng = createPrng(seed);
    return Array.from({ length: 25 }, (_, index) => {
      const timeNs = timeAt(index + 1);
      const targets: Vec3[] = Array.from({ length: 8 }, (_, n) => [
        n * 1.5 + 0.1 * prng.normal(),
        index * 0.2,
        5 + 0.1 * prng.normal(),
      ]);
      const clutter: Vec3[] = Array.from({ length: prng.int(6) }, () => [
        prng.uniform(0, 12),
        prng.uniform(0, 5),
        prng.uniform(4, 6),
      ]);
      return [...targets, ...clutter].map((position) => ({
        ...pointDetection(timeNs, position, 0.15),
        weight: prng.int(3),
      }));
    });
  };
  const play = (frames: readonly (readonly Detection[])[]): readonly TrackUpdate[][] => {
    const tracker = new Tracker({ clutterPerM3: 1e-3 });
    return frames.map((detections) => [...tracker.step(detections[0]?.timeNs ?? 0n, detections)]);
  };

  test("Any order of the detections of a step gives the same bits", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (seed, shuffleSeed) => {
        const frames = scenario(seed);
        const prng = createPrng(shuffleSeed);
        const shuffled = frames.map((detections) =>
          detections
            .map((detection) => ({ detection, key: prng.float() }))
            .sort((a, b) => a.key - b.key)
            .map(({ detection }) => detection),
        );
        expect(play(shuffled)).toEqual(play(frames));
      }),
      { numRuns: 20, seed: 13 },
    );
  });

  test("The same steps give the same bits in another instance", () => {
    expect(play(scenario(1))).toEqual(play(scenario(1)));
  });
});

describe("Limits and broken input", () => {
  test("A full tracker refuses new tracks, the lightest ones, and counts them", () => {
    const tracker = new Tracker({ tracksMax: 2 });
    const timeNs = timeAt(1);
    tracker.step(
      timeNs,
      [1, 2, 3].map((weight) => ({ ...pointDetection(timeNs, [weight * 10, 0, 0], 0.1), weight })),
    );
    expect(tracker.counts.refusedBirths).toBe(1);
    const later = timeAt(2);
    const updates = tracker.step(
      later,
      [1, 2, 3].map((weight) => ({ ...pointDetection(later, [weight * 10, 0, 0], 0.1), weight })),
    );
    expect(updates.map((track) => Math.round(track.positionEnuM[0])).sort()).toEqual([20, 30]);
  });

  test("More detections than the limit lose the lightest and are counted", () => {
    const tracker = new Tracker({ detectionsMax: 2 });
    run(tracker, 1, 3, () => [
      [0, 0, 0],
      [10, 0, 0],
      [20, 0, 0],
    ]);
    expect(tracker.counts).toEqual({ refusedBirths: 0, droppedDetections: 3, ids: 2, fallbacks: 0, lateSets: 0 });
  });

  test("Time that stands still or goes back is refused", () => {
    const tracker = new Tracker();
    tracker.step(10n, []);
    expect(() => tracker.step(10n, [])).toThrow("steps go forward in time");
    expect(() => tracker.step(9n, [])).toThrow("steps go forward in time");
  });

  test("A detection of another time is refused", () => {
    expect(() => new Tracker().step(10n, [pointDetection(9n, [0, 0, 0], 1)])).toThrow("time of the step");
  });

  test("Options out of range are refused by name", () => {
    expect(() => new Tracker({ detectionProbability: 1 })).toThrow(
      "detectionProbability is 1, need a number between 0 and 1",
    );
    expect(() => new Tracker({ clutterPerM3: 0 })).toThrow("clutterPerM3 is 0, need more than 0");
    expect(() => new Tracker({ tracksMax: 1.5 })).toThrow("tracksMax is 1.5");
    expect(() => new Tracker({ speedMps: Number.NaN })).toThrow("speedMps is NaN");
  });
});
