/**
 * Where the upstream program would begin to walk a ray, in its own single precision.
 *
 * It clips the ray against its grid and takes the voxel of the point of entry. A ray that enters through an upper face gets index N there,
 * which it takes for outside, so the whole ray is dropped; whether a ray that only just touches such a face survives is a matter of
 * rounding. Reproducing its result therefore means rounding after every operation as it does (`Math.fround`).
 */
import type { Mat3, Vec3 } from "@skyvox/core";

const f = Math.fround;

/** A cube of `count`³ voxels of `edge` metres about `centre`. */
export interface UpstreamGrid {
  readonly count: number;
  readonly edge: number;
  readonly centre: Vec3;
}

/** Says whether the ray's first voxel lies inside the grid as the upstream program computes it. */
export function entersUpstreamGrid(grid: UpstreamGrid, position: Vec3, direction: Vec3): boolean {
  const half = f(0.5 * f(grid.count * grid.edge));
  let nearest = 0;
  let farthest = Number.POSITIVE_INFINITY;
  for (let axis = 0; axis < 3; axis++) {
    const origin = f(position[axis]!);
    const slope = direction[axis]!;
    const low = f(f(grid.centre[axis]!) - half);
    const high = f(f(grid.centre[axis]!) + half);
    if (Math.abs(slope) < f(1e-12)) {
      if (origin < low || origin > high) return false;
      continue;
    }
    const first = f(f(low - origin) / slope);
    const second = f(f(high - origin) / slope);
    nearest = Math.max(nearest, Math.min(first, second));
    farthest = Math.min(farthest, Math.max(first, second));
    if (nearest > farthest) return false;
  }
  for (let axis = 0; axis < 3; axis++) {
    const low = f(f(grid.centre[axis]!) - half);
    const entry = f(f(position[axis]!) + f(nearest * direction[axis]!));
    const index = Math.trunc(f(f(entry - low) / f(grid.edge)));
    if (index < 0 || index >= grid.count) return false;
  }
  return true;
}

/** The unit direction of pixel (u, v), counted from the picture's corner, in single precision. `R` maps camera to world axes. */
export function upstreamDirection(options: {
  readonly worldFromCamera: Mat3;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fovDeg: number;
  readonly u: number;
  readonly v: number;
}): Vec3 {
  const { worldFromCamera: r, widthPx, heightPx } = options;
  const focal = f(f(widthPx * 0.5) / f(Math.tan(f(radians(options.fovDeg) * 0.5))));
  const [x, y, z] = normalizeF([f(options.u - f(0.5 * widthPx)), f(-f(options.v - f(0.5 * heightPx))), -focal]);
  const row = (at: 0 | 3 | 6): number =>
    f(f(f(f(r[at]) * x) + f(f(r[(at + 1) as 1]) * y)) + f(f(r[(at + 2) as 2]) * z));
  return normalizeF([row(0), row(3), row(6)]);
}

/** Rz(yaw) Ry(roll) Rx(pitch), degrees, every product rounded to single precision. */
export function upstreamRotation(yawDeg: number, pitchDeg: number, rollDeg: number): Mat3 {
  const [cy, sy] = cosSin(yawDeg);
  const [cp, sp] = cosSin(pitchDeg);
  const [cr, sr] = cosSin(rollDeg);
  const yawRoll: Mat3 = multiplyF([cy, f(-sy), 0, sy, cy, 0, 0, 0, 1], [cr, 0, sr, 0, 1, 0, f(-sr), 0, cr]);
  return multiplyF(yawRoll, [1, 0, 0, 0, cp, f(-sp), 0, sp, cp]);
}

function radians(degrees: number): number {
  return f(f(f(degrees) * f(Math.PI)) / 180);
}

function cosSin(degrees: number): readonly [number, number] {
  const angle = radians(degrees);
  return [f(Math.cos(angle)), f(Math.sin(angle))];
}

function normalizeF([x, y, z]: Vec3): Vec3 {
  const length = f(Math.sqrt(f(f(f(x * x) + f(y * y)) + f(z * z))));
  return length < f(1e-12) ? [0, 0, 0] : [f(x / length), f(y / length), f(z / length)];
}

function multiplyF(a: Mat3, b: Mat3): Mat3 {
  const cell = (row: number, column: number): number =>
    f(f(f(a[row]! * b[column]!) + f(a[row + 1]! * b[column + 3]!)) + f(a[row + 2]! * b[column + 6]!));
  return [cell(0, 0), cell(0, 1), cell(0, 2), cell(3, 0), cell(3, 1), cell(3, 2), cell(6, 0), cell(6, 1), cell(6, 2)];
}
