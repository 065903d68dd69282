import { expect, test } from "bun:test";
import { backgroundStep } from "./settling.ts";

test("The background follows fast at first and one grey level per frame from a second on", () => {
  const steps = [0, 125, 500, 875, 999, 1000, 60_000].map((ms) => backgroundStep(5n + BigInt(ms) * 1_000_000n, 5n));
  // Eight steps in eight equal parts of a second: 8 (1 - t) rounded up, never below 1.
  expect(steps).toEqual([8, 7, 4, 1, 1, 1, 1]);
});
