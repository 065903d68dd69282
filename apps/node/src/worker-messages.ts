/**
 * What the node and its worker process say to each other over the child's IPC channel (structured clone, so bigints and typed arrays
 * pass as they are). The worker owns the sources, the kernels and the voxels; the node owns the tracks, so a worker that dies
 * takes no track with it.
 */

import type { FrameProfileName, Site } from "@skyvox/cameras";
import type { CameraId, Detection, SkyvoxErrorCode } from "@skyvox/core";
import type { FramePlaces } from "./frame-pools.ts";
import type { Selection } from "./kernel-choice.ts";
import type { TimedPicture } from "./shrink.ts";
import type { Timeline } from "./timeline.ts";

/** Play recorded sources at the speed they were recorded at and skip what comes too late, or take every frame as fast as it comes. */
export type Pace = "real-time" | "as-fast-as-possible";

/** What a worker may do before it is to run: open the sources, and the kernels of the backend that it will most likely be. */
export interface PrepareMessage {
  readonly type: "prepare";
  readonly kernels: Pick<Selection, "choice" | "backend">;
  readonly site: Site;
  readonly siteDirectory: string;
  /** Shared memory that frames come through; null: the worker opens the sources itself. */
  readonly frames: FramePlaces | null;
  /** How they come through. */
  readonly profile: FrameProfileName;
}

/** What else a worker needs to begin; it follows a `PrepareMessage`. */
export interface StartMessage {
  readonly type: "start";
  readonly kernels: Pick<Selection, "choice" | "backend">;
  readonly pace: Pace;
  /** The time line to take up where a worker died; null: the first frame is captured now. */
  readonly timeline: Timeline | null;
  /** Site time after which the run ends even though the sources go on, counted from its first frame, or null. */
  readonly lastsNs: bigint | null;
}

export type ToWorker =
  | PrepareMessage
  | StartMessage
  | { readonly type: "snapshot"; readonly request: number; readonly cameraId: CameraId; readonly widthPx: number }
  | { readonly type: "stop" };

/** What became of one camera's frames, and what moved in the last one. */
export interface CameraReport {
  readonly id: CameraId;
  readonly state: "running" | "ended" | "failed";
  readonly detail?: string;
  readonly framesTotal: number;
  readonly skippedTotal: number;
  readonly lateTotal: number;
  readonly missingTotal: number;
  readonly motionPixels: number;
  readonly flooded: boolean;
  readonly blobs: readonly (readonly [number, number, number, number])[];
}

/** One frame set's detections and what they cost. */
export interface FrameSetMessage {
  readonly type: "frameSet";
  readonly timeNs: bigint;
  readonly detections: readonly Detection[];
  readonly rayCount: number;
  /** Wall-clock milliseconds at which the set's last frame was captured; null unless the run is in real time. */
  readonly capturedWallMs: number | null;
  readonly observeMs: number;
  readonly reconstructMs: number;
}

/** Voxels that hold evidence: `indices` is `[count, 3]`, `evidence` `[count]` in summed grey levels. */
export interface VoxelsReport {
  readonly type: "voxels";
  readonly timeNs: bigint;
  readonly indices: Uint16Array;
  readonly evidence: Float32Array;
  readonly memoryBytes: number;
  readonly evictedCount: number;
}

/** Grey pixels `[heightPx, widthPx]`, shrunk by whole-number averaging; null where the camera has no picture yet. */
export interface SnapshotMessage {
  readonly type: "snapshot";
  readonly request: number;
  readonly picture: TimedPicture | null;
}

export type FromWorker =
  /** Sources and kernels are open; a worker that was not started waits for that now. */
  | { readonly type: "prepared" }
  | { readonly type: "opened"; readonly device: string; readonly timeline: Timeline }
  | FrameSetMessage
  | { readonly type: "cameras"; readonly cameras: readonly CameraReport[] }
  | VoxelsReport
  | SnapshotMessage
  /** What a person should know, though the run goes on. */
  | { readonly type: "notice"; readonly line: string }
  /** Every source has ended, or the run was stopped. */
  | { readonly type: "ended" }
  | { readonly type: "failed"; readonly code: SkyvoxErrorCode; readonly message: string };
