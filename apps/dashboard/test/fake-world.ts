/**
 * A small world for tests of the page: five targets on closed curves, four cameras that look at them, and the messages a node would send.
 *
 * Everything follows from the time alone, so any instant can be asked for, and every message agrees with every other: boxes and
 * pictures with the projections, voxels with the tracks, tracks with the truth.
 */
import type { CamerasMessage, HelloMessage, TracksMessage, VoxelsMessage } from "../src/messages.ts";
import { type Point, projectToPixel, type SiteCamera } from "../src/page/geometry.ts";
import { encodeGreyPng } from "./png.ts";

const MIN_M = [-60, -60, 0] as const;
const MAX_M = [60, 60, 70] as const;
const VOXEL_SIZE_M = 0.5;
const NAMES = ["north", "east", "south", "west"] as const;
const INTRINSICS = { widthPx: 1920, heightPx: 1080, fxPx: 1400, fyPx: 1400, cxPx: 959.5, cyPx: 539.5 };

export const CAMERAS: readonly SiteCamera[] = [
  camera(NAMES[0], [4, 82, 3], [0, 0, 26]),
  camera(NAMES[1], [84, -6, 5], [0, 0, 26]),
  camera(NAMES[2], [-8, -84, 3], [0, 0, 26]),
  camera(NAMES[3], [-82, 10, 6], [0, 0, 26]),
];

export const HELLO: HelloMessage = {
  type: "hello",
  version: "0.1.0",
  site: { name: "Proving ground", volume: { minM: MIN_M, maxM: MAX_M, voxelSizeM: VOXEL_SIZE_M }, cameras: CAMERAS },
  backend: { name: "cpu", device: "8 threads, AVX2", reason: "fastest of cpu and wgsl; cuda: no NVIDIA driver found" },
  hasTruth: true,
};

/** Position of a target at a time, metres. */
export function targetAt(target: number, timeS: number): Point {
  const phase = target * 1.3;
  const pace = 0.16 + 0.035 * target;
  return [
    (24 + 6 * target) * Math.sin(pace * timeS + phase),
    (44 - 4 * target) * Math.cos(pace * timeS * (target % 2 === 0 ? 1 : -0.8) + 2 * phase),
    16 + 8 * target + 6 * Math.sin(0.5 * pace * timeS + target),
  ];
}

export const TARGET_COUNT = 5;

/** A sixth target that no camera sees well, so it has no track. */
export const MISSED = { name: "drone 6", positionM: [-36, -20, 48] } as const;

/** The tracks of an instant: a few centimetres beside the truth, one of them tentative now and then. */
export function tracksAt(timeS: number): TracksMessage {
  const targets = Array.from({ length: TARGET_COUNT }, (_, i) => i);
  const tracks = targets.map((i): TracksMessage["tracks"][number] => {
    const at = targetAt(i, timeS);
    const [next, before] = [targetAt(i, timeS + 0.05), targetAt(i, timeS - 0.05)];
    const wobble = (axis: number): number => 0.05 * Math.sin(7 * timeS + 2 * i + axis);
    const sigma = 0.25 + 0.12 * i;
    return {
      id: 11 + i,
      state: i === 3 && timeS % 20 > 16 ? "coasting" : "confirmed",
      positionM: [at[0] + wobble(0), at[1] + wobble(1), at[2] + wobble(2)],
      velocityMps: [10 * (next[0] - before[0]), 10 * (next[1] - before[1]), 10 * (next[2] - before[2])],
      covarianceM2: [2 * sigma ** 2, 0.9 * sigma ** 2, 0, sigma ** 2, 0.3 * sigma ** 2, 0.6 * sigma ** 2],
      score: 18 + 3 * i,
      ageS: timeS + 4,
      detectionCount: Math.floor(30 * (timeS + 4)),
    };
  });
  const passing = timeS % 12;
  return {
    type: "tracks",
    timeS,
    tracks: passing < 2.5 ? [...tracks, tentative(Math.floor(timeS / 12), passing)] : tracks,
    detections: targets.map((i) => ({ positionM: targetAt(i, timeS), extentM: [0.8, 0.8, 0.4], cameraCount: 4 })),
    truth: targets.map((i) => ({ name: `drone ${i + 1}`, positionM: targetAt(i, timeS) })),
    score: {
      gospaM: 0.21 + 0.04 * Math.sin(timeS),
      rmseM: 0.08,
      truthCount: 5,
      matchedCount: 5,
      missedCount: 0,
      falseCount: 0,
      switchCount: 0,
    },
  };
}

function tentative(round: number, ageS: number): TracksMessage["tracks"][number] {
  return {
    id: 40 + round,
    state: "tentative",
    positionM: [-40 + 9 * ageS, 30, 52],
    velocityMps: [9, 0, 0],
    covarianceM2: [4, 0, 0, 4, 0, 2],
    score: 1.2,
    ageS,
    detectionCount: 3,
  };
}

