import { expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import fc from "fast-check";
import { BEACON_BYTES_MAX, type BeaconBody, beaconKey, decodeBeacon, encodeBeacon } from "./beacon-codec.ts";
import { Discovery, type DiscoveryAction } from "./discovery-beacon.ts";

const KEY = beaconKey("a token");

function nodeOf(
  name: string,
  options: { token?: string; clusterId?: string; life?: string; seeds?: string[] } = {},
): Discovery {
  return new Discovery({
    clusterId: options.clusterId ?? "site",
    key: beaconKey(options.token ?? "a token"),
    seeds: options.seeds ?? [],
    prng: createPrng(1).fork(name + (options.life ?? "")),
    self: {
      ...{ nodeId: name, life: options.life ?? `${name}.1`, role: "worker" as const },
      ...{ engineUrls: ["nats://10.0.0.1:4000"], controlUrl: `http://${name}:8080`, epoch: 0 },
    },
  });
}

const sent = (actions: DiscoveryAction[]) => actions.flatMap((action) => (action.type === "send" ? [action] : []));
const kinds = (actions: DiscoveryAction[]) => actions.map(({ type }) => type);

/** Carries every datagram of an exchange between two nodes until both are silent; returns all of them. */
function exchange(nowMs: number, nodes: readonly [Discovery, Discovery], first: DiscoveryAction[]): Uint8Array[] {
  const datagrams: Uint8Array[] = [];
  let [from, actions] = [0, first];
  for (let turns = 0; turns < 10 && actions.length > 0; turns++) {
    const bytes = sent(actions).map((action) => action.bytes);
    datagrams.push(...bytes);
    actions = bytes.flatMap((each) =>
      nodes[1 - from]!.step(nowMs, { type: "datagram", from: `10.0.0.${from}:9999`, bytes: each }),
    );
    from = 1 - from;
  }
  return datagrams;
}

test("A beacon is read as it was written, whatever its content", () => {
  const text = fc.string({ minLength: 1, maxLength: 64, unit: "grapheme" }).filter((each) => each.length <= 64);
  const body: fc.Arbitrary<BeaconBody> = fc.record({
    type: fc.constant("challenge" as const),
    ...{ clusterId: text, life: text, nonce: text },
  });
  fc.assert(
    fc.property(body, (content) => {
      expect(decodeBeacon(encodeBeacon(content, KEY), KEY)).toEqual({ ok: true, body: content });
    }),
  );
});

test("A beacon with any one bit turned is refused, as are pieces of it and strangers' bytes", () => {
  const bytes = encodeBeacon({ type: "challenge", clusterId: "c", life: "l", nonce: "n" }, KEY);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const turned = bytes.slice();
    turned[bit >> 3]! ^= 1 << (bit & 7);
    const reading = decodeBeacon(turned, KEY);
    const expected = bit < 32 ? "foreign" : bit < 40 ? "version" : "signature";
    expect([bit, reading.ok ? "taken" : reading.reason]).toEqual([bit, expected]);
  }
  for (let length = 0; length < bytes.length; length++)
    expect(decodeBeacon(bytes.subarray(0, length), KEY).ok).toBe(false);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (noise) => !decodeBeacon(noise, KEY).ok));
});

test("A beacon that is signed but oversized, malformed or of unknown fields is refused", () => {
  expect(decodeBeacon(new Uint8Array(BEACON_BYTES_MAX + 1), KEY)).toMatchObject({ reason: "oversized" });
  const odd = { type: "challenge", clusterId: "c", life: "l", nonce: "n", more: 1 } as BeaconBody;
  expect(decodeBeacon(encodeBeacon(odd, KEY), KEY)).toMatchObject({ reason: "malformed" });
  const long = { type: "challenge", clusterId: "c", life: "l", nonce: "n".repeat(2000) } as BeaconBody;
  expect(() => encodeBeacon(long, KEY)).toThrow("Cannot write beacon: 2095 bytes, need at most 1400");
});

test("Discovery finds a node after announcement, challenge and proof, within one exchange", () => {
  const [a, b] = [nodeOf("a"), nodeOf("b")];
  const datagrams = exchange(0, [a, b], a.step(0, { type: "tick" }));
  expect(datagrams).toHaveLength(3);
  expect(b.found().map(({ nodeId }) => nodeId)).toEqual(["a"]);
  exchange(1, [b, a], b.step(1, { type: "tick" }));
  expect(a.found().map(({ nodeId }) => nodeId)).toEqual(["b"]);
  expect([...a.refused(), ...b.refused()]).toEqual([]);
});

