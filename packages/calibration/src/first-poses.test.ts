import { expect, test } from "bun:test";
import { createPrng, distance, lookAt, normalize, type Prng, subtract, transform3, type Vec3 } from "@skyvox/core";
import { fitEpipolar, poseFromEssential } from "./epipolar.ts";
import { refinePose, resect } from "./resection.ts";
import { fitSimilarity, inverseSimilarity, moved } from "./similarity-fit.ts";
import { matchSurvey } from "./survey-match.ts";
import { poseFromThreePoints, positiveRoots } from "./three-point-pose.ts";

const draw = (prng: Prng): Vec3 => [prng.uniform(-20, 20), prng.uniform(-20, 20), prng.uniform(5, 40)];
const camera = lookAt({ cameraInEnuM: [40, -35, 3], targetEnuM: [0, 0, 20] });
const other = lookAt({ cameraInEnuM: [-30, -40, 6], targetEnuM: [2, 0, 22] });
const seenBy = (pose: typeof camera, point: Vec3): [number, number] => {
  const p = transform3(pose.cameraFromEnu, subtract(point, pose.cameraInEnuM));
  return [p[0] / p[2], p[1] / p[2]];
};

test("Roots of polynomials are those they were made of", () => {
  // (x - 1)(x - 2)(x - 3)(x + 4) = x⁴ - 2x³ - 13x² + 38x - 24
  const roots = positiveRoots([-24, 38, -13, -2, 1]);
  expect(roots.map((root) => Math.round(root * 1e9) / 1e9)).toEqual([1, 2, 3]);
  expect(positiveRoots([1, 0, 1])).toEqual([]);
  expect(positiveRoots([-6, 2])).toEqual([3]);
});

test("Three points give the pose that saw them among the solutions", () => {
  const prng = createPrng(1);
  for (let round = 0; round < 200; round++) {
    const points = [draw(prng), draw(prng), draw(prng)] as const;
    const directions = points.map((point) => normalize([...seenBy(camera, point), 1]));
    const poses = poseFromThreePoints(points, [directions[0]!, directions[1]!, directions[2]!]);
    const nearest = Math.min(...poses.map(({ cameraInEnuM }) => distance(cameraInEnuM, camera.cameraInEnuM)));
    expect(nearest).toBeLessThan(1e-3);
  }
});

test("Resection finds the pose though four directions in ten are wrong", () => {
  const prng = createPrng(2);
  const points = Array.from({ length: 100 }, () => draw(prng));
  const directions = points.flatMap((point) =>
    prng.float() < 0.4
      ? [prng.uniform(-1, 1), prng.uniform(-1, 1)]
      : seenBy(camera, point).map((value) => value + 0.001 * prng.normal()),
  );
  const seen = { pointsM: Float64Array.from(points.flat()), directions: Float64Array.from(directions) };
  const found = refinePose(seen, resect(seen, { cutOff: 0.01, draws: 200 }, prng)!, 0.01);
  expect(distance(found.pose.cameraInEnuM, camera.cameraInEnuM)).toBeLessThan(0.15);
  expect(found.score).toBeLessThan(0.5);
});

test("The essential matrix gives the second camera's turn and the direction to it", () => {
  const prng = createPrng(3);
  const points = Array.from({ length: 80 }, () => draw(prng));
  const pairs = {
    first: Float64Array.from(points.flatMap((point) => seenBy(camera, point))),
    second: Float64Array.from(points.flatMap((point) => seenBy(other, point))),
  };
  const fit = fitEpipolar(pairs, 0.01)!;
  expect(fit.score).toBeLessThan(1e-9);
  const pose = poseFromEssential(fit.essential, pairs)!;
  const wanted = normalize(transform3(camera.cameraFromEnu, subtract(other.cameraInEnuM, camera.cameraInEnuM)));
  expect(distance(pose.cameraInEnuM, wanted)).toBeLessThan(1e-5);
});

test("Fewer than eight pairs have no essential matrix", () => {
  expect(fitEpipolar({ first: new Float64Array(14), second: new Float64Array(14) }, 0.01)).toBeNull();
});

test("A similarity is found again, and its way back undoes it", () => {
  const prng = createPrng(4);
  const points = Array.from({ length: 6 }, () => draw(prng));
  const by = { scale: 1.7, rotation: camera.cameraFromEnu, shiftM: [3, -5, 8] as Vec3 };
  const fit = fitSimilarity(
    points,
    points.map((point) => moved(by, point)),
    true,
  );
  expect(fit.scale).toBeCloseTo(1.7, 9);
  for (const point of points) {
    expect(distance(moved(fit, point), moved(by, point))).toBeLessThan(1e-8);
    expect(distance(moved(inverseSimilarity(fit), moved(by, point)), point)).toBeLessThan(1e-8);
  }
  expect(
    fitSimilarity(
      points,
      points.map((point) => moved(by, point)),
      false,
    ).scale,
  ).toBe(1);
});

test("Survey rows without names find their cameras", () => {
  const centres: Vec3[] = [
    [0, 0, 0],
    [50, 0, 2],
    [10, 40, 1],
    [-30, 25, 5],
  ];
  const order = [2, 0, 3, 1];
  const rows = order.map((index) =>
    moved({ scale: 1, rotation: camera.cameraFromEnu, shiftM: [7, 8, 9] }, centres[index]!),
  );
  const match = matchSurvey(centres, rows, [-1, -1, -1, -1], false);
  expect(match.pairs.map(({ camera: index }) => index)).toEqual(order);
  expect(match.rmsM).toBeLessThan(1e-8);
  expect(match.nextRmsM).toBeGreaterThan(1);
});
