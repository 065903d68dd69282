/**
 * Any message of each kind, within what its fields may hold.
 *
 * Ends of ranges come up often: fast-check biases numbers towards them, and half of the words are small.
 */
import { cameraId, frameSeq, type Mat3, trackId, type Vec3 } from "@skyvox/core";
import fc from "fast-check";
import type { Mask, Message, Motion, MotionColumns, StampedObservation, TrackUpdates } from "../src/mod.ts";

const uint32 = fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 2 ** 32 - 1 }));
const uint16 = fc.nat({ max: 2 ** 16 - 1 });
const ns = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const sigma = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(Math.abs);
const seq = fc.maxSafeNat().map(frameSeq);
const clockState = fc.constantFrom("locked" as const, "holdover" as const, "free" as const);
const source = fc.constantFrom("cell" as const, "blob" as const, "spot" as const);

const stamp = {
  captureNs: ns,
  timeSigmaNs: fc.float({ min: 0, noNaN: true, noDefaultInfinity: true }).map(Math.abs),
  clockState,
  cameraIndex: uint32,
  seq,
};

/** Any point of motion. */
export const motion: fc.Arbitrary<Motion> = fc.record({
  ...stamp,
  source,
  uPx256: uint32,
  vPx256: uint32,
  weight: uint32,
  pixelCount: uint32,
  widthPx: uint16,
  heightPx: uint16,
  isLast: fc.boolean(),
});

const columns: fc.Arbitrary<MotionColumns> = fc
  .record({
    ...stamp,
    source,
    rows: fc.array(fc.tuple(uint32, uint32, uint32, uint32, uint16, uint16)),
    sized: fc.boolean(),
  })
  .map(({ rows, sized, ...rest }) => {
    const column = (at: number) => Uint32Array.from(rows, (row) => row[at] ?? 0);
    const side = (at: number) => (sized ? column(at) : new Uint32Array());
    return {
      ...rest,
      uPx256: column(0),
      vPx256: column(1),
      weights: column(2),
      pixelCounts: column(3),
      widthsPx: side(4),
      heightsPx: side(5),
    };
  });

const mask: fc.Arbitrary<Mask> = fc
  .record({
    ...stamp,
    widthPx: fc.integer({ min: 1, max: 70 }),
    heightPx: fc.integer({ min: 1, max: 20 }),
    bit: fc.nat(255),
  })
  .map(({ bit, ...rest }) => ({
    ...rest,
    bits: new Uint8Array(Math.ceil(rest.widthPx / 8) * rest.heightPx).fill(bit),
  }));

const vec3: fc.Arbitrary<Vec3> = fc.tuple(finite, finite, finite);
const mat3 = fc.array(finite, { minLength: 9, maxLength: 9 }).map((values) => values as unknown[] as number[] & Mat3);
const rows = (words: number) =>
  fc
    .array(fc.array(uint32, { minLength: words, maxLength: words }), { maxLength: 5 })
    .map((all) => Uint32Array.from(all.flat()));

const observation: fc.Arbitrary<StampedObservation> = fc.record({
  cameraId: fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 20 })
    .filter((text) => Buffer.byteLength(text) <= 200)
    .map(cameraId),
  seq,
  captureNs: ns,
  timeSigmaNs: sigma,
  clockState,
  pose: fc.record({ cameraInEnuM: vec3, cameraFromEnu: mat3, positionSigmaM: sigma, angleSigmaRad: sigma }),
  motionPixelCount: uint32,
  flooded: fc.boolean(),
  cells: rows(4),
  blobs: rows(16),
});

const covariance = fc.array(finite, { minLength: 21, maxLength: 21 }).map((upper) => {
  const full = new Float64Array(36);
  let at = 0;
  for (let row = 0; row < 6; row++) {
    for (let column = row; column < 6; column++) full[6 * row + column] = full[6 * column + row] = upper[at++] ?? 0;
  }
  return full;
});

const updates: fc.Arbitrary<TrackUpdates> = fc.record({
  timeNs: ns,
  tracks: fc.array(
    fc.record({
      id: fc.maxSafeNat().map((id) => trackId(Math.max(1, id))),
      state: fc.constantFrom("tentative" as const, "confirmed" as const, "coasting" as const, "deleted" as const),
      timeNs: ns,
      firstTimeNs: ns,
      positionEnuM: vec3,
      velocityEnuMps: vec3,
      covariance,
      // Minus zero is a default and comes back as zero.
      score: finite.map((score) => score + 0),
      detectionCount: uint32,
      missedCount: uint32,
    }),
    { maxLength: 4 },
  ),
});

const motions = fc.array(motion, { maxLength: 6 });

/** Any message of any kind. */
export const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ kind: fc.constantFrom("motion-records" as const, "motion-batch" as const), motions }),
  fc.record({ kind: fc.constant("motion-columns" as const), columns }),
  fc.record({ kind: fc.constant("mask" as const), mask }),
  fc.record({ kind: fc.constant("observation" as const), observation }),
  fc.record({ kind: fc.constant("track-updates" as const), updates }),
);
