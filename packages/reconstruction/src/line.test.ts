import { expect, test } from "bun:test";
import { FrameSetAssembler, openSource, type Site, siteFromScene } from "@skyvox/cameras";
import { assert, distance, type Frame, type Observation } from "@skyvox/core";
import { referenceAdapter } from "@skyvox/kernels";
import { pairScene, truthAt } from "@skyvox/scene";
import { observe, type Reconstruction, reconstruct } from "./line.ts";
import { rayPoints } from "./ray-points.ts";
import { type Line, openLine } from "./site-to-line.ts";

const SOURCE = "scene:pair?seed=1&frames=40";
const site = siteFromScene(pairScene(1), SOURCE);

/** Plays the scene through a line and returns every frame set's result. */
async function play(playedSite: Site): Promise<Reconstruction[]> {
  using kernels = await referenceAdapter.open();
  using line = openLine(playedSite, kernels);
  const assembler = new FrameSetAssembler<Observation>({ cameras: line.cameras.map(({ id }) => id), deadlineMs: null });
  await using disposables = new AsyncDisposableStack();
  const sources = [];
  for (const camera of playedSite.cameras)
    sources.push(disposables.use(await openSource(camera, { siteDirectory: "." })));
  const results: Reconstruction[] = [];
  for (;;) {
    for (const source of sources) {
      const frame = await source.next();
      if (frame === null) return results;
      const observation = await observe(line, frame);
      for (const set of assembler.push(observation.captureNs, observation)) results.push(await reconstruct(line, set));
    }
  }
}

test("The line finds the targets of a scene where they are", async () => {
  const results = await play(site);
  let found = 0;
  let wanted = 0;
  for (const { timeNs, detections } of results.slice(10)) {
    for (const { positionEnuM } of truthAt(pairScene(1), Number(timeNs) / 1e9)) {
      wanted += 1;
      if (detections.some((detection) => distance(detection.positionEnuM, positionEnuM) < 0.25)) found += 1;
    }
  }
  // A target is seen in nearly every frame set, and never further off than a voxel.
  expect(found / wanted).toBeGreaterThan(0.9);
}, 60_000);

test("The line gives the same bits twice", async () => {
  const [first, second] = [await play(site), await play(site)];
  expect(second).toEqual(first);
}, 60_000);

function frameOf(line: Line, pixels: Uint8Array, captureNs: bigint): Frame {
  const [camera] = line.cameras;
  assert(camera !== undefined, "the site has a camera");
  const { widthPx, heightPx } = camera.intrinsics;
  const seq = 0 as Frame["seq"];
  return { cameraId: camera.id, seq, captureNs, timeSigmaNs: 0, clockState: "locked", widthPx, heightPx, pixels };
}

test("A frame of which too much moves is flooded and casts no ray", async () => {
  using kernels = await referenceAdapter.open();
  using line = openLine(site, kernels);
  const dark = new Uint8Array(320 * 240).fill(20);
  const lit = dark.map((level, index) => (index % 320 < 97 ? level + 100 : level));
  await observe(line, frameOf(line, dark, 0n));
  const flooded = await observe(line, frameOf(line, lit, 1n));
  // 97 of 320 columns move: just over the 30 % of `floodedFraction`.
  expect(flooded.flooded).toBe(true);
  const set = { setId: 0, timeNs: 1n, spreadNs: 0n, members: [flooded], missing: [] };
  expect(await reconstruct(line, set)).toMatchObject({ rayCount: 0, detections: [] });
});

test("A frame with fewer moving pixels than the limit is not flooded", async () => {
  using kernels = await referenceAdapter.open();
  using line = openLine(site, kernels);
  const dark = new Uint8Array(320 * 240).fill(20);
  await observe(line, frameOf(line, dark, 0n));
  const lit = dark.map((level, index) => (index % 320 < 95 ? level + 100 : level));
  expect((await observe(line, frameOf(line, lit, 1n))).flooded).toBe(false);
});

test("A view casts bundles for few cells, one ray each for many, and no more than its limit", async () => {
  using kernels = await referenceAdapter.open();
  using line = openLine(site, kernels);
  const blank = await observe(line, frameOf(line, new Uint8Array(320 * 240), 0n));
  const withCells = (count: number): Observation => ({
    ...blank,
    cells: Uint32Array.from({ length: count * 4 }, (_, word) => (word % 4 === 2 ? 100_000 : 0)),
  });
  expect(rayPoints(line, [withCells(3)])).toMatchObject({ rayCount: 15, thinnedCellCount: 0 });
  expect(rayPoints(line, [withCells(256)]).rayCount).toBe(1280);
  expect(rayPoints(line, [withCells(257)]).rayCount).toBe(257);
  // 2,049 cells are one more than a view may cast: every second is left.
  expect(rayPoints(line, [withCells(2049)])).toMatchObject({ rayCount: 1025, thinnedCellCount: 1024 });
  // A bundle at the picture's corner stays inside it, and a weight is cut at 65,535.
  const { views } = rayPoints(line, [withCells(1)]);
  expect([...(views[0]?.points ?? [])].filter((_, word) => word % 4 < 2).every((place) => place < 320 * 256)).toBe(
    true,
  );
  expect(views[0]?.points[2]).toBe(65_535);
});
