import { expect, test } from "bun:test";
import { type Intrinsics, lookAt, type Vec3 } from "@skyvox/core";
import { paintBackdrop } from "./backdrop.ts";

const intrinsics: Intrinsics = {
  widthPx: 160,
  heightPx: 120,
  fxPx: 130,
  fyPx: 130,
  cxPx: 79.5,
  cyPx: 59.5,
  distortion: [0, 0, 0, 0, 0],
};
const paint = (cameraInEnuM: Vec3, aim: Vec3, seed = 4) =>
  paintBackdrop(intrinsics, lookAt({ cameraInEnuM, targetEnuM: aim }), seed);
const rowMean = (image: Uint16Array, row: number) => {
  let sum = 0;
  for (let u = 0; u < 160; u++) sum += image[row * 160 + u]!;
  return sum / 160 / 256;
};

test("Backdrop is bright above the horizon, dark below, with room for noise at both ends", () => {
  const image = paint([0, 0, 2], [0, 100, 2]);
  expect(rowMean(image, 5)).toBeGreaterThan(rowMean(image, 100) + 25);
  for (const grey of image) {
    expect(grey).toBeGreaterThanOrEqual(12 * 256);
    expect(grey).toBeLessThanOrEqual(240 * 256);
  }
});

test("Backdrop shows the same sky to cameras that look the same way from different places", () => {
  const here = paint([0, 0, 2], [0, 100, 60]);
  const there = paint([80, -40, 5], [80, 60, 63]);
  // At 31 degrees up with 25 degrees of half-height no land is in view.
  let worst = 0;
  for (let i = 0; i < here.length; i++) worst = Math.max(worst, Math.abs(here[i]! - there[i]!));
  expect(worst).toBeLessThanOrEqual(1);
});

test("Backdrop shows the same meadow to cameras that look at one place from opposite sides", () => {
  const from = (north: number) => paint([0, north, 4], [0, 0, 0]);
  const south = from(-4);
  const north = from(4);
  // The image of the other side, turned by half a circle, is the same ground near the aim up to perspective: the nearest pixels agree.
  const centre = (image: Uint16Array, turned: boolean) =>
    [-2, -1, 0, 1, 2].map((du) => image[(turned ? 60 : 59) * 160 + 79 + (turned ? -du : du) + (turned ? 1 : 0)]! / 256);
  const a = centre(south, false);
  const b = centre(north, true);
  for (const [index, grey] of a.entries()) expect(Math.abs(grey - (b[index] ?? Number.NaN))).toBeLessThan(3);
});

test("Backdrop repeats for a seed, differs for another, and survives a lens folded inside the image", () => {
  expect(paint([0, 0, 2], [0, 9, 5])).toEqual(paint([0, 0, 2], [0, 9, 5]));
  expect(paint([0, 0, 2], [0, 9, 5])).not.toEqual(paint([0, 0, 2], [0, 9, 5], 5));
  const folded = { ...intrinsics, distortion: [-2, 0, 0, 0, 0] as const };
  const image = paintBackdrop(folded, lookAt({ cameraInEnuM: [0, 0, 2], targetEnuM: [0, 9, 5] }), 1);
  expect(image.every((grey) => grey >= 12 * 256)).toBe(true);
});
