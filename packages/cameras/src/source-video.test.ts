import { afterAll, beforeAll, expect, test } from "bun:test";
import type { SkyvoxError } from "@skyvox/core";
import { cameraOf, TemporaryFolder } from "../test/fixtures.ts";
import {
  hasFfmpeg,
  LOSSLESS,
  lumaOf,
  runFfmpeg,
  VIDEO_HEIGHT_PX,
  VIDEO_WIDTH_PX,
  writeVideo,
} from "../test/video-fixtures.ts";
import { openSource } from "./open-source.ts";
import type { SiteCamera, SiteInput } from "./site.ts";
import { probeVideo } from "./video-probe.ts";

/** Programs are slow to start on a busy machine. */
const TIMEOUT_MS = 60_000;

const videoTest = (name: string, check: () => Promise<void>) => test.skipIf(!hasFfmpeg)(name, check, TIMEOUT_MS);
if (!hasFfmpeg) console.log("skipped: video sources, because ffmpeg or ffprobe is not installed");

/** Frames of the video all tests share: `clip.mp4`. */
const CLIP_FRAMES = 40;

let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await TemporaryFolder.create();
  if (hasFfmpeg) writeVideo(CLIP_FRAMES, [...LOSSLESS, "-movflags", "+faststart", folder.join("clip.mp4")]);
});

afterAll(() => folder[Symbol.asyncDispose]());

function camera(file: string, size: { readonly widthPx?: number; readonly heightPx?: number } = {}): SiteCamera {
  const { widthPx = VIDEO_WIDTH_PX, heightPx = VIDEO_HEIGHT_PX } = size;
  return cameraOf({
    source: `video:${file}`,
    intrinsics: { widthPx, heightPx, fxPx: 50, fyPx: 50, cxPx: 31.5, cyPx: 23.5 },
  });
}

interface Played {
  readonly times: bigint[];
  readonly pixels: Uint8Array[];
  readonly error: SkyvoxError | null;
}

async function play(file: string, changes: Partial<SiteInput["cameras"][number]> = {}): Promise<Played> {
  await using source = await openSource(cameraOf({ ...camera(file), ...changes }), { siteDirectory: folder.path });
  const played: Played = { times: [], pixels: [], error: null };
  try {
    for (let frame = await source.next(); frame !== null; frame = await source.next()) {
      expect(Number(frame.seq)).toBe(played.times.length);
      played.times.push(frame.captureNs);
      played.pixels.push(frame.pixels.slice());
    }
    return played;
  } catch (error) {
    await expect(source.next()).rejects.toBe(error as SkyvoxError);
    return { ...played, error: error as SkyvoxError };
  }
}

videoTest("Video gives its luma as it was coded", async () => {
  const { times, pixels, error } = await play("clip.mp4");
  expect(error).toBeNull();
  expect(times).toEqual(Array.from({ length: CLIP_FRAMES }, (_, frame) => BigInt(frame) * 100_000_000n));
  for (const [frame, luma] of pixels.entries()) expect(luma).toEqual(lumaOf(frame));
});

videoTest("Video of variable frame rate keeps the times it was recorded with", async () => {
  // Milliseconds 0, 33, 70, 170, 175: a camera that slowed down, then caught up.
  const recorded = "settb=1/1000,setpts='33*gt(N,0)+37*gt(N,1)+100*gt(N,2)+5*gt(N,3)'";
  writeVideo(5, [
    "-vf",
    recorded,
    "-fps_mode",
    "passthrough",
    "-enc_time_base",
    "1/1000",
    ...LOSSLESS,
    folder.join("vfr.mkv"),
  ]);
  const { times, pixels } = await play("vfr.mkv");
  expect(times).toEqual([0n, 33n, 70n, 170n, 175n].map((ms) => ms * 1_000_000n));
  for (const [frame, luma] of pixels.entries()) expect(luma).toEqual(lumaOf(frame));
});

