import { expect, test } from "bun:test";
import { SkyvoxError } from "@skyvox/core";
import type { RayModel } from "../ray-model.ts";
import { appendRays, bend, type RayList, rayDirection } from "./rays.ts";

const MODEL: RayModel = {
  originQ20: [0, 0, 0],
  a: [4, -4, 0],
  b: [0, 0, 7],
  c: [1000, -1000, 5],
  fractionBits: 3,
  principalU: 256,
  principalV: 512,
  bendShift: 0,
  bendColumns: 0,
  bendRows: 0,
  bendQ12: new Int32Array(0),
};

function list(raysMax: number): RayList {
  return { rows: new Uint32Array(raysMax * 5), count: 0, weightTotal: 0 };
}

test("A direction is the value in the principal point plus floored slopes", () => {
  expect(rayDirection(MODEL, 256, 512)).toEqual([1000, -1000, 5]);
  // One pixel right is U = 4,096: 4 · 4,096 / 8 = 2,048. One step of v is V = 16: 7 · 16 / 8 = 14.
  expect(rayDirection(MODEL, 512, 513)).toEqual([3048, -3048, 19]);
  // fractionBits 7: 4 · 16 / 128 = 0.5 floors to 0, its negative to -1.
  expect(rayDirection({ ...MODEL, fractionBits: 7 }, 257, 512)).toEqual([1000, -1001, 5]);
});

test("A direction keeps sums of 52 bits exact", () => {
  // A product of 27 by 25 bits, floored by 2^24, against the same in BigInt.
  const wide = { ...MODEL, a: [2 ** 27 - 1, 0, 0], b: [1, 0, 0], c: [0, 0, 0], fractionBits: 24 } as const;
  const u = 2 ** 21 - 1;
  const expected = BigInt.asIntN(32, (BigInt(2 ** 27 - 1) * BigInt((u - 256) * 16) + BigInt((9 - 512) * 16)) >> 24n);
  expect(rayDirection({ ...MODEL, ...wide }, u, 9)[0]).toBe(Number(expected));
});

test("The bend is bilinear between four nodes and rounds half up", () => {
  const table = { bendShift: 1, bendColumns: 2, bendRows: 2, bendQ12: Int32Array.of(0, 0, 10, -10, 20, 1, 31, 0) };
  // Nodes of du: 0, 10 above and 20, 31 below; a square is 2 pixels, 512 steps.
  expect(bend(table, 0, 0, 0)).toBe(0);
  expect(bend(table, 256, 0, 0)).toBe(5);
  expect(bend(table, 0, 256, 0)).toBe(10);
  // Below at the middle: 20 + 5.5 → 26; between 5 and 26 at the middle: 5 + 10.5 → 16.
  expect(bend(table, 256, 256, 0)).toBe(16);
  // dv above at the middle: -5; a quarter: -10 · 128 / 512 = -2.5 → floor(-2.5 + 0.5) = -2.
  expect(bend(table, 256, 0, 1)).toBe(-5);
  expect(bend(table, 128, 0, 1)).toBe(-2);
});

test("The bend past the last node uses the last square", () => {
  const table = { bendShift: 0, bendColumns: 2, bendRows: 2, bendQ12: Int32Array.of(0, 0, 8, 0, 100, 0, 140, 0) };
  // Column 5 and row 9 do not exist: the fractions 128 and 0 count from node (0, 0), halfway between 0 and 8.
  expect(bend(table, 5 * 256 + 128, 9 * 256, 0)).toBe(4);
  // Fractions 128 and 128: between 4 and 120.
  expect(bend(table, 5 * 256 + 128, 9 * 256 + 128, 0)).toBe(62);
});

test("Rays are appended in order with weight and view", () => {
  const rays = list(3);
  appendRays(rays, MODEL, 31, Uint32Array.of(256, 512, 9, 77, 512, 512, 8, 0));
  appendRays(rays, MODEL, 0, Uint32Array.of(256, 512, 0, 0));
  const minus = (value: number) => value >>> 0;
  expect([...rays.rows]).toEqual([
    1000,
    minus(-1000),
    5,
    9,
    31,
    3048,
    minus(-3048),
    5,
    8,
    31,
    1000,
    minus(-1000),
    5,
    0,
    0,
  ]);
  expect([rays.count, rays.weightTotal]).toEqual([3, 17]);
});

test("Rays past the list or past 2^32 of weight are refused whole", () => {
  const rays = list(2);
  const refused = (points: Uint32Array): string => {
    try {
      appendRays(rays, MODEL, 0, points);
    } catch (error) {
      if (error instanceof SkyvoxError && error.code === "capacity") return error.message;
      throw error;
    }
    return "accepted";
  };
  expect(refused(new Uint32Array(12))).toBe("Cannot add 3 rays: 0 are there, need at most 2");
  expect(refused(Uint32Array.of(0, 0, 2 ** 31, 0, 0, 0, 2 ** 31, 0))).toContain("weights sum to 4294967296");
  expect([rays.count, rays.weightTotal]).toEqual([0, 0]);
  expect(refused(Uint32Array.of(0, 0, 2 ** 32 - 1, 0))).toBe("accepted");
  expect(refused(Uint32Array.of(0, 0, 1, 0))).toContain("need less than 2^32");
  expect(refused(Uint32Array.of(0, 0, 0, 0))).toBe("accepted");
});