/** Voxels around each target and along the last seconds of its flight, `count` in all. */
export function voxelsAt(timeS: number, count: number): VoxelsMessage {
  const rows = new Uint16Array(count * 4);
  const noise = sequence(12345);
  for (let i = 0; i < count; i++) {
    const target = i % TARGET_COUNT;
    const age = 2.2 * (i / count) ** 1.5;
    const at = targetAt(target, timeS - age);
    const spread = 0.7 + 1.1 * age;
    for (let axis = 0; axis < 3; axis++) {
      const offset = spread * (noise() + noise() + noise() - 1.5);
      rows[i * 4 + axis] = Math.max(0, Math.round(((at[axis] ?? 0) + offset - (MIN_M[axis] ?? 0)) / VOXEL_SIZE_M));
    }
    rows[i * 4 + 3] = Math.round(65535 * Math.exp(-1.6 * age) * (0.4 + 0.6 * noise()));
  }
  return { type: "voxels", timeS, voxelSizeM: VOXEL_SIZE_M, count, data: Buffer.from(rows.buffer).toString("base64") };
}

/** What the cameras report at a time; the last one sees too much and loses frames. */
export function camerasAt(timeS: number): CamerasMessage {
  const cameras = CAMERAS.map((it, i): CamerasMessage["cameras"][number] => ({
    id: it.id,
    state: "running",
    cameraFps: 60,
    processedFps: i === 3 ? 52.4 : 59.8,
    skippedFps: i === 3 ? 7.6 : 0.2,
    missingFrames: i === 3 ? 12 : 0,
    lateFrames: i === 3 ? 3 : 0,
    motionPixels: 900,
    flooded: i === 3,
    blobs: blobsAt(it, timeS),
  }));
  const swing = 4 * Math.sin(timeS / 5);
  return {
    type: "cameras",
    timeS,
    cameras,
    line: {
      frameSetsPerS: 59.4 + 0.5 * Math.sin(timeS),
      latencyMsP50: 21 + swing / 2,
      latencyMsP99: 38 + swing,
      raysPerFrameSet: 1240,
      voxelCount: 1800,
      stageMs: { observe: 6.1, reconstruct: 4.4, track: 0.3 },
    },
    process: { cpuPercent: 143, memoryBytes: 412e6 },
  };
}

function blobsAt(it: SiteCamera, timeS: number): [number, number, number, number][] {
  return Array.from({ length: TARGET_COUNT }, (_, i) => projectToPixel(it, targetAt(i, timeS))).flatMap((pixel) => {
    if (!pixel || pixel[0] < 0 || pixel[1] < 0 || pixel[0] > 1919 || pixel[1] > 1079) return [];
    const [u, v] = [Math.round(pixel[0]), Math.round(pixel[1])];
    return [[u - 11, v - 7, u + 11, v + 7]];
  });
}

/** A camera's picture at a time: a dusk sky with grain, a horizon and dark targets, grey PNG. */
export function snapshotAt(cameraId: string, timeS: number, widthPx: number): Uint8Array<ArrayBuffer> | null {
  const it = CAMERAS.find(({ id }) => id === cameraId);
  if (!it) return null;
  const heightPx = Math.round((widthPx * INTRINSICS.heightPx) / INTRINSICS.widthPx);
  const scale = widthPx / INTRINSICS.widthPx;
  const pixels = new Uint8Array(widthPx * heightPx);
  const noise = sequence(Math.floor(timeS * 1000) + 1);
  for (let y = 0; y < heightPx; y++) {
    const sky = 118 + 62 * (y / heightPx);
    const ridge = 0.9 * heightPx;
    for (let x = 0; x < widthPx; x++) {
      const hill = y > ridge - 6 * Math.sin(x / 31 + it.positionM[0]) - 4 * Math.sin(x / 13);
      pixels[y * widthPx + x] = (hill ? 52 : sky) + 9 * noise();
    }
  }
  for (let target = 0; target < TARGET_COUNT; target++) {
    const pixel = projectToPixel(it, targetAt(target, timeS));
    if (pixel) spot(pixels, { widthPx, heightPx, u: pixel[0] * scale, v: pixel[1] * scale });
  }
  return encodeGreyPng(pixels, widthPx, heightPx);
}

function spot(pixels: Uint8Array, at: { widthPx: number; heightPx: number; u: number; v: number }): void {
  for (let y = Math.round(at.v) - 1; y <= Math.round(at.v) + 1; y++) {
    for (let x = Math.round(at.u) - 2; x <= Math.round(at.u) + 2; x++) {
      if (x >= 0 && y >= 0 && x < at.widthPx && y < at.heightPx) pixels[y * at.widthPx + x] = 26;
    }
  }
}

function camera(id: string, positionM: Point, targetM: Point): SiteCamera {
  const forward = unit([targetM[0] - positionM[0], targetM[1] - positionM[1], targetM[2] - positionM[2]]);
  const right = unit([forward[1], -forward[0], 0]);
  const down: Point = [
    forward[1] * right[2] - forward[2] * right[1],
    forward[2] * right[0] - forward[0] * right[2],
    forward[0] * right[1] - forward[1] * right[0],
  ];
  return { id, positionM, cameraFromEnu: [...right, ...down, ...forward], intrinsics: INTRINSICS, source: "scene" };
}

function unit(v: Point): Point {
  const length = Math.hypot(...v);
  return [v[0] / length, v[1] / length, v[2] / length];
}

/** Numbers 0 … 1 from a seed (Marsaglia 2003, xorshift32). */
function sequence(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 4294967296;
  };
}
