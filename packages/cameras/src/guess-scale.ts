/**
 * Guesses from calibrated cameras alone what they were put up to watch: a box, a voxel size and how targets move.
 *
 * The centre is the point nearest to all optical axes. The box holds what as many cameras see as must agree (three,
 * or two where there are fewer than four) no further from the centre than the cameras are in the median, and nothing below the floor: the
 * plane up = 0 where all cameras stand above it. Its edges go out to whole voxels. Voxels are a hundredth of the longest edge, rounded to
 * 1, 2 or 5 times a power of ten, but not less than two pixels at the centre. All of it is a starting point that the site file states and its owner corrects.
 */
import {
  add,
  distance,
  type Intrinsics,
  inverse3,
  isInFrame,
  type Mat3,
  projectOptical,
  scale,
  subtract,
  transform3,
  type Vec3,
} from "@skyvox/core";
import { viewsMinFor } from "./site.ts";

/** Lens and place of a camera. */
interface PlacedCamera {
  readonly intrinsics: Intrinsics;
  readonly cameraInEnuM: Vec3;
  readonly cameraFromEnu: Mat3;
}

/** The guess: the box in metres of the site's frame, and a target that suits its size. */
export interface ScaleGuess {
  readonly volume: {
    readonly minM: [number, number, number];
    readonly maxM: [number, number, number];
    readonly voxelSizeM: number;
  };
  readonly target: { readonly sizeM: number; readonly speedMps: number; readonly accelerationMps2: number };
}

/** Points per axis of the lattice the common view is sampled with. */
const LATTICE_POINTS = 25;
const VOXELS_PER_EDGE = 100;
const VOXEL_PIXELS_MIN = 2;
/** A volume whose longest edge is shorter than this is a room. */
const ROOM_M = 20;
const PERSON_M = 2;
/** Where axes do not meet ahead of the cameras: the distance at which rays of the outermost cameras meet at about 6 degrees. */
const RANGE_PER_BASELINE = 10;
/** A single camera has no scale at all. */
const BASELINE_UNKNOWN_M = 1;

/** Guesses volume, voxel size and target from at least one camera. */
export function guessScale(cameras: readonly PlacedCamera[]): ScaleGuess {
  const centre = centreOfView(cameras);
  const ranges = cameras.map((camera) => distance(camera.cameraInEnuM, centre)).toSorted((a, b) => a - b);
  const rangeM = ranges[(ranges.length - 1) >> 1] ?? BASELINE_UNKNOWN_M;
  const floorM = cameras.every((camera) => camera.cameraInEnuM[2] > 0) ? 0 : Number.NEGATIVE_INFINITY;
  const { minM, maxM } = commonView(cameras, centre, rangeM, floorM);
  const longestM = Math.max(...subtract(maxM, minM));
  const pixelM = rangeM / Math.max(...cameras.map(({ intrinsics }) => intrinsics.fxPx));
  const voxelSizeM = round125(Math.max(longestM / VOXELS_PER_EDGE, VOXEL_PIXELS_MIN * pixelM));
  return {
    volume: {
      minM: roundTo(minM, voxelSizeM, Math.floor),
      maxM: roundTo(maxM, voxelSizeM, Math.ceil),
      voxelSizeM,
    },
    // The defaults of a site suit what flies over a field. In a room a person is looked for: arms and legs are one target.
    target: {
      sizeM: longestM < ROOM_M ? Math.min(PERSON_M, round125(longestM / 2)) : 1,
      speedMps: Math.min(20, round125(longestM / 2.5)),
      accelerationMps2: Math.min(10, round125(longestM)),
    },
  };
}

