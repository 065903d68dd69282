/**
 * What a camera sees behind the targets: a sky with clouds, a wooded horizon and a meadow, without noise.
 *
 * All of it is a function of the direction in the local east-north-up frame (the meadow of the point on the plane u = 0), so every camera of a
 * scene looks at one world. Textures are sums of lattice noise from an integer hash. The sky is soft and is worked out on a coarse grid; the
 * land has fine edges and is worked out per pixel. `Math.sin` and its kin may differ in the last bit between engines, so a few pixels
 * may differ by 1/256 grey level between two makes of machine; on one machine a seed always gives the same bytes.
 */
import { type Intrinsics, type Pose, unproject, type Vec3 } from "@skyvox/core";
import { latticeNoise, ringNoise } from "./lattice-noise.ts";

/** Paints the backdrop: `[heightPx, widthPx]` uint16 in 1/256 grey levels. */
export function paintBackdrop(intrinsics: Intrinsics, pose: Pose, seed: number): Uint16Array {
  const { widthPx, heightPx } = intrinsics;
  const grid = createDirectionGrid(intrinsics, pose, seed);
  const view = { camera: pose.cameraInEnuM, angleRad: 1 / intrinsics.fxPx, seed };
  const out = new Uint16Array(widthPx * heightPx);
  for (let v = 0; v < heightPx; v++) {
    for (let u = 0; u < widthPx; u++) {
      const up = interpolate(grid, UP, u, v);
      let grey = interpolate(grid, GREY, u, v);
      if (up < HORIZON_UP_MAX) {
        grey = paintLand(grey, [interpolate(grid, EAST, u, v), interpolate(grid, NORTH, u, v), up], view);
      }
      out[v * widthPx + u] = Math.round(Math.min(GREY_MAX, Math.max(GREY_MIN, grey)) * 256);
    }
  }
  return out;
}

/** Where the land is seen from: the camera in ENU metres, and the angle one pixel takes. */
interface View {
  readonly camera: Vec3;
  readonly angleRad: number;
  readonly seed: number;
}

/** Values on every `stepPx`-th pixel: `fields` is `[rows, columns, 4]`, the direction's east, north and up and the grey of the sky there. */
interface DirectionGrid {
  readonly stepPx: number;
  readonly columns: number;
  readonly fields: Float64Array;
}

function interpolate({ stepPx, columns, fields }: DirectionGrid, field: number, u: number, v: number): number {
  const row = (v / stepPx) | 0;
  const column = (u / stepPx) | 0;
  const fractionV = v / stepPx - row;
  const fractionU = u / stepPx - column;
  const above = (row * columns + column) * GRID_FIELDS + field;
  const below = above + columns * GRID_FIELDS;
  const left = fields[above]! * (1 - fractionV) + fields[below]! * fractionV;
  const right = fields[above + GRID_FIELDS]! * (1 - fractionV) + fields[below + GRID_FIELDS]! * fractionV;
  return left * (1 - fractionU) + right * fractionU;
}

function createDirectionGrid(intrinsics: Intrinsics, pose: Pose, seed: number): DirectionGrid {
  const stepPx = Math.max(2, Math.round(intrinsics.fxPx * GRID_STEP_RAD));
  const columns = Math.ceil(intrinsics.widthPx / stepPx) + 1;
  const rows = Math.ceil(intrinsics.heightPx / stepPx) + 1;
  const fields = new Float64Array(rows * columns * GRID_FIELDS);
  const sun = sunDirection(seed);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      // Corners past the fold of the lens see nothing; they get the grey of the zenith.
      const direction = unproject(intrinsics, pose, [column * stepPx, row * stepPx]) ?? ZENITH;
      fields.set([...direction, paintSky(direction, sun, seed)], (row * columns + column) * GRID_FIELDS);
    }
  }
  return { stepPx, columns, fields };
}

function sunDirection(seed: number): Vec3 {
  const azimuth = 2 * Math.PI * latticeNoise(seed, 0, seed ^ SUN_SALT);
  const elevation = 0.6;
  return [Math.cos(elevation) * Math.sin(azimuth), Math.cos(elevation) * Math.cos(azimuth), Math.sin(elevation)];
}

/** Grey of the sky: brighter towards the horizon and the sun, clouds on a plane overhead that run together in the distance. */
function paintSky([east, north, up]: Vec3, sun: Vec3, seed: number): number {
  const height = Math.max(0, up);
  const towardsSun = Math.max(0, east * sun[0] + north * sun[1] + up * sun[2]);
  const clear = 104 + 78 * (1 - Math.sqrt(height)) ** 1.5 + 30 * towardsSun ** 6;
  const distance = 1 / (height + 0.09);
  const x = east * distance * CLOUD_SCALE;
  const y = north * distance * CLOUD_SCALE;
  const density = billow(x, y, seed);
  const cover = smoothstep(0.47, 0.74, density);
  // The side of a cloud that faces the sun has thinner cloud in front of it.
  const light = density - billow(x + sun[0] * 0.35, y + sun[1] * 0.35, seed);
  const cloud = clear + 58 + 210 * light - 50 * smoothstep(0.62, 0.9, density);
  const haze = smoothstep(0.01, 0.2, height);
  return clear + (Math.min(CLOUD_GREY_MAX, cloud) - clear) * cover * (0.25 + 0.75 * haze);
}

