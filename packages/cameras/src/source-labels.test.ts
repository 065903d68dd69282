import { expect, test } from "bun:test";
import type { CameraId, Observation } from "@skyvox/core";
import { cameraInput, cameraOf, TemporaryFolder } from "../test/fixtures.ts";
import { FrameSetAssembler } from "./frame-sets.ts";
import { openObservations, openSource } from "./open-source.ts";
import { givesPictures, labelSigmaPx } from "./site-camera.ts";
import type { ObservationSource } from "./source.ts";

/** Every observation a source gives from a time on. */
async function observationsOf(source: ObservationSource, notBeforeNs?: bigint): Promise<Observation[]> {
  const all: Observation[] = [];
  for (let it = await source.next(notBeforeNs); it !== null; it = await source.next(notBeforeNs)) all.push(it);
  return all;
}

function wide(row: Uint32Array, word: number): number {
  return row[word + 1]! * 2 ** 32 + row[word]!;
}

test("Labels become observations at the times that rate and clock give, with the label as centre of cell and blob", async () => {
  await using folder = await TemporaryFolder.create();
  await Bun.write(folder.join("a.txt"), "frame x y\n1 10.25 20.5\n2 0 0\n4 63.4 0.125\n");
  const clock = { offsetS: -2, rate: 0.5, sigmaMs: 3 };
  const camera = cameraOf({ source: "labels:a.txt", frameRateHz: 25, clock });
  await using source = await openObservations(camera, { siteDirectory: folder.path });
  expect(source.frameCount).toBe(3);
  const observations = await observationsOf(source);
  // Frame n is 0.04 n seconds in, half of that by the site's clock, and 2 s before.
  expect(observations.map(({ captureNs }) => captureNs)).toEqual([-1_980_000_000n, -1_960_000_000n, -1_920_000_000n]);
  expect(observations.map(({ seq, timeSigmaNs }) => [Number(seq), timeSigmaNs])).toEqual([
    [1, 3e6],
    [2, 3e6],
    [4, 3e6],
  ]);
  expect(observations.map(({ motionPixelCount, flooded }) => [motionPixelCount, flooded])).toEqual([
    [1, false],
    [0, false],
    [1, false],
  ]);
  expect(observations[1]).toMatchObject({ cells: new Uint32Array(0), blobs: new Uint32Array(0) });
  const [first, , last] = observations;
  expect([...(first?.cells ?? [])]).toEqual([10.25 * 256, 20.5 * 256, 255, 1]);
  for (const [observation, u, v] of [
    [first, 10.25, 20.5],
    [last, 63.4, 0.125],
  ] as const) {
    const blob = observation?.blobs ?? new Uint32Array(16);
    expect(Math.abs(wide(blob, 10) / wide(blob, 8) - u)).toBeLessThanOrEqual(1 / 512);
    expect(Math.abs(wide(blob, 12) / wide(blob, 8) - v)).toBeLessThanOrEqual(1 / 512);
    expect([blob[1]! & 0xffff, blob[1]! >>> 16, blob[2]]).toEqual([Math.round(u), Math.round(v), blob[1]]);
  }
  expect(source.stats).toEqual({ delivered: 3, skipped: 0, missing: 0 });
});

test("Labels before the present are passed over and counted", async () => {
  await using folder = await TemporaryFolder.create();
  await Bun.write(folder.join("a.txt"), "0 1 1\n1 2 2\n2 3 3\n");
  const camera = cameraOf({ source: "labels:a.txt", frameRateHz: 10 });
  await using source = await openObservations(camera, { siteDirectory: folder.path });
  expect((await observationsOf(source, 150_000_000n)).map(({ seq }) => Number(seq))).toEqual([2]);
  expect(source.stats).toEqual({ delivered: 1, skipped: 2, missing: 0 });
});

