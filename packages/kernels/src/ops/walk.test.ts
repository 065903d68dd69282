import { describe, expect, test } from "bun:test";
import { createPrng, type Prng, type Vec3 } from "@skyvox/core";
import fc from "fast-check";
import type { Size3 } from "./brick.ts";
import { advance, isUnderWay, layerBricks, slabsInLayer, slabVoxels, startWalk } from "./walk.ts";

const ONE = 2 ** 20;

/** All voxels of a ray in order, as "x,y,z". */
function voxelsOf(originVoxels: Vec3, direction: Vec3, size: Size3): string[] {
  const walk = startWalk([originVoxels[0] * ONE, originVoxels[1] * ONE, originVoxels[2] * ONE], direction, size);
  const voxels: string[] = [];
  const out = new Int32Array(9);
  while (walk !== null && isUnderWay(walk, size)) {
    const count = slabVoxels(walk, size, out);
    for (let v = 0; v < 3 * count; v += 3) voxels.push(`${out[v]},${out[v + 1]},${out[v + 2]}`);
    advance(walk, 1);
  }
  return voxels;
}

describe("The walk, by hand", () => {
  test("passes one or two voxels of a slab at half slope", () => {
    // y: 0.5 → 0.75 → 1.25 → 1.75 → 2.25.
    const expected = ["0,0,0", "1,0,0", "1,1,0", "2,1,0", "3,1,0", "3,2,0"];
    expect(voxelsOf([0.5, 0.5, 0.5], [2, 1, 0], [4, 4, 1])).toEqual(expected);
  });

  test("passes three voxels through a corner, the lower axis first", () => {
    const expected = ["0,0,0", "0,1,0", "0,1,1", "1,1,1", "1,2,1", "1,2,2", "2,2,2", "2,3,2", "2,3,3", "3,3,3"];
    expect(voxelsOf([0.5, 0.5, 0.5], [7, 7, 7], [4, 4, 4])).toEqual(expected);
  });

  test("takes the in-between voxel on the side of the nearer boundary", () => {
    // In slab 0 from (0, 0.75, 0.5) at slopes 1 and 1: y reaches 1 first.
    expect(voxelsOf([0, 0.75, 0.5], [1, 1, 1], [1, 3, 3])).toEqual(["0,0,0", "0,1,0", "0,1,1"]);
    expect(voxelsOf([0, 0.5, 0.75], [1, 1, 1], [1, 3, 3])).toEqual(["0,0,0", "0,0,1", "0,1,1"]);
    expect(voxelsOf([0, 1.25, 1.5], [1, -1, -1], [1, 3, 3])).toEqual(["0,1,1", "0,0,1", "0,0,0"]);
  });

  test("enters through an upper face, from outside and from on it", () => {
    expect(voxelsOf([5.5, 0.5, 0.5], [-1, 0, 0], [4, 1, 1])).toEqual(["3,0,0", "2,0,0", "1,0,0", "0,0,0"]);
    expect(voxelsOf([4, 0.5, 0.5], [-1, 0, 0], [4, 1, 1])).toEqual(["3,0,0", "2,0,0", "1,0,0", "0,0,0"]);
    expect(voxelsOf([0.5, 0.5, 4], [0, 0, -1], [1, 1, 4])).toEqual(["0,0,3", "0,0,2", "0,0,1", "0,0,0"]);
    // From above at (6, 5): y falls to below 4 in slab x = 4, which is outside; in x = 3 it goes from 3.5 to 3.
    expect(voxelsOf([6, 5, 0.5], [-2, -1, 0], [4, 4, 1])).toContain("3,3,0");
  });

  test("starts in the voxel of a camera inside", () => {
    expect(voxelsOf([2.25, 0.5, 0.5], [-3, 0, 0], [4, 1, 1])).toEqual(["2,0,0", "1,0,0", "0,0,0"]);
    expect(voxelsOf([2.25, 0.5, 0.5], [3, 0, 0], [4, 1, 1])).toEqual(["2,0,0", "3,0,0"]);
  });

  test("comes into the grid sideways and leaves it sideways", () => {
    // y falls from 2.5 by 1/2 per slab and is inside [0, 2) from x = 2 (1.75 → 1.25) on; z rises and leaves at x = 4 (0.875 → 1.125).
    const expected = ["1,1,0", "2,1,0", "3,1,0", "3,0,0", "4,0,0"];
    expect(voxelsOf([0.5, 2.5, 0], [4, -2, 1], [9, 2, 1])).toEqual(expected);
  });

  test("is void without direction and empty when it looks away", () => {
    expect(startWalk([0, 0, 0], [0, 0, 0], [4, 4, 4])).toBeNull();
    expect(voxelsOf([-1, 0.5, 0.5], [-1, 0, 0], [4, 1, 1])).toEqual([]);
    expect(voxelsOf([4, 0.5, 0.5], [1, 0, 0], [4, 1, 1])).toEqual([]);
    expect(voxelsOf([0.5, 4, 0.5], [1, 0, 0], [4, 4, 1])).toEqual([]);
  });
});

