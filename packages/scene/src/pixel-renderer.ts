/**
 * Pixels of a scene of physics. They are synthetic and always called so.
 *
 * Per frame: sky and drifting clouds, bodies through haze, optics and pixels (`pixel-profile.ts`), the noise of the sensor, stuck pixels. A body
 * before the sky takes away its own share of it: with transmission τ, contrast c and solid share f of its disc a pixel that it covers to
 * the share p shows behind + f p (sky (1 + τ c) - behind). The picture shakes as a whole from frame to frame, and each row sees the world
 * at its own time. Not modelled: blur by motion within an exposure (0.2 ms at f/4: less than a tenth of a pixel), vignetting, stray light.
 */
import { assert, createPrng, projectOptical, subtract, transform3 } from "@skyvox/core";
import { type CloudGrid, createCloudView } from "./cloud-field.ts";
import { hash32 } from "./lattice-noise.ts";
import { type PixelLimits, pixelLimits } from "./pixel-limits.ts";
import { type PixelProfile, pixelProfile } from "./pixel-profile.ts";
import { frameTimeS, type PixelBody, type PixelCamera, type PixelScene, transmission } from "./pixel-scene.ts";
import { noiseSigmaGrey } from "./sensor.ts";
import { createSensorNoise } from "./sensor-noise.ts";

/** Draws the frames of one camera. */
export interface PixelRenderer {
  /** Writes a frame, `[heightPx, widthPx]` uint8, row-major. */
  render(frameIndex: number, out: Uint8Array): void;
  /** Tells where the targets of the scene stand in a frame and how well that could be known, in the order of the scene. */
  sightings(frameIndex: number): Sighting[];
}

/** A target in a frame of a camera: its true place in the picture, and the limits of knowing it. */
export interface Sighting extends PixelLimits {
  readonly name: string;
  readonly u: number;
  readonly v: number;
  readonly rangeM: number;
  /** True where all that it covers lies in the picture. */
  readonly isInside: boolean;
}

/** Prepares a camera: its clouds, its noise and its stuck pixels. */
export function createPixelRenderer(scene: PixelScene, camera: PixelCamera): PixelRenderer {
  const { widthPx, heightPx } = camera.intrinsics;
  const prng = createPrng(scene.seed).fork(`pixels of ${camera.id}`);
  const clouds = createCloudView(
    { intrinsics: camera.intrinsics, pose: camera.truePose, sensor: camera.sensor },
    scene.air,
    createPrng(scene.seed)
      .fork("clouds")
      .int(2 ** 31),
  );
  const noise = createSensorNoise(camera.sensor, widthPx, heightPx, prng.fork("noise"));
  const hotPrng = prng.fork("hot pixels");
  const hotPixels = Uint32Array.from({ length: camera.hotPixelCount }, () => hotPrng.int(widthPx * heightPx));
  const level = new Float32Array(widthPx * heightPx);
  const shakeOf = (frameIndex: number): readonly [number, number] => {
    const shake = prng.fork(`shake ${frameIndex}`);
    return [camera.jitterPx * shake.normal(), camera.jitterPx * shake.normal()];
  };
  return {
    render(frameIndex, out) {
      assert(out.length === level.length, "out holds widthPx * heightPx bytes");
      const shake = shakeOf(frameIndex);
      paintSky(clouds.gridAt(frameTimeS(camera, frameIndex)), camera, shake, level);
      for (const body of [...scene.targets, ...scene.clutter]) {
        const seen = see(scene, camera, body, frameIndex, shake);
        if (seen !== null) paintBody(seen, camera, level);
      }
      noise.expose(frameIndex, level, out);
      for (let i = 0; i < hotPixels.length; i++) {
        if ((hash32(frameIndex, i, HOT_SALT) & 3) === 0) out[hotPixels[i]!] = HOT_GREY;
      }
    },
    sightings(frameIndex) {
      const shake = shakeOf(frameIndex);
      return scene.targets.flatMap((target) => {
        const seen = see(scene, camera, target, frameIndex, shake);
        return seen === null ? [] : [{ name: target.name, ...sightingOf(seen, camera) }];
      });
    },
  };
}

/** A body as it falls on the sensor. */
interface Seen {
  readonly u: number;
  readonly v: number;
  readonly rangeM: number;
  readonly profile: PixelProfile;
  readonly solid: number;
  /** Grey level of the body itself, seen through the air. */
  readonly grey: number;
}

