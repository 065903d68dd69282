import { expect, test } from "bun:test";
import { lookAt, type Vec3 } from "@skyvox/core";
import { guessScale } from "./guess-scale.ts";

const intrinsics = {
  widthPx: 640,
  heightPx: 480,
  fxPx: 500,
  fyPx: 500,
  cxPx: 319.5,
  cyPx: 239.5,
  distortion: [0, 0, 0, 0, 0],
} as const;

function rig(positions: readonly Vec3[], targetOf: (position: Vec3) => Vec3) {
  return positions.map((position) => ({
    intrinsics,
    ...lookAt({ cameraInEnuM: position, targetEnuM: targetOf(position) }),
  }));
}

function circle(count: number, radiusM: number, heightM: number): Vec3[] {
  return Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * index) / count;
    return [radiusM * Math.cos(angle), radiusM * Math.sin(angle), heightM];
  });
}

test("Box lies about the point the cameras look at, from the floor up, in whole voxels", () => {
  const { volume, target } = guessScale(rig(circle(4, 20, 5), () => [0, 0, 4]));
  const { minM, maxM, voxelSizeM } = volume;
  expect(minM[2]).toBe(0);
  expect(maxM[2]).toBeGreaterThan(8);
  for (const axis of [0, 1] as const) {
    expect(minM[axis]).toBeCloseTo(-maxM[axis], 9);
    // A picture 640 pixels wide is 25.6 m wide 20 m away; nothing further from the centre than the cameras counts.
    expect(maxM[axis]).toBeGreaterThan(8);
    expect(maxM[axis]).toBeLessThan(20);
  }
  // Some 28 m in a hundred steps.
  expect(voxelSizeM).toBe(0.2);
  for (const value of [...minM, ...maxM]) expect(Math.abs(value / 0.2 - Math.round(value / 0.2))).toBeLessThan(1e-9);
  expect(target).toEqual({ sizeM: 1, speedMps: 10, accelerationMps2: 10 });
});

test("Voxels are no smaller than two pixels at the centre", () => {
  // 2 px of a 20 px focal length at 20 m are 2 m, a hundredth of the box far less.
  const blurred = rig(circle(3, 20, 5), () => [0, 0, 4]).map((camera) => ({
    ...camera,
    intrinsics: { ...intrinsics, fxPx: 20, fyPx: 20, widthPx: 26, heightPx: 20, cxPx: 12.5, cyPx: 9.5 },
  }));
  expect(guessScale(blurred).volume.voxelSizeM).toBe(2);
});

test("Cameras whose axes do not meet ahead are given a box ahead of them", () => {
  const sideBySide = rig(
    [
      [0, 0, 2],
      [1, 0, 2],
    ],
    ([e, n, u]) => [e, n + 1, u],
  );
  const { volume } = guessScale(sideBySide);
  // Ten times the metre between them is where the box's centre lies.
  expect(volume.minM[1]).toBeLessThan(10);
  expect(volume.maxM[1]).toBeGreaterThan(10);
  const apart = rig(
    [
      [0, 0, 2],
      [1, 0, 2],
    ],
    ([e, n, u]) => [e + (e - 0.5), n + 1, u],
  );
  expect(guessScale(apart).volume.maxM[1]).toBeGreaterThan(5);
});

test("A single camera and one below the floor get a box too", () => {
  for (const height of [3, -3]) {
    const { minM, maxM, voxelSizeM } = guessScale(rig([[0, 0, height]], () => [0, 30, height])).volume;
    for (const axis of [0, 1, 2] as const) expect(maxM[axis]).toBeGreaterThan(minM[axis]);
    expect(voxelSizeM).toBeGreaterThan(0);
  }
});
