import type { CameraSource, FrameSet, FrameSetAssembler } from "@skyvox/cameras";
/**
 * The worker's side of its reports: what to tell the node, and how often.
 *
 * Detections are told at once, since tracks wait for them. Pictures, voxels and counts are for people and go out ten times a second.
 */
import { type CameraId, type Observation, secondsFromNs } from "@skyvox/core";
import type { Reconstruction } from "@skyvox/reconstruction";
import type { VoxelGrid } from "@skyvox/voxels";
import type { BearingViews } from "./bearing-views.ts";
import type { FrameSetCost } from "./play.ts";
import { type Timeline, wallMsAt } from "./timeline.ts";
import { wallMs } from "./wall-clock.ts";
import type { CameraReport, FromWorker, Pace } from "./worker-messages.ts";

/** How often voxels and camera figures are reported. */
const REPORT_MS = 100;
/** At most this many blob boxes per camera are drawn. */
const BLOBS_SHOWN_MAX = 64;

interface CameraState {
  observation: Observation | null;
  /** Frames that the source skipped to come to the present, where this worker took over: they belonged to its forerunner. */
  skippedBefore: number;
  framesTotal: number;
  ended: boolean;
}

/** Tells the node what the worker sees: every frame set at once, voxels and camera figures ten times a second. */
export class WorkerReport {
  readonly #send: (message: FromWorker) => void;
  readonly #grid: VoxelGrid;
  readonly #sources: readonly CameraSource[];
  readonly #assembler: FrameSetAssembler<Observation>;
  readonly #pace: Pace;
  readonly #views: BearingViews | null;
  #timeline: Timeline | null = null;
  readonly #cameras = new Map<CameraId, CameraState>();
  #reportedMs = Number.NEGATIVE_INFINITY;
  #timeNs = 0n;

  constructor(options: {
    readonly send: (message: FromWorker) => void;
    readonly grid: VoxelGrid;
    readonly sources: readonly CameraSource[];
    readonly assembler: FrameSetAssembler<Observation>;
    readonly pace: Pace;
    /** Null where tracks are made of detections. */
    readonly views: BearingViews | null;
  }) {
    this.#send = options.send;
    this.#grid = options.grid;
    this.#sources = options.sources;
    this.#assembler = options.assembler;
    this.#pace = options.pace;
    this.#views = options.views;
    for (const { cameraId } of options.sources) {
      this.#cameras.set(cameraId, { observation: null, skippedBefore: 0, framesTotal: 0, ended: false });
    }
  }

  /** Tells when which site time is, before the first frame set. */
  begin(timeline: Timeline): void {
    this.#timeline = timeline;
    for (const { cameraId, stats } of this.#sources) this.#cameras.get(cameraId)!.skippedBefore = stats.skipped;
  }

  observation(observation: Observation): void {
    const camera = this.#cameras.get(observation.cameraId);
    if (camera === undefined) return;
    camera.observation = observation;
    camera.framesTotal += 1;
    this.#views?.add(observation);
  }

  end(id: CameraId): void {
    const camera = this.#cameras.get(id);
    if (camera !== undefined) camera.ended = true;
  }

  frameSet(set: FrameSet<Observation>, result: Reconstruction, cost: FrameSetCost): void {
    const nowWallMs = wallMs();
    this.#timeNs = set.timeNs;
    this.#grid.update(set.timeNs, result.voxels);
    this.#send({
      type: "frameSet",
      timeNs: set.timeNs,
      detections: result.detections,
      views: this.#views?.take() ?? null,
      rayCount: result.rayCount,
      capturedWallMs:
        this.#pace === "real-time" && this.#timeline !== null ? wallMsAt(this.#timeline, latestCaptureNs(set)) : null,
      observeMs: cost.observeMs,
      reconstructMs: cost.reconstructMs,
    });
    if (nowWallMs - this.#reportedMs < REPORT_MS) return;
    this.#reportedMs = nowWallMs;
    this.#report();
  }

  /** Sends the last figures of a run. */
  finish(): void {
    this.#report();
  }

  #report(): void {
    const { xyz: indices, evidence } = this.#grid.snapshot(this.#timeNs);
    const { memoryBytes, evictedBrickCount } = this.#grid;
    this.#send({
      type: "voxels",
      timeNs: this.#timeNs,
      indices,
      evidence,
      memoryBytes,
      evictedCount: evictedBrickCount,
    });
    this.#send({ type: "cameras", cameras: this.#sources.map((source) => this.#cameraReport(source)) });
  }

  #cameraReport(source: CameraSource): CameraReport {
    const state = this.#cameras.get(source.cameraId);
    const counts = this.#assembler.counts(source.cameraId);
    return {
      id: source.cameraId,
      state: state?.ended ? "ended" : "running",
      framesTotal: state?.framesTotal ?? 0,
      skippedTotal: source.stats.skipped - (state?.skippedBefore ?? 0),
      lateTotal: counts.late,
      missingTotal: counts.missing,
      motionPixels: state?.observation?.motionPixelCount ?? 0,
      flooded: state?.observation?.flooded ?? false,
      seenS: state?.observation ? secondsFromNs(state.observation.captureNs) : null,
      blobs: boxesOf(state?.observation?.blobs ?? new Uint32Array()),
    };
  }
}

function latestCaptureNs(set: FrameSet<Observation>): bigint {
  return set.members.reduce((latest, member) => (member.captureNs > latest ? member.captureNs : latest), set.timeNs);
}

/** Reads the bounding boxes out of blob rows: words 1 and 2 are the corners, x in the low half. */
export function boxesOf(blobs: Uint32Array): [number, number, number, number][] {
  const boxes: [number, number, number, number][] = [];
  for (let row = 0; row < blobs.length && boxes.length < BLOBS_SHOWN_MAX; row += 16) {
    const low = blobs[row + 1]!;
    const high = blobs[row + 2]!;
    boxes.push([low & 0xffff, low >>> 16, high & 0xffff, high >>> 16]);
  }
  return boxes;
}
