/**
 * What the node and its worker process say to each other over the child's IPC channel (structured clone, so bigints and typed arrays
 * pass as they are). The worker owns the sources, the kernels and the voxels; the node owns the tracks, so a worker that dies
 * takes no track with it.
 */

import type { FrameProfileName, Site } from "@skyvox/cameras";
import type { CameraId, Detection, SkyvoxErrorCode } from "@skyvox/core";
import type { BearingView } from "@skyvox/tracking";
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

/** Serve a cluster: observe the cameras one is told, as they come and go, and do the tasks one is given. Stands for prepare and start. */
export interface ServeMessage {
  readonly type: "serve";
  readonly kernels: Pick<Selection, "choice" | "backend">;
  readonly site: Site;
  readonly siteDirectory: string;
}

export type ToWorker =
  | PrepareMessage
  | StartMessage
  | ServeMessage
  /** Observe these cameras and no others from now on; a camera that ended or could not be opened is not tried again while it stays. */
  | { readonly type: "watch"; readonly cameras: readonly CameraId[]; readonly timeline: Timeline }
  /** Say when the first frame was captured of the first source that can be opened here. */
  | { readonly type: "find-start" }
  /** A task, as `cluster/line-task.ts` writes it. */
  | { readonly type: "task"; readonly bytes: Uint8Array }
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
  /** Site time of the frame that motion is told of, seconds; null before the first. */
  readonly seenS: number | null;
  readonly blobs: readonly (readonly [number, number, number, number])[];
}

/** One frame set's detections and what they cost. */
export interface FrameSetMessage {
  readonly type: "frameSet";
  readonly timeNs: bigint;
  readonly detections: readonly Detection[];
  /** What cameras that mark points saw since the last frame set, for a site that is tracked by bearings; else null. */
  readonly views: readonly BearingView[] | null;
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
  /** Kernels are open and cameras may be watched. */
  | { readonly type: "serving"; readonly device: string }
  | { readonly type: "start-found"; readonly startNs: bigint }
  /** What a watched camera saw, in its envelope. */
  | { readonly type: "observation"; readonly bytes: Uint8Array }
  | { readonly type: "cannot-open"; readonly cameraId: CameraId; readonly why: string }
  /** What came of a task, as `cluster/line-task.ts` writes it. */
  | { readonly type: "answer"; readonly bytes: Uint8Array }
  | FrameSetMessage
  | { readonly type: "cameras"; readonly cameras: readonly CameraReport[] }
  | VoxelsReport
  | SnapshotMessage
  /** What a person should know, though the run goes on. */
  | { readonly type: "notice"; readonly line: string }
  /** Every source has ended, or the run was stopped. */
  | { readonly type: "ended" }
  | { readonly type: "failed"; readonly code: SkyvoxErrorCode; readonly message: string };
