import { expect, test } from "bun:test";
import {
  AssertionError,
  cameraId,
  createPrng,
  distance,
  nsFromSeconds,
  type Prng,
  type TrackUpdate,
  trackId,
  type Vec3,
} from "@skyvox/core";
import { type BearingOptions, BearingTracker, type BearingView } from "../src/mod.ts";
import { neesOf } from "./bearing-nees.ts";
import { cameraAt, DriftingTarget, ringOfCameras, type SeenOptions, type TestCamera, viewOf } from "./bearing-scene.ts";

const poses = { angleSigmaRad: 3e-4, positionSigmaM: 0.01 };
const seen: SeenOptions = { pixelSigmaPx: 0.5, detectionProbability: 0.95, falseCount: 0 };

function targetsIn(random: Prng, count: number): DriftingTarget[] {
  return Array.from({ length: count }, () => {
    const at: Vec3 = [random.uniform(-20, 20), random.uniform(-20, 20), random.uniform(15, 45)];
    return new DriftingTarget(at, [3 * random.normal(), 3 * random.normal(), random.normal()], 1);
  });
}

interface Frame {
  readonly timeNs: bigint;
  readonly views: readonly BearingView[];
  readonly truth: readonly Vec3[];
}

/** Frames of all cameras at 20 per second. */
function film(
  random: Prng,
  cameras: readonly TestCamera[],
  targets: readonly DriftingTarget[],
  frameCount: number,
  options = seen,
): Frame[] {
  return Array.from({ length: frameCount }, (_, frame) => {
    if (frame > 0) for (const target of targets) target.move(random, 0.05);
    const truth = targets.map(({ at }): Vec3 => [...at]);
    const timeS = 1 + frame * 0.05;
    const views = cameras.map((camera) => viewOf(random, camera, timeS, truth, options));
    return { timeNs: nsFromSeconds(timeS), views, truth };
  });
}

function trackerOf(cameras: readonly TestCamera[], options: Partial<BearingOptions> = {}): BearingTracker {
  return new BearingTracker(
    cameras.map(({ id }) => id),
    { accelerationMps2: 1, speedMps: 5, targetsPerM3: 1e-6, ...options },
  );
}

function shown(updates: readonly TrackUpdate[]): TrackUpdate[] {
  return updates.filter(({ state }) => state === "confirmed" || state === "coasting");
}

/** Everything a tracker said, as text that tells bits apart. */
function bitsOf(updates: readonly TrackUpdate[]): string {
  return JSON.stringify(updates, (_, value: unknown) => {
    if (typeof value === "bigint") return String(value);
    return value instanceof Float64Array ? [...value] : value;
  });
}

test("Targets among false bearings give one track each, no ghost, and keep their ids", () => {
  const random = createPrng(21);
  const cameras = ringOfCameras(random, { count: 8, radiusM: 80, ...poses });
  const targets = targetsIn(random, 6);
  const tracker = trackerOf(cameras);
  const owners = new Map<number, number>();
  for (const [frame, { timeNs, views, truth }] of film(random, cameras, targets, 40, {
    ...seen,
    falseCount: 100,
  }).entries()) {
    const tracks = shown(tracker.step(timeNs, views));
    if (frame < 3) continue;
    expect(tracks.length).toBe(6);
    for (const [index, target] of truth.entries()) {
      const near = tracks.filter(({ positionEnuM }) => distance(positionEnuM, target) < 0.3);
      expect(near.length).toBe(1);
      const id = near[0]?.id ?? 0;
      expect(owners.get(index) ?? id).toBe(id);
      owners.set(index, id);
    }
  }
});

