import { describe, expect, test } from "bun:test";
import {
  createPrng,
  type Detection,
  distance,
  factorCholesky,
  type Prng,
  solveLower,
  subtract,
  type Vec3,
} from "@skyvox/core";
import fc from "fast-check";
import { blobRow, bodyPeaks, optionsOf, peakRow, table, viewAt, viewsOf, voxelSizeM } from "../test/rig.ts";
import { detectionsFromPeaks } from "./detect.ts";

function shuffled<Item>(items: readonly Item[], prng: Prng): Item[] {
  return items
    .map((item) => ({ item, key: prng.float() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

function normalisedError({ positionEnuM, covarianceM2 }: Detection, truth: Vec3): number {
  const factor = Float64Array.from(covarianceM2);
  expect(factorCholesky(factor, 3)).toBe(true);
  const error = Float64Array.from(subtract(positionEnuM, truth));
  solveLower(factor, 3, error);
  return error.reduce((sum, value) => sum + value * value, 0);
}

describe("Bodies", () => {
  test("A person of 150 peaks with a gap at the waist is one detection, two drones 3 m apart are two", () => {
    const prng = createPrng(1);
    const person = detectionsFromPeaks(optionsOf(bodyPeaks([1, 2, 0], prng), viewsOf([], prng), 1.8));
    expect(person.length).toBe(1);
    expect(distance(person[0]?.positionEnuM ?? [0, 0, 0], [1, 2, 0.87])).toBeLessThan(0.15);
    // Evenly filled, the waist left out: 1.75 m high is 0.5 m or a little more of sigma; 0.4 m wide is 0.12.
    expect(person[0]?.extentM[2]).toBeGreaterThan(0.45);
    expect(person[0]?.extentM[2]).toBeLessThan(0.62);
    expect(person[0]?.extentM[0]).toBeGreaterThan(0.1);
    expect(person[0]?.extentM[0]).toBeLessThan(0.14);

    const drones: Vec3[] = [
      [-1.5, 0, 5],
      [1.5, 0, 5],
    ];
    expect(
      detectionsFromPeaks(
        optionsOf(
          drones.map((place) => peakRow(place)),
          viewsOf(drones, prng),
          1.8,
        ),
      ).length,
    ).toBe(2);
  });

  test("Bodies stay one each and apart wherever they stand", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const prng = createPrng(seed);
        const east = prng.uniform(-6, 2);
        const rows = [
          ...bodyPeaks([east, prng.uniform(-5, 5), 0], prng),
          ...bodyPeaks([east + 3, prng.uniform(-5, 5), 0], prng),
        ];
        expect(detectionsFromPeaks(optionsOf(shuffled(rows, prng), viewsOf([], prng), 1.8)).length).toBe(2);
      }),
      { numRuns: 15, seed: 2 },
    );
  });

  test("A body's covariance holds how its centre wanders; a point's does not", () => {
    const prng = createPrng(3);
    const [body] = detectionsFromPeaks(optionsOf(bodyPeaks([0, 0, 0], prng), viewsOf([], prng), 1.8));
    const [point] = detectionsFromPeaks(optionsOf([peakRow([0, 0, 1])], viewsOf([], prng), 1.8));
    // A third of 0.5 m, squared.
    expect(body?.covarianceM2[8]).toBeGreaterThan(0.02);
    expect(point?.covarianceM2[8]).toBeLessThan(0.001);
  });
});

describe("Support", () => {
  test("A peak of too few cameras gives nothing, and bits of several peaks do not add up to support", () => {
    const none = createPrng(1);
    const rows = [peakRow([0, 0, 3], 500, 0b0011), peakRow([0.15, 0, 3], 500, 0b1100)];
    expect(detectionsFromPeaks(optionsOf(rows, viewsOf([], none), 1))).toEqual([]);
    const [found] = detectionsFromPeaks(optionsOf([...rows, peakRow([0, 0.15, 3], 500, 0b0111)], viewsOf([], none), 1));
    expect(found).toMatchObject({ cameraBits: 0b1111, cameraCount: 4, weight: 1500, timeNs: 7n });
  });

  test("A view that is not there does not stop a detection from the others", () => {
    const views = viewsOf([[0, 0, 3]], createPrng(1)).slice(0, 3);
    expect(detectionsFromPeaks(optionsOf([peakRow([0, 0, 3])], views, 1)).length).toBe(1);
  });

  test("No peaks give no detections", () => {
    expect(detectionsFromPeaks(optionsOf([], viewsOf([], createPrng(1)), 1))).toEqual([]);
  });
});

