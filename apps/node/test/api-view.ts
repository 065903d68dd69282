/**
 * A running node as plain values, and the API served over it: what the tests of the API share.
 *
 * Two cameras look at a small volume; three tracks, one in each state, and three voxels are there. `emit` stands for the line.
 */
import { frameProfiles, type Site } from "@skyvox/cameras";
import { cameraId, type TrackUpdate, trackId } from "@skyvox/core";
import type {
  CamerasMessage,
  DashboardFile,
  HelloMessage,
  StreamMessage,
  TracksMessage,
  VoxelsMessage,
} from "@skyvox/dashboard";
import { type ApiServer, serveApi } from "../src/api/serve.ts";
import type { NodeView } from "../src/node-view.ts";
import { StepHistory } from "../src/step-history.ts";
import { plainCluster } from "./cluster-plain-view.ts";

const intrinsics = { widthPx: 64, heightPx: 48, fxPx: 50, fyPx: 50, cxPx: 31.5, cyPx: 23.5 };
const lens = { ...intrinsics, distortion: [0, 0, 0, 0, 0] satisfies [number, number, number, number, number] };
const clock = { offsetS: 0, rate: 1, sigmaMs: 1, state: "free" as const };

function siteCamera(id: string, positionM: [number, number, number]): Site["cameras"][number] {
  const orientation = { lookAtM: [0, 0, 10] satisfies [number, number, number] };
  const pose = { positionM, orientation, positionSigmaM: 0.02, angleSigmaDeg: 0.05 };
  return { id: cameraId(id), source: `scene:two?view=${id}`, intrinsics: lens, pose, clock };
}

export const site: Site = {
  name: "two cameras",
  origin: { latitudeDeg: 47, longitudeDeg: 8, heightM: 400 },
  volume: { minM: [-10, -20, 0], maxM: [10, 20, 30], voxelSizeM: 0.5 },
  cameras: [siteCamera("north", [0, 50, 2]), siteCamera("east", [50, 0, 2])],
  options: {
    viewsMin: 2,
    motion: {
      mode: "sigmaDelta",
      threshold: 16,
      step: 1,
      gaussian: { slowFrames: 64, fastFrames: 4, holdFrames: 2048, snrMin: 5 },
    },
    cellShift: "auto",
    blobPixelsMin: 2,
    rays: "cells",
    floodedFraction: 0.3,
    target: { sizeM: 1, speedMps: 20, accelerationMps2: 10 },
    frameSet: { deadlineMs: 100 },
  },
};

export const hello: HelloMessage = {
  type: "hello",
  version: "0.1.0",
  site: {
    name: "two cameras",
    volume: { minM: [-10, -20, 0], maxM: [10, 20, 30], voxelSizeM: 0.5 },
    cameras: [
      {
        id: "north",
        positionM: [0, 50, 2],
        cameraFromEnu: [-1, 0, 0, 0, 0, -1, 0, -1, 0],
        intrinsics,
        source: "scene:two",
      },
      {
        id: "east",
        positionM: [50, 0, 2],
        cameraFromEnu: [0, 1, 0, 0, 0, -1, -1, 0, 0],
        intrinsics,
        source: "scene:two",
      },
    ],
  },
  backend: { name: "cpu", device: "AVX2, 2 threads", reason: "fastest of 2 that passed" },
  hasTruth: true,
};

const moving = { positionM: [1, 2, 3], velocityMps: [4, 0, -1], covarianceM2: [1, 0, 0, 1, 0, 2] } as const;

export const tracks: TracksMessage = {
  type: "tracks",
  timeS: 12.5,
  tracks: [
    { id: 7, state: "confirmed", ...moving, score: 21.5, ageS: 4, detectionCount: 118 },
    { id: 8, state: "coasting", ...moving, score: 9, ageS: 2, detectionCount: 40 },
    { id: 9, state: "tentative", ...moving, score: 1, ageS: 0.1, detectionCount: 2 },
  ],
  detections: [{ positionM: [1, 2, 3], extentM: [0.5, 0.5, 0.5], cameraCount: 2 }],
};

export const cameras: CamerasMessage = {
  type: "cameras",
  timeS: 12.4,
  cameras: [
    {
      id: "north",
      state: "running",
      cameraFps: 30,
      processedFps: 28,
      skippedFps: 2,
      missingFrames: 1,
      lateFrames: 3,
      motionPixels: 250,
      flooded: false,
      blobs: [[3, 4, 10, 12]],
    },
  ],
  line: {
    frameSetsPerS: 29,
    latencyMsP50: 8,
    latencyMsP99: 21,
    raysPerFrameSet: 310,
    voxelCount: 3,
    stageMs: { observe: 2, reconstruct: 3, track: 0.5 },
  },
  process: { cpuPercent: 41, memoryBytes: 2e8 },
};