/** Null where the body is behind the camera or so far outside the picture that none of its light falls into it. */
function see(
  scene: PixelScene,
  camera: PixelCamera,
  body: PixelBody,
  frameIndex: number,
  [shakeU, shakeV]: readonly [number, number],
): Seen | null {
  const { intrinsics, truePose, sensor, lineTimeS } = camera;
  const middleS = frameTimeS(camera, frameIndex);
  let timeS = middleS;
  let place: { u: number; v: number; rangeM: number } | null = null;
  // The row that a body falls on says when it is seen, and that where it falls: two rounds settle it to a thousandth of a row.
  for (let round = 0; round < (lineTimeS === 0 ? 1 : ROLLING_ROUNDS); round++) {
    const { positionEnuM } = body.pathAt(timeS);
    const inCameraM = transform3(truePose.cameraFromEnu, subtract(positionEnuM, truePose.cameraInEnuM));
    const pixel = projectOptical(intrinsics, inCameraM);
    if (pixel === null || inCameraM[2] < NEAR_M) return null;
    place = { u: pixel[0] + shakeU, v: pixel[1] + shakeV, rangeM: Math.hypot(...inCameraM) };
    timeS = middleS + (Math.min(intrinsics.heightPx, Math.max(0, place.v)) - intrinsics.heightPx / 2) * lineTimeS;
  }
  if (place === null) return null;
  const radiusPx = body.radiusM / place.rangeM / sensor.pixelAngleRad;
  const reach = radiusPx + MARGIN_PX;
  if (place.u < -reach || place.v < -reach) return null;
  if (place.u > intrinsics.widthPx + reach || place.v > intrinsics.heightPx + reach) return null;
  const left = transmission(scene.air, sensor.kind, place.rangeM);
  const grey =
    sensor.greyPerKelvin === null
      ? sensor.skyGrey * (1 + left * body.contrast)
      : sensor.skyGrey + left * body.warmthK * sensor.greyPerKelvin;
  const flap = body.flapHz === 0 ? 1 : 1 + FLAP_DEPTH * Math.sin(2 * Math.PI * body.flapHz * timeS);
  return { ...place, profile: pixelProfile({ ...place, radiusPx }, sensor.spreadPx), solid: body.fill * flap, grey };
}

/** Fills the levels with the sky and what clouds add, moved as the picture shook. */
function paintSky(
  { stepPx, columns, grey }: CloudGrid,
  { intrinsics, sensor }: PixelCamera,
  [shakeU, shakeV]: readonly [number, number],
  level: Float32Array,
): void {
  const { widthPx, heightPx } = intrinsics;
  const rows = grey.length / columns;
  const edge = new Float32Array(columns);
  for (let y = 0; y < heightPx; y++) {
    const place = Math.min(rows - 1.001, Math.max(0, (y - shakeV) / stepPx));
    const row = Math.floor(place);
    for (let column = 0; column < columns; column++) {
      const above = grey[row * columns + column]!;
      edge[column] = sensor.skyGrey + above + (place - row) * (grey[(row + 1) * columns + column]! - above);
    }
    for (let x = 0; x < widthPx; x++) {
      const along = Math.min(columns - 1.001, Math.max(0, (x - shakeU) / stepPx));
      const column = along | 0;
      const left = edge[column]!;
      level[y * widthPx + x] = left + (along - column) * (edge[column + 1]! - left);
    }
  }
}

function paintBody({ profile, solid, grey }: Seen, { intrinsics }: PixelCamera, level: Float32Array): void {
  const { widthPx, heightPx } = intrinsics;
  const endX = Math.min(profile.widthPx, widthPx - profile.left);
  const endY = Math.min(profile.heightPx, heightPx - profile.top);
  for (let y = Math.max(0, -profile.top); y < endY; y++) {
    for (let x = Math.max(0, -profile.left); x < endX; x++) {
      const at = (profile.top + y) * widthPx + profile.left + x;
      level[at]! += solid * profile.cover[y * profile.widthPx + x]! * (grey - level[at]!);
    }
  }
}

function sightingOf({ u, v, rangeM, profile, solid, grey }: Seen, { intrinsics, sensor }: PixelCamera) {
  const limits = pixelLimits(profile, {
    amplitudeGrey: solid * (grey - sensor.skyGrey),
    sigmaGrey: Math.sqrt(noiseSigmaGrey(sensor, sensor.skyGrey) ** 2 + ROUNDING_VARIANCE),
  });
  const isInside =
    profile.left >= 0 &&
    profile.top >= 0 &&
    profile.left + profile.widthPx <= intrinsics.widthPx &&
    profile.top + profile.heightPx <= intrinsics.heightPx;
  return { u, v, rangeM, isInside, ...limits };
}

/** Variance of rounding to whole grey levels. */
const ROUNDING_VARIANCE = 1 / 12;
const ROLLING_ROUNDS = 3;
/** How far a point spread reaches. */
const MARGIN_PX = 6;
const NEAR_M = 1;
const FLAP_DEPTH = 0.6;
const HOT_GREY = 250;
const HOT_SALT = 0x40_75;
