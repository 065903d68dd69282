/**
 * Where the views of cameras may meet: the points of a volume at which it is worth asking which cameras see them.
 *
 * A lattice over the volume misses narrow views that meet between its points, as they do in a box of kilometres. So each camera is also followed along
 * what it sees: rays through a few pixels, cut to the part within the box, and of every two rays of two cameras the places where
 * they come closest (Ericson, Real-Time Collision Detection, 2005, section 5.1.9). Cameras aimed at one target meet in their axes, and
 * those that share a corner of their pictures near a ray of it. It is a search, not a proof: a sliver of a view may still be missed.
 */
import { add, dot, type Intrinsics, type Pose, scale, subtract, unproject, type Vec3 } from "@skyvox/core";

/** A camera's lens and pose. */
export interface View {
  readonly intrinsics: Intrinsics;
  readonly pose: Pose;
}

/** A box along the axes of the local east-north-up frame, metres. */
export interface Box {
  readonly minM: Vec3;
  readonly maxM: Vec3;
}

/** The part of a ray within a box: `originEnuM + t * direction`, `direction` of length 1, `t` from `nearM` to `farM`. */
export interface Chord {
  readonly originEnuM: Vec3;
  readonly direction: Vec3;
  readonly nearM: number;
  readonly farM: number;
}

/** Pixels per axis that a view is followed through: the corners, the middles of the edges and the centre. */
const RAYS_PER_AXIS = 3;

/** Returns what so many pixels per axis of a view see, the outermost included: unit directions, fewer past the fold of a lens. */
export function directionsOf({ intrinsics, pose }: View, perAxis: number): Vec3[] {
  const along = (sidePx: number, step: number): number => ((sidePx - 1) * step) / (perAxis - 1);
  const directions: Vec3[] = [];
  for (let row = 0; row < perAxis; row++) {
    for (let column = 0; column < perAxis; column++) {
      const pixel = [along(intrinsics.widthPx, column), along(intrinsics.heightPx, row)] as const;
      const direction = unproject(intrinsics, pose, pixel);
      if (direction !== null) directions.push(direction);
    }
  }
  return directions;
}

/** Cuts the rays of a view to a box. Empty where no ray meets it. */
export function chordsOf(view: View, box: Box): Chord[] {
  const chords = directionsOf(view, RAYS_PER_AXIS).map((direction) => cut(view.pose.cameraInEnuM, direction, box));
  return chords.filter((chord) => chord !== null);
}

/** Yields the middle of every chord, then of every two chords of different views the two points at which they come closest. */
export function* meetingPoints(chordsOfViews: readonly (readonly Chord[])[]): Generator<Vec3> {
  for (const chord of chordsOfViews.flat()) yield at(chord, (chord.nearM + chord.farM) / 2);
  for (const [index, chords] of chordsOfViews.entries()) {
    for (const others of chordsOfViews.slice(index + 1)) {
      for (const chord of chords) for (const other of others) yield* closestPoints(chord, other);
    }
  }
}

/** The slab test: where a ray enters the box and where it leaves it again; null where it misses the box. */
function cut(originEnuM: Vec3, direction: Vec3, { minM, maxM }: Box): Chord | null {
  let nearM = 0;
  let farM = Number.POSITIVE_INFINITY;
  for (const axis of [0, 1, 2] as const) {
    const slope = direction[axis];
    const [low, high] = [minM[axis] - originEnuM[axis], maxM[axis] - originEnuM[axis]];
    if (slope === 0) {
      if (low > 0 || high < 0) return null;
      continue;
    }
    nearM = Math.max(nearM, Math.min(low / slope, high / slope));
    farM = Math.min(farM, Math.max(low / slope, high / slope));
  }
  return nearM < farM ? { originEnuM, direction, nearM, farM } : null;
}

/** The point of each chord that is closest to the other chord. Of parallel ones, whose views widen, the far ends are taken. */
function closestPoints(a: Chord, b: Chord): readonly [Vec3, Vec3] {
  const between = subtract(b.originEnuM, a.originEnuM);
  const cosine = dot(a.direction, b.direction);
  const sine2 = 1 - cosine * cosine;
  const along = (dot(between, a.direction) - cosine * dot(between, b.direction)) / sine2;
  const first = sine2 > PARALLEL_SINE2_MAX ? clampTo(a, along) : a.farM;
  const inB = at(b, nearestOn(b, at(a, first)));
  return [at(a, nearestOn(a, inB)), inB];
}

/** Below this squared sine, rounding decides where two rays come closest. */
const PARALLEL_SINE2_MAX = 1e-12;

function nearestOn(chord: Chord, pointEnuM: Vec3): number {
  return clampTo(chord, dot(subtract(pointEnuM, chord.originEnuM), chord.direction));
}

function clampTo({ nearM, farM }: Chord, t: number): number {
  return Math.min(farM, Math.max(nearM, t));
}

function at({ originEnuM, direction }: Chord, t: number): Vec3 {
  return add(originEnuM, scale(direction, t));
}
