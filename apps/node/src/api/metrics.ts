/**
 * `/metrics` in the Prometheus text format.
 *
 * Nothing is counted here: at each scrape the values are read once from the running node and written out, so that a scrape is consistent
 * and the line pays nothing. Names carry base units; labels are bounded by the site (cameras, stations, checks), never by tracks.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { Counter, Gauge, Registry } from "prom-client";
import type { NodeCounters, NodeView, ReadyCheck, VoxelSnapshot } from "../node-view.ts";
import { openRouter } from "./env.ts";
import { problemResponses } from "./problem.ts";
import type { StreamHub } from "./stream-hub.ts";

/** Writes the node's metrics in the Prometheus text format, version 0.0.4. */
export interface Metrics {
  readonly contentType: string;
  render(): Promise<string>;
}

/** Everything one scrape reads. */
interface Scrape {
  readonly version: string;
  readonly uptimeS: number;
  readonly backend: string;
  readonly counters: NodeCounters;
  readonly cameraFps: readonly { readonly id: string; readonly cameraFps: number }[];
  readonly trackStates: readonly string[];
  readonly voxels: VoxelSnapshot;
  readonly checks: readonly ReadyCheck[];
  readonly stream: StreamHub;
}

type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>];

interface Series {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  readonly read: (scrape: Scrape) => readonly Sample[];
}

const counterSeries: readonly Series[] = [
  {
    name: "skyvox_frames_total",
    help: "Frames taken into the line, by camera",
    labelNames: ["camera"],
    read: ({ counters }) => counters.cameras.map(({ id, framesTotal }) => [framesTotal, { camera: id }]),
  },
  {
    name: "skyvox_frames_dropped_total",
    help: "Frames that did not enter the line, by camera and reason (skipped, late, missing)",
    labelNames: ["camera", "reason"],
    read: ({ counters }) =>
      counters.cameras.flatMap(({ id, skippedTotal, lateTotal, missingTotal }): Sample[] => [
        [skippedTotal, { camera: id, reason: "skipped" }],
        [lateTotal, { camera: id, reason: "late" }],
        [missingTotal, { camera: id, reason: "missing" }],
      ]),
  },
  { name: "skyvox_frame_sets_total", help: "Frame sets reconstructed", read: (s) => [[s.counters.frameSetsTotal]] },
  { name: "skyvox_rays_total", help: "Rays cast", read: (s) => [[s.counters.raysTotal]] },
  { name: "skyvox_detections_total", help: "Detections found", read: (s) => [[s.counters.detectionsTotal]] },
  {
    name: "skyvox_tracks_confirmed_total",
    help: "Tracks ever confirmed",
    read: (s) => [[s.counters.tracksConfirmedTotal]],
  },
  {
    name: "skyvox_worker_restarts_total",
    help: "Worker processes started again after one ended",
    read: (s) => [[s.counters.workerRestartsTotal]],
  },
  {
    name: "skyvox_stage_seconds_total",
    help: "Seconds spent, by station of the line",
    labelNames: ["stage"],
    read: ({ counters }) => Object.entries(counters.stageSeconds).map(([stage, seconds]) => [seconds, { stage }]),
  },
  {
    name: "skyvox_voxels_evicted_total",
    help: "Voxels evicted to stay within the memory cap",
    read: ({ voxels }) => [[voxels.evictedCount]],
  },
  {
    name: "skyvox_stream_messages_dropped_total",
    help: "Messages not sent to a stream client that reads too slowly, by topic",
    labelNames: ["topic"],
    read: ({ stream }) => Object.entries(stream.droppedTotal).map(([topic, count]) => [count, { topic }]),
  },
  {
    name: "skyvox_stream_clients_closed_total",
    help: "Stream clients closed because they read too slowly",
    read: ({ stream }) => [[stream.closedSlowTotal]],
  },
];

const gaugeSeries: readonly Series[] = [
  {
    name: "skyvox_build_info",
    help: "Always 1; its labels say what runs",
    labelNames: ["version", "backend"],
    read: ({ version, backend }) => [[1, { version, backend }]],
  },
  { name: "skyvox_uptime_seconds", help: "Seconds since the node started", read: ({ uptimeS }) => [[uptimeS]] },
  {
    name: "skyvox_check_ok",
    help: "1 where a dependency of the node works",
    labelNames: ["check"],
    read: ({ checks }) => checks.map(({ name, ok }) => [ok ? 1 : 0, { check: name }]),
  },
  {
    name: "skyvox_camera_fps",
    help: "Frames a second the camera delivers",
    labelNames: ["camera"],
    read: (s) => s.cameraFps.map(({ id, cameraFps }) => [cameraFps, { camera: id }]),
  },
  {
    name: "skyvox_end_to_end_latency_seconds",
    help: "Capture to published track over the last seconds, by quantile",
    labelNames: ["quantile"],
    read: ({ counters }) => [
      [counters.latencyMs.p50 / 1000, { quantile: "0.5" }],
      [counters.latencyMs.p99 / 1000, { quantile: "0.99" }],
    ],
  },
  {
    name: "skyvox_tracks",
    help: "Tracks of the last frame set, by state",
    labelNames: ["state"],
    read: ({ trackStates }) =>
      ["tentative", "confirmed", "coasting"].map((state) => [
        trackStates.filter((other) => other === state).length,
        { state },
      ]),
  },
  {
    name: "skyvox_voxels_active",
    help: "Voxels that hold evidence",
    read: ({ voxels }) => [[voxels.evidence.length]],
  },
  { name: "skyvox_voxel_bytes", help: "Memory the voxel grid holds", read: ({ voxels }) => [[voxels.memoryBytes]] },
  { name: "skyvox_stream_clients", help: "Open stream connections", read: ({ stream }) => [[stream.clientCount]] },
];

/** Registers the node's metrics in a registry of their own. */
export function openMetrics(view: NodeView, stream: StreamHub): Metrics {
  const registry = new Registry();
  let scrape: Scrape | null = null;
  const samples = (read: Series["read"]): readonly Sample[] => (scrape === null ? [] : read(scrape));
  for (const { name, help, labelNames = [], read } of counterSeries) {
    new Counter({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const [value, labels] of samples(read)) this.inc(labels ?? {}, value);
      },
    });
  }
  for (const { name, help, labelNames = [], read } of gaugeSeries) {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const [value, labels] of samples(read)) this.set(labels ?? {}, value);
      },
    });
  }
  return {
    contentType: registry.contentType,
    render: async () => {
      // Every collect above runs before the first await inside `metrics`, so scrapes at the same time do not mix.
      scrape = readNode(view, stream);
      return await registry.metrics();
    },
  };
}

function readNode(view: NodeView, stream: StreamHub): Scrape {
  return {
    version: view.version,
    uptimeS: view.uptimeS(),
    backend: view.backends().runs.backend,
    counters: view.counters(),
    cameraFps: view.cameras()?.cameras ?? [],
    trackStates: (view.tracks()?.tracks ?? []).map(({ state }) => state),
    voxels: view.voxels(),
    checks: view.checks(),
    stream,
  };
}

const metricsRoute = createRoute({
  method: "get",
  path: "/metrics",
  tags: ["node"],
  summary: "Returns the node's metrics in the Prometheus text format",
  responses: {
    200: { description: "The metrics", content: { "text/plain": { schema: z.string() } } },
    ...problemResponses(403, 500),
  },
});

export const metricsRoutes = openRouter().openapi(metricsRoute, async (c) => {
  const { metrics } = c.env;
  return c.text(await metrics.render(), 200, { "content-type": metrics.contentType });
});