test("The walk gives the slope of 20 steps of restoring division", () => {
  const magnitude = fc.integer({ min: 0, max: 2 ** 30 - 1 });
  fc.assert(
    fc.property(magnitude, magnitude, (a, b) => {
      const [numerator, denominator] = a < b ? [a, b] : [b, a];
      fc.pre(denominator > 0);
      const walk = startWalk([0, 0, 0], [denominator, -numerator, 0], [1, 1, 1]);
      expect(Math.abs(walk!.jStep)).toBe(restoringDivision(numerator, denominator));
    }),
    {
      numRuns: 2000,
      seed: 4,
      examples: [
        [0, 1],
        [1, 1],
        [2 ** 30 - 2, 2 ** 30 - 1],
        [1, 2 ** 30 - 1],
        [5, 5],
      ],
    },
  );
});

function restoringDivision(numerator: number, denominator: number): number {
  if (numerator >= denominator) return ONE;
  let quotient = 0;
  let rest = numerator;
  for (let bit = 0; bit < 20; bit++) {
    rest *= 2;
    quotient *= 2;
    if (rest >= denominator) {
      rest -= denominator;
      quotient += 1;
    }
  }
  return quotient;
}

/** A ray from in, near or far from a grid, three of four aimed into it, with components of very different sizes. */
function randomRay(prng: Prng, size: Size3): { origin: Vec3; direction: Vec3 } {
  const spread = [1, 2, 6][prng.int(3)]!;
  const at = (n: number) => Math.round((n / 2 + prng.uniform(-0.5, 0.5) * spread * n) * ONE) / ONE;
  const origin = [at(size[0]), at(size[1]), at(size[2])] as const;
  const anywhere = () => (prng.uint32() | 0) >> (2 + prng.int(12));
  if (prng.int(4) === 0) return { origin, direction: [anywhere(), anywhere(), anywhere()] };
  const toward = (k: 0 | 1 | 2) => Math.round((prng.uniform(0, size[k]) - origin[k]) * 2 ** 21);
  return { origin, direction: [toward(0), toward(1), toward(2)] };
}

/** True where the ray o + t d, t ≥ -1e-9, passes the box grown by `margin` voxels on all sides. */
function hitsBox(o: Vec3, d: Vec3, low: Vec3, margin: number): boolean {
  const scale = Math.max(...d.map(Math.abs));
  let [enter, leave] = [-margin, Number.POSITIVE_INFINITY];
  for (const k of [0, 1, 2] as const) {
    const speed = d[k] / scale;
    const a = low[k] - margin - o[k];
    const b = low[k] + 1 + margin - o[k];
    if (speed === 0) {
      if (a > 0 || b < 0) return false;
      continue;
    }
    enter = Math.max(enter, Math.min(a / speed, b / speed));
    leave = Math.min(leave, Math.max(a / speed, b / speed));
  }
  return enter <= leave;
}

test("The walk visits what a ray in double precision crosses, but for grazes of 0.001 voxel", () => {
  const prng = createPrng(11);
  const size = [11, 7, 9] as const;
  let [crossed, grazed] = [0, 0];
  for (let i = 0; i < 400; i++) {
    const { origin, direction } = randomRay(prng, size);
    const visited = new Set(voxelsOf(origin, direction, size));
    const wrong: string[] = [];
    for (let x = 0; x < size[0]; x++) {
      for (let y = 0; y < size[1]; y++) {
        for (let z = 0; z < size[2]; z++) {
          const name = `${x},${y},${z}`;
          const isVisited = visited.has(name);
          if (isVisited !== hitsBox(origin, direction, [x, y, z], isVisited ? 0.001 : -0.001)) wrong.push(name);
          const isCrossed = hitsBox(origin, direction, [x, y, z], 0);
          if (isCrossed) crossed += 1;
          if (isCrossed !== isVisited) grazed += 1;
        }
      }
    }
    expect(wrong).toEqual([]);
  }
  expect(crossed).toBeGreaterThan(1000);
  expect(grazed).toBeLessThan(crossed / 500);
});