videoTest("Video that starts late, beside sound that does not, keeps its own times", async () => {
  const sound = ["-f", "lavfi", "-i", "sine=duration=1"];
  const late = ["-itsoffset", "0.5", "-i", folder.join("clip.mp4"), "-frames:v", "3"];
  const copies = ["-map", "0", "-map", "1", "-c:a", "pcm_s16le", "-c:v", "copy"];
  runFfmpeg([...sound, ...late, ...copies, folder.join("late.mkv")]);
  expect((await play("late.mkv")).times).toEqual([500_000_000n, 600_000_000n, 700_000_000n]);
});

videoTest("Video's frames are put on the site's time line and skipped by it", async () => {
  const late = { ...camera("clip.mp4"), clock: { offsetS: 10, rate: 1, sigmaMs: 1, state: "free" as const } };
  await using source = await openSource(late, { siteDirectory: folder.path });
  expect(source.frameCount).toBe(CLIP_FRAMES);
  const frame = await source.next(10_250_000_000n);
  expect(frame).toMatchObject({ seq: 3, captureNs: 10_300_000_000n });
  expect(frame?.pixels).toEqual(lumaOf(3));
  expect(source.stats).toEqual({ delivered: 1, skipped: 3, missing: 0 });
});

videoTest("Video that asks to be turned is turned", async () => {
  runFfmpeg([
    "-i",
    folder.join("clip.mp4"),
    "-frames:v",
    "1",
    "-c",
    "copy",
    "-metadata:s:v",
    "rotate=90",
    folder.join("turned.mp4"),
  ]);
  const size = { widthPx: VIDEO_HEIGHT_PX, heightPx: VIDEO_WIDTH_PX };
  expect(await probeVideo(folder.join("turned.mp4"))).toMatchObject({ ...size, frameCount: 1 });
  const { intrinsics } = camera("turned.mp4", size);
  const { pixels } = await play("turned.mp4", { intrinsics });
  const [turned = new Uint8Array()] = pixels;
  // ffmpeg writes a turn by 90 degrees as one that a player undoes: the first row becomes the first or the last column.
  const rows = Array.from({ length: VIDEO_WIDTH_PX }, (_, row) => turned[row * VIDEO_HEIGHT_PX + VIDEO_HEIGHT_PX - 1]);
  const otherWay = Array.from(
    { length: VIDEO_WIDTH_PX },
    (_, row) => turned[(VIDEO_WIDTH_PX - 1 - row) * VIDEO_HEIGHT_PX],
  );
  const firstRow = [...lumaOf(0).subarray(0, VIDEO_WIDTH_PX)];
  expect([rows, otherWay]).toContainEqual(firstRow);
});

videoTest("Video of ten bits keeps the high eight, and colours have the luma of video", async () => {
  const gray = (format: string) => ["-vf", `format=${format}`, "-c:v", "ffv1"];
  writeVideo(1, [...gray("yuv420p10le"), folder.join("ten.mkv")]);
  expect((await play("ten.mkv")).pixels).toEqual([lumaOf(0)]);
  writeVideo(1, [...gray("bgr0"), folder.join("colour.mkv")]);
  const [luma = new Uint8Array()] = (await play("colour.mkv")).pixels;
  const worst = luma.reduce((most, value, at) => Math.max(most, Math.abs(value - (lumaOf(0)[at] ?? 0))), 0);
  expect(worst).toBeLessThanOrEqual(1);
});

