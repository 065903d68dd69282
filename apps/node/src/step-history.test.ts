import { expect, test } from "bun:test";
import { type KeptMessage, StepHistory } from "./step-history.ts";

const decoder = new TextDecoder();

function step(timeS: number, name = ""): KeptMessage {
  return { type: "tracks", timeS, tracks: [], detections: [], truth: [{ name, positionM: [0, 0, 0] }] };
}

function report(timeS: number): KeptMessage {
  const line = { frameSetsPerS: 0, latencyMsP50: 0, latencyMsP99: 0, raysPerFrameSet: 0, voxelCount: 0, stageMs: {} };
  return { type: "cameras", timeS, cameras: [], line, process: { cpuPercent: 0, memoryBytes: 0 } };
}

function times(history: StepHistory, fromS: number, toS: number, bytesMax = 1e9): [number[], number | null] {
  const { messages, nextS } = history.slice({ fromS, toS, bytesMax });
  return [messages.map((text) => JSON.parse(decoder.decode(text)).timeS), nextS];
}

test("A history gives back what was published in a span, the start included and the end not", () => {
  const history = new StepHistory();
  for (const timeS of [1, 2, 3, 4]) history.add(step(timeS));
  history.add(report(4));
  expect(times(history, 2, 4)).toEqual([[2, 3], null]);
  expect(times(history, 4, 9)).toEqual([[4, 4], null]);
  expect(times(history, 5, 9)).toEqual([[], null]);
  expect(history.slice({ fromS: 1, toS: 1.5, bytesMax: 1e9 }).messages.map((text) => decoder.decode(text))).toEqual([
    JSON.stringify(step(1)),
  ]);
});

test("An empty history has no extent", () => {
  const history = new StepHistory({ secondsMax: 5, bytesMax: 1000 });
  expect(history.extent()).toEqual({
    firstS: null,
    lastS: null,
    stepCount: 0,
    bytes: 0,
    secondsMax: 5,
    bytesMax: 1000,
  });
  expect(times(history, 0, 10)).toEqual([[], null]);
});

test("What is older than the time kept goes, and what is as old stays", () => {
  const history = new StepHistory({ secondsMax: 5, bytesMax: 1e9 });
  for (let timeS = 0; timeS <= 12; timeS++) history.add(step(timeS));
  expect(history.extent()).toMatchObject({ firstS: 7, lastS: 12, stepCount: 6 });
  expect(times(history, 0, 100)).toEqual([[7, 8, 9, 10, 11, 12], null]);
});

test("Bytes are counted to the byte with 160 for bookkeeping, and the oldest goes where there are too many", () => {
  const bytes = JSON.stringify(step(10, "é")).length + 1 + 160; // é is two bytes of UTF-8
  const history = new StepHistory({ secondsMax: 1e6, bytesMax: 3 * bytes });
  for (let timeS = 10; timeS < 13; timeS++) history.add(step(timeS, "é"));
  expect(history.extent()).toMatchObject({ firstS: 10, stepCount: 3, bytes: 3 * bytes });
  history.add(step(13, "é"));
  expect(history.extent()).toMatchObject({ firstS: 11, lastS: 13, stepCount: 3, bytes: 3 * bytes });
});

test("A message larger than everything that is kept is not kept, and neither is what was before it", () => {
  const history = new StepHistory({ secondsMax: 10, bytesMax: 500 });
  history.add(step(1));
  history.add(step(2, "x".repeat(500)));
  expect(history.extent()).toMatchObject({ firstS: null, lastS: null, stepCount: 0, bytes: 0 });
  history.add(step(3));
  expect(history.extent()).toMatchObject({ firstS: 3, lastS: 3, stepCount: 1 });
});

test("Of heavy frame sets ten a second are kept, of light ones all", () => {
  const history = new StepHistory();
  const [light, heavy] = ["x", "x".repeat(40_000)];
  for (let tick = 0; tick < 30; tick++) history.add(step(tick / 30, light));
  expect(history.extent().stepCount).toBe(30);
  // The first heavy one is kept beside its light forerunner, then one in three.
  for (let tick = 30; tick < 60; tick++) history.add(step(tick / 30, heavy));
  expect(history.extent().stepCount).toBe(40);
  // The first light one that is kept ends it.
  for (let tick = 60; tick < 90; tick++) history.add(step(tick / 30, light));
  expect(history.extent().stepCount).toBe(70);
});

test("An answer is cut after so many bytes, at an instant's end, and says where to ask on", () => {
  const history = new StepHistory();
  for (const timeS of [1, 2, 2, 3]) history.add(step(timeS));
  expect(times(history, 0, 9, 1)).toEqual([[1], 2]);
  // Two messages of one instant stay together.
  expect(times(history, 2, 9, 1)).toEqual([[2, 2], 3]);
  expect(times(history, 3, 9, 1)).toEqual([[3], null]);
});

test("A long run holds no more than its bounds", () => {
  const history = new StepHistory({ secondsMax: 2, bytesMax: 1e9 });
  for (let i = 0; i < 20_000; i++) history.add(i % 3 === 0 ? report(i / 100) : step(i / 100));
  const { stepCount, bytes } = history.extent();
  expect(stepCount).toBe(134);
  expect(bytes).toBeLessThan(100_000);
  expect(times(history, 0, 1e9)[0]).toHaveLength(201);
});
