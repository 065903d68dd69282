/**
 * What a node knows now: the tracks it keeps, the last report of every camera, the voxels, and what it all cost. The worker's reports go in,
 * stream messages and API answers come out. It holds no process, no socket and no timer.
 */

import { cameraIntrinsics, cameraPose, type Site } from "@skyvox/cameras";
import { type CameraId, LatencyMeter, RateMeter, secondsFromNs, type TrackId, type TrackUpdate } from "@skyvox/core";
import type { CamerasMessage, HelloMessage, ScoreSummary, StreamMessage, TracksMessage } from "@skyvox/dashboard";
import { lineVolume } from "@skyvox/reconstruction";
import { type BearingTracker, LiveScore, type LiveScoreSummary, Tracker } from "@skyvox/tracking";
import { tracksByBearings } from "./bearing-views.ts";
import { cameraRates } from "./camera-rates.ts";
import { type Evidence, explainedSite } from "./explain/evidence.ts";
import type { Selection } from "./kernel-choice.ts";
import type { Backends, NodeCounters, VoxelSnapshot } from "./node-view.ts";
import type { TruthAt } from "./scene-truth.ts";
import { shownBackends } from "./shown-backends.ts";
import { StepHistory } from "./step-history.ts";
import { TrackIds } from "./track-ids.ts";
import { bearingTrackerOf, trackerOptionsOf } from "./tracker-options.ts";
import type { CameraReport, FrameSetMessage, VoxelsReport } from "./worker-messages.ts";

/** Updates kept per track, and tracks kept after they ended: about a minute at 30 frame sets a second. */
const HISTORY_MAX = 1800;
const TRACKS_KEPT_MAX = 256;
const RATE_WINDOW_MS = 2000;

/** What a node's state starts from. */
export interface NodeStateOptions {
  readonly version: string;
  readonly site: Site;
  readonly selection: Selection;
  readonly truth: TruthAt | null;
  readonly wallMs: () => number;
}

/** Takes the worker's reports and answers what is asked of the node. */
export class NodeState {
  /** What was published lately. */
  readonly past = new StepHistory();
  readonly #options: NodeStateOptions;
  readonly #tracker: Tracker;
  /** Takes the views of a site whose cameras mark points; null where tracks are made of detections. */
  readonly #bearings: BearingTracker | null;
  readonly #ids = new TrackIds();
  readonly #score = new LiveScore();
  readonly #listeners = new Set<(message: StreamMessage) => void>();
  readonly #history = new Map<TrackId, TrackUpdate[]>();
  readonly #confirmed = new Set<TrackId>();
  readonly #latency = new LatencyMeter(512);
  readonly #setRate = new RateMeter({ windowMs: RATE_WINDOW_MS, capacity: 512 });
  readonly #rates: ReturnType<typeof cameraRates>;
  /** The volume as it is shown, with the size of listed voxels. */
  readonly #volume: HelloMessage["site"]["volume"];
  #cpu = { microseconds: 0, wallMs: 0, percent: 0 };
  #tracks: TracksMessage | null = null;
  #cameras: CamerasMessage | null = null;
  #reports: readonly CameraReport[] = [];
  /** What workers that are gone had counted. */
  #earlier: NodeCounters["cameras"] = [];
  #voxels: VoxelSnapshot;
  #counters = { frameSets: 0, rays: 0, detections: 0, restarts: 0 };
  #stageMs = { observe: 0, reconstruct: 0, track: 0 };
  #lastSet: FrameSetMessage | null = null;
  #lastUpdates: readonly TrackUpdate[] = [];
  readonly #explained: ReturnType<typeof explainedSite>;
  #evidence: Evidence | null = null;
  #reportedMs: number | null = null;
  #selection: Selection;
  #device = "";