test("The same views give the same bits in any order of views, bearings and arrival within the lag", () => {
  const random = createPrng(22);
  const cameras = ringOfCameras(random, { count: 6, radiusM: 70, ...poses });
  const frames = film(random, cameras, targetsIn(random, 5), 20, { ...seen, falseCount: 20 });
  const shuffled = (view: BearingView): BearingView => {
    const rows = Array.from({ length: view.bearings.length / 9 }, (_, k) => [
      ...view.bearings.subarray(k * 9, k * 9 + 9),
    ]);
    return { ...view, bearings: Float64Array.from(rows.toReversed().flat()) };
  };
  const plain = trackerOf(cameras, { lagS: 0.12 });
  const other = trackerOf(cameras.toReversed(), { lagS: 0.12 });
  let late: BearingView[] = [];
  for (const { timeNs, views } of frames) {
    const wanted = bitsOf(plain.step(timeNs, views));
    // The second camera's views come one step late.
    const [second] = views.slice(1, 2).map(shuffled);
    const now = [...late, ...views.filter((_, index) => index !== 1).map(shuffled)].toReversed();
    expect(bitsOf(other.step(timeNs, now))).toBe(wanted);
    late = second === undefined ? [] : [second];
  }
  expect(plain.counts.ids).toBeGreaterThan(0);
  expect(other.counts.lateViews).toBe(0);
});

test("A view that comes after its turn is counted and changes nothing", () => {
  const random = createPrng(23);
  const cameras = ringOfCameras(random, { count: 4, radiusM: 60, ...poses });
  const frames = film(random, cameras, targetsIn(random, 1), 6);
  const tracker = trackerOf(cameras);
  for (const { timeNs, views } of frames) tracker.step(timeNs, views);
  tracker.step(nsFromSeconds(3), [...(frames[1]?.views ?? []), ...(frames[1]?.views.slice(0, 1) ?? [])]);
  expect(tracker.counts.lateViews).toBe(5);
});

test("Cameras of different rates that never look at once follow one target", () => {
  const random = createPrng(24);
  const cameras = ringOfCameras(random, { count: 5, radiusM: 60, ...poses });
  const target = new DriftingTarget([0, 0, 30], [4, -3, 1], 1);
  const tracker = trackerOf(cameras, { birthWindowS: 0.1 });
  // Every camera has a period and a phase of its own; the target moves from one capture to the next.
  const captures = cameras
    .flatMap((camera, index) => {
      const periodS = [0.0167, 0.0334, 0.04, 0.02, 0.0336][index] ?? 0.03;
      return Array.from({ length: Math.floor(6 / periodS) }, (_, k) => ({
        camera,
        timeS: 1 + 0.0031 * index + k * periodS,
      }));
    })
    .sort((a, b) => a.timeS - b.timeS);
  let nowS = 1;
  let waiting: BearingView[] = [];
  let stepS = 1.033;
  const errors: number[] = [];
  for (const { camera, timeS } of captures) {
    while (timeS > stepS) {
      const tracks = shown(tracker.step(nsFromSeconds(stepS), waiting));
      waiting = [];
      const at = target.at.map((value, i) => value + (stepS - nowS) * target.velocity[i]!) as [number, number, number];
      if (stepS > 1.5) {
        expect(tracks.length).toBe(1);
        errors.push(distance(tracks[0]?.positionEnuM ?? [0, 0, 0], at));
      }
      stepS += 0.033;
    }
    target.move(random, timeS - nowS);
    nowS = timeS;
    waiting.push(viewOf(random, camera, timeS, [[...target.at]], seen));
  }
  expect(errors.length).toBeGreaterThan(140);
  expect(errors.sort((a, b) => a - b)[Math.floor(errors.length * 0.95)]).toBeLessThan(0.15);
});

