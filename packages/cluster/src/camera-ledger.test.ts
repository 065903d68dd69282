import { expect, test } from "bun:test";
import { cameraId } from "@skyvox/core";
import { CameraHolder, GRANT_TERM_MS, type Grant } from "./camera-holder.ts";
import { CameraLedger } from "./camera-ledger.ts";
import { EpochFence } from "./epoch-fence.ts";
import { nodeId, nodeLife } from "./node-id.ts";

const [a, b] = [nodeId("a"), nodeId("b")];
const [a1, b1] = [nodeLife("a.1"), nodeLife("b.1")];
const cam = cameraId("cam");
const owner = { epoch: 1, holder: nodeId("m") };

function ledgerOf(quietUntilMs = 0): CameraLedger {
  const ledger = new CameraLedger({ epoch: 1, quietUntilMs });
  ledger.aim(new Map([[cam, a]]));
  return ledger;
}

const report = (sequence: number, rest: { holds?: (typeof cam)[]; applied?: number; life?: typeof a1 } = {}) => {
  const { holds = [], applied, life = a1 } = rest;
  return {
    ...{ nodeId: life === a1 ? a : b, life, sequence, holds },
    applied: applied === undefined ? null : { epoch: 1, number: applied },
  };
};

test("A camera goes to another node only once its holder says that it let go, having seen the order", () => {
  const ledger = ledgerOf();
  ledger.report(0, report(1));
  expect(ledger.order(0, a1, 0)).toEqual({
    number: 1,
    answers: 1,
    termMs: 950,
    mayTake: true,
    cameras: [cam],
    shared: [],
  });
  ledger.aim(new Map([[cam, b]]));
  ledger.report(10, report(1, { life: b1 }));
  expect(ledger.order(10, b1, 10).cameras).toEqual([]);
  // It does not hold the camera yet, but the order that gives it may still be under way.
  ledger.report(100, report(2));
  expect(ledger.order(100, a1, 100)).toMatchObject({ number: 3, cameras: [] });
  expect(ledger.order(110, b1, 110).cameras).toEqual([]);
  ledger.report(200, report(3, { applied: 3 }));
  expect(ledger.order(210, b1, 210).cameras).toEqual([cam]);
});

test("A camera of a silent node is free once its term ran out and the lease was confirmed after that", () => {
  const ledger = ledgerOf();
  ledger.report(1000, report(1));
  ledger.order(1000, a1, 1000);
  ledger.aim(new Map([[cam, b]]));
  const endMs = 1000 + GRANT_TERM_MS * 1.02;
  const isFreeAt = (nowMs: number, confirmedMs: number) => {
    ledger.expire(nowMs, confirmedMs);
    ledger.report(nowMs, report(nowMs, { life: b1 }));
    return ledger.order(nowMs, b1, nowMs).cameras.length === 1;
  };
  expect(isFreeAt(endMs - 1, endMs - 1)).toBe(false);
  expect(isFreeAt(endMs + 300, endMs - 1)).toBe(false);
  expect(isFreeAt(endMs + 301, endMs + 1)).toBe(true);
});

test("A new master lets nodes keep what they hold and gives nothing until its quiet is over", () => {
  const ledger = ledgerOf(5000);
  ledger.report(0, report(7, { holds: [cam] }));
  ledger.report(0, report(7, { life: b1 }));
  expect(ledger.order(0, a1, 0)).toMatchObject({ mayTake: false, cameras: [cam] });
  expect(ledger.order(0, b1, 0)).toMatchObject({ mayTake: false, cameras: [] });
  expect(ledger.owners()).toEqual(new Map([[cam, a]]));
  ledger.report(5000, report(8, { holds: [cam], applied: 1 }));
  expect(ledger.order(5000, a1, 5000)).toMatchObject({ mayTake: true, cameras: [cam] });
});

