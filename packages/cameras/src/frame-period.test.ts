import { expect, test } from "bun:test";
import { FramePeriod } from "./frame-period.ts";

function learned(...times: bigint[]): FramePeriod {
  const period = new FramePeriod();
  for (const time of times) period.add(time);
  return period;
}

test("Period is unknown before the second frame", () => {
  expect(learned().ns).toBeNull();
  expect(learned(5n).ns).toBeNull();
  expect(learned(5n, 25n).ns).toBe(20n);
});

test("Period is the median of the first eight intervals, lost frames or not", () => {
  // Intervals 10, 20, 10, 10, 30, 10, 10, 11: two gaps where frames were lost.
  const period = learned(0n, 10n, 30n, 40n, 50n, 80n, 90n, 100n, 111n);
  expect(period.ns).toBe(10n);
  expect(period.isLearned).toBe(true);
  period.add(10_000n);
  expect(period.ns).toBe(10n);
});
