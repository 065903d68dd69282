import { describe, expect, test } from "bun:test";
import {
  createPrng,
  type Intrinsics,
  lookAt,
  mat3FromQuaternion,
  type Pose,
  type Prng,
  projectOptical,
  quaternionFromAxisAngle,
  SkyvoxError,
  transform3,
} from "@skyvox/core";
import { rayDirection } from "./ops/rays.ts";
import { buildRayModel, type GridPlace, rayModelHash } from "./ray-model.ts";

const GRID: GridPlace = { minEnuM: [-50, -50, -50], voxelSizeM: 1, sizeVoxels: [100, 100, 100] };
const LENS: Intrinsics = lens(640, 480, 60, [0, 0, 0, 0, 0]);

function lens(
  widthPx: number,
  heightPx: number,
  angleDeg: number,
  distortion: Intrinsics["distortion"],
  offCentrePx = 0,
): Intrinsics {
  const fxPx = widthPx / 2 / Math.tan((angleDeg / 2) * (Math.PI / 180));
  const centre = { cxPx: (widthPx - 1) / 2 + offCentrePx, cyPx: (heightPx - 1) / 2 - offCentrePx / 3 };
  return { widthPx, heightPx, fxPx, fyPx: fxPx * 1.001, ...centre, distortion };
}

function randomPose(prng: Prng): Pose {
  const axis = [prng.normal(), prng.normal(), prng.normal()] as const;
  return {
    cameraInEnuM: [prng.uniform(-40, 40), prng.uniform(-40, 40), prng.uniform(-40, 40)],
    cameraFromEnu: mat3FromQuaternion(quaternionFromAxisAngle(axis, prng.uniform(0, Math.PI))),
    positionSigmaM: 0,
    angleSigmaRad: 0,
  };
}

/** Corners, edges, the centre and random places of an image, in 1/256 pixel. */
function imagePoints({ widthPx, heightPx }: Intrinsics, prng: Prng, count: number): [number, number][] {
  const right = 256 * (widthPx - 1);
  const bottom = 256 * (heightPx - 1);
  const points: [number, number][] = [];
  for (const u of [0, right >> 1, right]) for (const v of [0, bottom >> 1, bottom]) points.push([u, v]);
  for (let i = 0; i < count; i++) {
    points.push([prng.int(right + 1), prng.int(bottom + 1)]);
    points.push([prng.int(2) * right, prng.int(bottom + 1)]);
    points.push([prng.int(right + 1), prng.int(2) * bottom]);
  }
  return points;
}

/** How far from the point (u, v) its integer direction meets the image, in pixels: through the lens in double precision. */
function errorPx(
  intrinsics: Intrinsics,
  pose: Pose,
  direction: [number, number, number],
  u: number,
  v: number,
): number {
  const seen = projectOptical(intrinsics, transform3(pose.cameraFromEnu, direction));
  return seen === null ? Number.POSITIVE_INFINITY : Math.hypot(seen[0] - u / 256, seen[1] - v / 256);
}

describe("A ray model sees what the camera sees, within 0.02 px", () => {
  const none = [0, 0, 0, 0, 0] as const;
  const lenses: [string, Intrinsics][] = [
    ["VGA of 120 degrees", lens(640, 480, 120, none)],
    ["VGA of 2 degrees", lens(640, 480, 2, none, 11.37)],
    ["1080p of 60 degrees, off-centre", lens(1920, 1080, 60, none, -83.21)],
    ["8K of 120 degrees", lens(7680, 4320, 120, none, 3.1)],
    ["8K of 10 degrees", lens(7680, 4320, 10, none)],
    ["8K of 2 degrees", lens(7680, 4320, 2, none)],
    ["VGA of 75 degrees, barrel", lens(640, 480, 75, [-0.28, 0.09, 0.001, -0.0007, -0.01], 4.4)],
    ["VGA of 60 degrees, pincushion", lens(640, 480, 60, [0.25, 0.05, 0, 0.0005, 0])],
    ["720p of 110 degrees, barrel", lens(1280, 720, 110, [-0.12, 0.011, 0, 0, 0])],
    ["8K of 30 degrees, barrel", lens(7680, 4320, 30, [-0.1, 0.02, 0.0001, 0, 0])],
  ];
  for (const [name, intrinsics] of lenses) {
    test(name, () => {
      const prng = createPrng(7).fork(name);
      let worst = 0;
      let largest = 0;
      for (let i = 0; i < 20; i++) {
        const pose = randomPose(prng);
        const model = buildRayModel({ intrinsics, pose, grid: GRID });
        expect(Math.max(...[...model.a, ...model.b].map(Math.abs))).toBeLessThan(2 ** 27);
        for (const [u, v] of imagePoints(intrinsics, prng, 40)) {
          const direction = rayDirection(model, u, v);
          worst = Math.max(worst, errorPx(intrinsics, pose, direction, u, v));
          largest = Math.max(largest, ...direction.map(Math.abs));
        }
      }
      expect(worst).toBeLessThan(0.02);
      expect(largest).toBeLessThan(2 ** 30);
      expect(largest).toBeGreaterThan(2 ** 28);
    });
  }
});

