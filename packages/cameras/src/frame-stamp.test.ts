import { expect, test } from "bun:test";
import { cameraOf } from "../test/fixtures.ts";
import { frameStampOf } from "./frame-stamp.ts";

test("Stamp adds offset after rate", () => {
  // 100 s at 1.0001 are 100.01 s, 2.5 s earlier is 97.51 s.
  const stamp = frameStampOf(cameraOf({ clock: { offsetS: -2.5, rate: 1.0001 } }));
  expect(stamp.captureNs(100_000_000_000n)).toBe(97_510_000_000n);
});

test("Stamp of a clock that runs true is exact at any time", () => {
  const stamp = frameStampOf(cameraOf({ clock: { offsetS: 0.25 } }));
  const unixNs = 1_763_899_200_123_456_789n;
  expect(stamp.captureNs(unixNs)).toBe(unixNs + 250_000_000n);
});

test("Stamp carries the clock's sigma and state", () => {
  const pixels = new Uint8Array(64 * 48);
  const frame = frameStampOf(cameraOf({ clock: { sigmaMs: 0.2, state: "locked" } })).frame(7, 5n, pixels);
  expect(frame).toMatchObject({ cameraId: "a", seq: 7, captureNs: 5n, timeSigmaNs: 200_000, clockState: "locked" });
  expect(frame).toMatchObject({ widthPx: 64, heightPx: 48 });
  expect(frame.pixels).toBe(pixels);
});

test("Stamp follows the pieces of a clock of variable rate, and goes straight on beyond them", () => {
  const pieces: [number, number][] = [
    [10, 1],
    [20, 3],
    [30, 2],
  ];
  const stamp = frameStampOf(cameraOf({ clock: { pieces } }));
  // Half way from 1 to 3 s; half way from 3 to 2 s; five seconds before and after the ends.
  expect(stamp.captureNs(15_000_000_000n)).toBe(17_000_000_000n);
  expect(stamp.captureNs(25_000_000_000n)).toBe(27_500_000_000n);
  expect(stamp.captureNs(5_000_000_000n)).toBe(5_000_000_000n);
  expect(stamp.captureNs(35_000_000_000n)).toBe(36_500_000_000n);
});

test("Stamp of rows that are read one after the other is that of the middle row, or of the row asked for", () => {
  // Of 48 rows of 10 us the middle one is taken 240 us after the first.
  const stamp = frameStampOf(cameraOf({ clock: { lineTimeUs: 10 } }));
  expect(stamp.captureNs(0n)).toBe(240_000n);
  expect(stamp.captureNs(0n, 0)).toBe(0n);
  expect(stamp.captureNs(0n, 7)).toBe(70_000n);
});