videoTest("Video cut short gives the frames before the cut, then says so", async () => {
  runFfmpeg(["-i", folder.join("clip.mp4"), "-c", "copy", folder.join("clip.mkv")]);
  for (const [kind, found] of [
    ["mp4", "corrupt input packet in stream 0"],
    ["mkv", "File ended prematurely"],
  ] as const) {
    const bytes = await Bun.file(folder.join(`clip.${kind}`)).bytes();
    const cut = `cut.${kind}`;
    await Bun.write(folder.join(cut), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
    const { pixels, error } = await play(cut);
    expect(pixels.length).toBeGreaterThan(5);
    expect(pixels.length).toBeLessThan(CLIP_FRAMES);
    for (const [frame, luma] of pixels.entries()) expect(luma).toEqual(lumaOf(frame));
    expect(error?.code).toBe("source");
    expect(error?.message).toBe(
      `Cannot read video "${folder.join(cut)}" past frame ${pixels.length}: ${found}, need an undamaged file`,
    );
  }
});

videoTest("Video damaged in the middle stops at the damage: no pixel is made up", async () => {
  const bytes = await Bun.file(folder.join("clip.mp4")).bytes();
  const start = Math.floor(bytes.length * 0.6);
  bytes.fill(0xa5, start, start + 3000);
  await Bun.write(folder.join("hole.mp4"), bytes);
  const { pixels, error } = await play("hole.mp4");
  expect(pixels.length).toBeGreaterThan(5);
  for (const [frame, luma] of pixels.entries()) expect(luma).toEqual(lumaOf(frame));
  expect(error?.message).toContain(`past frame ${pixels.length}: `);
});

videoTest("Video whose picture changes size ends there", async () => {
  writeVideo(3, [...LOSSLESS, folder.join("one.h264")]);
  writeVideo(3, ["-vf", "scale=32:32", ...LOSSLESS, folder.join("two.h264")]);
  const both = [await Bun.file(folder.join("one.h264")).bytes(), await Bun.file(folder.join("two.h264")).bytes()];
  await Bun.write(folder.join("both.h264"), Buffer.concat(both));
  // The size found when it is opened is the last one of so short a file.
  const { intrinsics } = camera("both.h264", { widthPx: 32, heightPx: 32 });
  const { pixels, error } = await play("both.h264", { intrinsics });
  expect(pixels).toEqual([]);
  expect(error?.message).toBe(
    `Cannot read video "${folder.join("both.h264")}" past frame 0: the picture becomes 64x48, need 32x32 throughout`,
  );
});

videoTest("Video of another size is named with both sizes", async () => {
  await expect(openSource(camera("clip.mp4", { widthPx: 640 }), { siteDirectory: folder.path })).rejects.toThrow(
    `Cannot read video "${folder.join("clip.mp4")}" as camera "a": it is 64x48, need 640x48 as its intrinsics say`,
  );
});

videoTest("File that is absent, no video or half a video is refused when it is opened", async () => {
  const open = (file: string) => openSource(camera(file), { siteDirectory: folder.path });
  const cannot = (file: string) => `Cannot read video "${folder.join(file)}": `;
  await expect(open("absent.mp4")).rejects.toThrow(`${cannot("absent.mp4")}no such file, need a video file`);
  await Bun.write(folder.join("notes.mp4"), "frames of Monday");
  await expect(open("notes.mp4")).rejects.toThrow(
    `${cannot("notes.mp4")}Invalid data found when processing input, need a complete video file`,
  );
  runFfmpeg(["-f", "lavfi", "-i", "sine=duration=0.1", folder.join("sound.wav")]);
  await expect(open("sound.wav")).rejects.toThrow(`${cannot("sound.wav")}no video stream in it, need a video`);
  // Written as a phone does it, the index comes last: half a file has none.
  runFfmpeg(["-i", folder.join("clip.mp4"), "-c", "copy", folder.join("index-last.mp4")]);
  const bytes = await Bun.file(folder.join("index-last.mp4")).bytes();
  await Bun.write(folder.join("half.mp4"), bytes.subarray(0, bytes.length >> 1));
  await expect(open("half.mp4")).rejects.toThrow(/^Cannot read video ".*half.mp4": .*need a complete video file$/);
});

test("Video without ffmpeg says how to get it", async () => {
  const path = process.env.PATH;
  process.env.PATH = "/nowhere";
  try {
    const opening = openSource(camera("clip.mp4"), { siteDirectory: "/clips" });
    await expect(opening).rejects.toMatchObject({
      code: "missing-program",
      message: 'Cannot read video "/clips/clip.mp4": ffmpeg not found, need it: apt-get install ffmpeg',
    });
  } finally {
    process.env.PATH = path;
  }
});
