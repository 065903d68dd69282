/**
 * Pixels of the simulated world. They are synthetic and always called so.
 *
 * A frame is a copy of one of several noisy copies of the camera's backdrop (up to 16, in turn, so noise repeats after 16 frames; sigma
 * `camera.noiseSigma`, 2 grey levels in the presets, the same at every brightness), hot pixels that flicker, and each body as a disc spread
 * by the optics (Gaussian, sigma 0.8 px, then the pixel) that covers by area. The disc is centred on the projected centre of the body; its
 * grey is what is behind it times (1 + contrast). Fractions of a grey level are rounded up or down at random in proportion, as noise would do
 * before a sensor's converter, so a target too faint for one level still leaves its mean. Not modelled: haze, motion blur, rolling shutter,
 * camera shake, moving clouds. Given scene and frame index the bytes are a pure function of the time.
 */
import { assert, createPrng, type Intrinsics, projectOptical, subtract, transform3 } from "@skyvox/core";
import { paintBackdrop } from "./backdrop.ts";
import { coverDisc, createDiscPatch, type DiscPatch } from "./disc.ts";
import { hash32 } from "./lattice-noise.ts";
import { createNoisyCopies } from "./noise.ts";
import type { Scene, SceneBody, SceneCamera } from "./scene.ts";

/** Draws the frames of one camera. */
export interface Renderer {
  /** Writes the image at a time, `[heightPx, widthPx]` uint8, row-major; `frameIndex` picks the noise. */
  render(tSeconds: number, frameIndex: number, out: Uint8Array): void;
}

/** One sigma of the optical point spread in pixels; with the pixel itself 0.85 px. */
export const POINT_SPREAD_PX = 0.8;

/** Prepares backdrop and noise of a camera; a frame then costs a copy and the bodies in it. */
export function createRenderer(scene: Scene, camera: SceneCamera): Renderer {
  const { widthPx, heightPx } = camera.intrinsics;
  const pixelCount = widthPx * heightPx;
  const prng = createPrng(scene.seed).fork(`camera ${camera.id}`);
  const copies = createNoisyCopies({
    background: paintBackdrop(camera.intrinsics, camera.pose, scene.seed),
    widthPx,
    noiseSigma: camera.noiseSigma,
    count: camera.noiseSigma === 0 ? 1 : copyCount(pixelCount),
    prng: prng.fork("noise"),
  });
  const hotPrng = prng.fork("hot pixels");
  const hotPixels = Uint32Array.from({ length: camera.hotPixelCount }, () => hotPrng.int(pixelCount));
  const ditherSeed = prng.fork("dither").uint32();
  const bodies = [...scene.targets, ...scene.clutter];
  const discs = bodies.map(() => ({ u: 0, v: 0, radiusPx: 0, rangeM: 0, contrast: 0 }));
  const patch = createDiscPatch();
  return {
    render: (tSeconds, frameIndex, out) => {
      assert(out.length === pixelCount, "out holds widthPx * heightPx bytes");
      const copy = copies[frameIndex % copies.length];
      assert(copy !== undefined, "frameIndex is a non-negative integer");
      out.set(copy);
      flickerHotPixels(hotPixels, frameIndex, out);
      for (const [index, body] of bodies.entries()) {
        const disc = discs[index];
        if (disc) placeDisc(camera, body, tSeconds, disc);
      }
      // Far to near, so that the nearer body hides the farther one.
      discs.sort((a, b) => b.rangeM - a.rangeM);
      for (const disc of discs) {
        if (disc.radiusPx > 0)
          drawDisc(disc, patch, { copy, out, widthPx, heightPx }, hash32(frameIndex, 0, ditherSeed));
      }
    },
  };
}

interface PlacedDisc {
  u: number;
  v: number;
  /** 0 where the body is not seen. */
  radiusPx: number;
  rangeM: number;
  contrast: number;
}

interface Canvas {
  readonly copy: Uint8Array;
  readonly out: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** 16 copies, or as many as fit the memory, but always two: with one, frame differences would have no noise. */
function copyCount(pixelCount: number): number {
  return Math.min(COPIES_MAX, Math.max(2, Math.floor(COPY_BYTES_MAX / pixelCount)));
}

/** Lights each hot pixel in a quarter of the frames. */
function flickerHotPixels(hotPixels: Uint32Array, frameIndex: number, out: Uint8Array): void {
  for (let i = 0; i < hotPixels.length; i++) {
    if ((hash32(frameIndex, i, HOT_SALT) & 3) === 0) out[hotPixels[i]!] = HOT_GREY;
  }
}

function placeDisc({ intrinsics, pose }: SceneCamera, body: SceneBody, tSeconds: number, disc: PlacedDisc): void {
  disc.radiusPx = 0;
  const centre = transform3(pose.cameraFromEnu, subtract(body.pathAt(tSeconds).positionEnuM, pose.cameraInEnuM));
  const pixel = projectOptical(intrinsics, centre);
  if (!pixel || centre[2] < NEAR_M) return;
  const right = projectOptical(intrinsics, [centre[0] + body.radiusM, centre[1], centre[2]]);
  const below = projectOptical(intrinsics, [centre[0], centre[1] + body.radiusM, centre[2]]);
  if (!right || !below) return;
  const radiusPx = Math.sqrt(
    Math.hypot(right[0] - pixel[0], right[1] - pixel[1]) * Math.hypot(below[0] - pixel[0], below[1] - pixel[1]),
  );
  if (!isNearImage(intrinsics, pixel[0], pixel[1], radiusPx)) return;
  disc.u = pixel[0];
  disc.v = pixel[1];
  disc.radiusPx = radiusPx;
  disc.rangeM = Math.hypot(...centre);
  disc.contrast = body.contrast;
}

function isNearImage({ widthPx, heightPx }: Intrinsics, u: number, v: number, radiusPx: number): boolean {
  const reach = radiusPx + 4;
  return u > -reach && v > -reach && u < widthPx + reach && v < heightPx + reach;
}

function drawDisc(disc: PlacedDisc, patch: DiscPatch, canvas: Canvas, frameSalt: number): void {
  coverDisc(disc, POINT_SPREAD_PX, patch);
  const { copy, out, widthPx, heightPx } = canvas;
  const firstX = Math.max(0, -patch.left);
  const endX = Math.min(patch.widthPx, widthPx - patch.left);
  const endY = Math.min(patch.heightPx, heightPx - patch.top);
  for (let y = Math.max(0, -patch.top); y < endY; y++) {
    const row = (patch.top + y) * widthPx + patch.left;
    for (let x = firstX; x < endX; x++) {
      const cover = patch.coverage[y * patch.widthPx + x]!;
      if (cover === 0) continue;
      const pixel = row + x;
      const behind = out[pixel]!;
      const grey = behind + cover * (copy[pixel]! * (1 + disc.contrast) - behind);
      const rounded = Math.floor(grey + hash32(pixel, frameSalt, DITHER_SALT) * 2 ** -32);
      out[pixel] = Math.min(255, Math.max(0, rounded));
    }
  }
}

const COPIES_MAX = 16;
const COPY_BYTES_MAX = 64 * 2 ** 20;
const HOT_GREY = 250;
const NEAR_M = 0.2;
const HOT_SALT = 0x40_75;
const DITHER_SALT = 0xd1_7e;
