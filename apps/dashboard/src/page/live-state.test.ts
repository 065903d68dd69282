import { expect, test } from "bun:test";
import type { HelloMessage, TracksMessage } from "../messages.ts";
import { AFTERGLOW_S, colourOf, LiveState, type TrackState } from "./live-state.ts";
import { TENTATIVE, TRACK_COLOURS } from "./palette.ts";

const HELLO: HelloMessage = {
  type: "hello",
  version: "1",
  site: { name: "a", volume: { minM: [0, 0, 0], maxM: [1, 1, 1], voxelSizeM: 1 }, cameras: [] },
  backend: { name: "cpu", device: "d", reason: "r" },
  hasTruth: true,
};

function track(id: number, state: TrackState["state"] = "confirmed"): TrackState {
  return {
    id,
    state,
    positionM: [id, 0, 0],
    velocityMps: [0, 0, 0],
    covarianceM2: [1, 0, 0, 1, 0, 1],
    score: 1,
    ageS: 1,
    detectionCount: 1,
  };
}

function told(timeS: number, ...tracks: TrackState[]): TracksMessage {
  return { type: "tracks", timeS, tracks, detections: [] };
}

test("A track wears no colour until it is confirmed, then one of its own for good", () => {
  const state = new LiveState();
  state.take(told(1, track(5, "tentative"), track(6)), 0);
  expect(state.liveTracks().map(colourOf)).toEqual([TENTATIVE, TRACK_COLOURS[0] ?? -1]);
  state.take(told(2, track(5), track(6, "coasting")), 0);
  expect(state.liveTracks().map(colourOf)).toEqual([TRACK_COLOURS[1] ?? -1, TRACK_COLOURS[0] ?? -1]);
});

test("Colours are shared only once all are worn", () => {
  const state = new LiveState();
  state.take(told(1, ...Array.from({ length: TRACK_COLOURS.length + 2 }, (_, i) => track(i))), 0);
  const worn = state.liveTracks().map(({ colourIndex }) => colourIndex);
  expect(new Set(worn.slice(0, TRACK_COLOURS.length)).size).toBe(TRACK_COLOURS.length);
  expect(worn.slice(TRACK_COLOURS.length)).toEqual([0, 1]);
});

test("An ended track is no live track, glows for a while and is then forgotten", () => {
  const state = new LiveState();
  state.take(told(1, track(5)), 0);
  state.take(told(2), 0);
  expect(state.liveTracks()).toEqual([]);
  expect(state.tracks.get(5)?.endedS).toBe(2);
  state.take(told(2 + AFTERGLOW_S), 0);
  expect(state.tracks.size).toBe(1);
  state.take(told(2.1 + AFTERGLOW_S), 0);
  expect(state.tracks.size).toBe(0);
});

test("Time that runs backwards is a new run: trails and curves start again", () => {
  const state = new LiveState();
  state.take(told(10, track(5)), 0);
  state.take(told(10.5, track(5)), 0);
  state.take(told(3, track(5)), 0);
  expect(state.tracks.get(5)?.trail.count).toBe(1);
  expect(state.series.timeS).toEqual([3]);
});

test("A reconnection to the same site keeps the trails, another site does not", () => {
  const state = new LiveState();
  state.take(HELLO, 0);
  state.take(told(10, track(5)), 0);
  state.take({ ...HELLO, version: "2" }, 0);
  expect(state.tracks.size).toBe(1);
  state.take({ ...HELLO, site: { ...HELLO.site, name: "b" } }, 0);
  expect(state.tracks.size).toBe(0);
});

test("The report closest to a picture's time is found among the last ones", () => {
  const state = new LiveState();
  expect(state.reportAt(1)).toBeNull();
  for (let i = 0; i < 40; i++) state.take({ ...REPORT, timeS: i / 10 }, 0);
  expect(state.reportAt(3.74)?.timeS).toBe(3.7);
  expect(state.reports).toHaveLength(16);
  expect(state.reportAt(0)?.timeS).toBe(2.4);
});

test("A long crowded run holds no more than its bounds", () => {
  const state = new LiveState();
  state.take(HELLO, 0);
  for (let i = 0; i < 3_000; i++) {
    const crowd = Array.from({ length: 40 }, (_, k) => track(Math.floor(i / 10) * 17 + k));
    state.take({ ...told(i / 30, ...crowd), detections: Array.from({ length: 600 }, () => DETECTION) }, i);
    state.take({ ...REPORT, timeS: i / 30 }, i);
  }
  expect(state.tracks.size).toBeLessThanOrEqual(128);
  expect(state.detections.length).toBeLessThanOrEqual(512);
  expect(state.reports.length).toBeLessThanOrEqual(16);
  expect(state.series.timeS.length).toBeLessThanOrEqual(601);
});

const DETECTION = { positionM: [0, 0, 0], extentM: [1, 1, 1], cameraCount: 2 } as const;
const REPORT = {
  type: "cameras",
  timeS: 0,
  cameras: [],
  line: { frameSetsPerS: 60, latencyMsP50: 20, latencyMsP99: 40, raysPerFrameSet: 1, voxelCount: 1, stageMs: {} },
  process: { cpuPercent: 1, memoryBytes: 1 },
} as const;
