import { expect, test } from "bun:test";
import { distance, isInFrame, project, SkyvoxError, type Vec3 } from "@skyvox/core";
import { demoScene, presetByName, presetNames } from "./presets.ts";
import { type Scene, truthAt } from "./scene.ts";

const isInside = ({ volume }: Scene, [e, n, u]: Vec3, marginM: number) =>
  e >= volume.minM[0] + marginM &&
  n >= volume.minM[1] + marginM &&
  u >= volume.minM[2] + marginM &&
  e <= volume.maxM[0] - marginM &&
  n <= volume.maxM[1] - marginM &&
  u <= volume.maxM[2] - marginM;

for (const name of presetNames) {
  test(`Preset "${name}" keeps its targets inside the volume for ten minutes and its birds outside`, () => {
    for (const seed of [1, 2, 3, 99]) {
      const scene = presetByName(name, seed);
      expect(scene.name).toBe(name);
      for (let tSeconds = 0; tSeconds <= 600; tSeconds += 0.25) {
        for (const { positionEnuM } of truthAt(scene, tSeconds)) {
          if (!isInside(scene, positionEnuM, 0.5)) throw new Error(`${name} ${seed} at ${tSeconds} s: ${positionEnuM}`);
        }
        for (const { pathAt } of scene.clutter) {
          if (isInside(scene, pathAt(tSeconds).positionEnuM, -10))
            throw new Error(`bird in ${name} ${seed} at ${tSeconds} s`);
        }
      }
    }
  });

  test(`Preset "${name}" shows every target to at least three cameras nearly always, at the speed of a drone or bird`, () => {
    const scene = presetByName(name, 1);
    let seenByThree = 0;
    let total = 0;
    for (let tSeconds = 0; tSeconds < 120; tSeconds += 0.5) {
      for (const { positionEnuM, velocityEnuMps } of truthAt(scene, tSeconds)) {
        expect(Math.hypot(...velocityEnuMps)).toBeLessThan(15);
        const views = scene.cameras.filter(({ intrinsics, pose }) => {
          const pixel = project(intrinsics, pose, positionEnuM);
          return pixel !== null && isInFrame(intrinsics, pixel);
        });
        total++;
        if (views.length >= 3) seenByThree++;
      }
    }
    expect(seenByThree / total).toBeGreaterThan(0.98);
  });

  test(`Preset "${name}" has cameras of distinct ids on the ground or on masts`, () => {
    const { cameras } = presetByName(name, 1);
    expect(new Set(cameras.map(({ id }) => id)).size).toBe(cameras.length);
    expect(cameras.length).toBeGreaterThanOrEqual(4);
    for (const { pose } of cameras) {
      expect(pose.cameraInEnuM[2]).toBeGreaterThanOrEqual(1.5);
      expect(pose.cameraInEnuM[2]).toBeLessThanOrEqual(12);
    }
  });
}

test("Demo pair crosses within two metres and never collides", () => {
  const scene = demoScene(1);
  let nearestM = Number.POSITIVE_INFINITY;
  for (let tSeconds = 0; tSeconds < 600; tSeconds += 0.02) {
    const truth = truthAt(scene, tSeconds);
    const a = truth.find(({ name }) => name === "pair-a");
    const b = truth.find(({ name }) => name === "pair-b");
    if (!a || !b) throw new Error("the demo has a pair");
    nearestM = Math.min(nearestM, distance(a.positionEnuM, b.positionEnuM));
  }
  expect(nearestM).toBeLessThan(2);
  expect(nearestM).toBeGreaterThan(0.6);
});

test("Demo hover nearly stands still for a good part of its flight, then goes", () => {
  const scene = demoScene(1);
  const speeds = Array.from({ length: 600 }, (_, i) => {
    const truth = truthAt(scene, i * 0.2).find(({ name }) => name === "hover");
    return Math.hypot(...(truth?.velocityEnuMps ?? [Number.NaN]));
  });
  expect(speeds.filter((speed) => speed < 0.5).length / speeds.length).toBeGreaterThan(0.2);
  expect(Math.max(...speeds)).toBeGreaterThan(4);
});

test("Preset of an unknown name is refused with the names there are", () => {
  expect(() => presetByName("moon")).toThrow(SkyvoxError);
  expect(() => presetByName("moon")).toThrow('Cannot open scene: "moon", need one of demo, pair, grazing');
});
