import { expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import fc from "fast-check";
import { EpochFence } from "./epoch-fence.ts";
import { type LeaseAction, type LeaseEvent, MasterLease } from "./lease.ts";
import { nodeId } from "./node-id.ts";

const [a, b, c] = [nodeId("a"), nodeId("b"), nodeId("c")];

function leaseOf(
  self = a,
  options: { hosts?: readonly (typeof a)[]; isCandidate?: boolean; nowMs?: number } = {},
): MasterLease {
  const { hosts = [a], isCandidate = true, nowMs = 0 } = options;
  const lease = new MasterLease({ self, nowMs, prng: createPrng(1).fork(self), isCandidate });
  lease.step(nowMs, { type: "engine-hosts", hosts });
  return lease;
}

/** Ticks every 50 ms until the lease does something; returns that and when. */
function tickUntilAction(lease: MasterLease, fromMs: number, toMs: number): { atMs: number; actions: LeaseAction[] } {
  for (let atMs = fromMs; atMs <= toMs; atMs += 50) {
    const actions = lease.step(atMs, { type: "tick" });
    if (actions.length > 0) return { atMs, actions };
  }
  return { atMs: toMs, actions: [] };
}

/** Brings a lease into office under the first epoch; returns when. */
function takeOffice(lease: MasterLease): number {
  const { atMs } = tickUntilAction(lease, 0, 1000);
  lease.step(atMs, { type: "created", epoch: 1, isTaken: false });
  return atMs;
}

test("A lease is claimed after a ttl of silence and at most 50 ms more, and held once its key is created", () => {
  const lease = leaseOf();
  const { atMs, actions } = tickUntilAction(lease, 0, 2000);
  expect(atMs).toBeGreaterThanOrEqual(600);
  expect(atMs).toBeLessThanOrEqual(700);
  expect(actions).toEqual([{ type: "create", epoch: 1 }]);
  const owner = { epoch: 1, holder: a };
  expect(lease.step(atMs + 5, { type: "created", epoch: 1, isTaken: false })).toEqual([
    { type: "took-office", owner },
    { type: "publish-heartbeat", owner, sequence: 1 },
  ]);
  expect(lease.office).toEqual(owner);
  expect(tickUntilAction(lease, atMs + 50, 3000)).toMatchObject({ atMs: atMs + 200, actions: [{ sequence: 2 }] });
});

test("A node that is no candidate claims nothing", () => {
  expect(tickUntilAction(leaseOf(a, { isCandidate: false }), 0, 5000).actions).toEqual([]);
});

test("A holder's heartbeats keep the lease from being claimed, and its silence for a ttl frees the next epoch", () => {
  const lease = leaseOf();
  for (let ms = 0; ms <= 3000; ms += 150) {
    lease.step(ms, { type: "heartbeat", owner: { epoch: 4, holder: b }, sequence: ms });
    expect(lease.step(ms, { type: "tick" })).toEqual([]);
  }
  const { atMs, actions } = tickUntilAction(lease, 3050, 5000);
  expect(actions).toEqual([{ type: "create", epoch: 5 }]);
  expect(atMs - 3000).toBeLessThanOrEqual(700);
});

test("A candidate that alone does not hear the holder claims nothing while others hear it", () => {
  const lease = leaseOf();
  const owner = { epoch: 4, holder: b };
  lease.step(0, { type: "heartbeat", owner, sequence: 1 });
  expect(lease.ownerHeardAgoMs(100)).toBe(100);
  for (let ms = 100; ms <= 3000; ms += 100) {
    lease.step(ms, { type: "owner-obeyed", owner, heardAgoMs: 150 });
    expect(lease.step(ms, { type: "tick" })).toEqual([]);
  }
  expect(lease.ownerHeardAgoMs(3000)).toBeNull();
  // The others heard it last at 2850 ms; obeying it without hearing it changes nothing.
  lease.step(3100, { type: "owner-obeyed", owner, heardAgoMs: null });
  const { atMs, actions } = tickUntilAction(lease, 3100, 5000);
  expect(actions).toEqual([{ type: "create", epoch: 5 }]);
  expect(atMs).toBeGreaterThanOrEqual(3450);
  expect(atMs).toBeLessThanOrEqual(3550);
});

test("A claim without answer is looked up before anything else: won, lost, or not there", () => {
  const claimed = () => {
    const lease = leaseOf();
    const { atMs } = tickUntilAction(lease, 0, 1000);
    const { actions } = tickUntilAction(lease, atMs + 50, 2000);
    expect(actions).toEqual([{ type: "read", epoch: 1 }]);
    return lease;
  };
  expect(claimed().step(1100, { type: "read", epoch: 1, holder: a })[0]).toMatchObject({ type: "took-office" });
  const lost = claimed();
  lost.step(1100, { type: "read", epoch: 1, holder: b });
  expect(tickUntilAction(lost, 1150, 3000)).toMatchObject({ actions: [{ type: "create", epoch: 2 }] });
  // The first claim may still be under way: its epoch is not claimed again, and an answer to it comes too late.
  const absent = claimed();
  absent.step(1100, { type: "read", epoch: 1, holder: null });
  expect(absent.step(1101, { type: "created", epoch: 1, isTaken: false })).toEqual([]);
  expect(tickUntilAction(absent, 1150, 3000)).toMatchObject({ actions: [{ type: "create", epoch: 2 }] });
});

test("Epochs rise past what workers obey, though the store forgot it", () => {
  const lease = leaseOf();
  lease.step(10, { type: "owner-obeyed", owner: { epoch: 41, holder: c }, heardAgoMs: null });
  expect(tickUntilAction(lease, 50, 1000).actions).toEqual([{ type: "create", epoch: 42 }]);
});

test("A holder steps down when it hears of a higher epoch, from its owner or from a worker", () => {
  const events: LeaseEvent[] = [
    { type: "heartbeat", owner: { epoch: 2, holder: b }, sequence: 1 },
    { type: "owner-obeyed", owner: { epoch: 2, holder: b }, heardAgoMs: 0 },
  ];
  for (const event of events) {
    const lease = leaseOf();
    const ms = takeOffice(lease);
    expect(lease.step(ms + 10, event)[0]).toMatchObject({ type: "left-office", owner: { epoch: 1, holder: a } });
    expect(lease.office).toBeNull();
  }
});

test("Of two holders of one epoch both step down, and only the first by name claims the next without waiting", () => {
  const firsts = [a, c].map((self) => {
    const lease = leaseOf(self, { hosts: [self] });
    const ms = takeOffice(lease);
    const twin = { epoch: 1, holder: b };
    expect(lease.step(ms + 10, { type: "heartbeat", owner: twin, sequence: 9 })[0]).toMatchObject({
      type: "left-office",
    });
    return tickUntilAction(lease, ms + 50, ms + 2000).atMs - ms;
  });
  expect(firsts[0]).toBeLessThanOrEqual(100);
  expect(firsts[1]).toBeGreaterThanOrEqual(600);
});

test("Tenure comes from a majority of the engine's hosts and ends a ttl after the heartbeat they answered", () => {
  const lease = leaseOf(a, { hosts: [a, b, c] });
  const ms = takeOffice(lease);
  expect(lease.hasTenure(ms)).toBe(false);
  lease.step(ms + 20, { type: "answered", epoch: 1, sequence: 1, by: b, earlierAgoMs: 5000 });
  expect([lease.hasTenure(ms + 20), lease.confirmedMs]).toEqual([true, ms]);
  expect([lease.hasTenure(ms + 599), lease.hasTenure(ms + 600)]).toEqual([true, false]);
  lease.step(ms + 30, { type: "answered", epoch: 9, sequence: 1, by: c, earlierAgoMs: 5000 });
  lease.step(ms + 30, { type: "answered", epoch: 1, sequence: 99, by: c, earlierAgoMs: 5000 });
  expect(lease.confirmedMs).toBe(ms);
});

test("A holder that no majority answers steps down after two seconds", () => {
  const lease = leaseOf(a, { hosts: [a, b, c] });
  const ms = takeOffice(lease);
  for (let atMs = ms; ; atMs += 50) {
    const left = lease.step(atMs, { type: "tick" }).find(({ type }) => type === "left-office");
    if (left === undefined) continue;
    expect(atMs - ms).toBe(2050);
    expect(left).toMatchObject({ why: "no majority of the engine's hosts answered for 2050 ms" });
    break;
  }
});

test("A host answers the owner it follows and no earlier one, and nobody right after its start", () => {
  const lease = leaseOf(b, { hosts: [a, b, c] });
  const hear = (ms: number, epoch: number) =>
    lease.step(ms, { type: "heartbeat", owner: { epoch, holder: a }, sequence: 1 });
  expect(hear(100, 2)).toEqual([]);
  expect(hear(2100, 2)).toEqual([{ type: "answer", owner: { epoch: 2, holder: a }, sequence: 1, earlierAgoMs: 2100 }]);
  expect(hear(2200, 1)).toEqual([]);
  // It answered epoch 2 at 2100.
  expect(hear(2300, 3)).toMatchObject([{ type: "answer", owner: { epoch: 3 }, earlierAgoMs: 200 }]);
  const twin = lease.step(2400, { type: "heartbeat", owner: { epoch: 3, holder: c }, sequence: 1 });
  expect(twin).toEqual([]);
});

test("A holder knows when every earlier tenure was last confirmed once a majority of the hosts has answered", () => {
  const lease = leaseOf(a, { hosts: [a, b, c] });
  // It answers epoch 4 until 3000, then claims the next.
  for (let ms = 2100; ms <= 3000; ms += 150) {
    lease.step(ms, { type: "heartbeat", owner: { epoch: 4, holder: b }, sequence: ms });
  }
  const { atMs } = tickUntilAction(lease, 3000, 4000);
  lease.step(atMs, { type: "created", epoch: 5, isTaken: false });
  expect(lease.earlierConfirmedMs).toBe(Number.POSITIVE_INFINITY);
  // The other host answered the earlier owner 306 ms ago by its clock, which may run 2 % fast: 300 ms.
  lease.step(atMs + 20, { type: "answered", epoch: 5, sequence: 1, by: c, earlierAgoMs: 306 });
  expect(lease.earlierConfirmedMs).toBeCloseTo(atMs + 20 - 300, 9);
  // Of three hosts the two that answered the earlier owner least lately are a majority.
  lease.step(atMs + 30, { type: "answered", epoch: 5, sequence: 1, by: b, earlierAgoMs: 5100 });
  expect(lease.earlierConfirmedMs).toBe(3000);
  // Other hosts: what those before answered is not known.
  lease.step(atMs + 40, { type: "engine-hosts", hosts: [a] });
  expect([lease.hasTenure(atMs + 40), lease.earlierConfirmedMs]).toEqual([false, Number.POSITIVE_INFINITY]);
  lease.step(atMs + 150, { type: "tick" });
  expect([lease.hasTenure(atMs + 150), lease.earlierConfirmedMs]).toEqual([true, atMs + 40]);
});

test("A holder that is known to be dead is replaced after one heartbeat that does not come, not after a ttl", () => {
  const owner = { epoch: 4, holder: b };
  const afterDeath = (later: (lease: MasterLease) => void) => {
    const lease = leaseOf();
    lease.step(1000, { type: "heartbeat", owner, sequence: 1 });
    lease.step(1100, { type: "holder-died", holder: c });
    lease.step(1100, { type: "holder-died", holder: b });
    later(lease);
    return tickUntilAction(lease, 1100, 3000).atMs;
  };
  const atMs = afterDeath(() => {});
  expect(atMs).toBeGreaterThanOrEqual(1250);
  expect(atMs).toBeLessThanOrEqual(1300);
  // Others still tell that they heard it before it died.
  expect(afterDeath((lease) => lease.step(1110, { type: "owner-obeyed", owner, heardAgoMs: 100 }))).toBe(atMs);
  // It was heard after that, by another or here: only its connection ended.
  expect(afterDeath((lease) => lease.step(1150, { type: "owner-obeyed", owner, heardAgoMs: 10 }))).toBeGreaterThan(
    1740,
  );
  expect(afterDeath((lease) => lease.step(1150, { type: "heartbeat", owner, sequence: 2 }))).toBeGreaterThan(1750);
});

test("A released lease goes to the named successor at once; others wait a ttl", () => {
  const owner = { epoch: 3, holder: c };
  const leases = [leaseOf(a), leaseOf(b)];
  const [atOnce, later] = leases.map((lease) => {
    lease.step(0, { type: "heartbeat", owner, sequence: 1 });
    return lease.step(100, { type: "released", owner, successor: a });
  });
  expect(atOnce).toEqual([{ type: "create", epoch: 4 }]);
  expect(later).toEqual([]);
  expect(tickUntilAction(leases[1]!, 150, 2000).atMs).toBeGreaterThanOrEqual(700);
});

test("A holder that releases says so, leaves office, and does not claim again before a ttl", () => {
  const lease = leaseOf();
  const ms = takeOffice(lease);
  const owner = { epoch: 1, holder: a };
  expect(lease.step(ms + 10, { type: "release", successor: b })).toEqual([
    { type: "publish-release", owner, successor: b },
    { type: "left-office", owner, why: "handed over" },
  ]);
  expect(tickUntilAction(lease, ms + 50, ms + 3000).atMs - ms).toBeGreaterThanOrEqual(600);
});

test("Whatever happens to a lease, the epochs it claims and holds rise", () => {
  const owner = fc.record({ epoch: fc.integer({ min: 1, max: 20 }), holder: fc.constantFrom(a, b, c) });
  const event: fc.Arbitrary<LeaseEvent | { type: "answer-claim"; isTaken: boolean }> = fc.oneof(
    { weight: 8, arbitrary: fc.constant({ type: "tick" as const }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constant("answer-claim" as const), isTaken: fc.boolean() }) },
    fc.record({ type: fc.constant("heartbeat" as const), owner, sequence: fc.nat() }),
    fc.record({ type: fc.constant("owner-obeyed" as const), owner, heardAgoMs: fc.option(fc.nat(599)) }),
    fc.record({ type: fc.constant("released" as const), owner, successor: fc.constantFrom(null, a, b) }),
    fc.record({ type: fc.constant("release" as const), successor: fc.constantFrom(null, b) }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), event), { maxLength: 200 }), (events) => {
      const lease = leaseOf();
      let [nowMs, claimed, held] = [0, 0, 0];
      for (const [laterMs, next] of events) {
        nowMs += laterMs;
        const given: LeaseEvent =
          next.type === "answer-claim" ? { type: "created", epoch: claimed, isTaken: next.isTaken } : next;
        for (const action of lease.step(nowMs, given)) {
          if (action.type === "create") {
            expect(action.epoch).toBeGreaterThan(claimed);
            claimed = action.epoch;
          }
          if (action.type === "took-office") {
            expect(action.owner.epoch).toBeGreaterThan(held);
            held = action.owner.epoch;
          }
        }
        expect(lease.epochSeen).toBeGreaterThanOrEqual(held);
      }
    }),
  );
});

test("A fence takes one holder per epoch and never goes back", () => {
  const fence = new EpochFence();
  expect(fence.admit({ epoch: 2, holder: a })).toEqual({ ok: true, isNew: true });
  expect(fence.admit({ epoch: 2, holder: a })).toEqual({ ok: true, isNew: false });
  const seen = { epoch: 2, holder: a };
  expect(fence.admit({ epoch: 2, holder: b })).toEqual({ ok: false, reason: "other-holder", seen });
  expect(fence.admit({ epoch: 1, holder: b })).toEqual({ ok: false, reason: "earlier-epoch", seen });
  expect([fence.owner, fence.refused]).toEqual([seen, 2]);
  expect(fence.admit({ epoch: 3, holder: b }).ok).toBe(true);
});
