import { expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import fc from "fast-check";
import { Membership, type MembershipAction, type MembershipEvent } from "./membership.ts";
import { nodeId, nodeLife } from "./node-id.ts";
import { LAG_SCALE_MAX, ObserverLag } from "./observer-lag.ts";

const [self, b, b1, b2] = [nodeId("a"), nodeId("b"), nodeLife("b.1"), nodeLife("b.2")];

const beat = (sequence: number, life = b1): MembershipEvent => ({ type: "heartbeat", nodeId: b, life, sequence });

/** Ticks every 50 ms from one time to another; returns what happened, each with its time. */
function tickUntil(membership: Membership, fromMs: number, toMs: number): (MembershipAction & { atMs: number })[] {
  const seen: (MembershipAction & { atMs: number })[] = [];
  for (let ms = fromMs; ms <= toMs; ms += 50) {
    seen.push(...membership.step(ms, { type: "tick" }).map((action) => ({ ...action, atMs: ms })));
  }
  return seen;
}

test("Membership takes a silent peer for suspect after 400 ms and for dead 200 ms later, within 0.8 s", () => {
  const membership = new Membership({ self, nowMs: 0 });
  expect(membership.step(0, beat(1))).toEqual([{ type: "joined", nodeId: b, life: b1, isReturn: false }]);
  expect(tickUntil(membership, 50, 800)).toEqual([
    { type: "suspected", nodeId: b, silentMs: 450, atMs: 450 },
    { type: "ping", nodeId: b, life: b1, nonce: 1, atMs: 450 },
    { type: "died", nodeId: b, life: b1, why: "silent for 700 ms and a ping unanswered", atMs: 700 },
  ]);
});

test("Membership clears a suspect that answers the ping that is out, and no other", () => {
  const membership = new Membership({ self, nowMs: 0 });
  membership.step(0, beat(1));
  tickUntil(membership, 50, 450);
  const pong = (nonce: number): MembershipEvent => ({ type: "pong", nodeId: b, life: b1, nonce });
  expect(membership.step(460, pong(7))).toEqual([]);
  expect(membership.step(460, { ...pong(1), life: b2 } as MembershipEvent)).toEqual([]);
  expect(membership.step(460, pong(1))).toEqual([{ type: "cleared", nodeId: b }]);
  expect(membership.members()[0]?.state).toBe("healthy");
});

test("Membership takes a disconnect for an instant verdict, but only of the life it names", () => {
  const membership = new Membership({ self, nowMs: 0 });
  membership.step(0, beat(1));
  const gone = (life: typeof b1): MembershipEvent => ({ type: "disconnected", nodeId: b, life, why: "closed" });
  expect(membership.step(3, gone(b2))).toEqual([]);
  expect(membership.step(3, gone(b1))).toEqual([{ type: "died", nodeId: b, life: b1, why: "closed" }]);
  expect(membership.step(4, gone(b1))).toEqual([]);
});

test("Membership lets a dead life return by answering a ping sent after its death, not by a late heartbeat", () => {
  const membership = new Membership({ self, nowMs: 0 });
  membership.step(0, beat(1));
  membership.step(3, { type: "disconnected", nodeId: b, life: b1, why: "reset" });
  expect(membership.step(5, beat(2))).toEqual([{ type: "ping", nodeId: b, life: b1, nonce: 1 }]);
  expect(membership.isHere(b)).toBe(false);
  expect(membership.step(100, beat(3))).toEqual([]);
  expect(membership.step(206, beat(4))).toEqual([{ type: "ping", nodeId: b, life: b1, nonce: 2 }]);
  expect(membership.step(207, { type: "pong", nodeId: b, life: b1, nonce: 1 })).toEqual([]);
  expect(membership.step(208, { type: "pong", nodeId: b, life: b1, nonce: 2 })).toEqual([
    { type: "joined", nodeId: b, life: b1, isReturn: true },
  ]);
});

test("Membership ends the earlier life at once when a node starts again, and never takes it back", () => {
  const membership = new Membership({ self, nowMs: 0 });
  membership.step(0, beat(50));
  expect(membership.step(10, beat(1, b2))).toEqual([
    { type: "died", nodeId: b, life: b1, why: "the node started again" },
    { type: "joined", nodeId: b, life: b2, isReturn: false },
  ]);
  expect(membership.step(11, beat(51, b1))).toEqual([]);
  expect(membership.members()).toMatchObject([{ life: b2, state: "healthy" }]);
});

test("Membership keeps a peer whose process says that it runs, admits and revives nobody by that, and counts copies as nothing", () => {
  const membership = new Membership({ self, nowMs: 0 });
  const alive = (sequence: number): MembershipEvent => ({ type: "alive", nodeId: b, life: b1, sequence });
  expect(membership.step(0, alive(1))).toEqual([]);
  expect(membership.members()).toEqual([]);
  membership.step(0, beat(1));
  // Its event loop stands still for two seconds; its process speaks on.
  for (let ms = 100; ms <= 2000; ms += 100) {
    membership.step(ms, alive(1 + ms / 100));
    expect(tickUntil(membership, ms, ms + 50)).toEqual([]);
  }
  const silent = tickUntil(membership, 2100, 2800);
  expect(silent.map(({ type, atMs }) => `${type} ${atMs}`)).toEqual(["suspected 2450", "ping 2450", "died 2700"]);
  expect(membership.step(2850, alive(22))).toEqual([]);
  expect(membership.step(2850, beat(2))).toMatchObject([{ type: "ping" }]);
});

test("Membership takes copies and stragglers of heartbeats for no sign of life", () => {
  const membership = new Membership({ self, nowMs: 0 });
  membership.step(0, beat(5));
  for (let ms = 50; ms <= 450; ms += 50) {
    membership.step(ms, { type: "tick" });
    membership.step(ms, beat(ms % 5));
  }
  expect(membership.members()[0]?.state).toBe("suspect");
});

test("Membership calls nobody dead after it stood still itself, however long", () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 100_000 }), (stillMs) => {
      const membership = new Membership({ self, nowMs: 0 });
      membership.step(0, beat(1));
      tickUntil(membership, 50, 200);
      expect(membership.step(200 + stillMs, { type: "tick" })).toEqual([]);
      expect(membership.step(201 + stillMs, beat(2))).toEqual([]);
    }),
  );
});

