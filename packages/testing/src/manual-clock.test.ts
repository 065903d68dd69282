import { expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import { ManualClock } from "./manual-clock.ts";

test("ManualClock stands still until it is moved", () => {
  const clock = new ManualClock(5n);
  expect(clock.nowNs()).toBe(5n);
  clock.advance(10n);
  expect(clock.nowNs()).toBe(15n);
  clock.advance(0n);
  expect(clock.nowNs()).toBe(15n);
  expect(() => clock.advance(-1n)).toThrow(AssertionError);
});

test("ManualClock runs callbacks in order of time, ties in order of scheduling, each at its own time", () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  const note = (name: string) => () => seen.push(`${name}@${clock.nowNs()}`);
  clock.schedule(30n, note("c"));
  clock.schedule(10n, note("a"));
  clock.schedule(30n, note("d"));
  clock.schedule(20n, note("b"));
  clock.schedule(31n, note("late"));
  clock.advance(30n);
  expect(seen).toEqual(["a@10", "b@20", "c@30", "d@30"]);
  expect(clock.pendingCount).toBe(1);
  clock.advance(1n);
  expect(seen.at(-1)).toBe("late@31");
});

test("ManualClock runs what a callback schedules within the same move", () => {
  const clock = new ManualClock();
  const ticks: bigint[] = [];
  const tick = () => {
    ticks.push(clock.nowNs());
    clock.schedule(clock.nowNs() + 10n, tick);
  };
  clock.schedule(10n, tick);
  clock.advance(35n);
  expect(ticks).toEqual([10n, 20n, 30n]);
  expect(clock.nowNs()).toBe(35n);
});

test("ManualClock runs a callback of the past at the next move without going back", () => {
  const clock = new ManualClock(100n);
  let ranAt = -1n;
  clock.schedule(50n, () => {
    ranAt = clock.nowNs();
  });
  clock.advance(0n);
  expect(ranAt).toBe(100n);
});

test("ManualClock forgets a callback that was called off, before and after it ran", () => {
  const clock = new ManualClock();
  let runs = 0;
  const first = clock.schedule(10n, () => runs++);
  const second = clock.schedule(10n, () => runs++);
  first();
  clock.advance(10n);
  second();
  expect(runs).toBe(1);
  expect(clock.pendingCount).toBe(0);
});

test("ManualClock keeps a time that a callback moved it to", () => {
  const clock = new ManualClock();
  clock.schedule(10n, () => clock.advance(100n));
  clock.advance(20n);
  expect(clock.nowNs()).toBe(110n);
});
