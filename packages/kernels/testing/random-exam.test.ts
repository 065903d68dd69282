import { expect, test } from "bun:test";
import type { Kernels } from "../src/kernels.ts";
import { referenceAdapter } from "../src/reference.ts";
import { examineSeed } from "./random-exam.ts";

/** All cases on one seed take seconds, while other tests may hold the cores. */
const EXAM_MS_MAX = 60_000;

/** The reference with one op that does something else. */
function spoiled(kernels: Kernels, op: "cells" | "mark", instead: (...args: never[]) => void): Kernels {
  return new Proxy(kernels, {
    get(target, name) {
      if (name === op) return instead;
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test(
  "Random exam names backend, op, seed and the first word that differs, for each of several backends",
  async () => {
    using reference = await referenceAdapter.open();
    using first = await referenceAdapter.open();
    using second = await referenceAdapter.open();
    const dropsCells = spoiled(first, "cells", (camera: never, params: { shift: number; pixelsMin: number }) =>
      first.cells(camera, { ...params, pixelsMin: params.pixelsMin + 1 }),
    );
    const throws = spoiled(second, "mark", () => {
      throw new Error("out of order");
    });
    const failures = await examineSeed(7, reference, [
      { name: "first", kernels: dropsCells },
      { name: "second", kernels: throws },
    ]);
    const ofFirst = failures.filter((line) => line.startsWith("first: "));
    expect(ofFirst.length).toBeGreaterThan(0);
    for (const line of ofFirst) {
      expect(line).toMatch(
        /^first: \w+: .+, seed 7: \d+: cells: (?:total is \d+|row \d+, word \d is \d+), expected \d+$/,
      );
    }
    expect(failures).toContainEqual(expect.stringMatching(/^second: mark: .+, seed 7: thrown: out of order$/));
    expect(failures.length).toBeGreaterThan(ofFirst.length);
  },
  EXAM_MS_MAX,
);
