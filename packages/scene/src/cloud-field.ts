/**
 * Clouds on a level sheet that drifts with the wind, seen through haze: what they add to the sky, on a coarse grid of the picture.
 *
 * A cloud has no edge finer than tens of metres (light wanders that far in it), many pixels even at 16 µrad a pixel, so between the points
 * of the grid the field is interpolated. Texture is lattice noise of five octaves; all cameras see one sheet.
 */
import { type Intrinsics, type Pose, unproject, type Vec3 } from "@skyvox/core";
import { latticeNoise } from "./lattice-noise.ts";
import { type Air, transmission } from "./pixel-scene.ts";
import type { Sensor } from "./sensor.ts";

/** Grey levels that clouds add, at every `stepPx`-th pixel: `[rows, columns]` float32, row-major. */
export interface CloudGrid {
  readonly stepPx: number;
  readonly columns: number;
  readonly grey: Float32Array;
}

/** Looks at the clouds of one camera. */
export interface CloudView {
  /** Works out the grid at a time in seconds; it is borrowed until the next call. */
  gridAt(tSeconds: number): CloudGrid;
}

/** Prepares the view: the directions of the grid are worked out once. */
export function createCloudView(
  { intrinsics, pose, sensor }: { readonly intrinsics: Intrinsics; readonly pose: Pose; readonly sensor: Sensor },
  air: Air,
  seed: number,
): CloudView {
  const stepPx = STEP_PX[sensor.kind];
  const columns = Math.ceil(intrinsics.widthPx / stepPx) + 1;
  const rows = Math.ceil(intrinsics.heightPx / stepPx) + 1;
  const grey = new Float32Array(rows * columns);
  // East and north of where the sheet is met, and the grey of a full cloud there; 0 where it is not met.
  const places = new Float64Array(rows * columns * 3);
  for (let at = 0; at < rows * columns; at++) {
    const pixel = [(at % columns) * stepPx, Math.floor(at / columns) * stepPx] as const;
    places.set(placeOf(unproject(intrinsics, pose, pixel), pose.cameraInEnuM, sensor, air), at * 3);
  }
  return {
    gridAt(tSeconds) {
      const [driftE, driftN] = [air.windMps[0] * tSeconds, air.windMps[1] * tSeconds];
      for (let at = 0; at < grey.length; at++) {
        const full = places[at * 3 + 2]!;
        grey[at] = full === 0 ? 0 : full * coverAt(places[at * 3]! - driftE, places[at * 3 + 1]! - driftN, seed);
      }
      return { stepPx, columns, grey };
    },
  };
}

function placeOf(direction: Vec3 | null, cameraInEnuM: Vec3, sensor: Sensor, air: Air): [number, number, number] {
  if (direction === null || air.cloudBaseM === null || direction[2] < UP_MIN) return [0, 0, 0];
  const rangeM = (air.cloudBaseM - cameraInEnuM[2]) / direction[2];
  if (!(rangeM > 0)) return [0, 0, 0];
  const full = sensor.greyPerKelvin === null ? CLOUD_CONTRAST * sensor.skyGrey : CLOUD_WARMTH_K * sensor.greyPerKelvin;
  const seen = full * transmission(air, sensor.kind, rangeM);
  return [cameraInEnuM[0] + direction[0] * rangeM, cameraInEnuM[1] + direction[1] * rangeM, seen];
}

/** How much cloud there is over a place, 0 to 1. */
function coverAt(eastM: number, northM: number, seed: number): number {
  let sum = 0;
  let share = 0.5;
  let size = CLOUD_SIZE_M;
  for (let octave = 0; octave < OCTAVES; octave++) {
    sum += share * latticeNoise(eastM / size, northM / size, seed + octave);
    share *= 0.5;
    size *= 0.49;
  }
  const density = sum / (1 - 0.5 ** OCTAVES);
  return Math.min(1, Math.max(0, (density - THIN) / (THICK - THIN)));
}

/** Half a milliradian. */
const STEP_PX: Readonly<Record<Sensor["kind"], number>> = { mono: 32, thermal: 8 };
/** Below this sine of elevation the sheet is so far off that haze hides it. */
const UP_MIN = 0.02;
/** A bright cloud over the clear sky, before haze. */
const CLOUD_CONTRAST = 0.35;
const CLOUD_WARMTH_K = 2;
const CLOUD_SIZE_M = 500;
const OCTAVES = 5;
const [THIN, THICK] = [0.42, 0.7];
