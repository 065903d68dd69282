/** Frame sets of six free-running cameras that really recorded: 152 thousand frame times, six rates, lost frames. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type CameraId, cameraId } from "@skyvox/core";
import type { FrameSetItem } from "../src/frame-set-camera.ts";
import { FrameSetAssembler } from "../src/frame-sets.ts";
import { dataFolder } from "./fixtures.ts";

const folder = join(dataFolder, "drone_time");
const hasData = existsSync(folder);
if (!hasData) console.log(`skipped: real frame times, because "${folder}" is absent`);

const CAMERAS = [0, 1, 2, 3, 4, 5];

async function frameTimes(camera: number): Promise<{ readonly id: CameraId; readonly items: FrameSetItem[] }> {
  const text = await Bun.file(join(folder, `cam${camera}_frame_ts.txt`)).text();
  const id = cameraId(`cam${camera}`);
  const lines = text.trim().split("\n").slice(1);
  const items = lines.map((line): FrameSetItem => {
    const seconds = Number(line.split(/\s+/)[1]);
    return { cameraId: id, captureNs: BigInt(Math.round(seconds * 1e9)), timeSigmaNs: 1e6 };
  });
  return { id, items };
}

/** Counts frames whose time does not rise: cam5's file ends with a time before that of the line above. */
function stuckFrames(items: readonly FrameSetItem[]): number {
  return items.filter((item, index) => item.captureNs <= (items[index - 1]?.captureNs ?? item.captureNs - 1n)).length;
}

/** Counts what a camera lost by its own times alone: intervals of more than one and a half median intervals. */
function lostFrames(items: readonly FrameSetItem[]): number {
  const gaps = items.slice(1).map((item, index) => Number(item.captureNs - (items[index]?.captureNs ?? 0n)));
  const median = gaps.toSorted((a, b) => a - b)[gaps.length >> 1] ?? 0;
  return gaps.reduce((lost, gap) => lost + Math.max(0, Math.round(gap / median) - 1), 0);
}

test.skipIf(!hasData)(
  "Six real cameras are paired, pulled one by one as the assembler asks",
  async () => {
    const recordings = await Promise.all(CAMERAS.map(frameTimes));
    const assembler = new FrameSetAssembler<FrameSetItem>({
      cameras: recordings.map(({ id }) => id),
      deadlineMs: null,
    });
    const next = new Map(recordings.map(({ id, items }) => [id, { items, at: 0 }]));
    let setCount = 0;
    let waiting = 0;
    let waitingMax = 0;
    let spreadMaxNs = 0n;
    for (let ids = assembler.waitingFor(); ids.length > 0; ids = assembler.waitingFor()) {
      for (const id of ids) {
        const reader = next.get(id);
        const item = reader?.items[reader.at];
        if (reader !== undefined) reader.at += 1;
        const sets = item === undefined ? assembler.end(id, 0n) : assembler.push(0n, item);
        if (item !== undefined) waiting += 1;
        for (const set of sets) {
          setCount += 1;
          waiting -= set.members.length;
          if (set.spreadNs > spreadMaxNs) spreadMaxNs = set.spreadNs;
        }
        waitingMax = Math.max(waitingMax, waiting);
      }
    }
    // cam2 is the fastest, 16.64 ms: while it records, every one of its frames gets a set.
    const fastest = recordings[2]?.items ?? [];
    expect(assembler.counts(cameraId("cam2"))).toMatchObject({ paired: fastest.length, missing: 0 });
    for (const { id, items } of recordings) {
      const { paired, late, surplus, outOfGate, missing } = assembler.counts(id);
      const stuck = stuckFrames(items);
      expect([id, paired + surplus, late, outOfGate]).toEqual([id, items.length - stuck, stuck, 0]);
      expect([id, missing]).toEqual([id, lostFrames(items)]);
    }
    // The phone cam1 lost 13 frames.
    expect(recordings.map(({ id }) => assembler.counts(id).missing)).toEqual([0, 13, 0, 0, 0, 0]);
    // Frames of one set lie in one cell: within a period of the camera that sets the instants, 33.4 ms at the slowest.
    expect(setCount).toBeGreaterThan(fastest.length);
    expect(Number(spreadMaxNs) / 1e6).toBeLessThan(33.4);
    // Nine frames of each camera are held until its period is known; after that a few at most.
    expect(waitingMax).toBeLessThan(9 * CAMERAS.length + 1);
  },
  60_000,
);
