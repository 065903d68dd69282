import { expect, test } from "bun:test";
import { cameraId, createPrng, cross, dot, identity3, norm, normalize, subtract, type Vec3 } from "@skyvox/core";
import { type BirthView, EpipolarJoin } from "./epipolar.ts";
import { Sky } from "./sky.ts";

const sigmaRad = 1e-3;

function viewAt(originEnuM: Vec3, directions: readonly Vec3[]): BirthView {
  const sky = new Sky();
  const rows = directions.flatMap(([x, y, z]) => {
    const across = [1 - x * x, -x * y, -x * z, 1 - y * y, -y * z, 1 - z * z];
    return [x, y, z, ...across.map((value) => value * sigmaRad * sigmaRad)];
  });
  sky.load(
    {
      camera: cameraId("c"),
      captureNs: 0n,
      timeSigmaNs: 0,
      pose: { cameraInEnuM: originEnuM, cameraFromEnu: identity3, positionSigmaM: 0, angleSigmaRad: 0 },
      intrinsics: null,
      solidAngleSr: 4 * Math.PI,
      pixelRad: 1e-3,
      bearings: Float64Array.from(rows),
      refusedCount: 0,
    },
    4096,
    0.1,
  );
  return { camera: 0, sky, originEnuM, angleSigmaRad: 0, positionSigmaM: 0, placeSigmaM: 0, lagS: 0, timeSigmaS: 0 };
}

function directionOf({ sky }: BirthView, index: number): Vec3 {
  return [sky.rows[index * 9]!, sky.rows[index * 9 + 1]!, sky.rows[index * 9 + 2]!];
}

test("Epipolar join finds every pair whose planes agree within the gate, and few others", () => {
  const random = createPrng(8);
  const [one, two]: Vec3[] = [
    [-40, 10, 3],
    [35, -20, 8],
  ];
  const towards = (origin: Vec3, count: number): Vec3[] =>
    Array.from({ length: count }, () =>
      normalize(subtract([random.uniform(-90, 90), random.uniform(-90, 90), random.uniform(-40, 60)], origin)),
    );
  const a = viewAt(one!, towards(one!, 150));
  const b = viewAt(two!, towards(two!, 170));
  const join = new EpipolarJoin();
  join.find(a, b, { gateSigmas: 3, rangeMinM: 1 });
  const found = new Set(Array.from({ length: join.count }, (_, k) => `${join.first[k]} ${join.second[k]}`));
  expect(found.size).toBe(join.count);
  const line = normalize(subtract(two!, one!));
  let agreeing = 0;
  for (let i = 0; i < a.sky.count; i++) {
    for (let j = 0; j < b.sky.count; j++) {
      const [p, q] = [cross(line, directionOf(a, i)), cross(line, directionOf(b, j))];
      if (norm(p) < 0.03 || norm(q) < 0.03) continue;
      const angle = Math.atan2(dot(cross(p, q), line), dot(p, q));
      if (Math.abs(angle) > 3 * sigmaRad * Math.hypot(1 / norm(p), 1 / norm(q))) continue;
      agreeing++;
      expect(found.has(`${i} ${j}`)).toBe(true);
    }
  }
  expect(agreeing).toBeGreaterThan(20);
  // The intervals are at most √2 wide for the trace and √2 for the sum of two halves.
  expect(join.count).toBeLessThan(2.6 * agreeing);
});

test("Epipolar join leaves out bearings that have an owner, and cameras at one place", () => {
  const target: Vec3 = [0, 50, 20];
  const [left, right]: Vec3[] = [
    [-20, 0, 0],
    [20, 0, 0],
  ];
  const a = viewAt(left!, [normalize(subtract(target, left!))]);
  const b = viewAt(right!, [normalize(subtract(target, right!))]);
  const join = new EpipolarJoin();
  join.find(a, b, { gateSigmas: 3, rangeMinM: 1 });
  expect(join.count).toBe(1);
  a.sky.owner[0] = 5;
  join.find(a, b, { gateSigmas: 3, rangeMinM: 1 });
  expect(join.count).toBe(0);
  join.find(b, viewAt(right!, [normalize(subtract(target, right!))]), { gateSigmas: 3, rangeMinM: 1 });
  expect(join.count).toBe(0);
});