describe("Ghosts", () => {
  const a: Vec3 = [-2, 0, 4];
  const b: Vec3 = [3, 1, 4];

  test("A crossing whose blobs all belong to stronger targets is dropped; a target with its own blobs stays", () => {
    const prng = createPrng(6);
    const targets = [a, b];
    const views = viewsOf(targets, prng);
    // The false crossing lies on target a in views 0 and 1 and on target b in view 2: give it those blobs by standing there.
    const ghost: Vec3 = [0.4, 0.5, 4];
    const ghostView = (index: number, target: Vec3) => {
      const view = views[index] ?? viewAt(index, [0, 0, 3], new Uint32Array());
      const aimed = viewsOf([ghost], prng)[index];
      const row = aimed?.blobs ?? new Uint32Array();
      // One wide blob that covers both: its centre is the target's, its box reaches the ghost.
      const wide = viewsOf([target], prng)[index]?.blobs.slice() ?? new Uint32Array();
      wide[1] =
        Math.min((wide[1] ?? 0) & 0xffff, (row[1] ?? 0) & 0xffff) |
        (Math.min((wide[1] ?? 0) >>> 16, (row[1] ?? 0) >>> 16) << 16);
      wide[2] =
        Math.max((wide[2] ?? 0) & 0xffff, (row[2] ?? 0) & 0xffff) |
        (Math.max((wide[2] ?? 0) >>> 16, (row[2] ?? 0) >>> 16) << 16);
      const rows = targets.map((other) => (other === target ? wide : (viewsOf([other], prng)[index]?.blobs ?? wide)));
      return { ...view, blobs: table(rows) };
    };
    const crossed = [ghostView(0, a), ghostView(1, a), ghostView(2, b), views[3] ?? ghostView(3, b)];
    const peaks = [peakRow(a, 3000), peakRow(b, 2000), peakRow(ghost, 900, 0b0111)];
    const found = detectionsFromPeaks(optionsOf(peaks, crossed, 1));
    expect(found.map(({ weight }) => weight)).toEqual([3000, 2000]);

    // Also where a view shows no blob at the crossing: two blobs, both another's, are enough to know.
    const half = [ghostView(0, a), ghostView(1, a), ...views.slice(2)];
    expect(detectionsFromPeaks(optionsOf(peaks, half, 1)).map(({ weight }) => weight)).toEqual([3000, 2000]);

    const third: Vec3 = [0.4, 0.5, 4];
    const real = detectionsFromPeaks(
      optionsOf([...peaks.slice(0, 2), peakRow(third, 900, 0b0111)], viewsOf([a, b, third], prng), 1),
    );
    expect(real.length).toBe(3);
  });

  test("A loose end of a body within the body's own blobs is dropped", () => {
    const prng = createPrng(8);
    const middle: Vec3 = [0, 0, 2];
    // One blob of 90 pixels per view about the body; the loose end stands 1 m beside, inside the boxes.
    const views = viewsOf([middle], prng).map((view) => {
      const [u, v] = [(view.blobs[10] ?? 0) / 1000, (view.blobs[12] ?? 0) / 1000];
      return { ...view, blobs: blobRow([u, v], 90) };
    });
    const found = detectionsFromPeaks(optionsOf([peakRow(middle, 5000), peakRow([1, 0, 2], 300)], views, 1));
    expect(found.map(({ weight }) => weight)).toEqual([5000]);
  });

  test("Without blobs nothing can be judged a ghost", () => {
    expect(detectionsFromPeaks(optionsOf([peakRow(a), peakRow(b)], viewsOf([], createPrng(1)), 1)).length).toBe(2);
  });
});