test("Tracks say for every camera why it saw them or not", () => {
  const random = createPrng(25);
  const ring = ringOfCameras(random, { count: 5, radiusM: 60, ...poses });
  const aside = cameraAt(random, "aside", [15, -10, 36], poses);
  const cameras = [...ring, aside];
  const sure = { ...seen, detectionProbability: 1 - 1e-9 };
  const target = new DriftingTarget([15, 10, 30], [0, 0, 0], 1);
  const tracker = trackerOf(cameras);
  let last: readonly TrackUpdate[] = [];
  for (let frame = 0; frame < 8; frame++) {
    const timeS = 1 + frame * 0.05;
    // In the end the first camera is blind and the second sees the target 40 pixels off.
    const views = cameras.map((camera, index) => {
      const at: Vec3 = frame === 7 && index === 1 ? [target.at[0], target.at[1], target.at[2] + 1.4] : [...target.at];
      return viewOf(random, camera, timeS, frame === 7 && index === 0 ? [] : [at], sure);
    });
    last = tracker.step(nsFromSeconds(timeS), views);
  }
  expect(last.length).toBe(1);
  const words = tracker.explain(last[0]!.id) ?? [];
  const reasonOf = (index: number): string => words.find(({ camera }) => camera === cameras[index]!.id)?.reason ?? "";
  expect([0, 1, 2, 3, 4].map(reasonOf)).toEqual(["no-bearing", "no-bearing", "seen", "seen", "seen"]);
  expect(reasonOf(5)).toBe("outside-picture");
  for (const { reason, residualPx, nis, claimedBy } of words) {
    expect(claimedBy).toBeNull();
    if (reason !== "seen") continue;
    expect(residualPx).toBeLessThan(5);
    expect(nis).toBeLessThan(18.5);
  }
  expect(tracker.explain(trackId(99))).toBeNull();
});

test("One camera gives no track in space", () => {
  const random = createPrng(26);
  const camera = cameraAt(random, "only", [60, 0, 3], poses);
  const tracker = trackerOf([camera]);
  for (const { timeNs, views } of film(random, [camera], targetsIn(random, 3), 20)) {
    expect(tracker.step(timeNs, views)).toEqual([]);
  }
});

test("A target that one camera alone still sees is kept under its id, but not told until others see it again", () => {
  const random = createPrng(35);
  const cameras = ringOfCameras(random, { count: 4, radiusM: 60, ...poses });
  const tracker = trackerOf(cameras, { placeSigmaMaxM: 1 });
  const counts: number[] = [];
  const ids = new Set<number>();
  for (const [frame, { timeNs, views }] of film(
    random,
    cameras,
    [new DriftingTarget([0, 0, 30], [2, 1, 0], 1)],
    120,
  ).entries()) {
    // For two seconds three cameras are dark: velocity wanders by 1 m/s² · √2 s, along the bearing that is all the place there is.
    const tracks = shown(tracker.step(timeNs, frame >= 30 && frame < 70 ? views.slice(0, 1) : views));
    counts.push(tracks.length);
    for (const { id, covariance } of tracks) {
      ids.add(id);
      expect(covariance[0]! + covariance[7]! + covariance[14]!).toBeLessThanOrEqual(1);
    }
  }
  expect(counts.slice(5, 30)).toEqual(new Array(25).fill(1));
  expect(counts[69]).toBe(0);
  expect(counts.slice(75)).toEqual(new Array(45).fill(1));
  expect([...ids]).toEqual([1]);
});

test("Cameras in a line with the target between them give no confident wrong track", () => {
  const random = createPrng(27);
  const cameras = [-60, -30, 45, 80].map((x, index) => cameraAt(random, `line-${index}`, [x, 0, 30], poses));
  const target = new DriftingTarget([0, 0, 30], [0, 0, 0], 0.1);
  const tracker = trackerOf(cameras);
  for (const { timeNs, views, truth } of film(random, cameras, [target], 30)) {
    for (const { positionEnuM, covariance } of shown(tracker.step(timeNs, views))) {
      const off = distance(positionEnuM, truth[0] ?? [0, 0, 0]);
      expect(off * off).toBeLessThan(16 * (covariance[0]! + covariance[7]! + covariance[14]!));
    }
  }
});

test("A target that stands still is followed like any other", () => {
  const random = createPrng(28);
  const cameras = ringOfCameras(random, { count: 4, radiusM: 60, ...poses });
  const tracker = trackerOf(cameras);
  let last: readonly TrackUpdate[] = [];
  for (const { timeNs, views } of film(random, cameras, [new DriftingTarget([5, 5, 30], [0, 0, 0], 0)], 60)) {
    last = tracker.step(timeNs, views);
  }
  expect(last.map(({ id, state }) => [Number(id), state])).toEqual([[1, "confirmed"]]);
  expect(distance(last[0]?.positionEnuM ?? [0, 0, 0], [5, 5, 30])).toBeLessThan(0.1);
});

