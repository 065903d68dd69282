import { expect, test } from "bun:test";
import { cameraId } from "@skyvox/core";
import fc from "fast-check";
import type { ClusterMessage } from "./cluster-message.ts";
import { decodeMessage, encodeMessage, MESSAGE_BYTES_MAX } from "./cluster-message-codec.ts";
import { nodeId, nodeLife } from "./node-id.ts";

const [a, a1] = [nodeId("a"), nodeLife("a.1")];
const owner = { epoch: 3, holder: a };
const flags = { isCordoned: false, isDraining: true };

/** One of each kind. */
const messages: ClusterMessage[] = [
  {
    ...{ type: "heartbeat", from: a, life: a1, sequence: 1, isCandidate: true, obeys: owner, ownerHeardAgoMs: 12.5 },
    ...{ capacity: { bytesPerSecond: 1, memoryBytes: 2, ...flags }, applied: { epoch: 3, number: 9 } },
    ...{ holds: [cameraId("c")], site: { epoch: 3, revision: 1 } },
  },
  { type: "alive", from: a, life: a1, sequence: 1 },
  { type: "ping", from: a, life: a1, nonce: 1 },
  { type: "pong", from: a, life: a1, nonce: 1 },
  { type: "leave", from: a, life: a1 },
  { type: "lease-heartbeat", owner, sequence: 4 },
  { type: "lease-answer", from: a, epoch: 3, sequence: 4, earlierAgoMs: 812.5 },
  { type: "lease-release", owner, successor: null },
  {
    ...{ type: "grant", life: a1 },
    grant: {
      owner,
      number: 2,
      answers: 1,
      termMs: 800,
      mayTake: false,
      cameras: [cameraId("c")],
      shared: [cameraId("d")],
    },
  },
  {
    ...{ type: "site", stamp: { epoch: 0, revision: 0 } },
    cameras: [
      {
        ...{ cameraId: cameraId("c"), bytesPerSecond: 0.5, memoryBytes: 1, pair: "p", reachableFrom: [a] },
        isShared: true,
      },
    ],
  },
  { type: "site-wanted", from: a },
  { type: "set-admission", owner, ...flags },
];

test("Every kind of message is read as it was written", () => {
  for (const message of messages) {
    expect(decodeMessage(encodeMessage(a1, message))).toEqual({ ok: true, sender: a1, message });
  }
});

test("A message of another version, an oversized one and one that is none are refused in one line", () => {
  const text = (value: unknown) => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
  const lineOf = (bytes: Uint8Array) => {
    const reading = decodeMessage(bytes);
    return reading.ok ? "taken" : reading.line;
  };
  expect(lineOf(text({ version: 2, anything: 1 }))).toBe("Cannot read cluster message: version 2, need version 1");
  expect(lineOf(new Uint8Array(MESSAGE_BYTES_MAX + 1))).toBe(
    "Cannot read cluster message: 262145 bytes, need at most 262144",
  );
  const odd = [text("{"), text("null"), text({ version: 1 }), new Uint8Array([0xff, 0xfe])];
  for (const bytes of odd)
    expect(lineOf(bytes)).toMatch(/^Cannot read cluster message: .*, need a message of this version$/);
});

test("A message with a field missing, more or out of range is refused", () => {
  for (const message of messages) {
    for (const field of Object.keys(message)) {
      const { [field]: _, ...rest } = message as Record<string, unknown>;
      expect([field, decodeMessage(encodeMessage(a1, rest as ClusterMessage)).ok]).toEqual([field, false]);
    }
    expect(decodeMessage(encodeMessage(a1, Object.assign({ more: 1 }, message))).ok).toBe(false);
  }
  const zero = { type: "lease-heartbeat", owner: { epoch: 0, holder: a }, sequence: 1 } as const;
  expect(decodeMessage(encodeMessage(a1, zero)).ok).toBe(false);
});

test("Noise and damaged messages are refused without an error", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => !decodeMessage(noise).ok));
  const bytes = encodeMessage(a1, messages[0]!);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
      const damaged = bytes.slice();
      damaged[at] = value;
      expect(typeof decodeMessage(damaged).ok).toBe("boolean");
    }),
  );
});
