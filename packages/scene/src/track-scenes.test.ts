import { describe, expect, test } from "bun:test";
import { distance, secondsFromNs, type Vec3 } from "@skyvox/core";
import { type TrackScene, type TrackSceneName, trackScene } from "./track-scenes.ts";

/** A sum that changes with any value and any order. */
function checksum(rows: readonly { readonly positionEnuM: Vec3 }[]): number {
  return rows.reduce((sum, { positionEnuM: [e, n, u] }, index) => sum + (index + 1) * (e + 2 * n + 3 * u), 0);
}

const total = (scene: TrackScene, pick: (scan: TrackScene["scans"][number]) => number): number =>
  scene.scans.reduce((sum, scan) => sum + pick(scan), 0);

describe("The scenes other trackers were measured on", () => {
  // From the Python script (packages/tracking/test/data/s1.py) under numpy 1.24.2: gen(200, 100, 60, 1000) and so on.
  for (const [name, counts, detectionCount, first, detections, truth] of [
    [
      "s1",
      [300, 286, 284, 281, 300, 303],
      17277,
      [508.72044011, 950.10078351, 42.97203584],
      4824352892.071695,
      2352386461.668053,
    ],
    [
      "s2",
      [606, 575, 575, 585, 593, 613],
      17556,
      [73.67205912, 142.20664164, 6.2113346],
      1497926974.9273117,
      175830498.11048612,
    ],
    [
      "s5",
      [1445, 1457, 1442, 1422, 1451, 1428],
      86811,
      [514.12291339, 950.44100251, 43.7985472],
      121489749126.56339,
      57037951219.01319,
    ],
  ] as const) {
    test(`${name} is drawn again to the last digit`, () => {
      const scene = trackScene(name);
      expect(scene.scans.slice(0, 6).map((scan) => scan.detections.length)).toEqual([...counts]);
      expect(total(scene, (scan) => scan.detections.length)).toBe(detectionCount);
      for (const [axis, value] of first.entries())
        expect(scene.scans[0]!.truth[0]!.positionEnuM[axis]).toBeCloseTo(value, 8);
      expect(total(scene, (scan) => checksum(scan.detections)) / detections).toBeCloseTo(1, 13);
      expect(total(scene, (scan) => checksum(scan.truth)) / truth).toBeCloseTo(1, 13);
    });
  }

  test("begin as their shorter runs, and another seed is another draw", () => {
    expect(trackScene("s1", { scanCount: 3 }).scans).toEqual(trackScene("s1", { scanCount: 5 }).scans.slice(0, 3));
    expect(trackScene("s1", { seed: 2, scanCount: 1 }).scans).not.toEqual(trackScene("s1", { scanCount: 1 }).scans);
  });
});

describe("Every scene", () => {
  for (const name of ["s1", "s2", "s3", "s4", "s5"] as const satisfies readonly TrackSceneName[]) {
    const scene = trackScene(name, name === "s5" ? { scanCount: 12 } : {});

    test(`${name} has its targets in every scan, a tenth of a second apart`, () => {
      for (const [index, { timeNs, detections, truth }] of scene.scans.entries()) {
        expect(secondsFromNs(timeNs)).toBeCloseTo((index + 1) / 10, 9);
        expect(truth.map((target) => target.name)).toEqual(
          Array.from({ length: scene.targetCount }, (_, k) => `t${k}`),
        );
        expect(detections.every((detection) => detection.timeNs === timeNs)).toBe(true);
      }
    });

    test(`${name} detects its targets as often and as well as it says, among as much clutter`, () => {
      const { sigmaM, boxM, clutterMean, detectionProbability, targetCount } = scene;
      const trials = scene.scans.length * targetCount;
      const detectionCount = total(scene, (scan) => scan.detections.length);
      // The number of detections is that of targets seen plus a Poisson number: within four standard deviations.
      const wanted = trials * detectionProbability + scene.scans.length * clutterMean;
      const spread = Math.sqrt(
        trials * detectionProbability * (1 - detectionProbability) + scene.scans.length * clutterMean,
      );
      expect(Math.abs(detectionCount - wanted)).toBeLessThan(4 * spread);
      // Distances of detections from targets that have no other near: within 4 sigma lie all of their own but one in a thousand.
      const inside = scene.scans.slice(0, 12).flatMap(({ detections, truth }) => {
        const isolated = truth.filter(
          (target) => truth.filter((other) => distance(other.positionEnuM, target.positionEnuM) < 6).length === 1,
        );
        return isolated.flatMap((target) =>
          detections
            .map(({ positionEnuM }) => distance(positionEnuM, target.positionEnuM))
            .filter((apartM) => apartM < 4 * sigmaM),
        );
      });
      expect(inside.length).toBeGreaterThan(300);
      const rmsM = Math.sqrt(inside.reduce((sum, apartM) => sum + apartM ** 2, 0) / inside.length / 3);
      const clutterNear = (clutterMean / (boxM[0] * boxM[1] * boxM[2])) * (4 / 3) * Math.PI * (4 * sigmaM) ** 3;
      // Each false detection near a target adds up to (4 sigma)² / 3 per axis to the mean square.
      expect(rmsM).toBeGreaterThan(sigmaM * (1 - 4 / Math.sqrt(6 * inside.length)));
      expect(rmsM).toBeLessThan(sigmaM * (1 + 4 / Math.sqrt(6 * inside.length) + 4 * clutterNear));
    });
  }
});

