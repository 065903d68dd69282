/**
 * Pictures that motion is measured on: sensor noise of four grey levels, and small bright targets that stand elsewhere in each.
 *
 * Two pictures in a row share no target, so that each has as many moving pixels; the parameters of motion stand here with them.
 */
import { createPrng } from "@skyvox/core";
import type { GaussianParams, KernelsAdapter } from "@skyvox/kernels";
import { openGpuMemory } from "./gpu-memory.ts";

/** Pictures of one camera, `[heightPx, widthPx]` uint8 each. */
export interface Pictures {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frames: readonly Uint8Array[];
}

/** Grey levels between noise and targets. */
export const THRESHOLD = 20;
/** As a site has it by default: means over 64 and 4 frames, held for 2048, five standard deviations, half a grey level of least noise. */
export const GAUSSIAN: GaussianParams = { slowShift: 6, fastShift: 2, holdShift: 5, snrMinQ4: 400, varianceMinQ8: 64 };
/** Share of the pixels that are of a target in each picture: 0.2 %, as where many small targets fly. */
const MOVING_SHARE = 0.002;
const TARGET_SIDE_PX = 5;

/** Draws `count` pictures `[heightPx, widthPx]` uint8 from a seed. */
export function motionFrames(options: {
  seed: number;
  count: number;
  widthPx: number;
  heightPx: number;
}): Uint8Array[] {
  const { seed, count, widthPx, heightPx } = options;
  const prng = createPrng(seed);
  return Array.from({ length: count }, () => {
    const pixels = noiseFrame(widthPx * heightPx, () => prng.uint32());
    const targets = Math.ceil((MOVING_SHARE * pixels.length) / TARGET_SIDE_PX ** 2);
    for (let target = 0; target < targets; target++) {
      const corner = prng.int(heightPx - TARGET_SIDE_PX + 1) * widthPx + prng.int(widthPx - TARGET_SIDE_PX + 1);
      paintTarget(pixels, widthPx, corner);
    }
    return pixels;
  });
}

/** Grey levels of 100 to 103. */
export function noiseFrame(pixelCount: number, word: () => number): Uint8Array {
  const pixels = new Uint8Array(pixelCount);
  // One draw gives two bits of noise to 16 pixels.
  for (let i = 0; i < pixels.length; ) {
    const bits = word();
    const end = Math.min(i + 16, pixels.length);
    for (let shift = 0; i < end; shift += 2) pixels[i++] = 100 + ((bits >>> shift) & 3);
  }
  return pixels;
}

/** A bright square of 25 pixels whose first pixel is `corner`. */
export function paintTarget(pixels: Uint8Array, widthPx: number, corner: number): void {
  for (let row = 0; row < TARGET_SIDE_PX; row++) {
    pixels.fill(220, corner + row * widthPx, corner + row * widthPx + TARGET_SIDE_PX);
  }
}

/** The pictures as backend cuda takes them without the bus, where the driver answers; otherwise as they are. */
export function placed(stack: DisposableStack, adapter: KernelsAdapter, pictures: Pictures): Pictures {
  const gpu = adapter.backend === "cuda" ? openGpuMemory() : null;
  if (gpu?.ok !== true) return pictures;
  const memory = stack.use(gpu.memory);
  return { ...pictures, frames: pictures.frames.map((frame) => memory.place(frame)) };
}