test("A camera whose words are of another place is outvoted, and named", () => {
  const random = createPrng(29);
  const cameras = ringOfCameras(random, { count: 6, radiusM: 60, ...poses });
  const tracker = trackerOf(cameras);
  const liar = cameras[3]!;
  const target = new DriftingTarget([0, 0, 30], [2, 0, 0], 1);
  let last: readonly TrackUpdate[] = [];
  let truth: Vec3 = [0, 0, 30];
  for (const frame of film(random, cameras, [target], 30)) {
    // It is turned by two degrees against what is believed of it.
    const views = frame.views.map((view) => {
      if (view.camera !== liar.id) return view;
      const bearings = view.bearings.slice();
      for (let k = 0; k < bearings.length; k += 9) {
        const [x, y] = [bearings[k]!, bearings[k + 1]!];
        bearings[k] = x * Math.cos(0.035) - y * Math.sin(0.035);
        bearings[k + 1] = x * Math.sin(0.035) + y * Math.cos(0.035);
      }
      return { ...view, bearings };
    });
    last = shown(tracker.step(frame.timeNs, views));
    truth = frame.truth[0] ?? truth;
  }
  expect(last.length).toBe(1);
  expect(distance(last[0]?.positionEnuM ?? [0, 0, 0], truth)).toBeLessThan(0.15);
  const words = tracker.explain(last[0]!.id) ?? [];
  expect(words.filter(({ reason }) => reason === "seen").length).toBeGreaterThanOrEqual(4);
  expect(words.find(({ camera }) => camera === liar.id)?.reason).not.toBe("seen");
});

test("Rows that are no bearings are dropped and counted; wrong use asserts", () => {
  const random = createPrng(30);
  const cameras = ringOfCameras(random, { count: 4, radiusM: 60, ...poses });
  const tracker = trackerOf(cameras);
  for (const { timeNs, views } of film(random, cameras, targetsIn(random, 1), 5)) {
    const torn = views.map((view) => {
      const bearings = new Float64Array(view.bearings.length + 18).fill(Number.NaN);
      bearings.set(view.bearings, 9);
      return { ...view, bearings };
    });
    for (const { positionEnuM } of tracker.step(timeNs, torn)) expect(positionEnuM.every(Number.isFinite)).toBe(true);
  }
  expect(tracker.counts.droppedBearings).toBe(5 * 4 * 2);
  expect(tracker.counts.ids).toBe(1);
  const [frame] = film(random, [cameraAt(random, "stranger", [1, 2, 3], poses)], [], 1);
  expect(() => tracker.step(nsFromSeconds(9), frame?.views ?? [])).toThrow(AssertionError);
  expect(() => tracker.step(nsFromSeconds(1), [])).toThrow(AssertionError);
  expect(() => new BearingTracker([cameraId("a"), cameraId("a")])).toThrow(AssertionError);
  expect(() => new BearingTracker([cameraId("a")], { detectionProbability: 1.5 })).toThrow(AssertionError);
});

test("Tracks are consistent: mean NEES of 60 runs under lasting pose errors lies in its 95 % band", () => {
  let sum = 0;
  for (let run = 0; run < 60; run++) {
    const random = createPrng(500 + run);
    const cameras = ringOfCameras(random, { count: 5, radiusM: 60, angleSigmaRad: 1e-3, positionSigmaM: 0.03 });
    const target = new DriftingTarget([0, 0, 30], [3 * random.normal(), 3 * random.normal(), random.normal()], 2);
    const tracker = trackerOf(cameras, { accelerationMps2: 2 });
    let last: TrackUpdate[] = [];
    let truth: Vec3 = [0, 0, 0];
    for (const frame of film(random, cameras, [target], 25)) {
      last = shown(tracker.step(frame.timeNs, frame.views));
      truth = frame.truth[0] ?? truth;
    }
    expect(last.length).toBe(1);
    sum += neesOf(last[0]!, truth);
  }
  // The sum of 60 chi-square values of 3 degrees of freedom has variance 360.
  expect(Math.abs(sum / 60 - 3)).toBeLessThan((1.96 * Math.sqrt(360)) / 60);
});
