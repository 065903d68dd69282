import { expect, test } from "bun:test";
import fc from "fast-check";
import { createBackground, extractMotion } from "./motion.ts";

test("Motion takes the first frame as background and moves nothing", () => {
  const state = createBackground(3);
  expect(extractMotion(state, Uint8Array.of(0, 128, 255), 3, { mode: "diff", threshold: 0 })).toHaveLength(0);
  expect([...state.levels]).toEqual([0, 128, 255]);
});

test("Motion lists pixels past the threshold by row and column, with their difference", () => {
  const state = createBackground(6);
  extractMotion(state, Uint8Array.of(10, 10, 10, 10, 10, 10), 3, { mode: "diff", threshold: 5 });
  // Differences 0, 6, 5 in row 0 and 10, 0, 245 in row 1; 5 does not pass a threshold of 5.
  const rows = extractMotion(state, Uint8Array.of(10, 16, 5, 0, 10, 255), 3, { mode: "diff", threshold: 5 });
  expect([...rows]).toEqual([1, 6, 0 | (1 << 16), 10, 2 | (1 << 16), 245]);
});

test("Motion in mode diff compares with the frame before", () => {
  const state = createBackground(1);
  const differences = [50, 60, 60, 0].map((level) => {
    return extractMotion(state, Uint8Array.of(level), 1, { mode: "diff", threshold: 0 })[1] ?? 0;
  });
  expect(differences).toEqual([0, 10, 0, 60]);
});

test("Motion in mode sigmaDelta moves the background one grey level per frame", () => {
  const state = createBackground(1);
  const differences = [50, 60, 60, 60, 0].map((level) => {
    return extractMotion(state, Uint8Array.of(level), 1, { mode: "sigmaDelta", threshold: 0 })[1] ?? 0;
  });
  // Background 50, 50, 51, 52, 53: the difference is taken before each step.
  expect(differences).toEqual([0, 10, 9, 8, 53]);
  expect(state.levels[0]).toBe(52);
});

test("Motion in mode sigmaDelta takes larger steps, and never past the picture", () => {
  const state = createBackground(1);
  const differences = [50, 60, 60, 30, 30].map((level) => {
    return extractMotion(state, Uint8Array.of(level), 1, { mode: "sigmaDelta", threshold: 0, step: 7 })[1] ?? 0;
  });
  // Background 50, 50, 57, 60, 53, then 46: 10, 3, 30 and 23 grey levels off.
  expect(differences).toEqual([0, 10, 3, 30, 23]);
  expect(state.levels[0]).toBe(46);
});

test("Motion in mode average follows a sixteenth of the way per frame", () => {
  const state = createBackground(1);
  const differences = [100, 200, 200].map((level) => {
    return extractMotion(state, Uint8Array.of(level), 1, { mode: "average", threshold: 0 })[1] ?? 0;
  });
  // 25,600 → 25,600 + 3,200 - 1,600 = 27,200 (106.25) → 27,200 + 3,200 - 1,700 = 28,700.
  expect(differences).toEqual([0, 100, 94]);
  expect(state.levels[0]).toBe(28_700);
});

test("Motion in mode average never overflows 16 bits", () => {
  const levels = fc.array(fc.constantFrom(0, 1, 254, 255), { minLength: 2, maxLength: 200 });
  fc.assert(
    fc.property(levels, (sequence) => {
      const state = createBackground(1);
      for (const level of sequence) {
        extractMotion(state, Uint8Array.of(level), 1, { mode: "average", threshold: 255 });
        expect(state.levels[0]).toBeLessThanOrEqual(65_295);
      }
    }),
    { numRuns: 100, seed: 1 },
  );
});

test("Motion at threshold 255 lists nothing, at 0 every change", () => {
  const [from, to] = [Uint8Array.of(0, 7, 7), Uint8Array.of(255, 7, 8)];
  const listed = [255, 254, 0].map((threshold) => {
    const state = createBackground(3);
    extractMotion(state, from, 3, { mode: "diff", threshold });
    return extractMotion(state, to, 3, { mode: "diff", threshold }).length / 2;
  });
  expect(listed).toEqual([0, 1, 2]);
});

test("Motion starts over when the mode changes", () => {
  const state = createBackground(1);
  extractMotion(state, Uint8Array.of(10), 1, { mode: "diff", threshold: 0 });
  expect(extractMotion(state, Uint8Array.of(90), 1, { mode: "average", threshold: 0 })).toHaveLength(0);
  expect(state.levels[0]).toBe(90 << 8);
  expect(extractMotion(state, Uint8Array.of(80), 1, { mode: "average", threshold: 0 })[1]).toBe(10);
});