describe("Refinement", () => {
  test("Bearings sharpen a centroid that is off by a voxel, to the point", () => {
    const truth: Vec3 = [1.02, -2.31, 4.77];
    const offset: Vec3 = [truth[0] + voxelSizeM, truth[1] - voxelSizeM, truth[2]];
    const [found] = detectionsFromPeaks(optionsOf([peakRow(offset)], viewsOf([truth], createPrng(1)), 1));
    expect(distance(found?.positionEnuM ?? [0, 0, 0], truth)).toBeLessThan(0.001);
  });

  test("One view whose blob is another thing's is left out", () => {
    const truth: Vec3 = [0, 1, 4];
    const views = viewsOf([truth], createPrng(1));
    const wrong = viewsOf([[0.1, 1, 4.08]], createPrng(1))[2];
    const mixed = views.map((view) => (view.index === 2 && wrong !== undefined ? wrong : view));
    const [found] = detectionsFromPeaks(optionsOf([peakRow(truth)], mixed, 1));
    expect(distance(found?.positionEnuM ?? [0, 0, 0], truth)).toBeLessThan(0.002);
  });

  test("Bearings that do not meet leave the voxel centroid and its wider covariance", () => {
    const place: Vec3 = [0, 1, 4];
    const apart: Vec3[] = [
      [0.1, 1, 4],
      [-0.1, 1, 4.1],
      [0, 1.1, 3.9],
      [0, 0.9, 4.1],
    ];
    const views = apart.map(
      (point, index) => viewsOf([point], createPrng(1))[index] ?? viewAt(index, place, new Uint32Array()),
    );
    const [found] = detectionsFromPeaks(optionsOf([peakRow(place)], views, 1));
    expect(distance(found?.positionEnuM ?? [9, 9, 9], place)).toBeLessThan(1e-4);
    expect(found?.covarianceM2[0]).toBeGreaterThan(voxelSizeM ** 2 / 12);
  });

  test("Covariance of refined points is consistent: mean NEES of 300 seeded runs lies in its 99 % band", () => {
    const prng = createPrng(20);
    let sum = 0;
    for (let run = 0; run < 300; run++) {
      const truth: Vec3 = [prng.uniform(-1, 1), prng.uniform(-1, 1), prng.uniform(2, 4)];
      const near: Vec3 = [truth[0] + prng.uniform(-0.02, 0.02), truth[1] + prng.uniform(-0.02, 0.02), truth[2]];
      const [found] = detectionsFromPeaks(optionsOf([peakRow(near)], viewsOf([truth], prng, 0.5), 1));
      expect(found).toBeDefined();
      if (found !== undefined) sum += normalisedError(found, truth);
    }
    // The sum of 300 chi-square values of 3 degrees of freedom has mean 900 and variance 1800.
    expect(Math.abs(sum / 300 - 3)).toBeLessThan((2.576 * Math.sqrt(1800)) / 300);
  });

  test("Time doubt widens the covariance of fast targets", () => {
    const place: Vec3 = [0, 0, 3];
    const at = (timeSigmaS: number): number => {
      const views = viewsOf([place], createPrng(1)).map((view) => ({ ...view, timeSigmaS }));
      return detectionsFromPeaks(optionsOf([peakRow(place)], views, 1))[0]?.covarianceM2[0] ?? Number.NaN;
    };
    // 10 m/s for 20 ms is 0.2 m across each line of sight; four views share it.
    expect(at(0.02)).toBeGreaterThan(0.04 / 4);
    expect(at(0)).toBeLessThan(0.001);
  });
});

test("Detections are the same bits in any order of peaks, and their covariances are symmetric and positive definite", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, count) => {
      const prng = createPrng(seed);
      const points = Array.from(
        { length: count },
        (): Vec3 => [prng.uniform(-9, 9), prng.uniform(-9, 9), prng.uniform(0.1, 8)],
      );
      const rows = points.map((point) => peakRow(point, 1 + prng.int(3), 0b0111 << prng.int(2)));
      const views = viewsOf(points, prng, 1);
      const found = detectionsFromPeaks(optionsOf(rows, views, 1));
      expect(detectionsFromPeaks(optionsOf(shuffled(rows, prng), shuffled(views, prng), 1))).toEqual(found);
      for (const { covarianceM2: m } of found) {
        expect([m[1], m[2], m[5]]).toEqual([m[3], m[6], m[7]]);
        expect(factorCholesky(Float64Array.from(m), 3)).toBe(true);
      }
    }),
    { numRuns: 60, seed: 9 },
  );
});

test("Detector refuses torn tables, doubled views and sizes of nothing", () => {
  const views = viewsOf([], createPrng(1));
  const good = optionsOf([peakRow([0, 0, 3])], views, 1);
  expect(() => detectionsFromPeaks({ ...good, peaks: new Uint32Array(17) })).toThrow("peaks are whole rows");
  expect(() => detectionsFromPeaks({ ...good, views: [...views, ...views] })).toThrow("its own index");
  expect(() => detectionsFromPeaks({ ...good, views: [viewAt(0, [0, 0, 3], new Uint32Array(3))] })).toThrow(
    "blobs are whole rows",
  );
  expect(() => detectionsFromPeaks({ ...good, viewsMin: 0 })).toThrow("at least one view");
  expect(() => detectionsFromPeaks({ ...good, target: { sizeM: 0, speedMps: 1 } })).toThrow("targets have a size");
});
