/** What must hold for any recording: nothing but the capture times decides what a frame set holds. */
import { expect, test } from "bun:test";
import { type CameraId, cameraId } from "@skyvox/core";
import fc from "fast-check";
import type { FrameSetItem } from "../src/frame-set-camera.ts";
import { type FrameSet, FrameSetAssembler, type FrameSetCounts } from "../src/frame-sets.ts";

const RUNS = { numRuns: 300, seed: 20251123 };

/** One to four cameras with rates of 5 to 100 Hz, phases, jitter and lost frames; times in microseconds. */
const recordings = fc.array(
  fc.record({
    periodUs: fc.integer({ min: 10_000, max: 200_000 }),
    startUs: fc.integer({ min: -300_000, max: 300_000 }),
    jitterUs: fc.array(fc.integer({ min: -4_000, max: 4_000 }), { minLength: 0, maxLength: 40 }),
    lost: fc.array(fc.integer({ min: 0, max: 39 }), { maxLength: 6 }),
  }),
  { minLength: 1, maxLength: 4 },
);

type Recording = ReturnType<typeof itemsOf>;

function itemsOf(cameras: readonly { periodUs: number; startUs: number; jitterUs: number[]; lost: number[] }[]) {
  return cameras.map(({ periodUs, startUs, jitterUs, lost }, camera) => {
    const times = jitterUs.map((jitter, index) => BigInt(startUs + index * periodUs + jitter) * 1000n);
    const kept = times.filter((_, index) => !lost.includes(index));
    const id = cameraId(`c${camera}`);
    return { id, items: kept.map((captureNs): FrameSetItem => ({ cameraId: id, captureNs, timeSigmaNs: 0 })) };
  });
}

interface Result {
  readonly sets: FrameSet<FrameSetItem>[];
  readonly counts: FrameSetCounts[];
}

/** Assembles in the order that `picks` draws: each pick chooses one of the cameras that still have something to say. */
function assemble(recording: Recording, picks: readonly number[], options: { readonly gateMs?: number } = {}): Result {
  const cameras = recording.map(({ id }) => id);
  const assembler = new FrameSetAssembler<FrameSetItem>({ cameras, ...options, deadlineMs: null });
  const left = recording.map(({ id, items }) => ({ id, items: [...items] }));
  const sets: FrameSet<FrameSetItem>[] = [];
  for (let turn = 0; left.length > 0; turn++) {
    const at = (picks[turn % Math.max(1, picks.length)] ?? 0) % left.length;
    const camera = left[at];
    const item = camera?.items.shift();
    if (camera !== undefined && item === undefined) {
      sets.push(...assembler.end(camera.id, 0n));
      left.splice(at, 1);
    } else if (item !== undefined) {
      sets.push(...assembler.push(0n, item));
    }
  }
  return { sets, counts: cameras.map((id) => assembler.counts(id)) };
}

test("Frame sets do not depend on the order of arrival", () => {
  fc.assert(
    fc.property(
      recordings,
      fc.array(fc.nat(), { minLength: 1, maxLength: 50 }),
      fc.array(fc.nat(), { minLength: 1, maxLength: 50 }),
      fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
      (cameras, one, other, gateMs) => {
        const recording = itemsOf(cameras);
        const options = gateMs === undefined ? {} : { gateMs };
        expect(assemble(recording, one, options)).toEqual(assemble(recording, other, options));
      },
    ),
    RUNS,
  );
});

test("Every frame is accounted for once, sets rise in time and hold a camera at most once", () => {
  fc.assert(
    fc.property(recordings, fc.array(fc.nat(), { minLength: 1, maxLength: 50 }), (cameras, picks) => {
      const recording = itemsOf(cameras);
      const { sets, counts } = assemble(recording, picks);
      for (const [index, { paired, late, surplus, outOfGate }] of counts.entries()) {
        expect(paired + late + surplus + outOfGate).toBe(recording[index]?.items.length ?? -1);
      }
      const members = sets.flatMap((set) => set.members);
      expect(new Set(members).size).toBe(members.length);
      let previous: FrameSet<FrameSetItem> | null = null;
      for (const [index, set] of sets.entries()) {
        expect(set.setId).toBe(index);
        const ids: CameraId[] = [...set.members.map((member) => member.cameraId), ...set.missing];
        expect(new Set(ids).size).toBe(ids.length);
        const times = set.members.map((member) => member.captureNs);
        const mean = times.reduce((sum, time) => sum + time, 0n) / BigInt(times.length);
        expect(Math.abs(Number(set.timeNs - mean))).toBeLessThanOrEqual(1);
        if (previous !== null) {
          const before = previous.members.map((member) => member.captureNs);
          // Cells do not overlap, so neither do the times of consecutive sets.
          expect(times.every((time) => before.every((earlier) => earlier < time))).toBe(true);
        }
        previous = set;
      }
    }),
    RUNS,
  );
});

test("A camera faster than the others by a quarter loses no frame, whatever the others do", () => {
  fc.assert(
    fc.property(recordings, fc.integer({ min: 20, max: 60 }), (cameras, count) => {
      const slower = itemsOf(cameras.map((camera) => ({ ...camera, periodUs: camera.periodUs + 20_000 })));
      const id = cameraId("fast");
      const items = Array.from(
        { length: count },
        (_, index): FrameSetItem => ({
          cameraId: id,
          captureNs: BigInt(index) * 8_000_000n,
          timeSigmaNs: 0,
        }),
      );
      const { counts } = assemble([{ id, items }, ...slower], [0]);
      expect(counts[0]).toEqual({ paired: count, missing: 0, late: 0, surplus: 0, outOfGate: 0 });
    }),
    RUNS,
  );
});