test("A ray model keeps the sums of directions below 2^53", () => {
  for (const intrinsics of [lens(8192, 8192, 60, [0, 0, 0, 0, 0]), lens(7680, 4320, 2, [0, 0, 0, 0, 0], 400)]) {
    const model = buildRayModel({ intrinsics, pose: randomPose(createPrng(3)), grid: GRID });
    const largestU = Math.max(model.principalU, 256 * intrinsics.widthPx - model.principalU) * 16;
    expect(largestU).toBeLessThan(2 ** 25);
    for (const k of [0, 1, 2] as const) {
      expect(Math.abs(model.a[k]) * largestU + Math.abs(model.b[k]) * 2 ** 25).toBeLessThan(2 ** 53);
    }
  }
});

test("A camera in the middle looking north has a model worked by hand", () => {
  const intrinsics: Intrinsics = {
    widthPx: 3,
    heightPx: 1,
    fxPx: 1,
    fyPx: 1,
    cxPx: 1,
    cyPx: 0,
    distortion: [0, 0, 0, 0, 0],
  };
  const pose = lookAt({ cameraInEnuM: [1, 2, 3], targetEnuM: [1, 9, 3] });
  const grid: GridPlace = { minEnuM: [0, 0, 0], voxelSizeM: 0.5, sizeVoxels: [8, 8, 8] };
  const model = buildRayModel({ intrinsics, pose, grid });
  // The corner pixel sees (1, 0, 1) of length √2: the scale is 0.999 · 2^30 / √2 = 758,490,874.87; a pixel is 4,096 steps of U.
  expect(model.originQ20).toEqual([2 << 20, 4 << 20, 6 << 20]);
  expect(model.c).toEqual([0, 758_490_875, 0]);
  // 758,490,874.87 / 4,096 = 185,178.44; with 9 fraction bits 94,811,359 is below 2^27, with 10 it is not.
  expect(model.fractionBits).toBe(9);
  expect(model.a).toEqual([94_811_359, 0, 0]);
  expect(model.b).toEqual([0, 0, -94_811_359]);
  expect([model.principalU, model.principalV, model.bendColumns]).toEqual([256, 0, 0]);
  expect(rayDirection(model, 256, 0)).toEqual([0, 758_490_875, 0]);
  // floor(94,811,359 · 4,096 / 512) = 758,490,872.
  expect(rayDirection(model, 512, 0)).toEqual([758_490_872, 758_490_875, 0]);
  expect(rayDirection(model, 0, 0)).toEqual([-758_490_872, 758_490_875, 0]);
});

