import { expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import { directRays, randomCamera, randomPoints } from "../../testing/material.ts";
import { brickIndex, sizeInBricks } from "./brick.ts";
import { markBricks } from "./mark.ts";
import { appendRays, type RayList } from "./rays.ts";
import { advance, layerBricks, slabsInLayer, startWalk } from "./walk.ts";

test("Mark sets the view's bit in each brick along a straight ray", () => {
  const { rays, views } = directRays([31, [-5, 1, 9], [1, 0, 0], 1]);
  const marks = new Uint32Array(3 * 1 * 2);
  markBricks(marks, rays, views, [20, 8, 16]);
  // Bricks (bx, 0, 1) for bx = 0, 1, 2.
  expect([...marks]).toEqual([0, 2 ** 31, 0, 2 ** 31, 0, 2 ** 31]);
});

test("Mark names both bricks where a ray changes brick within a layer", () => {
  // y: 6 at x = 0, slope 1/2: 8 at x = 4, 10 at x = 8, 14 at x = 16.
  const { rays, views } = directRays([0, [0, 6, 0.5], [2, 1, 0], 1]);
  const marks = new Uint32Array(2 * 3);
  markBricks(marks, rays, views, [16, 24, 8]);
  expect([...marks]).toEqual([1, 1, 0, 0, 1, 0]);
});

test("Mark takes the last layer whole, even past the end of the grid", () => {
  // x ends at 12, y is 7 at x = 11 and reaches brick 1 at x = 13: outside the grid, yet in the layer of slabs 8 to 15.
  const { rays, views } = directRays([0, [0, 1.5, 0.5], [2, 1, 0], 1]);
  const marks = new Uint32Array(2 * 2);
  markBricks(marks, rays, views, [12, 16, 8]);
  expect([...marks]).toEqual([1, 0, 1, 1]);
});

test("Mark adds to what is marked", () => {
  const { rays, views } = directRays([2, [0.5, 0.5, 0.5], [0, 0, 1], 1]);
  const marks = Uint32Array.of(8);
  markBricks(marks, rays, views, [8, 8, 8]);
  expect([...marks]).toEqual([12]);
});

test("Mark stops early only where no brick of the grid is left", () => {
  const prng = createPrng(21);
  const size = [21, 40, 13] as const;
  const sizeBricks = sizeInBricks(size);
  const bricks = new Int32Array(12);
  for (let i = 0; i < 40; i++) {
    const camera = randomCamera(prng, size);
    const rays: RayList = { rows: new Uint32Array(5 * 30), count: 0, weightTotal: 0 };
    appendRays(rays, camera.model, 0, randomPoints(prng, camera, [], 30));
    const marks = new Uint32Array(sizeBricks[0] * sizeBricks[1] * sizeBricks[2]);
    markBricks(marks, rays, [camera.model], size);
    // The same layers to the far face, wherever the ray is on the other axes.
    const toTheEnd = new Uint32Array(marks.length);
    for (let r = 0; r < 30; r++) {
      const [dx, dy, dz] = [...Int32Array.from(rays.rows.subarray(5 * r, 5 * r + 3))];
      const walk = startWalk(camera.model.originQ20, [dx!, dy!, dz!], size);
      while (walk !== null && walk.n >= 0 && walk.n < size[walk.k]) {
        const count = layerBricks(walk, sizeBricks, bricks);
        for (let b = 0; b < count; b++) {
          toTheEnd[brickIndex(sizeBricks, bricks[3 * b]!, bricks[3 * b + 1]!, bricks[3 * b + 2]!)] = 1;
        }
        advance(walk, slabsInLayer(walk));
      }
    }
    expect(marks).toEqual(toTheEnd);
  }
});
