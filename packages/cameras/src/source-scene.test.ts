import { expect, test } from "bun:test";
import { createRenderer, isFrameDropped, pairScene, type Scene } from "@skyvox/scene";
import { openSource } from "./open-source.ts";
import { parseSceneAddress, sceneOfSource } from "./scene-address.ts";
import type { SiteCamera } from "./site.ts";
import { siteFromScene } from "./site-from-scene.ts";
import { sceneSourceOf } from "./source-scene.ts";

function camera(source: string): SiteCamera {
  const [first] = siteFromScene(pairScene(7), source).cameras;
  if (first === undefined) throw new Error("the scene has a camera");
  return first;
}

test("Scene source gives the frames the renderer draws, then ends", async () => {
  await using source = await openSource(camera("scene:pair?seed=7&frames=2"), { siteDirectory: "." });
  expect(source).toMatchObject({ cameraId: "a", widthPx: 320, heightPx: 240, frameCount: 2 });
  const scene = pairScene(7);
  const [sceneCamera] = scene.cameras;
  if (sceneCamera === undefined) throw new Error("the scene has a camera");
  const expected = new Uint8Array(320 * 240);
  createRenderer(scene, sceneCamera).render(0, 0, expected);
  expect((await source.next())?.pixels).toEqual(expected);
  createRenderer(scene, sceneCamera).render(1 / 30, 1, expected);
  const second = await source.next();
  expect(second).toMatchObject({ seq: 1, captureNs: 33_333_333n, clockState: "locked", timeSigmaNs: 100_000 });
  expect(second?.pixels).toEqual(expected);
  expect(await source.next()).toBeNull();
  expect(source.stats).toEqual({ delivered: 2, skipped: 0, missing: 0 });
});

test("Scene source without a count is endless and skips to the time asked for", async () => {
  await using source = await openSource(camera("scene:pair"), { siteDirectory: "." });
  expect(source.frameCount).toBeNull();
  expect(await source.next(1_000_000_000n)).toMatchObject({ seq: 30, captureNs: 1_000_000_000n });
  expect(source.stats).toEqual({ delivered: 1, skipped: 30, missing: 0 });
});

test("Scene source counts dropped frames and shows its clock's error in the stamps", async () => {
  const scene = pairScene(7);
  const lossy: Scene = {
    ...scene,
    cameras: scene.cameras.map((one) => ({ ...one, dropRate: 0.5, clockOffsetS: -0.25 })),
  };
  const [sceneCamera] = lossy.cameras;
  if (sceneCamera === undefined) throw new Error("the scene has a camera");
  const kept = Array.from({ length: 20 }, (_, index) => index).filter(
    (index) => !isFrameDropped(lossy, sceneCamera, index),
  );
  expect(kept.length).toBeLessThan(20);
  await using source = sceneSourceOf(camera("scene:pair"), lossy, 20);
  for (const index of kept) {
    const frame = await source.next();
    expect(Number(frame?.seq)).toBe(index);
    expect(frame?.captureNs).toBe(BigInt(Math.round((index / 30 - 0.25) * 1e9)));
  }
  expect(await source.next()).toBeNull();
  expect(source.stats).toEqual({ delivered: kept.length, skipped: 0, missing: 20 - kept.length });
});

test("Scene address reads name, seed and count", () => {
  expect(parseSceneAddress("demo")).toEqual({ name: "demo", seed: 1, frameCount: null });
  expect(parseSceneAddress("pair?frames=0&seed=12")).toEqual({ name: "pair", seed: 12, frameCount: 0 });
  expect(sceneOfSource("scene:pair?seed=3").seed).toBe(3);
});

test("Scene address that means nothing is refused by what is wrong with it", () => {
  const refusals = [
    ["nowhere", 'found "nowhere", need one of demo, pair, grazing'],
    ["pair?speed=2", 'found "speed=2", need seed=N or frames=N'],
    ["pair?seed=-1", 'found "seed=-1", need seed=N or frames=N'],
    ["pair?frames=", 'found "frames=", need seed=N or frames=N'],
  ] as const;
  for (const [address, text] of refusals) {
    expect(() => parseSceneAddress(address)).toThrow(`Cannot open source "scene:${address}": ${text}`);
  }
  expect(() => sceneOfSource("video:x.mp4")).toThrow('Cannot open source "video:x.mp4" as a scene: another kind');
});

test("Scene source wants the scene's camera and its image size", async () => {
  const good = camera("scene:pair");
  const open = (changes: Partial<SiteCamera>) => openSource({ ...good, ...changes }, { siteDirectory: "." });
  const [demoCamera] = siteFromScene(sceneOfSource("scene:demo"), "scene:demo").cameras;
  await expect(open({ source: "scene:demo" })).rejects.toThrow(
    'Cannot open scene "demo" for camera "a": no such camera in it, need one of "south-west"',
  );
  await expect(open({ intrinsics: demoCamera?.intrinsics ?? good.intrinsics })).rejects.toThrow(
    'Cannot open scene "pair" for camera "a": it is 320x240, need 1280x720 as its intrinsics say',
  );
});

test("Source of an unknown kind is refused", async () => {
  await expect(openSource({ ...camera("scene:pair"), source: "rtsp://x" }, { siteDirectory: "." })).rejects.toThrow(
    'Cannot open source "rtsp://x": unknown kind, need "scene:NAME", "images:FOLDER", "video:FILE" or "labels:FILE"',
  );
});