  constructor(options: NodeStateOptions) {
    this.#options = options;
    this.#selection = options.selection;
    const trackerOptions = trackerOptionsOf(options.site);
    this.#tracker = new Tracker(trackerOptions);
    this.#bearings = tracksByBearings(options.site) ? bearingTrackerOf(options.site) : null;
    this.#explained = explainedSite(options.site, trackerOptions);
    this.#rates = cameraRates(options.site.cameras.map(({ id }) => id));
    const { minM, maxM } = options.site.volume;
    this.#volume = { minM, maxM, voxelSizeM: lineVolume(options.site).lattice.voxelSizeM };
    this.#voxels = {
      timeS: 0,
      voxelSizeM: this.#volume.voxelSizeM,
      minM: options.site.volume.minM,
      indices: new Uint16Array(),
      evidence: new Float32Array(),
      memoryBytes: 0,
      evictedCount: 0,
    };
  }

  /**
   * Takes one frame set's detections, updates the tracks and tells the listeners. Returns the updates, ordered by id.
   *
   * @param told what the leader made of it, where another node leads: that is shown, and its ids are learnt.
   */
  frameSet(message: FrameSetMessage, told: readonly TrackUpdate[] | null = null): readonly TrackUpdate[] {
    const begunMs = performance.now();
    const own = this.#step(message);
    if (told !== null) this.#ids.follow(own, told);
    const updates = told ?? this.#ids.name(own);
    this.#stageMs.track += performance.now() - begunMs;
    this.#stageMs.observe += message.observeMs;
    this.#stageMs.reconstruct += message.reconstructMs;
    this.#counters.frameSets += 1;
    this.#counters.rays += message.rayCount;
    this.#counters.detections += message.detections.length;
    this.#lastSet = message;
    this.#lastUpdates = updates;
    this.#remember(updates);
    this.#tracks = this.#tracksMessage(message, updates);
    this.past.add(this.#tracks);
    this.#publish(this.#tracks);
    const nowMs = this.#options.wallMs();
    this.#setRate.mark(nowMs);
    if (message.capturedWallMs !== null) this.#latency.add(nowMs - message.capturedWallMs);
    return updates;
  }

  #step({ timeNs, detections, views }: FrameSetMessage): readonly TrackUpdate[] {
    if (views === null || this.#bearings === null) return this.#tracker.step(timeNs, detections);
    return this.#bearings.step(timeNs, views);
  }

  voxelsReport(report: VoxelsReport): void {
    const { indices, evidence, memoryBytes, evictedCount } = report;
    const timeS = secondsFromNs(report.timeNs);
    this.#voxels = { ...this.#voxels, indices, evidence, memoryBytes, evictedCount, timeS };
    if (this.#listeners.size === 0) return;
    this.#publish({
      type: "voxels",
      timeS,
      voxelSizeM: this.#voxels.voxelSizeM,
      count: report.evidence.length,
      data: packVoxels(report.indices, report.evidence),
    });
  }

  camerasReport(reports: readonly CameraReport[]): void {
    this.#reports = reports;
    const nowMs = this.#options.wallMs();
    this.#reportedMs = nowMs;
    const sets = Math.max(1, this.#counters.frameSets);
    this.#cameras = {
      type: "cameras",
      timeS: this.#tracks?.timeS ?? 0,
      cameras: reports.map((report) => ({ ...this.#rates.shown(report, nowMs) })),
      line: {
        frameSetsPerS: this.#setRate.perSecond(nowMs),
        latencyMsP50: this.#latencyMs(0.5),
        latencyMsP99: this.#latencyMs(0.99),
        raysPerFrameSet: this.#lastSet?.rayCount ?? 0,
        voxelCount: this.#voxels.evidence.length,
        stageMs: {
          observe: this.#stageMs.observe / sets,
          reconstruct: this.#stageMs.reconstruct / sets,
          track: this.#stageMs.track / sets,
        },
      },
      process: { cpuPercent: this.#cpuPercent(nowMs), memoryBytes: process.memoryUsage().rss },
    };
    this.past.add(this.#cameras);
    this.#publish(this.#cameras);
    if (this.#lastSet === null) return;
    const { timeNs, detections } = this.#lastSet;
    this.#evidence = { ...this.#explained, timeNs, detections, updates: this.#lastUpdates, reports };
  }

  /** Notes on which device the worker opened its kernels, and tells the listeners. */
  opened(device: string): void {
    this.#device = device;
    this.#publish(this.hello());
  }

  /** Notes that a worker is gone and that another takes over, on what and why. */
  takenOver(selection: Selection): void {
    this.#selection = selection;
    this.#device = "";
    this.#counters.restarts += 1;
    // The next worker counts from zero.
    this.#earlier = this.#options.site.cameras.map(({ id }) => this.#cameraCounters(id));
    this.#reports = [];
  }

  hello(): HelloMessage {
    const { site, version, truth } = this.#options;
    const { backend, device, reason } = this.backends().runs;
    return {
      type: "hello",
      version,
      site: {
        name: site.name,
        volume: this.#volume,
        cameras: site.cameras.map((camera) => {
          const pose = cameraPose(camera);
          const { widthPx, heightPx, fxPx, fyPx, cxPx, cyPx } = cameraIntrinsics(camera);
          return {
            id: camera.id,
            positionM: pose.cameraInEnuM,
            cameraFromEnu: pose.cameraFromEnu,
            intrinsics: { widthPx, heightPx, fxPx, fyPx, cxPx, cyPx },
            source: camera.source,
          };
        }),
      },
      backend: { name: backend, device, reason },
      hasTruth: truth !== null,
    };
  }

  backends(): Backends {
    return shownBackends(this.#selection, this.#device);
  }

  tracks(): TracksMessage | null {
    return this.#tracks;
  }

  history(id: TrackId): readonly TrackUpdate[] | null {
    return this.#history.get(id) ?? null;
  }

  cameras(): CamerasMessage | null {
    return this.#cameras;
  }

  evidence(): Evidence | null {
    return this.#evidence;
  }

  voxels(): VoxelSnapshot {
    return this.#voxels;
  }

  subscribe(listener: (message: StreamMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Milliseconds since the worker last reported on its cameras; null before the first report. */
  silentMs(): number | null {
    return this.#reportedMs === null ? null : this.#options.wallMs() - this.#reportedMs;
  }

  counters(): NodeCounters {
    return {
      frameSetsTotal: this.#counters.frameSets,
      raysTotal: this.#counters.rays,
      detectionsTotal: this.#counters.detections,
      tracksConfirmedTotal: this.#confirmed.size,
      workerRestartsTotal: this.#counters.restarts,
      cameras: this.#options.site.cameras.map(({ id }) => this.#cameraCounters(id)),
      stageSeconds: {
        observe: this.#stageMs.observe / 1000,
        reconstruct: this.#stageMs.reconstruct / 1000,
        track: this.#stageMs.track / 1000,
      },
      latencyMs: { p50: this.#latencyMs(0.5), p99: this.#latencyMs(0.99) },
    };
  }

  #tracksMessage(message: FrameSetMessage, updates: readonly TrackUpdate[]): TracksMessage {
    const timeS = secondsFromNs(message.timeNs);
    const truth = this.#options.truth?.(timeS);
    return {
      type: "tracks",
      timeS,
      tracks: updates.flatMap(shownTrack),
      detections: message.detections.map(({ positionEnuM, extentM, cameraCount }) => ({
        positionM: positionEnuM,
        extentM,
        cameraCount,
      })),
      ...(truth === undefined
        ? {}
        : {
            truth: truth.map(({ name, positionEnuM }) => ({ name, positionM: positionEnuM })),
            score: shownScore(this.#score.add(message.timeNs, updates, truth)),
          }),
    };
  }

  #cameraCounters(id: CameraId): NodeCounters["cameras"][number] {
    const earlier = this.#earlier.find((counters) => counters.id === id);
    const report = this.#reports.find((candidate) => candidate.id === id);
    return {
      id,
      framesTotal: (earlier?.framesTotal ?? 0) + (report?.framesTotal ?? 0),
      skippedTotal: (earlier?.skippedTotal ?? 0) + (report?.skippedTotal ?? 0),
      lateTotal: (earlier?.lateTotal ?? 0) + (report?.lateTotal ?? 0),
      missingTotal: (earlier?.missingTotal ?? 0) + (report?.missingTotal ?? 0),
    };
  }

  #remember(updates: readonly TrackUpdate[]): void {
    for (const update of updates) {
      if (update.state === "confirmed") this.#confirmed.add(update.id);
      const history = this.#history.get(update.id) ?? [];
      history.push(update);
      if (history.length > HISTORY_MAX) history.shift();
      this.#history.set(update.id, history);
    }
    for (const [id, history] of this.#history) {
      if (this.#history.size <= TRACKS_KEPT_MAX) break;
      if (history.at(-1)?.state === "deleted") this.#history.delete(id);
    }
  }

  #publish(message: StreamMessage): void {
    for (const listener of this.#listeners) listener(message);
  }

  /** Percentile over the last frame sets; 0 before the first and where time is not real. */
  #latencyMs(fraction: number): number {
    return this.#latency.count === 0 ? 0 : this.#latency.percentileMs(fraction);
  }

  #cpuPercent(nowMs: number): number {
    const elapsedMs = nowMs - this.#cpu.wallMs;
    if (elapsedMs < 500) return this.#cpu.percent;
    const { user, system } = process.cpuUsage();
    const percent = this.#cpu.wallMs === 0 ? 0 : (user + system - this.#cpu.microseconds) / (elapsedMs * 10);
    this.#cpu = { microseconds: user + system, wallMs: nowMs, percent };
    return percent;
  }
}

/** What the dashboard shows of a score: the counts of this frame set, errors and switches of the window. */
function shownScore({ now, gospaM, rmseM, switchCount }: LiveScoreSummary): ScoreSummary {
  return { ...now, gospaM, rmseM, switchCount };
}

function shownTrack(update: TrackUpdate): TracksMessage["tracks"][number][] {
  if (update.state === "deleted") return [];
  const covariance = [0, 1, 2, 7, 8, 14].map((index) => update.covariance[index] ?? 0);
  return [
    {
      id: update.id,
      state: update.state,
      positionM: update.positionEnuM,
      velocityMps: update.velocityEnuMps,
      covarianceM2: covariance,
      score: update.score,
      ageS: secondsFromNs(update.timeNs - update.firstTimeNs),
      detectionCount: update.detectionCount,
    },
  ];
}

/** Packs voxels for the stream: base64 of `[count, 4]` uint16 little-endian, x, y, z and evidence cut at 65535. */
function packVoxels(indices: Uint16Array, evidence: Float32Array): string {
  const packed = new Uint16Array(evidence.length * 4);
  for (let voxel = 0; voxel < evidence.length; voxel++) {
    packed[voxel * 4] = indices[voxel * 3]!;
    packed[voxel * 4 + 1] = indices[voxel * 3 + 1]!;
    packed[voxel * 4 + 2] = indices[voxel * 3 + 2]!;
    packed[voxel * 4 + 3] = Math.min(65535, evidence[voxel]!);
  }
  return Buffer.from(packed.buffer).toString("base64");
}