test("The walk visits a chain of neighbours, each once", () => {
  const prng = createPrng(12);
  for (let i = 0; i < 300; i++) {
    const { origin, direction } = randomRay(prng, [40, 24, 33]);
    const voxels = voxelsOf(origin, direction, [40, 24, 33]).map((voxel) => voxel.split(",").map(Number));
    for (let v = 1; v < voxels.length; v++) {
      const apart = voxels[v]!.reduce((sum, at, k) => sum + Math.abs(at - voxels[v - 1]![k]!), 0);
      expect(apart).toBe(1);
    }
  }
});

test("The walk stays within 0.003 voxel of its ray over 2,047 slabs", () => {
  const prng = createPrng(13);
  let worst = 0;
  for (let i = 0; i < 60; i++) {
    const minor = () => prng.int(2 ** 30) - 2 ** 29;
    const direction = [2 ** 29 + prng.int(2 ** 29), minor(), minor()] as const;
    const origin = [0, 1000 + prng.float(), 1000 + prng.float()].map((at) => Math.round(at * ONE)) as [
      number,
      number,
      number,
    ];
    const walk = startWalk(origin, direction, [2047, 2047, 2047])!;
    for (let slab = 0; slab < 2047; slab++) {
      expect(walk.n).toBe(slab);
      for (const [axis, at] of [
        [1, walk.jOut],
        [2, walk.lOut],
      ] as const) {
        const exact = origin[axis]! / ONE + ((slab + 1) * direction[axis]) / direction[0];
        if (Math.abs(exact) < 2047) worst = Math.max(worst, Math.abs(at / ONE - exact));
      }
      advance(walk, 1);
    }
  }
  expect(worst).toBeLessThan(0.003);
  expect(worst).toBeGreaterThan(0.0005);
});

test("A jump lands on the bits that single steps give", () => {
  const prng = createPrng(14);
  for (let i = 0; i < 200; i++) {
    const { origin, direction } = randomRay(prng, [90, 90, 90]);
    const start = () => startWalk([origin[0] * ONE, origin[1] * ONE, origin[2] * ONE], direction, [90, 90, 90]);
    const [stepped, jumped] = [start(), start()];
    if (stepped === null || jumped === null) continue;
    const slabs = slabsInLayer(jumped);
    for (let slab = 0; slab < slabs; slab++) advance(stepped, 1);
    advance(jumped, slabs);
    expect(jumped).toEqual(stepped);
    expect(jumped.n & 7).toBe(jumped.kStep > 0 ? 0 : 7);
  }
});

test("The bricks of a layer hold every voxel of its slabs", () => {
  const prng = createPrng(15);
  const size = [33, 20, 41] as const;
  const sizeBricks = [5, 3, 6] as const;
  const [bricks, voxels] = [new Int32Array(12), new Int32Array(9)];
  let checked = 0;
  for (let i = 0; i < 300; i++) {
    const { origin, direction } = randomRay(prng, size);
    const walk = startWalk([origin[0] * ONE, origin[1] * ONE, origin[2] * ONE], direction, size);
    while (walk !== null && isUnderWay(walk, size)) {
      const count = layerBricks(walk, sizeBricks, bricks);
      const named = new Set(Array.from({ length: count }, (_, b) => bricks.slice(3 * b, 3 * b + 3).join()));
      expect(named.size).toBe(count);
      for (let left = slabsInLayer(walk); left > 0; left--) {
        const inSlab = walk.n >= 0 && walk.n < size[walk.k] ? slabVoxels(walk, size, voxels) : 0;
        for (let v = 0; v < inSlab; v++) {
          const brick = voxels.slice(3 * v, 3 * v + 3).map((at) => at >> 3);
          expect(named.has(brick.join())).toBe(true);
          checked += 1;
        }
        advance(walk, 1);
      }
    }
  }
  expect(checked).toBeGreaterThan(2000);
});
