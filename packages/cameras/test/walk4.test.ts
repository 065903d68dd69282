/** Four real videos with a real calibration: what the importer makes of it must agree with what the pictures show. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isInFrame, project, type Vec3 } from "@skyvox/core";
import {
  cameraIntrinsics,
  cameraPose,
  type ImportFeed,
  importQualisys,
  listFiles,
  matchVideos,
  openSource,
  parseSite,
  probeVideo,
  type Site,
  siteProblems,
} from "../src/mod.ts";
import { dataFolder } from "./fixtures.ts";
import { hasFfmpeg } from "./video-fixtures.ts";

const folder = join(dataFolder, "walk4");
const canRun = existsSync(folder) && hasFfmpeg;
if (!canRun) console.log(`skipped: real videos, because "${folder}" is absent or ffmpeg is not installed`);

const walk4Test = (name: string, check: () => Promise<void>) => test.skipIf(!canRun)(name, check, TIMEOUT_MS);

/** Decoding takes its time on a busy machine. */
const TIMEOUT_MS = 60_000;

const NAMES = ["cam01", "cam02", "cam03", "cam04"];

async function importedSite(): Promise<Site> {
  const videos = matchVideos(NAMES, await listFiles(join(folder, "cam*.mp4")));
  const feeds = new Map<string, ImportFeed>();
  for (const [name, file] of videos) {
    const { widthPx, heightPx } = await probeVideo(file);
    feeds.set(name, { source: `video:${file}`, widthPx, heightPx });
  }
  const text = await Bun.file(join(folder, "Calib.qca.txt")).text();
  return parseSite(importQualisys(text, { where: "Calib.qca.txt", name: "walk4", feeds }), "walk4");
}

/** Where the person's teal cap was in the first frame, found in the videos by colour. */
async function capPosition(): Promise<Vec3> {
  const [, first = ""] = (await Bun.file(join(folder, "cap_reference.csv")).text()).split("\n");
  const [, , x = Number.NaN, y = Number.NaN, z = Number.NaN] = first.split(",").map(Number);
  return [x, y, z];
}

/** True for teal: hue between green-cyan and azure, and a clear colour. */
function isTeal(r: number, g: number, b: number): boolean {
  const most = Math.max(r, g, b);
  const least = Math.min(r, g, b);
  if (most < 40 || (most - least) / most < 0.4 || most === r) return false;
  const hueDeg = 60 * (most === g ? (b - r) / (most - least) + 2 : (r - g) / (most - least) + 4);
  return hueDeg > 160 && hueDeg < 210;
}

walk4Test("Imported cameras see the teal cap where the pictures show it", async () => {
  const site = await importedSite();
  expect(siteProblems(site)).toEqual([]);
  expect(site.cameras.map(({ intrinsics }) => intrinsics.widthPx)).toEqual([1080, 1080, 1088, 1088]);
  const cap = await capPosition();
  for (const camera of site.cameras) {
    const intrinsics = cameraIntrinsics(camera);
    const pixel = project(intrinsics, cameraPose(camera), cap);
    if (pixel === null) throw new Error("the cap is ahead of the camera");
    expect(isInFrame(intrinsics, pixel)).toBe(true);
    const file = camera.source.slice("video:".length);
    const raw = ["-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"];
    const picture = Bun.spawnSync(["ffmpeg", "-v", "error", "-i", file, "-map", "0:v:0", ...raw]).stdout;
    const tealAt = (x: number, y: number): boolean => {
      const at = 3 * (y * intrinsics.widthPx + x);
      return isTeal(picture[at] ?? 0, picture[at + 1] ?? 0, picture[at + 2] ?? 0);
    };
    let nearCount = 0;
    for (let y = -4; y <= 4; y++) {
      for (let x = -4; x <= 4; x++) nearCount += tealAt(Math.round(pixel[0]) + x, Math.round(pixel[1]) + y) ? 1 : 0;
    }
    let sampledCount = 0;
    let tealCount = 0;
    for (let y = 0; y < intrinsics.heightPx; y += 4) {
      for (let x = 0; x < intrinsics.widthPx; x += 4, sampledCount++) tealCount += tealAt(x, y) ? 1 : 0;
    }
    // Hardly any of the picture is teal, nearly all of the 81 pixels about the projected cap are.
    expect([camera.id as string, nearCount > 60, tealCount / sampledCount < 0.02]).toEqual([camera.id, true, true]);
  }
});

walk4Test("Guessed volume holds the person comfortably at a scale that suits a room", async () => {
  const { volume, options } = await importedSite();
  expect(volume.voxelSizeM).toBe(0.05);
  for (const [axis, [low, high]] of [
    [-2.1, -0.5],
    [-0.9, 0.8],
    [0, 1.9],
  ].entries()) {
    expect(volume.minM[axis]).toBeLessThanOrEqual(low ?? Number.NaN);
    expect(volume.maxM[axis]).toBeGreaterThanOrEqual(high ?? Number.NaN);
  }
  for (const [axis, high] of volume.maxM.entries()) expect(high - (volume.minM[axis] ?? 0)).toBeLessThan(6);
  expect(options.target).toEqual({ sizeM: 2, speedMps: 2, accelerationMps2: 5 });
});

walk4Test("All four videos are read at once, each frame at its time", async () => {
  const site = await importedSite();
  const times = await Promise.all(
    site.cameras.map(async (camera) => {
      await using source = await openSource(camera, { siteDirectory: folder });
      const captured: bigint[] = [];
      for (let frame = await source.next(); frame !== null; frame = await source.next()) captured.push(frame.captureNs);
      return captured;
    }),
  );
  // 60 frames a second on a time base of 1/15360 s: 256 ticks a frame.
  const expected = Array.from({ length: 100 }, (_, frame) => BigInt(Math.round((frame * 256 * 1e9) / 15360)));
  for (const captured of times) expect(captured).toEqual(expected);
});