function billow(x: number, y: number, seed: number): number {
  let sum = 0;
  let share = 0.5;
  let frequency = 1;
  for (let octave = 0; octave < CLOUD_OCTAVES; octave++) {
    sum += share * latticeNoise(x * frequency, y * frequency, seed + octave);
    share *= 0.5;
    frequency *= 2.03;
  }
  return sum / (1 - 0.5 ** CLOUD_OCTAVES);
}

/** Blends far hills, a row of trees and the meadow over the sky, each edge about one pixel wide. */
function paintLand(sky: number, direction: Vec3, view: View): number {
  const [east, north, up] = direction;
  const { angleRad, seed } = view;
  if (up < -angleRad) return paintMeadow(direction, view);
  const turn = Math.atan2(east, north) / (2 * Math.PI) + 0.5;
  const far = 0.022 + 0.045 * ringNoise(turn, 7, seed + 100) + 0.006 * ringNoise(turn, 61, seed + 101);
  const near = 0.008 + 0.03 * ringNoise(turn, 11, seed + 102) + 0.004 * ringNoise(turn, 97, seed + 103);
  const crowns = 0.5 * ringNoise(turn, 260, seed + 104) + 0.5 * ringNoise(turn, 900, seed + 105);
  const treeTop = 0.003 + 0.026 * smoothstep(0.35, 0.75, ringNoise(turn, 19, seed + 106)) * (0.45 + 0.55 * crowns);
  let grey = sky + (150 - 320 * up - sky) * edge(far - up, angleRad);
  grey += (124 - 420 * up - grey) * edge(near - up, angleRad);
  const leaves = 26 * (latticeNoise(turn * 2400, up * 420, seed + 107) - 0.5);
  grey += (70 + leaves + 500 * up - grey) * edge(treeTop - up, angleRad);
  const meadow = up < 0 ? paintMeadow(direction, view) : MEADOW_FAR_GREY;
  return grey + (meadow - grey) * edge(-up, angleRad);
}

/** Grey of the grass: patches, clumps and tufts, each fading out where it becomes finer than a pixel. */
function paintMeadow([east, north, up]: Vec3, { camera, angleRad, seed }: View): number {
  const heightM = Math.max(MAST_HEIGHT_MIN_M, camera[2]);
  const rangeM = heightM / Math.max(1e-4, -up);
  const x = camera[0] + east * rangeM;
  const y = camera[1] + north * rangeM;
  // What one pixel covers is longer along the view than across it; the mean keeps some grain in the distance.
  const footprintM = rangeM * angleRad * Math.sqrt(rangeM / heightM);
  const visible = (sizeM: number) => 1 / (1 + (footprintM / sizeM) ** 2);
  const patches = 20 * visible(9) * (latticeNoise(x / 9, y / 9, seed + 201) - 0.5);
  const clumps = 16 * visible(0.9) * (latticeNoise(x / 0.9, y / 0.9, seed + 202) - 0.5);
  const tufts = 30 * visible(0.16) * (latticeNoise(x / 0.16, y / 0.16, seed + 203) - 0.5);
  const grass = 78 + patches + clumps + tufts;
  return grass + (MEADOW_FAR_GREY - grass) * smoothstep(30, 700, rangeM);
}

function edge(angleInside: number, angleRad: number): number {
  return Math.min(1, Math.max(0, angleInside / angleRad + 0.5));
}

function smoothstep(low: number, high: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

/** The finest clouds span several of these: half a degree, 8 px of the demo's cameras. */
const GRID_STEP_RAD = 0.01;
const GRID_FIELDS = 4;
const [EAST, NORTH, UP, GREY] = [0, 1, 2, 3];
const CLOUD_SCALE = 1.1;
const CLOUD_OCTAVES = 5;
/** Above this sine of elevation there are neither hills nor trees. */
const HORIZON_UP_MAX = 0.09;
const MEADOW_FAR_GREY = 104;
const CLOUD_GREY_MAX = 228;
const MAST_HEIGHT_MIN_M = 0.5;
/** Room below and above for noise, so that it is not clipped. */
const GREY_MIN = 12;
const GREY_MAX = 240;
const ZENITH: Vec3 = [0, 0, 1];
const SUN_SALT = 0x50_4e;