test("Discovery announces once a second and loses a node after five seconds of silence", () => {
  const [a, b] = [nodeOf("a"), nodeOf("b")];
  exchange(0, [a, b], a.step(0, { type: "tick" }));
  expect(a.step(999, { type: "tick" })).toEqual([]);
  expect(kinds(a.step(1000, { type: "tick" }))).toEqual(["send"]);
  expect(kinds(b.step(5000, { type: "tick" })).includes("lost")).toBe(false);
  expect(kinds(b.step(5001, { type: "tick" }))).toContain("lost");
  expect(b.found()).toEqual([]);
});

test("Discovery is not deceived by a recorded exchange that is played back, early or late", () => {
  const [a, b] = [nodeOf("a"), nodeOf("b")];
  const datagrams = exchange(0, [a, b], a.step(0, { type: "tick" }));
  const later = nodeOf("b", { life: "b.2" });
  for (const bytes of datagrams) later.step(10, { type: "datagram", from: "10.9.9.9:1", bytes });
  expect(later.found()).toEqual([]);
  expect([...later.refused()]).toEqual([["unasked", 1]]);
  // To the node that was deceived once already: the proof is used up, the announcement is an overtaken copy.
  for (const bytes of datagrams) b.step(10, { type: "datagram", from: "10.9.9.9:1", bytes });
  expect(b.refused().get("unasked")).toBe(1);
  for (let second = 1; second <= 3; second++) {
    for (const { bytes } of sent(a.step(second * 1000, { type: "tick" })))
      b.step(second * 1000, { type: "datagram", from: "10.0.0.0:9999", bytes });
  }
  b.step(3500, { type: "datagram", from: "10.9.9.9:1", bytes: datagrams[0]! });
  expect(b.refused().get("replayed")).toBe(1);
  expect(b.found()).toHaveLength(1);
});

test("Discovery refuses a wrong token and another cluster in one line each a minute, and finds nobody", () => {
  const listener = nodeOf("a");
  const forged = nodeOf("b", { token: "a guess" });
  const neighbour = nodeOf("c", { clusterId: "next door" });
  const lines: string[] = [];
  for (let second = 0; second < 60; second++) {
    for (const [index, node] of [forged, neighbour].entries()) {
      for (const { bytes } of sent(node.step(second * 1000, { type: "tick" }))) {
        for (const action of listener.step(second * 1000, { type: "datagram", from: `10.0.0.${index}:9999`, bytes })) {
          if (action.type === "tell") lines.push(action.line);
        }
      }
    }
  }
  expect(lines).toEqual([
    "Cannot use beacon from 10.0.0.0:9999: a signature by another token, need a beacon signed with this cluster's token",
    'Cannot use beacon from 10.0.0.1:9999: cluster "next door", need "site"',
  ]);
  expect([...listener.refused()]).toEqual([
    ["signature", 60],
    ["other-cluster", 60],
  ]);
  expect(listener.found()).toEqual([]);
});

test("Discovery tells what a node says anew of itself, at once", () => {
  const [a, b] = [nodeOf("a"), nodeOf("b")];
  exchange(0, [a, b], a.step(0, { type: "tick" }));
  a.describe({ ...b.found()[0]!, epoch: 7 });
  const [announcement] = sent(a.step(50, { type: "tick" }));
  const actions = b.step(51, { type: "datagram", from: "10.0.0.0:9999", bytes: announcement!.bytes });
  expect(actions).toMatchObject([{ type: "changed", announcement: { nodeId: "a", epoch: 7 } }]);
});

test("Discovery by a seed that one side names finds both ways, and keeps both", () => {
  const [a, b] = [nodeOf("a", { seeds: ["10.0.0.1:9999"] }), nodeOf("b")];
  const direct = (actions: DiscoveryAction[]) =>
    actions.filter((action) => action.type !== "send" || action.to !== null);
  for (let ms = 0; ms <= 6000; ms += 100) {
    exchange(ms, [a, b], direct(a.step(ms, { type: "tick" })));
    exchange(ms, [b, a], direct(b.step(ms, { type: "tick" })));
  }
  expect([...a.found(), ...b.found()].map(({ nodeId }) => nodeId)).toEqual(["b", "a"]);
  expect([...a.refused(), ...b.refused()]).toEqual([]);
});
