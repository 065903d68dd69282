/**
 * Messages as protobuf's JSON (https://protobuf.dev/programming-guides/json/): 64-bit numbers as text, bytes in base64, enums by name.
 *
 * Records are shown as the MotionBatch that holds the same points.
 */
import type { JsonObject } from "@bufbuild/protobuf";
import type { FrameStamp, Mask, Message, Motion, MotionColumns, StampedObservation, TrackUpdates } from "../src/mod.ts";

/** The protobuf message of a payload, and its JSON with every field. */
export function messageJson(message: Message): { readonly message: string; readonly fields: JsonObject } {
  switch (message.kind) {
    case "motion-records":
    case "motion-batch":
      return { message: "MotionBatch", fields: { motions: message.motions.map(motionJson) } };
    case "motion-columns":
      return { message: "MotionColumns", fields: columnsJson(message.columns) };
    case "mask":
      return { message: "Mask", fields: maskJson(message.mask) };
    case "observation":
      return { message: "Observation", fields: observationJson(message.observation) };
    case "track-updates":
      return { message: "TrackUpdates", fields: tracksJson(message.updates) };
  }
}

function stampJson(stamp: FrameStamp): JsonObject {
  return {
    captureNs: `${stamp.captureNs}`,
    timeSigmaNs: stamp.timeSigmaNs,
    clockState: enumName("CLOCK_STATE", stamp.clockState),
    cameraIndex: stamp.cameraIndex,
    seq: `${stamp.seq}`,
  };
}

function motionJson(motion: Motion): JsonObject {
  const { uPx256, vPx256, weight, pixelCount, widthPx, heightPx, isLast } = motion;
  const source = enumName("MOTION_SOURCE", motion.source);
  return { ...stampJson(motion), source, uPx256, vPx256, weight, pixelCount, widthPx, heightPx, isLast };
}

function columnsJson(columns: MotionColumns): JsonObject {
  return {
    ...stampJson(columns),
    source: enumName("MOTION_SOURCE", columns.source),
    uPx256Deltas: deltas(columns.uPx256),
    vPx256Deltas: deltas(columns.vPx256),
    weights: [...columns.weights],
    pixelCounts: [...columns.pixelCounts],
    widthsPx: [...columns.widthsPx],
    heightsPx: [...columns.heightsPx],
  };
}

function maskJson(mask: Mask): JsonObject {
  const { widthPx, heightPx, bits } = mask;
  return { ...stampJson(mask), widthPx, heightPx, bits: Buffer.from(bits).toString("base64") };
}

function observationJson(observation: StampedObservation): JsonObject {
  const { cameraId, timeSigmaNs, pose, motionPixelCount, flooded } = observation;
  return {
    cameraId,
    seq: `${observation.seq}`,
    captureNs: `${observation.captureNs}`,
    timeSigmaNs,
    clockState: enumName("CLOCK_STATE", observation.clockState),
    pose: { ...pose, cameraInEnuM: [...pose.cameraInEnuM], cameraFromEnu: [...pose.cameraFromEnu] },
    motionPixelCount,
    flooded,
    cells: [...observation.cells],
    blobs: [...observation.blobs],
  };
}

function tracksJson(updates: TrackUpdates): JsonObject {
  return {
    timeNs: `${updates.timeNs}`,
    tracks: updates.tracks.map((track) => ({
      id: `${track.id}`,
      state: enumName("TRACK_STATE", track.state),
      timeNs: `${track.timeNs}`,
      firstTimeNs: `${track.firstTimeNs}`,
      positionEnuM: [...track.positionEnuM],
      velocityEnuMps: [...track.velocityEnuMps],
      covarianceUpper: [...track.covariance].filter((_, at) => at % 6 >= Math.floor(at / 6)),
      score: track.score,
      detectionCount: track.detectionCount,
      missedCount: track.missedCount,
    })),
  };
}

/** Differences as signed 32-bit numbers, the first to 0: another way to what `encodeMotionColumns` writes. */
function deltas(values: Uint32Array): number[] {
  return [...values].map((value, at) => Number(BigInt.asIntN(32, BigInt(value) - BigInt(values[at - 1] ?? 0))));
}

function enumName(prefix: string, word: string): string {
  return `${prefix}_${word.toUpperCase()}`;
}