export const voxelsMessage: VoxelsMessage = { type: "voxels", timeS: 12.5, voxelSizeM: 0.5, count: 0, data: "" };

function update(timeNs: bigint, state: TrackUpdate["state"], eastM: number): TrackUpdate {
  const covariance = Float64Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 0.25 : 0));
  return {
    id: trackId(7),
    state,
    timeNs,
    firstTimeNs: 8_500_000_000n,
    positionEnuM: [eastM, 2, 3],
    velocityEnuMps: [4, 0, -1],
    covariance,
    score: 21.5,
    detectionCount: 118,
    missedCount: 0,
  };
}

export const history = [update(12_400_000_000n, "tentative", 0.6), update(12_500_000_000n, "confirmed", 1)];

export const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** The values of a running node; `emit` is what its line would do. */
export interface PlainView extends NodeView {
  emit(message: StreamMessage): void;
  listenerCount(): number;
  readonly snapshotsAsked: { camera: string; widthPx: number }[];
}

/** Makes such a view; `changed` replaces some of its values. */
export function plainView(changed: Partial<NodeView> = {}): PlainView {
  const listeners = new Set<(message: StreamMessage) => void>();
  const snapshotsAsked: { camera: string; widthPx: number }[] = [];
  return {
    version: "0.1.0",
    site,
    cluster: plainCluster,
    backends: () => ({
      runs: { backend: "cpu", device: "AVX2, 2 threads", reason: "fastest of 2" },
      backends: [
        { backend: "cuda", ok: false, chosen: false, reason: "no CUDA driver here", from: "cache" },
        {
          ...{ backend: "cpu", ok: true, chosen: true, reason: "fastest of 2", from: "probe" },
          ...{ device: "AVX2, 2 threads", stepMs: 4.5 },
        },
        { backend: "reference", ok: true, chosen: false, reason: "the truth the others are checked against" },
      ],
    }),
    uptimeS: () => 90.5,
    checks: () => [{ name: "worker", ok: true, detail: "cpu" }],
    hello: () => hello,
    tracks: () => tracks,
    history: (id) => (id === 7 ? history : null),
    cameras: () => cameras,
    evidence: () => null,
    past: new StepHistory(),
    voxels: () => ({
      timeS: 12.5,
      voxelSizeM: 0.5,
      minM: [-10, -20, 0],
      indices: Uint16Array.of(0, 0, 0, 1, 2, 3, 40, 80, 59),
      evidence: Float32Array.of(64, 1000, 64),
      memoryBytes: 4096,
      evictedCount: 2,
    }),
    snapshot: async (camera, widthPx) => {
      snapshotsAsked.push({ camera, widthPx });
      return camera === "north" ? { png, timeS: 12.25 } : null;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    counters: () => ({
      frameSetsTotal: 360,
      raysTotal: 111_600,
      detectionsTotal: 800,
      tracksConfirmedTotal: 2,
      workerRestartsTotal: 0,
      cameras: [{ id: cameraId("north"), framesTotal: 362, skippedTotal: 5, lateTotal: 3, missingTotal: 1 }],
      stageSeconds: { observe: 0.72, reconstruct: 1.08 },
      latencyMs: { p50: 8, p99: 21 },
    }),
    frames: () => ({
      memoryBytes: 30_000_000,
      profile: { name: "latency", ...frameProfiles.latency },
      cameras: [{ id: cameraId("north"), published: 364, aborted: 1, refused: 0, evicted: 0 }],
    }),
    ...changed,
    emit: (message) => {
      for (const listener of [...listeners]) listener(message);
    },
    listenerCount: () => listeners.size,
    snapshotsAsked,
  };
}

function asset(text: string, type: string, etag: string): DashboardFile {
  const body = new TextEncoder().encode(text);
  return { body, type, etag, gzip: Bun.gzipSync(body) };
}

export const pageText = `<!doctype html><title>Skyvox</title>${"<p></p>".repeat(50)}`;

export const assets = new Map([
  ["/", asset(pageText, "text/html; charset=utf-8", '"page1"')],
  ["/assets/main-1a2b3c4d.js", asset("export {};", "text/javascript; charset=utf-8", '"main1"')],
]);

/** Serves a view on a free port. */
export function serve(view: NodeView = plainView()): ApiServer {
  return serveApi({ view, assets, port: 0, hostname: "127.0.0.1" });
}
