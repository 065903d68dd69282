import { expect, test } from "bun:test";
import { type AlarmClock, repeat, scheduleInMs, systemAlarmClock } from "./alarm-clock.ts";

/** A clock whose alarms ring when it is told to go to their time. */
function tableClock() {
  const alarms = new Map<() => void, bigint>();
  let nowNs = 0n;
  const clock: AlarmClock = {
    nowNs: () => nowNs,
    schedule(atNs, callback) {
      const ring = () => callback();
      alarms.set(ring, atNs);
      return () => alarms.delete(ring);
    },
  };
  const goTo = (ms: number) => {
    nowNs = BigInt(ms) * 1_000_000n;
    for (const [ring, atNs] of [...alarms]) if (atNs <= nowNs && alarms.delete(ring)) ring();
  };
  return { clock, goTo, alarms };
}

test("Alarm clock calls back after a span, once, and not when it was called off", () => {
  const { clock, goTo, alarms } = tableClock();
  const rung: string[] = [];
  scheduleInMs(clock, 10, () => rung.push("a"));
  const callOff = scheduleInMs(clock, 10, () => rung.push("b"));
  scheduleInMs(clock, -5, () => rung.push("past"));
  callOff();
  goTo(9);
  expect(rung).toEqual(["past"]);
  goTo(10);
  goTo(30);
  expect(rung).toEqual(["past", "a"]);
  expect(alarms.size).toBe(0);
});

test("Repeating goes on from when it rang, and ends within its own callback", () => {
  const { clock, goTo, alarms } = tableClock();
  const rung: bigint[] = [];
  const callOff = repeat(clock, 10, () => {
    rung.push(clock.nowNs() / 1_000_000n);
    if (rung.length === 3) callOff();
  });
  // Rings late at 15, so next at 25.
  for (const ms of [9, 15, 24, 25, 34, 35, 60]) goTo(ms);
  expect(rung).toEqual([15n, 25n, 35n]);
  expect(alarms.size).toBe(0);
});

test("The alarm clock of this machine rings, not before its time", async () => {
  const atNs = systemAlarmClock.nowNs() + 5_000_000n;
  await new Promise<void>((resolve) => systemAlarmClock.schedule(atNs, resolve));
  // A timer of whole milliseconds may be one early.
  expect(systemAlarmClock.nowNs()).toBeGreaterThanOrEqual(atNs - 1_000_000n);
});
