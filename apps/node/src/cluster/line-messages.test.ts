import { expect, test } from "bun:test";
import { siteFromScene } from "@skyvox/cameras";
import { cameraId, type Detection, type TrackUpdate, trackId } from "@skyvox/core";
import { taskId, workerId } from "@skyvox/processor";
import { EnvelopeWriter, encodeObservation } from "@skyvox/protocol";
import { pairScene } from "@skyvox/scene";
import {
  decodeStep,
  encodeLead,
  encodeStep,
  leadSchema,
  readSiteParcel,
  siteParcel,
  siteSha256,
} from "./line-messages.ts";
import { decodeAnswer, decodeTask, encodeAbort, encodeAnswer, encodeAssign } from "./line-task.ts";
import { unpackParcel } from "./parcel.ts";

const detection: Detection = {
  ...{ timeNs: 5_000_000_001n, positionEnuM: [1.25, -2, 1 / 3], covarianceM2: [1, 0.1, 0, 0.1, 2, 0, 0, 0, 3] },
  ...{ extentM: [0.5, 0.25, 0.125], cameraBits: 0b1011, cameraCount: 3, weight: 1234.5 },
};
const track: TrackUpdate = {
  ...{ id: trackId(7), state: "coasting", timeNs: detection.timeNs, firstTimeNs: 1n, score: 12.5 },
  ...{ positionEnuM: [1, 2, 3], velocityEnuMps: [0, -1, 0.5], detectionCount: 9, missedCount: 1 },
  covariance: Float64Array.from({ length: 36 }, (_, index) => (index % 7 === 0 ? 0.25 : 0)),
};
const figures = { rayCount: 40, observeMs: 1.5, reconstructMs: 2.25 };
const key = { taskId: taskId("3.9"), attempt: 2, epoch: 3, workerId: workerId("b.77.1") };

/** Bytes as they come out of a message of the engine: anywhere in a larger buffer. */
function within(bytes: Uint8Array): Uint8Array {
  const larger = Buffer.alloc(bytes.length + 8);
  larger.set(bytes, 3);
  return larger.subarray(3, 3 + bytes.length);
}

test("A step is read as it was written, to the last bit", () => {
  const set = {
    type: "frameSet",
    timeNs: detection.timeNs,
    detections: [detection],
    views: null,
    capturedWallMs: 1.7e12,
    ...figures,
  } as const;
  const step = { epoch: 3, set, updates: [track] };
  expect(decodeStep(within(encodeStep(step)))).toEqual(step);
  expect(decodeStep(within(encodeStep({ ...step, set: { ...set, detections: [] }, updates: [] })))?.updates).toEqual(
    [],
  );
});

test("What a leader decided and the site it runs are read as they were written", () => {
  const lead = {
    ...{ epoch: 3, nodeId: "a", siteSha256: "0".repeat(64), timeline: { startNs: 12n, startWallMs: 1.5 } },
    placements: [{ cameraId: cameraId("c"), nodeId: "b", kind: "new" as const, why: "most room left" }],
    ...{ unplaced: [{ cameraId: cameraId("d"), why: "no room" }], loads: [{ nodeId: "b", load: 0.5 }] },
  };
  expect(unpackParcel(within(encodeLead(lead)), leadSchema)?.header).toEqual(lead);
  const site = siteFromScene(pairScene(1), "scene:pair?seed=1");
  expect(readSiteParcel(within(siteParcel(site)))).toEqual({
    siteSha256: siteSha256(site),
    site: JSON.parse(JSON.stringify(site)),
  });
});

test("A task carries observations in their envelopes, and its answer comes back to who asked", () => {
  const seen = {
    ...{
      cameraId: cameraId("c"),
      seq: 4 as never,
      captureNs: 99n,
      timeSigmaNs: 1000,
      motionPixelCount: 5,
      flooded: false,
    },
    pose: {
      ...{ cameraInEnuM: [0, 1, 2] as const, cameraFromEnu: [1, 0, 0, 0, 1, 0, 0, 0, 1] as const },
      ...{ positionSigmaM: 0.01, angleSigmaRad: 0.001 },
    },
    ...{ cells: Uint32Array.of(1, 2, 3, 4), blobs: new Uint32Array(16), clockState: "locked" as const },
  };
  const envelope = new EnvelopeWriter({ sender: 1n }).wrap("observation", encodeObservation(seen));
  const set = { setId: 9, timeNs: 99n, spreadNs: 7n, missing: [cameraId("d")], members: [{ ...seen, envelope }] };
  const task = decodeTask(within(encodeAssign(key, "a", set)));
  expect(task).toEqual({ type: "assign", key, replyTo: "a", set: { ...set, members: [seen] } });
  expect(decodeTask(within(encodeAbort(key)))).toEqual({ type: "abort", key });
  const value = { timeNs: detection.timeNs, detections: [detection], ...figures };
  for (const answer of [
    { type: "completed", replyTo: "a", key, executionMs: 3.5, value },
    { type: "failed", replyTo: "a", key, message: "no such thing" },
    { type: "fenced", replyTo: "a", epoch: 4 },
  ] as const) {
    expect(decodeAnswer(within(encodeAnswer(answer)))).toEqual(answer);
  }
});

test("A task of damaged observations and an answer of half a detection are none", () => {
  const members = [{ envelope: new Uint8Array(64) }] as never;
  const set = { setId: 1, timeNs: 1n, spreadNs: 0n, missing: [], members };
  expect(decodeTask(encodeAssign(key, "a", set))).toBeNull();
  const value = { timeNs: detection.timeNs, detections: [detection], ...figures };
  const answer = encodeAnswer({ type: "completed", replyTo: "a", key, executionMs: 1, value });
  expect(decodeAnswer(answer.subarray(0, answer.length - 8))).toBeNull();
});

test("Bytes that are no message of the line are none, whatever they are", () => {
  const whole = encodeLead({
    ...{ epoch: 1, nodeId: "a", siteSha256: "0".repeat(64), timeline: null, placements: [], unplaced: [], loads: [] },
  });
  const broken = [new Uint8Array(), Uint8Array.of(255, 255, 255, 255), whole.subarray(0, whole.length - 1)];
  for (const bytes of [...broken, Uint8Array.of(2, 0, 0, 0, 0xff, 0xff), Uint8Array.of(2, 0, 0, 0, 0x7b, 0x7d)]) {
    expect(unpackParcel(bytes, leadSchema)).toBeNull();
    expect(decodeStep(bytes)).toBeNull();
    expect(decodeTask(bytes)).toBeNull();
    expect(decodeAnswer(bytes)).toBeNull();
    expect(readSiteParcel(bytes)).toBeNull();
  }
});
