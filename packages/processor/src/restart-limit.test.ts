import { expect, test } from "bun:test";
import fc from "fast-check";
import { RestartLimit } from "./restart-limit.ts";

test("RestartLimit allows the first restarts at once and lets the next wait for the window", () => {
  const limit = new RestartLimit({ restartsMax: 2, windowMs: 1000 });
  expect([0, 10, 20, 30, 5000].map((nowMs) => limit.allow(nowMs))).toEqual([0, 10, 1000, 1010, 5000]);
});

test("RestartLimit never allows more than its share in any window", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (gaps, restartsMax) => {
      const limit = new RestartLimit({ restartsMax, windowMs: 1000 });
      let nowMs = 0;
      const allowed = gaps.map((gap) => {
        // The next death comes after the last start.
        nowMs = limit.allow(nowMs + gap);
        return nowMs;
      });
      for (const [i, atMs] of allowed.entries()) {
        const later = allowed[i + restartsMax];
        if (later !== undefined) expect(later - atMs).toBeGreaterThanOrEqual(1000);
      }
    }),
  );
});
