/**
 * The messages that are measured: the motion of one frame of 7680 x 4320 in every form, and the tracks of one frame set.
 *
 * Blobs in raster order, a dozen in a row of pixels, with sizes and weights as small targets have them.
 */
import { cameraId, createPrng, frameSeq, trackId } from "@skyvox/core";
import type { Message, Motion, MotionColumns, StampedObservation, TrackUpdates } from "@skyvox/protocol";

const CAPTURE_NS = 1_790_000_000_000_000_000n;
const BLOB_WORDS = 16;
const STATES = 6;

/** One message of each kind but a mask, of that many points or tracks. */
export function drawMessages(count: number): readonly Message[] {
  const motions = drawMotions(count).map((motion) => ({ ...motion, captureNs: CAPTURE_NS, seq: frameSeq(100_000) }));
  return [
    { kind: "motion-records", motions },
    { kind: "motion-batch", motions },
    { kind: "motion-columns", columns: columnsOf(motions) },
    { kind: "observation", observation: observationOf(motions) },
    { kind: "track-updates", updates: drawTracks(count) },
  ];
}

/** Points of as many frames. */
export function drawMotions(count: number): Motion[] {
  return Array.from({ length: count }, (_, i) => ({
    captureNs: CAPTURE_NS + BigInt(i),
    timeSigmaNs: 180_000,
    clockState: "locked",
    cameraIndex: 3,
    seq: frameSeq(100_000 + i),
    source: "blob",
    uPx256: 256 * 600 * ((i % 12) + 1) + ((i * 97) & 255),
    vPx256: (256 * 11 * Math.floor(i / 12) + ((i * 31) & 255)) % (256 * 4320),
    weight: 2000 + ((i * 7919) % 8000),
    pixelCount: 20 + ((i * 13) % 60),
    widthPx: 3 + (i % 9),
    heightPx: 3 + (i % 7),
    isLast: i % 12 === 11,
  }));
}

/** The same as columns under the stamp of the first. */
export function columnsOf(motions: readonly Motion[]): MotionColumns {
  const column = (read: (motion: Motion) => number) => Uint32Array.from(motions, read);
  return {
    ...(motions[0] as Motion),
    uPx256: column(({ uPx256 }) => uPx256),
    vPx256: column(({ vPx256 }) => vPx256),
    weights: column(({ weight }) => weight),
    pixelCounts: column(({ pixelCount }) => pixelCount),
    widthsPx: column(({ widthPx }) => widthPx),
    heightsPx: column(({ heightPx }) => heightPx),
  };
}

/** Their cells and blobs as one camera observes them. */
export function observationOf(motions: readonly Motion[]): StampedObservation {
  return {
    cameraId: cameraId("north"),
    seq: frameSeq(7),
    captureNs: CAPTURE_NS,
    timeSigmaNs: 180_000,
    clockState: "locked",
    pose: {
      cameraInEnuM: [0, -45, 1.6],
      cameraFromEnu: [1, 0, 0, 0, 0, -1, 0, 1, 0],
      positionSigmaM: 0.02,
      angleSigmaRad: 0.001,
    },
    motionPixelCount: 5000,
    flooded: false,
    cells: Uint32Array.from(
      motions.flatMap(({ uPx256, vPx256, weight, pixelCount }) => [uPx256, vPx256, weight, pixelCount]),
    ),
    blobs: Uint32Array.from(motions.flatMap(blobRow)),
  };
}

/** A row of table "blobs" with the sums such a point has. */
function blobRow({ uPx256, vPx256, weight, pixelCount, widthPx, heightPx }: Motion): number[] {
  const [u, v] = [uPx256 / 256, vPx256 / 256];
  const [left, top] = [Math.round(u) - (widthPx >> 1), Math.max(0, Math.round(v) - (heightPx >> 1))];
  const sums = [u * pixelCount, v * pixelCount, weight, u * weight, v * weight].flatMap((sum) => [Math.round(sum), 0]);
  const row = [pixelCount, left | (top << 16), (left + widthPx - 1) | ((top + heightPx - 1) << 16), 255, ...sums, 0, 0];
  return row.slice(0, BLOB_WORDS);
}

function drawTracks(count: number): TrackUpdates {
  const prng = createPrng(6);
  const between = (low: number, high: number) => low + ((high - low) * prng.uint32()) / 2 ** 32;
  const tracks = Array.from({ length: count }, (_, i) => {
    const covariance = new Float64Array(STATES * STATES);
    for (let row = 0; row < STATES; row++) {
      for (let column = row; column < STATES; column++) {
        const value = between(-0.1, 0.1) + (row === column ? 1 : 0);
        covariance[STATES * row + column] = covariance[STATES * column + row] = value;
      }
    }
    return {
      id: trackId(i + 1),
      state: "confirmed" as const,
      timeNs: CAPTURE_NS,
      firstTimeNs: CAPTURE_NS - BigInt(prng.uint32()),
      positionEnuM: [between(-500, 500), between(-500, 500), between(20, 200)] as const,
      velocityEnuMps: [between(-20, 20), between(-20, 20), between(-5, 5)] as const,
      covariance,
      score: between(5, 50),
      detectionCount: 1 + (i % 300),
      missedCount: i % 3,
    };
  });
  return { timeNs: CAPTURE_NS, tracks };
}
