import { expect, test } from "bun:test";
import { HandHistory, stepAt } from "../../test/hand-history.ts";
import type { CamerasMessage, HelloMessage } from "../messages.ts";
import type { Choices } from "./choices.ts";
import { LiveState } from "./live-state.ts";
import { Timeline } from "./timeline.ts";

const HELLO: HelloMessage = {
  type: "hello",
  version: "1",
  site: { name: "a", volume: { minM: [0, 0, 0], maxM: [1, 1, 1], voxelSizeM: 1 }, cameras: [] },
  backend: { name: "cpu", device: "d", reason: "r" },
  hasTruth: false,
};

function report(timeS: number, state: "running" | "ended"): CamerasMessage {
  const camera = {
    ...{ id: "a", state, cameraFps: 1, processedFps: 1, skippedFps: 0, missingFrames: 0, lateFrames: 0 },
    ...{ motionPixels: 0, flooded: false, blobs: [] },
  };
  const line = { frameSetsPerS: 1, latencyMsP50: 1, latencyMsP99: 1, raysPerFrameSet: 1, voxelCount: 1, stageMs: {} };
  return { type: "cameras", timeS, cameras: [camera], line, process: { cpuPercent: 1, memoryBytes: 1 } };
}

/** A page that has heard a minute of the stream and knows how far back it may look. */
async function begun(ended = false) {
  const choices: Choices = {
    ...{ truth: true, voxels: true, ellipsoids: true, trails: true, paused: false, recorded: false },
    ...{ trackId: null, place: null, cameraIndex: null, cluster: false, follow: false },
  };
  const [state, history] = [new LiveState(), new HandHistory()];
  const timeline = new Timeline({ state, choices, history });
  timeline.told(HELLO, 0);
  for (let tick = 0; tick <= 600; tick++) timeline.told(stepAt(tick / 10), tick);
  timeline.told(report(60, ended ? "ended" : "running"), 600);
  timeline.frame(600);
  await history.answer();
  return { choices, state, history, timeline };
}

/** Lets a frame ask, the node answer and the next frame show. */
async function shown({ history, timeline }: Awaited<ReturnType<typeof begun>>, nowMs: number): Promise<void> {
  timeline.frame(nowMs);
  await history.answer();
  timeline.frame(nowMs + 1);
}

test("The present goes on unseen while what was is shown, and is whole when a person comes back", async () => {
  const page = await begun();
  const { choices, state, timeline } = page;
  timeline.seek(30, 700);
  await shown(page, 700);
  expect([choices.recorded, state.timeS]).toEqual([true, 30]);
  for (let tick = 601; tick <= 700; tick++) timeline.told(stepAt(tick / 10), tick);
  expect(state.timeS).toBe(30);
  expect(timeline.lastS).toBe(70);
  timeline.goLive(800);
  expect([choices.recorded, state.timeS]).toEqual([false, 70]);
  const trail = state.tracks.get(5)?.trail;
  expect(trail?.timeS(0)).toBeLessThan(60.5);
  timeline.told(stepAt(70.1), 801);
  expect(state.timeS).toBe(70.1);
});

test("A step back from the present is a second before it, and a step on at the present is none", async () => {
  const page = await begun();
  const { choices, timeline, state } = page;
  timeline.step(1, 700);
  expect(choices.recorded).toBe(false);
  timeline.step(-1, 700);
  await shown(page, 700);
  expect([choices.recorded, state.timeS]).toEqual([true, 59]);
  timeline.step(-10, 710);
  await shown(page, 710);
  expect(state.timeS).toBe(49);
  timeline.step(10, 720);
  timeline.step(10, 720);
  expect(choices.recorded).toBe(false);
});

test("Nobody looks further back than the node keeps", async () => {
  const page = await begun();
  page.history.firstS = 42;
  page.timeline.frame(5_000);
  await page.history.answer();
  page.timeline.seek(-100, 5_001);
  await shown(page, 5_002);
  expect(page.timeline.replay.atS).toBe(42);
});

test("Playing that catches up with the present becomes the present", async () => {
  const page = await begun();
  const { choices, timeline } = page;
  timeline.seek(59.2, 700);
  await shown(page, 700);
  timeline.togglePlay(710);
  expect(timeline.replay.playing).toBe(true);
  for (let nowMs = 720; nowMs < 1_500 && choices.recorded; nowMs += 50) timeline.frame(nowMs);
  expect(choices.recorded).toBe(false);
});

test("A pause of the present holds the picture, and going on shows the present with its trail", async () => {
  const { choices, state, timeline } = await begun();
  timeline.togglePlay(700);
  timeline.told(stepAt(60.5), 701);
  expect([choices.paused, state.timeS]).toEqual([true, 60]);
  timeline.togglePlay(702);
  expect([choices.paused, state.timeS]).toEqual([false, 60.5]);
});

test("A recording that has ended plays from its beginning, stops at its end and plays again", async () => {
  const page = await begun(true);
  const { choices, state, timeline } = page;
  expect(timeline.ended).toBe(true);
  timeline.togglePlay(700);
  await shown(page, 700);
  expect([choices.recorded, timeline.replay.playing, state.timeS]).toEqual([true, true, 0]);
  timeline.seek(59.8, 720);
  await shown(page, 720);
  for (let nowMs = 800; nowMs < 1_500; nowMs += 100) await shown(page, nowMs);
  expect([timeline.replay.playing, choices.recorded, state.timeS]).toEqual([false, true, 60]);
  timeline.togglePlay(2_000);
  expect([timeline.replay.playing, timeline.replay.atS]).toEqual([true, 0]);
});

test("Another run of the node begins a time line of its own", async () => {
  const page = await begun();
  const { timeline, state } = page;
  timeline.told(HELLO, 700);
  expect(timeline.extent).toBeNull();
  timeline.seek(10, 701);
  expect(state.timeS).toBe(60);
  timeline.told(stepAt(1), 702);
  expect([timeline.lastS, state.timeS]).toEqual([1, 1]);
});

test("The stream kept for coming back is bounded", async () => {
  const { choices, state, timeline } = await begun();
  choices.recorded = true;
  for (let tick = 0; tick < 20_000; tick++) timeline.told(stepAt(60 + tick / 1_000), tick);
  timeline.goLive(1);
  expect(state.changes.tracks).toBeLessThan(601 + 1_200 + 10);
});
