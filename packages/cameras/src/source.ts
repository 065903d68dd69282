import type { CameraId, Frame, Observation } from "@skyvox/core";

/** What a source has done with its frames so far. */
export interface SourceStats {
  /** Frames handed out. */
  readonly delivered: number;
  /** Frames passed over because they were captured before the caller's `notBeforeNs`. */
  readonly skipped: number;
  /** Frames the source knows to be lost: they took a sequence number and never came. */
  readonly missing: number;
}

/**
 * What one camera gives, pulled one by one in presentation order.
 *
 * Nothing is read far ahead: a source that is not asked does at most the work of a few frames. One call of `next` at a time.
 */
interface Source<Item> extends AsyncDisposable {
  readonly cameraId: CameraId;
  /** Frames from first to last, where the source knows; null where it is endless or cannot tell. */
  readonly frameCount: number | null;
  readonly stats: SourceStats;
  /**
   * Returns what comes next, captured at `notBeforeNs` (site time) or later, or null after the last.
   *
   * @throws {SkyvoxError} "source" when the source is damaged; what came before the damage was handed out.
   */
  next(notBeforeNs?: bigint): Promise<Item | null>;
}

/** The frames of one camera. A frame's pixels are borrowed: valid until `next` is called again or the source is disposed. */
export interface FrameSource extends Source<Frame> {
  readonly widthPx: number;
  readonly heightPx: number;
  /**
   * Returns the next frame captured at `notBeforeNs` (site time) or later, or null after the last one. Where the caller lends memory of
   * a frame's size, the pixels are written there and the frame shows them there.
   *
   * @throws {SkyvoxError} "source" when the source is damaged; the frames before the damage were handed out.
   */
  next(notBeforeNs?: bigint, into?: Uint8Array): Promise<Frame | null>;
}

/** Frames of one camera of which others have said what they show: they enter the line as observations and have no pixels. */
export type ObservationSource = Source<Observation>;

/** What a site's camera is read from. */
export type CameraSource = FrameSource | ObservationSource;