/** Returns the point nearest to all optical axes, or one ahead of the cameras where the axes do not meet there. */
function centreOfView(cameras: readonly PlacedCamera[]): Vec3 {
  const away = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  let right: Vec3 = [0, 0, 0];
  for (const camera of cameras) {
    const axis = axisOf(camera);
    // I - a aᵀ takes away what lies along the axis: the sum's solution has the least squared distance to all axes.
    const across: Mat3 = acrossOf(axis);
    for (const [at, value] of across.entries()) away[at] = (away[at] ?? 0) + value;
    right = add(right, transform3(across, camera.cameraInEnuM));
  }
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = away;
  const inverse = inverse3([a, b, c, d, e, f, g, h, i]);
  const meeting = inverse === null ? null : transform3(inverse, right);
  const baselineM = Math.max(
    0,
    ...cameras.flatMap((p) => cameras.map((q) => distance(p.cameraInEnuM, q.cameraInEnuM))),
  );
  const rangeMaxM = RANGE_PER_BASELINE * (baselineM || BASELINE_UNKNOWN_M);
  if (meeting !== null && cameras.every((camera) => isAhead(camera, meeting, rangeMaxM))) return meeting;
  const mean = (points: Vec3[]) => scale(points.reduce(add, [0, 0, 0]), 1 / points.length);
  return add(mean(cameras.map((camera) => camera.cameraInEnuM)), scale(mean(cameras.map(axisOf)), rangeMaxM));
}

function isAhead(camera: PlacedCamera, point: Vec3, rangeMaxM: number): boolean {
  const inCamera = transform3(camera.cameraFromEnu, subtract(point, camera.cameraInEnuM));
  return inCamera[2] > 0 && inCamera[2] < rangeMaxM;
}

function axisOf({ cameraFromEnu }: PlacedCamera): Vec3 {
  return [cameraFromEnu[6], cameraFromEnu[7], cameraFromEnu[8]];
}

function acrossOf([x, y, z]: Vec3): Mat3 {
  return [1 - x * x, -x * y, -x * z, -x * y, 1 - y * y, -y * z, -x * z, -y * z, 1 - z * z];
}

/** Returns the box around the lattice points about the centre that most cameras see. */
function commonView(
  cameras: readonly PlacedCamera[],
  centre: Vec3,
  rangeM: number,
  floorM: number,
): { readonly minM: Vec3; readonly maxM: Vec3 } {
  const points = latticePoints(centre, rangeM).filter(
    (point) => point[2] >= floorM && distance(point, centre) <= rangeM,
  );
  const viewCounts = points.map((point) => cameras.filter((camera) => isSeen(camera, point)).length);
  const viewsMost = Math.max(0, ...viewCounts);
  const viewsEnough = Math.min(viewsMost, viewsMinFor(cameras.length));
  const seen = points.filter((_, index) => (viewCounts[index] ?? 0) >= viewsEnough);
  const span = (axis: 0 | 1 | 2, pick: (...values: number[]) => number) => pick(...seen.map((point) => point[axis]));
  const stepM = (2 * rangeM) / (LATTICE_POINTS - 1);
  // A lattice point stands for the cell about it, half a step each way.
  const low = (axis: 0 | 1 | 2) => span(axis, Math.min) - stepM / 2;
  const high = (axis: 0 | 1 | 2) => span(axis, Math.max) + stepM / 2;
  return { minM: [low(0), low(1), Math.max(floorM, low(2))], maxM: [high(0), high(1), high(2)] };
}

function latticePoints(centre: Vec3, rangeM: number): Vec3[] {
  const steps = Array.from({ length: LATTICE_POINTS }, (_, at) => rangeM * ((2 * at) / (LATTICE_POINTS - 1) - 1));
  return steps.flatMap((x) => steps.flatMap((y) => steps.map((z): Vec3 => add(centre, [x, y, z]))));
}

function isSeen({ intrinsics, cameraInEnuM, cameraFromEnu }: PlacedCamera, point: Vec3): boolean {
  const pixel = projectOptical(intrinsics, transform3(cameraFromEnu, subtract(point, cameraInEnuM)));
  return pixel !== null && isInFrame(intrinsics, pixel);
}

/** Rounds to the nearest of 1, 2 or 5 times a power of ten, by ratio: the borders are the geometric means. */
function round125(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  const lead = value / decade;
  const digit = lead < Math.SQRT2 ? 1 : lead < Math.sqrt(10) ? 2 : lead < Math.sqrt(50) ? 5 : 10;
  return Number((digit * decade).toPrecision(1));
}

/** Moves each coordinate to a whole number of steps, without the binary dust of the product. */
function roundTo(point: Vec3, step: number, round: (value: number) => number): [number, number, number] {
  const at = (value: number) => Number((round(value / step) * step).toPrecision(12));
  return [at(point[0]), at(point[1]), at(point[2])];
}
