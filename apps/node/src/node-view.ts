import type { FrameProfile, FrameProfileName, Site } from "@skyvox/cameras";
/**
 * What the API may know of a running node.
 *
 * The API is written against this and nothing else: it cannot reach into the line, and its tests hand it plain values.
 */
import type { CameraId, TrackId, TrackUpdate } from "@skyvox/core";
import type { CamerasMessage, HelloMessage, StreamMessage, TracksMessage } from "@skyvox/dashboard";
import type { BackendName } from "@skyvox/kernels";
import type { ClusterView } from "./cluster/cluster-view.ts";
import type { Evidence } from "./explain/evidence.ts";
import type { AnswerOrigin } from "./kernel-choice.ts";
import type { StepHistory } from "./step-history.ts";

/** What one backend answered, and whether it runs now. */
export interface BackendAnswer {
  readonly backend: BackendName;
  readonly ok: boolean;
  readonly chosen: boolean;
  /** Why it can or cannot run, why it runs, or why it was given up. */
  readonly reason: string;
  readonly device?: string;
  /** Milliseconds one time step of the micro-benchmark took. */
  readonly stepMs?: number;
  /** Where the answer came from; absent for the reference where it was not asked. */
  readonly from?: AnswerOrigin;
}

/** The backend that runs, on what and why, and what each one answered. */
export interface Backends {
  readonly runs: { readonly backend: BackendName; readonly device: string; readonly reason: string };
  readonly backends: readonly BackendAnswer[];
}

/** One dependency of the node and whether it works now. */
export interface ReadyCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Voxels that hold evidence now, ordered by index. */
export interface VoxelSnapshot {
  readonly timeS: number;
  readonly voxelSizeM: number;
  readonly minM: readonly [number, number, number];
  /** `[count, 3]` voxel indices x, y, z. */
  readonly indices: Uint16Array;
  /** `[count]` evidence, in summed grey levels. */
  readonly evidence: Float32Array;
  readonly memoryBytes: number;
  readonly evictedCount: number;
}

/** A camera's picture as PNG and the site time at which it was captured, in seconds. */
export interface Snapshot {
  readonly png: Uint8Array<ArrayBuffer>;
  readonly timeS: number;
}

/** What the API may know of a running node: values to read, no way to reach into the line. */
export interface NodeView {
  readonly version: string;
  readonly site: Site;
  readonly cluster: ClusterView;
  backends(): Backends;
  uptimeS(): number;
  checks(): readonly ReadyCheck[];
  hello(): HelloMessage;
  /** The last frame set's message, or null before the first. */
  tracks(): TracksMessage | null;
  /** All updates kept of one track (the last minute or so), or null when it is not known. */
  history(id: TrackId): readonly TrackUpdate[] | null;
  cameras(): CamerasMessage | null;
  /** What tracks are explained from: the last frame set that the cameras told of, or null before the first. */
  evidence(): Evidence | null;
  /** What was published lately. */
  readonly past: Pick<StepHistory, "extent" | "slice">;
  voxels(): VoxelSnapshot;
  /** Encodes the camera's last picture as a grey PNG of at most `widthPx` columns, or null when there is none yet. */
  snapshot(camera: CameraId, widthPx: number): Promise<Snapshot | null>;
  /** Calls back with every message of the stream until the returned function is called. */
  subscribe(listener: (message: StreamMessage) => void): () => void;
  /** Counters since start, for `/metrics` and `/api/v1/pipeline/stats`. */
  counters(): NodeCounters;
  /** What went through the shared memory of the frames; null where the worker reads the sources itself. */
  frames(): FrameMemory | null;
}

/** The shared memory that frames come through, and each camera's frames in it since start. */
export interface FrameMemory {
  readonly memoryBytes: number;
  /** How they come through it. */
  readonly profile: FrameProfile & { readonly name: FrameProfileName };
  readonly cameras: readonly {
    readonly id: CameraId;
    /** Frames written and handed over where they lie. */
    readonly published: number;
    /** Frames given up half written, at the source's end or by the death of who wrote. */
    readonly aborted: number;
    /** Times that no slot was free. */
    readonly refused: number;
    /** Slots taken away from readers that held them too long. */
    readonly evicted: number;
  }[];
}

/** Counts since the node started. */
export interface NodeCounters {
  readonly frameSetsTotal: number;
  readonly raysTotal: number;
  readonly detectionsTotal: number;
  readonly tracksConfirmedTotal: number;
  readonly workerRestartsTotal: number;
  readonly cameras: readonly {
    readonly id: CameraId;
    readonly framesTotal: number;
    readonly skippedTotal: number;
    readonly lateTotal: number;
    readonly missingTotal: number;
  }[];
  /** Seconds spent since start by station: observe, reconstruct, track. */
  readonly stageSeconds: Readonly<Record<string, number>>;
  readonly latencyMs: { readonly p50: number; readonly p99: number };
}
