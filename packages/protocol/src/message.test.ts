/** What the writers refuse to write; what they do write is compared with other programs in `test/`. */
import { describe, expect, test } from "bun:test";
import { AssertionError, cameraId } from "@skyvox/core";
import { samples } from "../test/samples.ts";
import { decodeMessage, encodeMessage, type Message } from "./message.ts";
import { decodeMotionColumns, encodeMotionColumns } from "./motion-columns.ts";
import { encodeMotionRecords } from "./motion-record.ts";

function sample<Kind extends Message["kind"]>(kind: Kind): Extract<Message, { kind: Kind }> {
  return samples[kind] as Extract<Message, { kind: Kind }>;
}

describe("Writers", () => {
  const { mask } = sample("mask");
  const { observation } = sample("observation");
  const { columns } = sample("motion-columns");
  const { updates } = sample("track-updates");
  const { motions } = sample("motion-batch");
  const [track] = updates.tracks;
  const broken: Readonly<Record<string, Message>> = {
    "a mask of no width": { kind: "mask", mask: { ...mask, widthPx: 0 } },
    "a mask past 16 bits": { kind: "mask", mask: { ...mask, heightPx: 65_536 } },
    "a mask of too few bits": { kind: "mask", mask: { ...mask, bits: mask.bits.subarray(1) } },
    "an observation of no camera": { kind: "observation", observation: { ...observation, cameraId: cameraId("") } },
    "an id of 201 bytes": { kind: "observation", observation: { ...observation, cameraId: cameraId("n".repeat(201)) } },
    "half a cell": { kind: "observation", observation: { ...observation, cells: new Uint32Array(2) } },
    "half a blob": { kind: "observation", observation: { ...observation, blobs: new Uint32Array(8) } },
    "columns of two lengths": { kind: "motion-columns", columns: { ...columns, weights: new Uint32Array(2) } },
    "widths without heights": { kind: "motion-columns", columns: { ...columns, heightsPx: new Uint32Array() } },
    "a box past 16 bits": { kind: "motion-columns", columns: { ...columns, widthsPx: Uint32Array.of(1, 65_536, 1) } },
    "a covariance of another size": {
      kind: "track-updates",
      updates: { ...updates, tracks: [{ ...track!, covariance: new Float64Array(9) }] },
    },
    "more points than the limit": { kind: "motion-batch", motions: new Array(65_537).fill(motions[0]) },
    "more records than the limit": { kind: "motion-records", motions: new Array(65_537).fill(motions[0]) },
  };
  for (const [what, message] of Object.entries(broken)) {
    test(`assert on ${what}`, () => {
      expect(() => encodeMessage(message)).toThrow(AssertionError);
    });
  }

  test("take an id of 200 bytes, and messages without a single point, track or cell", () => {
    const longest = {
      ...observation,
      cameraId: cameraId("ä".repeat(100)),
      cells: new Uint32Array(),
      blobs: new Uint32Array(),
    };
    const empty = new Uint32Array();
    const none = {
      uPx256: empty,
      vPx256: empty,
      weights: empty,
      pixelCounts: empty,
      widthsPx: empty,
      heightsPx: empty,
    };
    const messages: Message[] = [
      { kind: "observation", observation: longest },
      { kind: "motion-batch", motions: [] },
      { kind: "motion-records", motions: [] },
      { kind: "motion-columns", columns: { ...columns, ...none } },
      { kind: "track-updates", updates: { timeNs: 0n, tracks: [] } },
    ];
    for (const message of messages) {
      expect(decodeMessage({ kind: message.kind, payload: encodeMessage(message) })).toEqual(message);
    }
  });

  test("take as many points as the limit allows", () => {
    expect(encodeMotionRecords(new Array(65_536).fill(motions[0])).length).toBe(65_536 * 48);
  });
});

describe("Columns", () => {
  test("take memory of at most eight times the payload when they are read", () => {
    const count = 10_000;
    const ones = () => new Uint32Array(count).fill(1);
    const { columns } = sample("motion-columns");
    const payload = encodeMotionColumns({
      ...columns,
      uPx256: ones(),
      vPx256: ones(),
      weights: ones(),
      pixelCounts: ones(),
      widthsPx: ones(),
      heightsPx: ones(),
    });
    const read = decodeMotionColumns(payload);
    const arrays = [read.uPx256, read.vPx256, read.weights, read.pixelCounts, read.widthsPx, read.heightsPx];
    const byteLength = arrays.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
    // One byte a number, and each takes four.
    expect(byteLength).toBeLessThanOrEqual(8 * payload.length);
    expect([...read.uPx256.subarray(0, 3)]).toEqual([1, 1, 1]);
  });
});