test("Membership calls nobody dead in ten minutes of an observer that runs late all the time", () => {
  const prng = createPrng(3);
  const membership = new Membership({ self, nowMs: 0 });
  let sequence = 0;
  let verdicts = 0;
  // The observer gets to run every 20 to 800 ms; the peer sends every 100 ms, and what it sent is read after the tick.
  for (let ms = 0; ms < 600_000; ms += 20 + prng.int(780)) {
    verdicts += membership.step(ms, { type: "tick" }).filter(({ type }) => type === "died").length;
    while (sequence < ms / 100) membership.step(ms, beat(++sequence));
  }
  expect(verdicts).toBe(0);
});

test("Membership remembers a bounded number of nodes: it forgets one that is gone, or refuses", () => {
  const membership = new Membership({ self, nowMs: 0, nodesMax: 2 });
  const join = (name: string): MembershipAction[] =>
    membership.step(0, { type: "heartbeat", nodeId: nodeId(name), life: nodeLife(name), sequence: 1 });
  join("b");
  join("c");
  expect(join("d")).toEqual([{ type: "refused", nodeId: nodeId("d"), why: "2 nodes are known, need a free place" }]);
  membership.step(1, { type: "leave", nodeId: b, life: nodeLife("b") });
  expect(join("d")).toMatchObject([{ type: "joined" }]);
  expect(membership.members().map(({ nodeId: id }) => id)).toEqual([nodeId("c"), nodeId("d")]);
});

test("Membership hears nothing of itself", () => {
  const membership = new Membership({ self, nowMs: 0 });
  expect(membership.step(0, { type: "heartbeat", nodeId: self, life: nodeLife("x"), sequence: 1 })).toEqual([]);
});

test("ObserverLag counts a standstill for two intervals and stretches limits while steps come late, up to a bound", () => {
  const lag = new ObserverLag({ intervalMs: 50, nowMs: 0 });
  expect([lag.step(50), lag.scale]).toEqual([50, 1]);
  expect(lag.step(10_050)).toBe(150);
  expect(lag.scale).toBe(LAG_SCALE_MAX);
  for (let ms = 10_100; ms <= 12_000; ms += 50) lag.step(ms);
  expect(lag.scale).toBeLessThan(1.1);
  expect(lag.awakeMsAt(12_030) - lag.awakeMsAt(12_000)).toBe(30);
});