describe("A ray model is refused", () => {
  const pose = lookAt({ cameraInEnuM: [0, 0, 0], targetEnuM: [0, 10, 3] });
  const refusal = (options: { intrinsics?: Intrinsics; pose?: Pose; grid?: GridPlace }): string => {
    try {
      buildRayModel({ intrinsics: LENS, pose, grid: GRID, ...options });
    } catch (error) {
      if (error instanceof SkyvoxError && error.code === "calibration") return error.message;
      throw error;
    }
    return "not refused";
  };

  test("where a value is not a finite number", () => {
    expect(refusal({ intrinsics: { ...LENS, cxPx: Number.NaN } })).toContain("cxPx of NaN, need finite numbers");
    expect(refusal({ intrinsics: { ...LENS, distortion: [0, Number.NaN, 0, 0, 0] } })).toContain("distortion");
    expect(refusal({ pose: { ...pose, cameraInEnuM: [0, Number.POSITIVE_INFINITY, 0] } })).toContain("cameraInEnuM");
    expect(refusal({ grid: { ...GRID, voxelSizeM: Number.NaN } })).toContain("voxelSizeM");
  });

  test("where a size or focal length is out of range", () => {
    expect(refusal({ intrinsics: { ...LENS, fxPx: 0 } })).toContain("focal lengths of 0");
    const onePixel = { ...LENS, widthPx: 1, heightPx: 1, cxPx: 0, cyPx: 0, fxPx: 0.001, fyPx: 0.001 };
    expect(refusal({ intrinsics: onePixel })).toContain("focal length of 0.001 px");
    expect(refusal({ intrinsics: { ...LENS, widthPx: 8193 } })).toContain("image side of 8193 px");
    expect(refusal({ intrinsics: { ...LENS, heightPx: 0 } })).toContain("image side of 0 px");
    expect(refusal({ intrinsics: { ...LENS, cxPx: 1e6 } })).toContain("principal point");
    expect(refusal({ intrinsics: { ...LENS, cxPx: -8000 } })).toContain("from its principal point");
    expect(refusal({ grid: { ...GRID, voxelSizeM: 0 } })).toContain("voxel size of 0 m");
  });

  test("where the lens folds inside the image", () => {
    // The radial slope 1 + 3 k1 r² of k1 = -1 is zero at r = 0.577; the corner of this image lies at 0.72.
    const folding = refusal({ intrinsics: { ...LENS, distortion: [-1, 0, 0, 0, 0] } });
    expect(folding).toContain("folds the image at pixel (0, 0)");
  });

  test("where the lens bends too sharply between two pixels", () => {
    const tiny = lens(8, 6, 100, [-0.15, 0.02, 0, 0, 0]);
    expect(refusal({ intrinsics: tiny })).toContain("between pixels, need at most 0.015 px");
  });

  test("where rays leave the range of positions, and not just below", () => {
    // Looking along x only (a lens of 20 degrees), with T slabs to the far face: |o_y| + T + 8 must stay below 2048.
    const far = (distanceM: number): string =>
      refusal({
        intrinsics: lens(640, 480, 20, [0, 0, 0, 0, 0]),
        pose: lookAt({ cameraInEnuM: [-distanceM, -40, 0], targetEnuM: [0, -40, 0] }),
        grid: { minEnuM: [0, 0, 0], voxelSizeM: 1, sizeVoxels: [100, 100, 100] },
      });
    // Origin at x = -1899: 1899 + 100 = 1999 slabs, 40 + 1999 + 8 = 2047.
    expect(far(1899)).toBe("not refused");
    expect(far(1900)).toContain("rays reach 2048 voxels of 1 m, need fewer than 2048");
    // From the other side x = 1998.5 lies in slab 1998: 1999 slabs down to 0, and again 2047.
    expect(far(-1998.5)).toBe("not refused");
    expect(far(-1999.5)).toContain("rays reach 2048 voxels of 1 m");
  });

  test("where rays may run along a long axis, and not where none of the image does", () => {
    // Beside a tower 1,000 voxels high, 1,100 away: level rays stay in range, rays that climb it would pass 1,000 slabs.
    const beside = (angleDeg: number): string =>
      refusal({
        intrinsics: lens(640, 480, angleDeg, [0, 0, 0, 0, 0]),
        pose: lookAt({ cameraInEnuM: [-1100, 50, 0], targetEnuM: [0, 50, 0] }),
        grid: { minEnuM: [0, 0, 0], voxelSizeM: 1, sizeVoxels: [100, 100, 1000] },
      });
    expect(beside(40)).toBe("not refused");
    expect(beside(120)).toContain("rays reach 2108 voxels of 1 m, need fewer than 2048: voxels of 1.04 m or more");
  });

  test("where the camera stands out of range on an axis along which no ray runs", () => {
    const pose = lookAt({ cameraInEnuM: [0, 0, 2100], targetEnuM: [100, 0, 2100] });
    const grid: GridPlace = { minEnuM: [0, 0, 0], voxelSizeM: 1, sizeVoxels: [10, 10, 10] };
    expect(refusal({ intrinsics: lens(640, 480, 20, [0, 0, 0, 0, 0]), pose, grid })).toContain("2118 voxels");
  });

  test("with a voxel size that would do", () => {
    const pose = lookAt({ cameraInEnuM: [-900, 30, 5], targetEnuM: [0, 0, 100] });
    const grid = (voxelSizeM: number): GridPlace => ({
      minEnuM: [0, 0, 0],
      voxelSizeM,
      sizeVoxels: [Math.ceil(300 / voxelSizeM), Math.ceil(200 / voxelSizeM), Math.ceil(200 / voxelSizeM)],
    });
    const message = refusal({ pose, grid: grid(0.2) });
    const wanted = Number(/voxels of ([0-9.]+) m or more/.exec(message)?.[1]);
    expect(refusal({ pose, grid: grid(wanted) })).toBe("not refused");
    expect(refusal({ pose, grid: grid(0.97 * wanted) })).not.toBe("not refused");
  });
});

test("The hash of a ray model names every integer", () => {
  const intrinsics = lens(64, 48, 75, [-0.2, 0.05, 0, 0, 0]);
  const pose = lookAt({ cameraInEnuM: [0, 0, 0], targetEnuM: [0, 10, 3] });
  const model = buildRayModel({ intrinsics, pose, grid: GRID });
  const hash = rayModelHash(model);
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
  expect(rayModelHash(buildRayModel({ intrinsics: { ...intrinsics }, pose, grid: GRID }))).toBe(hash);
  const others = [
    { ...model, originQ20: [model.originQ20[0] + 1, model.originQ20[1], model.originQ20[2]] as const },
    { ...model, a: [model.a[0] + 1, model.a[1], model.a[2]] as const },
    { ...model, fractionBits: model.fractionBits - 1 },
    { ...model, principalV: model.principalV + 1 },
    { ...model, bendQ12: model.bendQ12.map((value, i) => (i === 17 ? value + 1 : value)) },
  ];
  expect(new Set([hash, ...others.map(rayModelHash)]).size).toBe(6);
});

test("A camera that moves keeps the table of its lens", () => {
  const intrinsics = lens(64, 48, 75, [-0.2, 0.05, 0, 0, 0]);
  const prng = createPrng(1);
  const first = buildRayModel({ intrinsics, pose: randomPose(prng), grid: GRID });
  const second = buildRayModel({ intrinsics, pose: randomPose(prng), grid: GRID });
  expect(second.bendQ12).toBe(first.bendQ12);
  expect(second.a).not.toEqual(first.a);
});
