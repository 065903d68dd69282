import { expect, test } from "bun:test";
import { createNumpyRandom } from "./numpy-random.ts";

// Values of numpy 1.24.2: rng = numpy.random.default_rng(1), then the calls in this order.
test("Numpy's stream of seed 1 is drawn again", () => {
  const random = createNumpyRandom(1);
  expect(random.float()).toBe(0.5118216247002567);
  expect(random.float()).toBe(0.9504636963259353);
  expect(random.normal()).toBeCloseTo(0.33043707618338714, 14);
  expect(random.normal()).toBeCloseTo(-1.303157231604361, 14);
  expect(random.poisson(100)).toBe(94);
  expect(random.poisson(400)).toBe(421);
  const rows = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  random.shuffle(rows);
  expect(rows).toEqual([1, 3, 6, 0, 7, 4, 5, 8, 9, 2]);
  expect(random.normal()).toBeCloseTo(-0.48211931267997826, 14);
  // The sums of 200 000 normals, which reach every layer and the tail, and of 20 000 Poisson numbers.
  let sum = 0;
  for (let k = 0; k < 200_000; k++) sum += random.normal();
  expect(sum).toBeCloseTo(-499.4202082477583, 8);
  let count = 0;
  for (let k = 0; k < 20_000; k++) count += random.poisson(100);
  expect(count).toBe(1_998_045);
  expect(random.float()).toBe(0.6110059613176114);
});

// numpy.random.default_rng(2**40 + 5).random(), and of 0.
test("Numpy's seeding takes seeds of more than 32 bits, and 0", () => {
  expect(createNumpyRandom(2 ** 40 + 5).float()).toBe(0.004739459374490829);
  expect(createNumpyRandom(0).float()).toBe(0.6369616873214543);
});

test("Numpy's seeds are safe integers from 0 on, and its Poisson means 10 or more", () => {
  expect(() => createNumpyRandom(-1)).toThrow("seed");
  expect(() => createNumpyRandom(0.5)).toThrow("seed");
  expect(() => createNumpyRandom(1).poisson(9)).toThrow("10 or more");
});
