/**
 * A first path from calibrated cameras: at every control point's time the point nearest to all sight lines, gaps bridged by straight lines.
 *
 * The weighted-by-nothing midpoint of lines is a start only; the bundle adjustment with held cameras makes it the best path.
 */
import { inverse3, type Mat3, transform3, type Vec3 } from "@skyvox/core";
import type { Views } from "./bundle-problem.ts";
import { type CameraState, captureTimeS, centreOf, intrinsicsOf } from "./camera-state.ts";
import { createPathSpline, type PathSpline } from "./path-spline.ts";
import { type SightTrack, sightAt, sightTrack } from "./sight-track.ts";

/** A camera whose lens, pose and clock are known, with what it saw. */
export interface PlacedCamera {
  readonly state: CameraState;
  readonly views: Views;
}

/** A camera's sights by site time. */
export interface PlacedSights {
  readonly state: CameraState;
  readonly sights: SightTrack;
}

/** Puts a camera's sights on site time. */
export function placeSights({ state, views }: PlacedCamera): PlacedSights {
  const timesS = views.nominalS.map((nominalS, i) => captureTimeS(state, nominalS, views.vPx[i]!));
  // The size of the picture does not matter to directions.
  const lens = intrinsicsOf(state, { widthPx: 1, heightPx: 1 });
  return { state, sights: sightTrack({ ...views, nominalS: timesS }, lens) };
}

/** Counts the cameras that see the target at a time: between two views that are no gap apart. */
export function viewCountAt(cameras: readonly PlacedSights[], timeS: number): number {
  const scratch = new Float64Array(2);
  return cameras.filter(({ sights }) => sightAt(sights, timeS, scratch, 0)).length;
}

/** Finds a first path over a span of site time, or null where no two cameras ever see the target at once. */
export function pathFromSights(
  cameras: readonly PlacedSights[],
  span: { readonly fromS: number; readonly toS: number; readonly stepS: number },
): PathSpline | null {
  const path = createPathSpline(span);
  const count = path.control.length / 3;
  let last = -1;
  for (let i = 0; i < count; i++) {
    // The middle of what a control point acts on is one step before its index.
    const point = intersectAt(cameras, path.startS + (i - 1) * path.stepS);
    if (point === null) continue;
    bridge(path.control, last, i, point);
    last = i;
  }
  if (last < 0) return null;
  for (let i = last + 1; i < count; i++) path.control.copyWithin(i * 3, last * 3, last * 3 + 3);
  return path;
}

/** Returns the point nearest to the sight lines at a time: (Σ (I - d dᵀ)) p = Σ (I - d dᵀ) c. Null with less than two, or parallel, lines. */
function intersectAt(cameras: readonly PlacedSights[], timeS: number): Vec3 | null {
  const sight = new Float64Array(2);
  const a = new Float64Array(9);
  const b = new Float64Array(3);
  let lines = 0;
  for (const { state, sights } of cameras) {
    if (!sightAt(sights, timeS, sight, 0)) continue;
    const r = state.cameraFromEnu;
    const length = Math.hypot(sight[0]!, sight[1]!, 1);
    const d = [0, 1, 2].map((k) => (r[k]! * sight[0]! + r[3 + k]! * sight[1]! + r[6 + k]!) / length);
    const c = centreOf(state);
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 3; column++) {
        const entry = (row === column ? 1 : 0) - d[row]! * d[column]!;
        a[row * 3 + column]! += entry;
        b[row]! += entry * c[column]!;
      }
    }
    lines += 1;
  }
  if (lines < 2) return null;
  const inverse = inverse3([...a] as [...Mat3]);
  const point = inverse && transform3(inverse, [b[0]!, b[1]!, b[2]!]);
  return point?.every(Number.isFinite) ? point : null;
}

/** Writes a point at index `to` and a straight line since index `from`; before the first point everything rests there. */
function bridge(control: Float64Array, from: number, to: number, point: Vec3): void {
  control.set(point, to * 3);
  for (let i = from + 1; i < to; i++) {
    const share = from < 0 ? 1 : (i - from) / (to - from);
    for (let axis = 0; axis < 3; axis++) {
      const start = from < 0 ? point[axis]! : control[from * 3 + axis]!;
      control[i * 3 + axis] = start + share * (point[axis]! - start);
    }
  }
}
