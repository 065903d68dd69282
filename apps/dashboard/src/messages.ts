/**
 * What a node tells its dashboard over the WebSocket `/api/v1/stream`: one JSON object per message, told apart by `type`.
 *
 * Positions are `[e, n, u]` in metres in the site's local east-north-up frame, times are seconds on the site's time line. A client gets
 * `hello` first, then the others as they happen: `tracks` once per frame set, `voxels` and `cameras` at most 10 times a second.
 */
type Point = readonly [number, number, number];

/** Sent once per connection: what does not change while the node runs. */
export interface HelloMessage {
  readonly type: "hello";
  readonly version: string;
  readonly site: {
    readonly name: string;
    readonly volume: { readonly minM: Point; readonly maxM: Point; readonly voxelSizeM: number };
    readonly cameras: readonly {
      readonly id: string;
      readonly positionM: Point;
      /** Row-major `[3, 3]`, east-north-up to optical (x right, y down, z forward). */
      readonly cameraFromEnu: readonly number[];
      readonly intrinsics: {
        widthPx: number;
        heightPx: number;
        fxPx: number;
        fyPx: number;
        cxPx: number;
        cyPx: number;
      };
      readonly source: string;
    }[];
  };
  readonly backend: { readonly name: string; readonly device: string; readonly reason: string };
  /** True where the scene is simulated and its truth is sent along. */
  readonly hasTruth: boolean;
}

/** One frame set: its tracks, its detections and, in a simulated scene, the truth at that instant and the score against it. */
export interface TracksMessage {
  readonly type: "tracks";
  readonly timeS: number;
  readonly tracks: readonly {
    readonly id: number;
    readonly state: "tentative" | "confirmed" | "coasting";
    readonly positionM: Point;
    readonly velocityMps: Point;
    /** Position covariance `[ee, en, eu, nn, nu, uu]` in square metres. */
    readonly covarianceM2: readonly number[];
    readonly score: number;
    readonly ageS: number;
    readonly detectionCount: number;
  }[];
  readonly detections: readonly { readonly positionM: Point; readonly extentM: Point; readonly cameraCount: number }[];
  readonly truth?: readonly { readonly name: string; readonly positionM: Point }[];
  readonly score?: ScoreSummary;
}

/** The live score of confirmed tracks against truth: counts of this frame set, errors and switches of the last ten seconds. */
export interface ScoreSummary {
  /** Mean GOSPA in metres, c = 5 m, p = 2, alpha = 2. */
  readonly gospaM: number;
  /** Root mean square distance of matched pairs in metres. */
  readonly rmseM: number;
  readonly truthCount: number;
  readonly matchedCount: number;
  readonly missedCount: number;
  readonly falseCount: number;
  readonly switchCount: number;
}

/** Voxels that hold evidence now; brightness fades as it decays. */
export interface VoxelsMessage {
  readonly type: "voxels";
  readonly timeS: number;
  readonly voxelSizeM: number;
  readonly count: number;
  /** Base64 of `[count, 4]` uint16 little-endian: x, y, z index from the volume's lower corner, evidence 0 … 65535. */
  readonly data: string;
}

/** Each camera's picture, motion and rates, and what the line costs. */
export interface CamerasMessage {
  readonly type: "cameras";
  readonly timeS: number;
  readonly cameras: readonly {
    readonly id: string;
    readonly state: "running" | "ended" | "failed";
    readonly detail?: string;
    readonly cameraFps: number;
    readonly processedFps: number;
    readonly skippedFps: number;
    readonly missingFrames: number;
    readonly lateFrames: number;
    readonly motionPixels: number;
    readonly flooded: boolean;
    /** Bounding boxes of moving blobs in pixels of the full frame: `[x0, y0, x1, y1]`, inclusive. */
    readonly blobs: readonly (readonly [number, number, number, number])[];
  }[];
  readonly line: {
    readonly frameSetsPerS: number;
    /** Capture to published track, over the last seconds. */
    readonly latencyMsP50: number;
    readonly latencyMsP99: number;
    readonly raysPerFrameSet: number;
    readonly voxelCount: number;
    /** Mean milliseconds per frame set by station: observe, reconstruct, track. */
    readonly stageMs: Readonly<Record<string, number>>;
  };
  readonly process: { readonly cpuPercent: number; readonly memoryBytes: number };
}

export type StreamMessage = HelloMessage | TracksMessage | VoxelsMessage | CamerasMessage;
