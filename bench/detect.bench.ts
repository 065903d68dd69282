/**
 * From moving pixels to points: cells, blobs and spots of a picture, and points of a thermal camera registered and fused.
 *
 * One 8K picture with 2,655 targets of 25 pixels; 20 cameras take the same pictures. Bytes of spots are what it must read: deviation
 * and noise of each pixel, 4. Cells and blobs work on the list, so their rate is in moving pixels; register and fuse in points.
 */
import { createPrng, type Intrinsics, lookAt } from "@skyvox/core";
import { buildRegistration, type CameraHandle, type CameraTable, type Kernels, type LensBend } from "@skyvox/kernels";
import { openWays } from "./backends.ts";
import { bandwidthNote, openCopy } from "./copy.ts";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  digestOf,
  interleaveTimed,
  perSecond,
  timed,
  type Variant,
} from "./harness.ts";
import { GAUSSIAN, motionFrames, type Pictures, THRESHOLD } from "./motion-frames.ts";

const CAMERAS = 20;
const BYTES_PER_PIXEL = 4;
const SPOTS = { snrMinQ4: 400, perTileMax: 16 } as const;
/** Two pixels apart at most, and a thermal point counts as much as its weight. */
const FUSE = { gateQ8: 512, gainQ4: 16 } as const;

export const bench: Bench = {
  name: "detect",
  subject: "kernels",
  async run({ small, rounds, adapter }: BenchOptions): Promise<BenchResult> {
    const [widthPx, heightPx] = small ? [160, 90] : [7680, 4320];
    const cameras = small ? 2 : CAMERAS;
    const pictures = { widthPx, heightPx, frames: motionFrames({ seed: 2, count: 3, widthPx, heightPx }) };
    const pair = thermalPair(widthPx, heightPx, small ? 64 : 4096);
    using stack = new DisposableStack();
    const { one, all } = await openWays(adapter, stack);
    const single = await openSeen(one, pictures, 1);
    const many = await openSeen(all, pictures, cameras);
    const [first] = single as [CameraHandle];
    one.register(first, pair.thermal, pair.shift);
    const moving = (await read(one, first, "motion")).total;
    const variants: Work[] = [
      { ...over(one, single, "cells", (camera) => one.cells(camera, { shift: 0, pixelsMin: 1 })), moving },
      { ...over(one, single, "blobs", (camera) => one.blobs(camera, { pixelsMin: 1 })), moving },
      { ...over(all, many, "blobs", (camera) => all.blobs(camera, { pixelsMin: 1 })), moving: moving * cameras },
      { ...over(one, single, "spots", (camera) => one.spots(camera, SPOTS)), pixels: widthPx * heightPx },
      { ...over(all, many, "spots", (camera) => all.spots(camera, SPOTS)), pixels: widthPx * heightPx * cameras },
      {
        ...over(one, single, "register", (camera) => one.register(camera, pair.thermal, pair.shift)),
        points: pair.count,
      },
      { ...over(one, single, "fuse", (camera) => one.fuse(camera, pair.visible, FUSE)), points: pair.count },
    ];
    const copy = stack.use(openCopy(adapter, widthPx * heightPx));
    const timings = await interleaveTimed([copy.subject, ...variants.map((variant) => timed(variant))], rounds);
    const copied = { bytesMoved: copy.bytesMoved, ms: timings[0]?.medianMs ?? Number.NaN };
    const tables = ["cells", "blobs", "spots", "registered", "fused"] as const;
    const rows = await Promise.all(tables.map(async (table) => (await read(one, first, table)).rows));
    return {
      rows: variants.map((work, i) => {
        const { name, medianMs, noise } = timings[i + 1]!;
        return { name, median: medianMs, unit: "ms", noise, note: noteOf(work, medianMs, copied) };
      }),
      targets: [],
      digest: digestOf(...rows),
    };
  },
};

/** A variant and what it works through. */
type Work = Variant & { readonly moving?: number; readonly pixels?: number; readonly points?: number };

function noteOf({ moving, pixels, points }: Work, ms: number, copied: { bytesMoved: number; ms: number }): string {
  if (pixels !== undefined) return bandwidthNote(pixels * BYTES_PER_PIXEL, ms, copied);
  const millions = (perSecond(moving ?? points ?? 0, ms) / 1e6).toFixed(1);
  return `${millions} million ${moving === undefined ? "points" : "moving pixels"}/s`;
}

/** Cameras that have seen two pictures of background and one with motion, in mode gaussian. */
async function openSeen(kernels: Kernels, pictures: Pictures, count: number): Promise<CameraHandle[]> {
  const { widthPx, heightPx, frames } = pictures;
  const motionMax = Math.ceil(0.02 * widthPx * heightPx);
  const limits = { motionMax, cellsMax: motionMax, blobsMax: 16_384, spotsMax: 65_536, fusedMax: 8192 };
  const cameras = Array.from({ length: count }, () => kernels.openCamera({ widthPx, heightPx, ...limits }));
  for (const camera of cameras) {
    for (const frame of frames) {
      kernels.motion(camera, frame, { mode: "gaussian", threshold: THRESHOLD, gaussian: GAUSSIAN });
    }
    await kernels.submit();
  }
  return cameras;
}

function over(
  kernels: Kernels,
  cameras: readonly CameraHandle[],
  op: string,
  call: (camera: CameraHandle) => void,
): Variant {
  const run = () => {
    for (const camera of cameras) call(camera);
    return kernels.submit();
  };
  return { name: `${op}, ${cameras.length === 1 ? "1 camera" : `${cameras.length} cameras`}, ${kernels.device}`, run };
}

async function read(kernels: Kernels, camera: CameraHandle, table: CameraTable) {
  const pending = kernels.readCamera(camera, table);
  await kernels.submit();
  return pending;
}

interface ThermalPair {
  readonly thermal: Uint32Array;
  readonly visible: Uint32Array;
  readonly count: number;
  readonly shift: LensBend;
}

/** A thermal camera of 640 by 512 pixels 20 cm beside the camera, both with `count` points anywhere in the picture. */
function thermalPair(widthPx: number, heightPx: number, count: number): ThermalPair {
  const visible = lensOf(widthPx, heightPx);
  const thermal = lensOf(640, 512);
  const at = (eastM: number) => lookAt({ cameraInEnuM: [eastM, 0, 2], targetEnuM: [eastM, 100, 12] });
  const shift = buildRegistration({
    from: { intrinsics: thermal, pose: at(0.2) },
    to: { intrinsics: visible, pose: at(0) },
    rangeM: 200,
  });
  return { thermal: pointsIn(thermal, count, 3), visible: pointsIn(visible, count, 4), count, shift };
}

function lensOf(widthPx: number, heightPx: number): Intrinsics {
  const focalPx = widthPx / 2 / Math.tan(Math.PI / 6);
  const distortion = [-0.02, 0, 0, 0, 0] as const;
  return {
    widthPx,
    heightPx,
    fxPx: focalPx,
    fyPx: focalPx,
    cxPx: (widthPx - 1) / 2,
    cyPx: (heightPx - 1) / 2,
    distortion,
  };
}

function pointsIn({ widthPx, heightPx }: Intrinsics, count: number, seed: number): Uint32Array {
  const prng = createPrng(seed);
  const point = () => [prng.int((widthPx - 1) << 8), prng.int((heightPx - 1) << 8), 1 + prng.int(4000), 1];
  return Uint32Array.from(Array.from({ length: count }, point).flat());
}
