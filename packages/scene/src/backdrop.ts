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
  const heightM = Math.max(MAST_HEIGHT_MIN_M, pose.cameraInEnuM[2]);
  const angleRad = 1 / intrinsics.fxPx;
  const out = new Uint16Array(widthPx * heightPx);
  for (let v = 0; v < heightPx; v++) {
    const gridRow = Math.floor(v / GRID_PX);
    const fractionV = v / GRID_PX - gridRow;
    for (let u = 0; u < widthPx; u++) {
      const gridColumn = Math.floor(u / GRID_PX);
      const fractionU = u / GRID_PX - gridColumn;
      const corner = (gridRow * grid.columns + gridColumn) * GRID_FIELDS;
      const below = corner + grid.columns * GRID_FIELDS;
      const field = (index: number) => {
        const left = grid.fields[corner + index]! * (1 - fractionV) + grid.fields[below + index]! * fractionV;
        const right =
          grid.fields[corner + GRID_FIELDS + index]! * (1 - fractionV) +
          grid.fields[below + GRID_FIELDS + index]! * fractionV;
        return left * (1 - fractionU) + right * fractionU;
      };
      const up = field(2);
      let grey = field(3);
      if (up < HORIZON_UP_MAX)
        grey = paintLand(grey, [field(0), field(1), up], pose.cameraInEnuM, heightM, angleRad, seed);
      out[v * widthPx + u] = Math.round(Math.min(GREY_MAX, Math.max(GREY_MIN, grey)) * 256);
    }
  }
  return out;
}

interface DirectionGrid {
  readonly columns: number;
  /** `[rows, columns, 4]`: east, north and up of the direction, and the grey of the sky there. */
  readonly fields: Float64Array;
}

function createDirectionGrid(intrinsics: Intrinsics, pose: Pose, seed: number): DirectionGrid {
  const columns = Math.ceil(intrinsics.widthPx / GRID_PX) + 1;
  const rows = Math.ceil(intrinsics.heightPx / GRID_PX) + 1;
  const fields = new Float64Array(rows * columns * GRID_FIELDS);
  const sun = sunDirection(seed);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      // Corners past the fold of the lens see nothing; they get the grey of the zenith.
      const direction = unproject(intrinsics, pose, [column * GRID_PX, row * GRID_PX]) ?? ZENITH;
      fields.set([...direction, paintSky(direction, sun, seed)], (row * columns + column) * GRID_FIELDS);
    }
  }
  return { columns, fields };
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
  const clear = 118 + 62 * (1 - Math.sqrt(height)) ** 1.5 + 26 * towardsSun ** 6;
  const distance = 1 / (height + 0.09);
  const x = east * distance * CLOUD_SCALE;
  const y = north * distance * CLOUD_SCALE;
  const density = billow(x, y, seed);
  const cover = smoothstep(0.47, 0.74, density);
  // The side of a cloud that faces the sun has thinner cloud in front of it.
  const light = density - billow(x + sun[0] * 0.35, y + sun[1] * 0.35, seed);
  const cloud = clear + 30 + 150 * light - 46 * smoothstep(0.62, 0.9, density);
  const haze = smoothstep(0.01, 0.2, height);
  return clear + (Math.min(222, cloud) - clear) * cover * (0.25 + 0.75 * haze);
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

/** Blends far hills, a row of trees and the meadow over the sky, each edge about one pixel (`angleRad`) wide. */
function paintLand(
  sky: number,
  direction: Vec3,
  camera: Vec3,
  heightM: number,
  angleRad: number,
  seed: number,
): number {
  const [east, north, up] = direction;
  const turn = Math.atan2(east, north) / (2 * Math.PI) + 0.5;
  const hillTop = 0.018 + 0.05 * ringNoise(turn, 9, seed + 101) + 0.012 * ringNoise(turn, 43, seed + 102);
  const crowns = ringNoise(turn, 160, seed + 103) * 0.6 + ringNoise(turn, 700, seed + 104) * 0.4;
  const treeTop = 0.004 + 0.03 * smoothstep(0.3, 0.8, ringNoise(turn, 17, seed + 105)) * (0.55 + 0.45 * crowns);
  let grey = sky + (136 - 300 * up - sky) * edge(hillTop - up, angleRad);
  const leaves = 16 * (ringNoise(turn + up, 1500, seed + 106) - 0.5);
  grey += (84 + leaves - 260 * up - grey) * edge(treeTop - up, angleRad);
  const meadow = up < 0 ? paintMeadow(direction, camera, heightM, angleRad, seed) : 112;
  return grey + (meadow - grey) * edge(-up, angleRad);
}

/** Grey of the grass: patches, mown lanes and tufts, each fading out where it becomes finer than a pixel. */
function paintMeadow([east, north, up]: Vec3, camera: Vec3, heightM: number, angleRad: number, seed: number): number {
  const rangeM = heightM / Math.max(1e-4, -up);
  const x = camera[0] + east * rangeM;
  const y = camera[1] + north * rangeM;
  const footprintM = (rangeM * rangeM * angleRad) / heightM;
  const visible = (sizeM: number) => 1 / (1 + ((2 * footprintM) / sizeM) ** 2);
  const patches = 26 * visible(14) * (latticeNoise(x / 14, y / 14, seed + 201) - 0.5);
  const clumps = 18 * visible(2.5) * (latticeNoise(x / 2.5, y / 2.5, seed + 202) - 0.5);
  const tufts = 22 * visible(0.3) * (latticeNoise(x / 0.3, y / 0.3, seed + 203) - 0.5);
  const lanes = 6 * visible(4) * Math.sin((x * 0.8 + y * 0.6) * 1.2);
  const haze = smoothstep(40, 900, rangeM);
  return 88 + patches + clumps + tufts + lanes + 26 * haze;
}

function edge(angleInside: number, angleRad: number): number {
  return Math.min(1, Math.max(0, angleInside / angleRad + 0.5));
}

function smoothstep(low: number, high: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

const GRID_PX = 4;
const GRID_FIELDS = 4;
const CLOUD_SCALE = 1.1;
const CLOUD_OCTAVES = 5;
/** Above this sine of elevation there are neither hills nor trees. */
const HORIZON_UP_MAX = 0.09;
const MAST_HEIGHT_MIN_M = 0.5;
/** Room below and above for noise, so that it is not clipped. */
const GREY_MIN = 12;
const GREY_MAX = 240;
const ZENITH: Vec3 = [0, 0, 1];
const SUN_SALT = 0x50_4e;
