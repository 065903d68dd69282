/**
 * One message of each kind with values chosen by hand: what the test vectors hold.
 *
 * The first point and the frame's stamp are the same in all of them, so that their bytes can be compared by eye.
 */
import { cameraId, frameSeq, trackId } from "@skyvox/core";
import type { Message, Motion } from "../src/mod.ts";

const stamp = {
  captureNs: 1_790_000_000_123_456_789n,
  timeSigmaNs: 180_000,
  clockState: "locked",
  cameraIndex: 3,
  seq: frameSeq(42),
} as const;

/** A blob of 37 pixels, 960.5 right of and 540.25 below the centre of the top-left pixel. */
export const blob: Motion = {
  ...stamp,
  source: "blob",
  uPx256: 245_888,
  vPx256: 138_304,
  weight: 5000,
  pixelCount: 37,
  widthPx: 9,
  heightPx: 6,
  isLast: false,
};

/** Every field at an end of its range. */
export const extreme: Motion = {
  captureNs: -1n,
  timeSigmaNs: 0,
  clockState: "free",
  cameraIndex: 0,
  seq: frameSeq(2 ** 53 - 1),
  source: "cell",
  uPx256: 0,
  vPx256: 2 ** 32 - 1,
  weight: 2 ** 32 - 1,
  pixelCount: 2 ** 31,
  widthPx: 65_535,
  heightPx: 0,
  isLast: true,
};

/** A mask of 20 x 64 pixels whose rows are all alike: pixels 1, 8 and 19. */
const mask = {
  ...stamp,
  widthPx: 20,
  heightPx: 64,
  bits: Uint8Array.from({ length: 3 * 64 }, (_, at) => [0x02, 0x01, 0x08][at % 3]!),
};

const covariance = Float64Array.from({ length: 36 }, (_, at) => {
  const [row, column] = [Math.floor(at / 6), at % 6];
  if (row === column) return row < 3 ? 0.25 : 4;
  return Math.abs(row - column) === 3 ? 0.5 : 0;
});

/** A message of each kind, by the name of its vector. */
export const samples: Readonly<Record<string, Message>> = {
  "motion-records": { kind: "motion-records", motions: [blob, extreme] },
  "motion-batch": { kind: "motion-batch", motions: [blob, extreme] },
  "motion-columns": {
    kind: "motion-columns",
    columns: {
      ...stamp,
      source: "blob",
      uPx256: Uint32Array.of(245_888, 1024, 4_294_967_295),
      vPx256: Uint32Array.of(1280, 1280, 138_304),
      weights: Uint32Array.of(5000, 1, 0),
      pixelCounts: Uint32Array.of(37, 1, 2),
      widthsPx: Uint32Array.of(9, 1, 2),
      heightsPx: Uint32Array.of(6, 1, 1),
    },
  },
  mask: { kind: "mask", mask },
  observation: {
    kind: "observation",
    observation: {
      cameraId: cameraId("north ä"),
      seq: stamp.seq,
      captureNs: stamp.captureNs,
      timeSigmaNs: 180_000.5,
      clockState: "holdover",
      // Looks north and level: image x is east, y down, z north.
      pose: {
        cameraInEnuM: [-12.5, 0.1, 1.6],
        cameraFromEnu: [1, 0, 0, 0, 0, -1, 0, 1, 0],
        positionSigmaM: 0.02,
        angleSigmaRad: 0.001,
      },
      motionPixelCount: 37,
      flooded: false,
      cells: Uint32Array.of(245_760, 138_240, 4000, 30, 247_808, 138_240, 1000, 7),
      // 37 pixels in columns 956 to 964 and rows 538 to 543; sums as in the page.
      blobs: Uint32Array.of(
        ...[37, 956 | (538 << 16), 964 | (543 << 16), 255],
        ...[35_520, 0, 19_995, 0, 5000, 0, 4_802_500, 0, 2_701_250, 0, 5, 0],
      ),
    },
  },
  "track-updates": {
    kind: "track-updates",
    updates: {
      timeNs: stamp.captureNs,
      tracks: [
        {
          id: trackId(7),
          state: "confirmed",
          timeNs: stamp.captureNs,
          firstTimeNs: 1_789_999_998_000_000_000n,
          positionEnuM: [12.5, -40.25, 30],
          velocityEnuMps: [3, 0, -0.5],
          covariance,
          score: 21.75,
          detectionCount: 60,
          missedCount: 1,
        },
        {
          id: trackId(2 ** 40),
          state: "deleted",
          timeNs: stamp.captureNs,
          firstTimeNs: stamp.captureNs,
          positionEnuM: [0, 0, 0],
          velocityEnuMps: [0, 0, 0],
          covariance,
          score: -3.5,
          detectionCount: 1,
          missedCount: 0,
        },
      ],
    },
  },
};
