import { expect, test } from "bun:test";
import { nsFromSeconds, secondsFromNs, systemClock } from "./clock.ts";

test("Clock conversions round to the nearest nanosecond and come back", () => {
  expect(nsFromSeconds(1.5)).toBe(1_500_000_000n);
  expect(nsFromSeconds(-0.25)).toBe(-250_000_000n);
  expect(nsFromSeconds(1e-9 * 0.6)).toBe(1n);
  expect(secondsFromNs(33_366_667n)).toBe(0.033366667);
});

test("Clock of the system never goes back", () => {
  const first = systemClock.nowNs();
  expect(systemClock.nowNs() >= first).toBe(true);
});