test("A camera that two may use at once goes where it ought to be at once, in the quiet and while another may hold it", () => {
  const ledger = ledgerOf(5000);
  ledger.aim(new Map([[cam, a]]), new Set([cam]));
  ledger.report(0, report(1));
  expect(ledger.order(0, a1, 0)).toMatchObject({ mayTake: false, cameras: [], shared: [cam] });
  ledger.report(100, report(2, { holds: [cam], applied: 1 }));
  ledger.report(100, report(1, { life: b1 }));
  ledger.aim(new Map([[cam, b]]), new Set([cam]));
  expect(ledger.order(100, a1, 100)).toMatchObject({ mayTake: false, cameras: [], shared: [] });
  expect(ledger.order(100, b1, 100)).toMatchObject({ mayTake: false, cameras: [], shared: [cam] });
});

test("A life that was forgotten and comes back is given higher numbers than before", () => {
  const ledger = ledgerOf();
  ledger.report(0, report(1));
  const { number } = ledger.order(0, a1, 0);
  ledger.expire(10_000, 10_000);
  ledger.report(10_000, report(100));
  expect(ledger.order(10_000, a1, 10_000).number).toBeGreaterThan(number);
});

const grant = (number: number, answers: number, rest: Partial<Grant> = {}): Grant => ({
  ...{ owner, number, answers, termMs: 950, mayTake: true, cameras: [cam], shared: [] },
  ...rest,
});

test("A grant ends with the tenure of its master: a term after the heartbeat by which that was last confirmed", () => {
  const ledger = ledgerOf();
  ledger.report(1000, report(1));
  // Confirmed 200 ms before the report: 950 - 200 are left. What is confirmed after it adds nothing.
  expect(ledger.order(1000, a1, 800).termMs).toBe(750);
  expect(ledger.order(1100, a1, 1050).termMs).toBe(950);
  const other = ledgerOf();
  other.report(1000, report(1));
  other.order(1000, a1, 800);
  other.aim(new Map([[cam, b]]));
  const endMs = 1000 + 750 * 1.02;
  const isFreeAt = (nowMs: number) => {
    other.expire(nowMs, nowMs);
    other.report(nowMs, report(nowMs, { life: b1 }));
    return other.order(nowMs, b1, nowMs).cameras.length === 1;
  };
  expect([isFreeAt(endMs - 1), isFreeAt(endMs + 1)]).toEqual([false, true]);
  const holder = new CameraHolder({ fence: new EpochFence() });
  holder.noteHeartbeat(0, 1);
  holder.apply(1, grant(1, 1, { termMs: 600 }));
  expect([holder.holds(599), holder.holds(600)]).toEqual([[cam], []]);
});

test("A grant holds for a term from the heartbeat it answers, however late it comes", () => {
  const holder = new CameraHolder({ fence: new EpochFence() });
  holder.noteHeartbeat(1000, 1);
  expect(holder.apply(1700, grant(1, 1))).toEqual({ ok: true });
  expect([holder.holds(1949), holder.holds(1950)]).toEqual([[cam], []]);
  expect(holder.apply(1950, grant(2, 1))).toEqual({ ok: false, reason: "expired" });
});

test("A holder refuses fenced, overtaken and unknown grants, and takes nothing where it may only keep", () => {
  const holder = new CameraHolder({ fence: new EpochFence() });
  for (let sequence = 1; sequence <= 3; sequence++) holder.noteHeartbeat(sequence * 100, sequence);
  expect(holder.apply(400, grant(1, 9))).toEqual({ ok: false, reason: "unknown-heartbeat" });
  expect(holder.apply(400, grant(1, 2, { mayTake: false }))).toEqual({ ok: true });
  expect(holder.holds(400)).toEqual([]);
  expect(holder.apply(400, grant(5, 3))).toEqual({ ok: true });
  expect(holder.holds(400)).toEqual([cam]);
  expect(holder.apply(400, grant(4, 3))).toEqual({ ok: false, reason: "stale" });
  expect(holder.apply(400, grant(6, 2))).toEqual({ ok: false, reason: "stale" });
  const later = { epoch: 2, holder: nodeId("x") };
  const other = cameraId("other");
  expect(holder.apply(410, grant(1, 3, { owner: later, mayTake: false, shared: [other] }))).toEqual({ ok: true });
  expect(holder.holds(410)).toEqual([cam, other]);
  expect(holder.apply(420, grant(9, 3))).toEqual({ ok: false, reason: "fenced" });
  expect(holder.applied).toEqual({ epoch: 2, number: 1 });
});