test("A file that is absent, bad or of another picture is refused by name", async () => {
  await using folder = await TemporaryFolder.create();
  const open = async (name: string, text: string | null) => {
    if (text !== null) await Bun.write(folder.join(name), text);
    const camera = cameraOf({ source: `labels:${name}`, frameRateHz: 10 });
    await using source = await openObservations(camera, { siteDirectory: folder.path });
    return source.frameCount;
  };
  await expect(open("none.txt", null)).rejects.toThrow(/^Cannot read labels ".*none\.txt": .*, need a readable file$/);
  await expect(open("nan.txt", "1 2 3\n2 NaN 3\n")).rejects.toThrow(/nan\.txt" line 2: found "NaN" for x/);
  await expect(open("short.txt", "1 2\n")).rejects.toThrow(/short\.txt" line 1: found 2 values/);
  await expect(open("twice.txt", "1 2 3\n1 3 4\n")).rejects.toThrow(/twice\.txt" line 2: found frame 1 a second time/);
  const outside = open("wide.txt", "1 2 3\n7 63.5 3\n");
  await expect(outside).rejects.toThrow(
    /wide\.txt" as camera "a": frame 7 lies at 63\.5, 3, need a place in the picture of 64x48/,
  );
});

test("A source is opened for what it gives", async () => {
  const labels = cameraOf({ source: "labels:a.txt", frameRateHz: 10 });
  const scene = cameraOf();
  expect([givesPictures(labels), givesPictures(scene)]).toEqual([false, true]);
  expect([labelSigmaPx(labels), labelSigmaPx({ ...labels, sigmaPx: 2.5 }), labelSigmaPx(scene)]).toEqual([
    1,
    2.5,
    null,
  ]);
  await expect(openSource(labels, { siteDirectory: "." })).rejects.toThrow(
    'Cannot open source "labels:a.txt" of camera "a": labels have no pictures, need a source of pictures',
  );
  await expect(openObservations(scene, { siteDirectory: "." })).rejects.toThrow(
    'Cannot open source "scene:pair" of camera "a": it gives pictures, need "labels:FILE"',
  );
});

test("Cameras of 59.94, 50, 30 and 25 frames a second form sets by time, every frame at its own capture time", async () => {
  await using folder = await TemporaryFolder.create();
  const rates = { a: 59.94, b: 50, c: 30, d: 25 };
  const assembler = new FrameSetAssembler<Observation>({ cameras: Object.keys(rates) as CameraId[], deadlineMs: null });
  const queue: Observation[] = [];
  for (const [id, frameRateHz] of Object.entries(rates)) {
    const frames = Array.from({ length: Math.floor(2 * frameRateHz) }, (_, frame) => `${frame} 10 10`);
    await Bun.write(folder.join(`${id}.txt`), frames.join("\n"));
    const camera = cameraOf({ ...cameraInput(), id, source: `labels:${id}.txt`, frameRateHz });
    await using source = await openObservations(camera, { siteDirectory: folder.path });
    queue.push(...(await observationsOf(source)));
  }
  queue.sort((a, b) => Number(a.captureNs - b.captureNs));
  const sets = [...queue.flatMap((it) => assembler.push(it.captureNs, it)), ...assembler.finish()];
  // One set per frame of the fastest camera, and nothing is lost.
  expect(sets.length).toBeGreaterThanOrEqual(119);
  expect(sets.length).toBeLessThanOrEqual(120);
  expect(sets.flatMap(({ members }) => members)).toHaveLength(queue.length);
  const halfNs = BigInt(Math.round(0.5e9 / rates.a)) + 1n;
  for (const { members, spreadNs, missing } of sets) {
    expect(missing).toEqual([]);
    expect(spreadNs).toBeLessThanOrEqual(2n * halfNs);
    for (const { cameraId, captureNs, seq } of members) {
      const exactNs = (Number(seq) / rates[cameraId as string as keyof typeof rates]) * 1e9;
      expect(Math.abs(Number(captureNs) - exactNs)).toBeLessThanOrEqual(1);
    }
  }
});
