/** Marks a primitive with a name, so that ids of different things cannot be mixed. */
export type Brand<Value, Name extends string> = Value & { readonly __brand: Name };

/** Identifies one camera of a site, as written in its `site.json`. */
export type CameraId = Brand<string, "CameraId">;

/** Counts the frames of one source; never reset while the source lives. */
export type FrameSeq = Brand<number, "FrameSeq">;

/** Identifies one track for the life of its tracker; never reused. */
export type TrackId = Brand<number, "TrackId">;

/** Names a string as the id of a camera. The caller has checked it (a site does). */
export function cameraId(text: string): CameraId {
  return text as CameraId;
}

/** Names a non-negative integer as a frame sequence number. */
export function frameSeq(value: number): FrameSeq {
  return value as FrameSeq;
}

/** Names a positive integer as the id of a track. */
export function trackId(value: number): TrackId {
  return value as TrackId;
}
