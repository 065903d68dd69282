/**
 * Random frames, grids, cameras and rays that cases are made of.
 *
 * All come from a Prng, so that a seed names them. A grid has voxels of 1 m and its lower corner at the origin of the site, so that
 * metres and voxels are one.
 */
import { type Intrinsics, lookAt, type Pose, type Prng, project, type Vec3 } from "@skyvox/core";
import { noBend } from "../src/node-table.ts";
import { appendRays, RAY_WORDS, type RayList } from "../src/ops/rays.ts";
import { buildRayModel, type RayModel } from "../src/ray-model.ts";

/** Picks one of the values. */
export function pick<Value>(prng: Prng, ...values: readonly [Value, ...Value[]]): Value {
  return values[prng.int(values.length)] ?? values[0];
}

/** A frame of random grey levels. */
export function randomFrame(prng: Prng, pixels: number): Uint8Array {
  const frame = new Uint8Array(pixels);
  for (let i = 0; i < pixels; i++) frame[i] = prng.uint32() >>> 24;
  return frame;
}

/** Copies a frame and changes about `density` of its pixels, half of them by a few grey levels only. */
export function changedFrame(prng: Prng, frame: Uint8Array, density: number): Uint8Array {
  return frame.map((level) => {
    if (prng.float() >= density) return level;
    return prng.int(2) === 0 ? prng.int(256) : level + prng.int(9) - 4;
  });
}

/** A grid size of 1 to 40 voxels a side, mostly no multiple of 8. */
export function randomSize(prng: Prng): [number, number, number] {
  const side = () => pick(prng, 1, 5, 8, 13, 16, 23, 24, 31, 40);
  return [side(), side(), side()];
}

/** A camera of 64 by 48 pixels near or in a grid of 1 m voxels at the origin, looking at a place in it. */
export interface GridCamera {
  readonly intrinsics: Intrinsics;
  readonly pose: Pose;
  readonly model: RayModel;
}

/** Aims one of a few cameras at a place in the grid, from outside or, one time in four, from inside. */
export function randomCamera(prng: Prng, sizeVoxels: Vec3): GridCamera {
  const somewhere = (low: number, high: number): Vec3 => [
    prng.uniform(low, high) * sizeVoxels[0],
    prng.uniform(low, high) * sizeVoxels[1],
    prng.uniform(low, high) * sizeVoxels[2],
  ];
  const isInside = prng.int(4) === 0;
  const pose = lookAt({
    cameraInEnuM: isInside ? somewhere(0, 1) : somewhere(-1.5, 2.5),
    targetEnuM: somewhere(0.2, 0.8),
  });
  const intrinsics = pick(prng, ...lenses);
  const grid = { minEnuM: [0, 0, 0] as const, voxelSizeM: 1, sizeVoxels: [...sizeVoxels] as [number, number, number] };
  return { intrinsics, pose, model: buildRayModel({ intrinsics, pose, grid }) };
}

/** Few and shared, since a bent lens takes a table: wide, normal, long, barrel, pincushion. */
const lenses = [
  lens(30, 0, 0),
  lens(60, 0, 0),
  lens(200, 0, 0),
  lens(60, -0.05, 0.001),
  lens(90, 0.04, -0.002),
] as const;

function lens(fxPx: number, k1: number, p1: number): Intrinsics {
  const distortion = [k1, 0, p1, -p1, 0] as const;
  return { widthPx: 64, heightPx: 48, fxPx, fyPx: fxPx * 1.01, cxPx: 31.3, cyPx: 23.7, distortion };
}

/** Points for op `rays`: what the camera sees of the targets, and `clutter` others anywhere in the image. */
export function randomPoints(
  prng: Prng,
  { intrinsics, pose }: GridCamera,
  targetsEnuM: readonly Vec3[],
  clutter: number,
): Uint32Array {
  const points: number[] = [];
  for (const target of targetsEnuM) {
    const [u, v] = project(intrinsics, pose, target) ?? [-1, -1];
    if (u < 0 || v < 0 || u > 63 || v > 47) continue;
    points.push(Math.round(u * 256), Math.round(v * 256), 1 + prng.int(255), 1);
  }
  for (let i = 0; i < clutter; i++) points.push(prng.int(63 * 256 + 1), prng.int(47 * 256 + 1), prng.int(256), 0);
  return Uint32Array.from(points);
}

/** A view all of whose points look along `direction` from `originQ20`: for rays that no real camera hits exactly. */
export function directModel(originQ20: Vec3, direction: Vec3): RayModel {
  const none = [0, 0, 0] as const;
  return { originQ20, a: none, b: none, c: direction, fractionBits: 0, principalU: 0, principalV: 0, ...noBend };
}

/** One point in the corner of the image, with a weight. */
export function onePoint(weight: number): Uint32Array {
  return Uint32Array.of(0, 0, weight, 1);
}

/** Shuffles rows of 4 words. */
export function shuffledPoints(prng: Prng, points: Uint32Array): Uint32Array {
  const order = Array.from({ length: points.length / 4 }, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const other = prng.int(i + 1);
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return Uint32Array.from(order.flatMap((row) => [...points.subarray(4 * row, 4 * row + 4)]));
}

/** Views and a list of rays as the casting ops take them: `[view, origin in voxels, direction, weight]` each. */
export function directRays(...rays: readonly [view: number, originVoxels: Vec3, direction: Vec3, weight: number][]): {
  rays: RayList;
  views: (RayModel | null)[];
} {
  const views: (RayModel | null)[] = new Array(32).fill(null);
  const list: RayList = { rows: new Uint32Array(rays.length * RAY_WORDS), count: 0, weightTotal: 0 };
  for (const [view, originVoxels, direction, weight] of rays) {
    const model = directModel([q20(originVoxels[0]), q20(originVoxels[1]), q20(originVoxels[2])], direction);
    views[view] = model;
    appendRays(list, model, view, onePoint(weight));
  }
  return { rays: list, views };
}

/** Voxels to Q11.20. */
export function q20(voxels: number): number {
  return Math.round(voxels * 2 ** 20);
}
