/**
 * Op `rays`: image points become directions in grid axes.
 *
 * Input: view 0 … 31 with its ray model, and points: rows of 4 words `[u, v, weight, ignored]`, u and v in 1/256 pixel, below 2^21.
 * Table "rays": rows of 5 words `[dx, dy, dz, weight, view]`, the first three int32, in order of calls and of points.
 *
 * The arithmetic of a direction stands in `ray-model.ts`. A point past the last node of the bend table uses the last square of
 * nodes, so that no read leaves the table. Only the ratios of d matter; |d| < 2^30.
 * Rays are appended until `clear` (or `castDense`, which uses them up). An op that would bring more than `raysMax` rays, or bring
 * the sum of all weights since `clear` to 2^32, adds nothing and fails: a voxel gets each ray at most once, so no voxel wraps.
 */
import { assert, SkyvoxError, type Vec3 } from "@skyvox/core";
import type { LensBend } from "../node-table.ts";
import type { RayModel } from "../ray-model.ts";

/** Words in a point handed to op `rays`. */
export const POINT_WORDS = 4;
/** Words in a row of table "rays". */
export const RAY_WORDS = 5;

/** Rays of one grid. `count` rows of `rows` are in use; `weightTotal` is the sum of all weights since `clear`. */
export interface RayList {
  readonly rows: Uint32Array;
  count: number;
  weightTotal: number;
}

/**
 * Appends one ray per point.
 *
 * @throws {SkyvoxError} code "capacity" when the list has too few free rows or the weights reach 2^32; nothing is added then.
 */
export function appendRays(list: RayList, model: RayModel, view: number, points: Uint32Array): void {
  const count = points.length / POINT_WORDS;
  const raysMax = list.rows.length / RAY_WORDS;
  let weightTotal = list.weightTotal;
  for (let p = 0; p < points.length; p += POINT_WORDS) weightTotal += points[p + 2]!;
  if (list.count + count > raysMax) {
    throw new SkyvoxError("capacity", `Cannot add ${count} rays: ${list.count} are there, need at most ${raysMax}`);
  }
  if (weightTotal >= 2 ** 32) {
    throw new SkyvoxError("capacity", `Cannot add ${count} rays: weights sum to ${weightTotal}, need less than 2^32`);
  }
  for (let p = 0; p < points.length; p += POINT_WORDS) {
    const direction = rayDirection(model, points[p]!, points[p + 1]!);
    list.rows.set([...direction, points[p + 2]!, view], RAY_WORDS * list.count);
    list.count += 1;
  }
  list.weightTotal = weightTotal;
}

/** Returns the direction `[dx, dy, dz]` int32, in grid axes and without unit, of the ray through (u, v) in 1/256 pixel. */
export function rayDirection(model: RayModel, u: number, v: number): [number, number, number] {
  const bigU = ((u - model.principalU) << 4) + bend(model, u, v, 0);
  const bigV = ((v - model.principalV) << 4) + bend(model, u, v, 1);
  // Below 2^53, so the float sum is exact; dividing by a power of two is exact anyway.
  const along = (k: 0 | 1 | 2) => Math.floor((model.a[k] * bigU + model.b[k] * bigV) / 2 ** model.fractionBits);
  return [(model.c[0] + along(0)) | 0, (model.c[1] + along(1)) | 0, (model.c[2] + along(2)) | 0];
}

/** Returns what undoing the lens adds to u (part 0) or v (part 1), in 1/4096 pixel: bilinear between four nodes of its table. */
export function bend(model: LensBend, u: number, v: number, part: 0 | 1): number {
  const { bendColumns, bendRows, bendQ12 } = model;
  if (bendColumns === 0) return 0;
  const s = 8 + model.bendShift;
  const i = Math.min(u >>> s, bendColumns - 2);
  const j = Math.min(v >>> s, bendRows - 2);
  const inSquare = (1 << s) - 1;
  const node = (row: number, column: number) => bendQ12[2 * (row * bendColumns + column) + part]!;
  const top = between(node(j, i), node(j, i + 1), u & inSquare, s);
  const bottom = between(node(j + 1, i), node(j + 1, i + 1), u & inSquare, s);
  return between(top, bottom, v & inSquare, s);
}

/** The value `fraction` / 2^s of the way from `from` to `to`, rounded half up; int32 throughout. */
function between(from: number, to: number, fraction: number, s: number): number {
  return (from + ((Math.imul(to - from, fraction) + (1 << (s - 1))) >> s)) | 0;
}

/** One ray as the casting ops see it. */
export interface Ray {
  /** Where its view stands now, not when the ray was added; of a segment, where it enters the slab of its tile. */
  readonly originQ20: Vec3;
  readonly direction: Vec3;
  readonly weight: number;
  /** 0 … 31. */
  readonly view: number;
}

/** Yields the rays of a list in order, each with the origin of its view. */
export function* raysOf(list: RayList, views: readonly (RayModel | null)[]): Generator<Ray> {
  for (let index = 0; index < list.count; index++) {
    const model = views[list.rows[index * RAY_WORDS + 4]!];
    assert(model != null, "a view with rays has been set");
    yield rayAt(list, index, model.originQ20);
  }
}

/** Returns one ray of a list, as it is from the given origin on. */
export function rayAt({ rows }: RayList, index: number, originQ20: Vec3): Ray {
  const r = index * RAY_WORDS;
  const direction = [rows[r]! | 0, rows[r + 1]! | 0, rows[r + 2]! | 0] as const;
  return { originQ20, direction, weight: rows[r + 3]!, view: rows[r + 4]! };
}
