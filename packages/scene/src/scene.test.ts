import { expect, test } from "bun:test";
import { demoScene } from "./presets.ts";
import { isFrameDropped, truthAt, withoutClutter } from "./scene.ts";

test("Truth is named, ordered as the targets and a pure function of time", () => {
  const scene = demoScene(3);
  const truth = truthAt(scene, 12.5);
  expect(truth.map(({ name }) => name)).toEqual(scene.targets.map(({ name }) => name));
  expect(truthAt(demoScene(3), 12.5)).toEqual(truth);
  expect(truthAt(demoScene(4), 12.5)).not.toEqual(truth);
});

test("Frames are dropped at their rate, by seed and camera", () => {
  const scene = demoScene(3);
  const [first, second] = scene.cameras.map((camera) => ({ ...camera, dropRate: 0.1 }));
  if (!first || !second) throw new Error("two cameras");
  const dropped = (camera: typeof first) =>
    Array.from({ length: 2000 }, (_, frameIndex) => isFrameDropped(scene, camera, frameIndex));
  const count = dropped(first).filter(Boolean).length;
  // Binomial, 200 expected, sigma 13.4.
  expect(Math.abs(count - 200)).toBeLessThan(5 * 13.4);
  expect(dropped(first)).toEqual(dropped(first));
  expect(dropped(first)).not.toEqual(dropped(second));
  expect(isFrameDropped(scene, { ...first, dropRate: 1 }, 0)).toBe(true);
  expect(isFrameDropped(scene, { ...first, dropRate: 0 }, 0)).toBe(false);
});

test("Scene without clutter keeps its targets and loses birds and hot pixels", () => {
  const scene = demoScene(1);
  const quiet = withoutClutter(scene);
  expect(scene.clutter.length).toBeGreaterThan(0);
  expect(quiet.clutter).toEqual([]);
  expect(quiet.cameras.every(({ hotPixelCount }) => hotPixelCount === 0)).toBe(true);
  expect(quiet.targets).toEqual(scene.targets);
});
