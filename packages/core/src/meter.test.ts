import { expect, test } from "bun:test";
import { AssertionError } from "./assert.ts";
import { LatencyMeter, RateMeter } from "./meter.ts";

test("RateMeter tells 30 per second from its first second on", () => {
  const meter = new RateMeter({ windowMs: 1000, capacity: 64 });
  for (let frame = 0; frame <= 15; frame++) meter.mark((frame * 1000) / 30);
  expect(meter.perSecond(500)).toBeCloseTo(30, 9);
  for (let frame = 16; frame <= 90; frame++) meter.mark((frame * 1000) / 30);
  expect(meter.perSecond(3000)).toBeCloseTo(30, 9);
});

test("RateMeter falls to zero when nothing comes any more", () => {
  const meter = new RateMeter({ windowMs: 1000, capacity: 8 });
  for (let frame = 0; frame < 5; frame++) meter.mark(frame * 100);
  expect(meter.perSecond(900)).toBeCloseTo((4 * 1000) / 900, 9);
  // At 1150 ms the window opens at 150 ms: the events at 200, 300 and 400 ms are left.
  expect(meter.perSecond(1150)).toBe(3);
  expect(meter.perSecond(5000)).toBe(0);
});

test("RateMeter keeps its rate when more events fall into the window than it remembers", () => {
  const meter = new RateMeter({ windowMs: 1000, capacity: 4 });
  for (let i = 0; i <= 500; i++) meter.mark(i * 2, 100);
  expect(meter.perSecond(1000)).toBeCloseTo(50_000, 6);
});

test("RateMeter weighs amounts", () => {
  const meter = new RateMeter({ windowMs: 1000, capacity: 16 });
  for (let i = 0; i <= 20; i++) meter.mark(i * 100, i < 15 ? 0 : 2);
  // 15..20 lie in the window that ends at 2000 ms: six events of 2.
  expect(meter.perSecond(2000)).toBe(12);
});

test("RateMeter without two events tells zero", () => {
  const meter = new RateMeter({ windowMs: 1000, capacity: 4 });
  expect(meter.perSecond(10)).toBe(0);
  meter.mark(10);
  expect(meter.perSecond(10)).toBe(0);
  expect(() => new RateMeter({ windowMs: 0, capacity: 4 })).toThrow(AssertionError);
});

test("LatencyMeter tells nearest-rank percentiles", () => {
  const meter = new LatencyMeter(100);
  for (const value of [15, 20, 35, 40, 50]) meter.add(value);
  // The worked example of the nearest-rank method: ranks ceil(0.05 * 5) = 1, 2, 2, 3, 5.
  expect([0.05, 0.3, 0.4, 0.5, 1].map((fraction) => meter.percentileMs(fraction))).toEqual([15, 20, 20, 35, 50]);
  expect(meter.percentileMs(0)).toBe(15);
  expect(meter.count).toBe(5);
});

test("LatencyMeter forgets the oldest and is NaN while empty", () => {
  const meter = new LatencyMeter(3);
  expect(meter.percentileMs(0.5)).toBeNaN();
  for (const value of [100, 1, 3, 2]) meter.add(value);
  expect(meter.count).toBe(3);
  expect(meter.percentileMs(1)).toBe(3);
  expect(() => meter.percentileMs(50)).toThrow(AssertionError);
});