test("s3 has 100 pairs, each nearer than two standard deviations in the middle third and nowhere near another pair then", () => {
  const { scans, sigmaM } = trackScene("s3");
  for (let pair = 0; pair < 100; pair++) {
    const apart = scans.map(({ truth }) => distance(truth[2 * pair]!.positionEnuM, truth[2 * pair + 1]!.positionEnuM));
    const nearest = apart.indexOf(Math.min(...apart));
    expect(apart[nearest]).toBeLessThan(2 * sigmaM);
    expect(apart[0]).toBeGreaterThan(2 * sigmaM);
    const { truth } = scans[Math.max(20, Math.min(39, nearest))]!;
    const others = truth.filter((_, index) => index >> 1 !== pair);
    expect(
      Math.min(...others.map((other) => distance(other.positionEnuM, truth[2 * pair]!.positionEnuM))),
    ).toBeGreaterThan(2 * sigmaM);
  }
});

test("s3 drifts as white acceleration of 4 m²/s³ does, forwards and backwards", () => {
  const { scans } = trackScene("s3");
  let square = 0;
  let count = 0;
  for (const [index, { truth }] of scans.slice(1).entries()) {
    for (const [target, { velocityEnuMps }] of truth.entries()) {
      square += distance(velocityEnuMps, scans[index]!.truth[target]!.velocityEnuMps) ** 2 / 3;
      count++;
    }
  }
  // The variance of a velocity grows by 0.4 m²/s² per scan; of 35 400 draws per target axis the mean is right to 2 %.
  expect(Math.abs(square / count / 0.4 - 1)).toBeLessThan(0.03);
});

test("s4 flies level at constant speed, straight or at 3 g, and turns to both sides", () => {
  const { scans, targetCount } = trackScene("s4");
  let turning = 0;
  for (let target = 0; target < targetCount; target++) {
    const sides = new Set<number>();
    for (const [index, { truth }] of scans.slice(1).entries()) {
      const [e, n, u] = truth[target]!.velocityEnuMps;
      const [eBefore, nBefore] = scans[index]!.truth[target]!.velocityEnuMps;
      const speedMps = Math.hypot(e, n);
      expect(u).toBe(0);
      expect(speedMps).toBeGreaterThanOrEqual(40);
      expect(speedMps).toBeLessThanOrEqual(60);
      const turnedRad = Math.atan2(eBefore * n - nBefore * e, eBefore * e + nBefore * n);
      // Speed times rate of turn is the acceleration across the path.
      const across = (speedMps * turnedRad) / 0.1;
      if (Math.abs(across) < 1e-6) continue;
      expect(Math.abs(across)).toBeCloseTo(3 * 9.80665, 6);
      sides.add(Math.sign(across));
      turning++;
    }
    expect(sides.size).toBe(2);
  }
  const share = turning / (targetCount * (scans.length - 1));
  expect(share).toBeGreaterThan(0.4);
  expect(share).toBeLessThan(0.8);
});

test("s4 moves along its velocity: the chord of each scan is that of the arc", () => {
  const { scans } = trackScene("s4", { scanCount: 40 });
  for (const [index, { truth }] of scans.slice(1).entries()) {
    for (const [target, { positionEnuM, velocityEnuMps }] of truth.entries()) {
      const before = scans[index]!.truth[target]!;
      const speedMps = Math.hypot(...velocityEnuMps);
      const turnedRad = distance(velocityEnuMps, before.velocityEnuMps) < 1e-9 ? 0 : (3 * 9.80665 * 0.1) / speedMps;
      const chordM = turnedRad === 0 ? speedMps * 0.1 : ((2 * speedMps * 0.1) / turnedRad) * Math.sin(turnedRad / 2);
      expect(distance(positionEnuM, before.positionEnuM)).toBeCloseTo(chordM, 9);
    }
  }
});

test("A scene of no scans is refused", () => {
  expect(() => trackScene("s1", { scanCount: 0 })).toThrow("at least one scan");
});
