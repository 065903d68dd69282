import { expect, test } from "bun:test";
import { CAMERAS, HELLO } from "../../test/fake-world.ts";
import { projectToPixel } from "./geometry.ts";
import { extentOf, multiples, niceStep, pictureCorners, scaleMarks, spanOf } from "./site-plan.ts";

test("Steps are 1, 2 or 5 times a power of ten and give at least the cells asked for", () => {
  expect(niceStep(168, 11)).toBe(10);
  expect(niceStep(100, 20)).toBe(5);
  expect(niceStep(3, 4)).toBeCloseTo(0.5, 12);
  expect(niceStep(7_000, 10)).toBe(500);
});

test("Multiples include both ends where they fall on them", () => {
  expect(multiples(-60, 60, 20)).toEqual([-60, -40, -20, 0, 20, 40, 60]);
  expect(multiples(1, 9, 5)).toEqual([5]);
  expect(multiples(1, 4, 5)).toEqual([]);
});

test("The extent holds the volume and the cameras", () => {
  expect(extentOf(HELLO.site)).toEqual({ minM: [-82, -84, 0], maxM: [84, 82, 70] });
  expect(spanOf(HELLO.site)).toBe(166);
});

test("Scale marks stand on the ground and say their own metre", () => {
  for (const { atM, text } of scaleMarks(HELLO.site)) {
    expect(atM[2]).toBe(0);
    expect([atM[0], atM[1]]).toContain(Number(text));
  }
});

test("Corners of a picture project onto the corners of the sensor", () => {
  const [camera] = CAMERAS;
  if (!camera) throw new Error("no camera");
  const corners = pictureCorners(camera, 20).map((corner) =>
    projectToPixel(camera, corner)?.map((p) => Math.round(10 * p) / 10),
  );
  expect(corners).toEqual([
    [-0.5, -0.5],
    [1919.5, -0.5],
    [1919.5, 1079.5],
    [-0.5, 1079.5],
  ]);
});
