import { expect, test } from "bun:test";
import fc from "fast-check";
import { AssertionError } from "./assert.ts";
import { determinant3, multiply3, transform3 } from "./mat.ts";
import {
  conjugateQuaternion,
  identityQuaternion,
  mat3FromQuaternion,
  multiplyQuaternions,
  normalizeQuaternion,
  type Quaternion,
  quaternionFromAxisAngle,
  quaternionFromMat3,
  rotateByQuaternion,
} from "./quaternion.ts";
import type { Vec3 } from "./vec3.ts";

const component = fc.double({ min: -1, max: 1, noNaN: true });
const quaternions = fc
  .tuple(component, component, component, component)
  .filter((q) => Math.hypot(...q) > 0.1)
  .map((q): Quaternion => normalizeQuaternion(q));
const vectors = fc.tuple(component, component, component);

test("Quaternion product follows Hamilton: i j = k, j k = i, k i = j, i i = -1", () => {
  const i: Quaternion = [0, 1, 0, 0];
  const j: Quaternion = [0, 0, 1, 0];
  const k: Quaternion = [0, 0, 0, 1];
  expect(multiplyQuaternions(i, j)).toEqual(k);
  expect(multiplyQuaternions(j, k)).toEqual(i);
  expect(multiplyQuaternions(k, i)).toEqual(j);
  expect(multiplyQuaternions(i, i)).toEqual([-1, 0, 0, 0]);
});

test("Quaternion of a quarter turn about up takes east to north", () => {
  const turn = quaternionFromAxisAngle([0, 0, 5], Math.PI / 2);
  expectClose(rotateByQuaternion(turn, [1, 0, 0]), [0, 1, 0]);
  expectClose(rotateByQuaternion(turn, [0, 1, 0]), [-1, 0, 0]);
  expectClose(mat3FromQuaternion(turn), [0, -1, 0, 1, 0, 0, 0, 0, 1]);
});

test("Quaternion rotates as its matrix does", () => {
  fc.assert(
    fc.property(quaternions, vectors, (q, v) => {
      expectClose(rotateByQuaternion(q, v), transform3(mat3FromQuaternion(q), v));
    }),
    { numRuns: 300 },
  );
});

test("Quaternion products compose as matrix products do, and the conjugate undoes", () => {
  fc.assert(
    fc.property(quaternions, quaternions, vectors, (a, b, v) => {
      const product = multiplyQuaternions(a, b);
      expectClose(mat3FromQuaternion(product), multiply3(mat3FromQuaternion(a), mat3FromQuaternion(b)));
      expectClose(rotateByQuaternion(conjugateQuaternion(a), rotateByQuaternion(a, v)), v);
      expect(Math.abs(determinant3(mat3FromQuaternion(a)) - 1)).toBeLessThan(1e-13);
    }),
    { numRuns: 300 },
  );
});

test("Quaternion survives the round trip through its matrix, w not negative", () => {
  fc.assert(
    fc.property(quaternions, (q) => {
      const back = quaternionFromMat3(mat3FromQuaternion(q));
      expect(back[0]).toBeGreaterThanOrEqual(0);
      // q and -q are one rotation.
      const sign = q[0] * back[0] + q[1] * back[1] + q[2] * back[2] + q[3] * back[3] < 0 ? -1 : 1;
      expectClose(
        back.map((value) => value * sign),
        q,
      );
    }),
    { numRuns: 300 },
  );
});

test("Quaternion of the half turns, where w is zero, is found without dividing by it", () => {
  expectClose(quaternionFromMat3([1, 0, 0, 0, -1, 0, 0, 0, -1]), [0, 1, 0, 0]);
  expectClose(quaternionFromMat3([-1, 0, 0, 0, 1, 0, 0, 0, -1]), [0, 0, 1, 0]);
  expectClose(quaternionFromMat3([-1, 0, 0, 0, -1, 0, 0, 0, 1]), [0, 0, 0, 1]);
  expectClose(quaternionFromMat3([1, 0, 0, 0, 1, 0, 0, 0, 1]), identityQuaternion);
});

test("Quaternion length drifts less than 1e-12 through ten thousand small turns at a pitch of 90 degrees", () => {
  const step = quaternionFromAxisAngle([0.3, -0.5, 0.2], 0.01);
  let q = quaternionFromAxisAngle([0, 1, 0], Math.PI / 2);
  for (let i = 0; i < 10_000; i++) q = multiplyQuaternions(step, q);
  expect(Math.abs(Math.hypot(...q) - 1)).toBeLessThan(1e-12);
});

test("Quaternion refuses a zero axis and a zero length", () => {
  expect(() => quaternionFromAxisAngle([0, 0, 0], 1)).toThrow(AssertionError);
  expect(() => normalizeQuaternion([0, 0, 0, 0])).toThrow(AssertionError);
});

function expectClose(actual: readonly number[], expected: readonly number[] | Vec3): void {
  expect(actual.length).toBe(expected.length);
  for (const [index, value] of actual.entries()) {
    expect(Math.abs(value - (expected[index] ?? Number.NaN))).toBeLessThan(1e-13);
  }
}
