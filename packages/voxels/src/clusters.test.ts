import { expect, test } from "bun:test";
import { createPrng, type Vec3 } from "@skyvox/core";
import fc from "fast-check";
import { table } from "../test/rig.ts";
import { clusterPeaks, countViews } from "./clusters.ts";

/** A peak of one voxel with the given weight and no moments. */
function peakAt([x, y, z]: Vec3, weight = 10, viewBits = 0b111): Uint32Array {
  const row = new Uint32Array(16);
  row.set([x, y, z, weight, viewBits, 1, weight]);
  return row;
}

/** Components by trying all pairs. */
function slowComponents(places: readonly Vec3[], link: number): number {
  const left = new Set(places.keys());
  let count = 0;
  for (const start of left) {
    count++;
    const open = [start];
    left.delete(start);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const a = places[at] ?? [0, 0, 0];
      for (const other of left) {
        const b = places[other] ?? [0, 0, 0];
        if (Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) > link) continue;
        left.delete(other);
        open.push(other);
      }
    }
  }
  return count;
}

test("Cluster of two peaks has the weighted centre and spread worked by hand", () => {
  const [cluster, ...others] = clusterPeaks(table([peakAt([10, 4, 4], 30, 0b0011), peakAt([14, 4, 4], 10, 0b1110)]), 4);
  expect(others).toEqual([]);
  // Centres 10.5 and 14.5 at 3 : 1 → 11.5; spread (3 · 1 + 1 · 9) / 4 + 1/12.
  expect(cluster?.centroid).toEqual([11.5, 4.5, 4.5]);
  expect(cluster?.variance[0]).toBeCloseTo(3 + 1 / 12, 12);
  expect(cluster?.variance[1]).toBeCloseTo(1 / 12, 12);
  expect(cluster).toMatchObject({ weight: 40, viewBits: 0b1111, viewsOfOnePeak: 3 });
});

test("Cluster centre takes the moments of the block, negative ones in two's complement", () => {
  const row = peakAt([10, 10, 10], 100);
  row.set([25, 0, 0xffff_ffff - 49, 0xffff_ffff], 8);
  expect(clusterPeaks(row, 4)[0]?.centroid).toEqual([10.75, 10, 10.5]);
});

test("Peaks at the link are one cluster and just past it two", () => {
  const pair = table([peakAt([0, 0, 0]), peakAt([5, 0, 0])]);
  expect(clusterPeaks(pair, 5).length).toBe(1);
  expect(clusterPeaks(pair, 4.99).length).toBe(2);
});

test("Clusters are the components of the linked pairs, in any order of the rows, to the last bit", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 2, max: 12, noNaN: true }),
      (seed, count, link) => {
        const prng = createPrng(seed);
        const places = [
          ...new Set(Array.from({ length: count }, () => [prng.int(40), prng.int(40), prng.int(40)].join())),
        ].map((text): Vec3 => {
          const [x = 0, y = 0, z = 0] = text.split(",").map(Number);
          return [x, y, z];
        });
        const rows = places.map((place) => peakAt(place, 1 + prng.int(1000), prng.int(16)));
        const found = clusterPeaks(table(rows), link);
        expect(found.length).toBe(slowComponents(places, link));
        const shuffled = rows
          .map((row) => ({ row, key: prng.float() }))
          .sort((a, b) => a.key - b.key)
          .map(({ row }) => row);
        expect(clusterPeaks(table(shuffled), link)).toEqual(found);
      },
    ),
    { numRuns: 120, seed: 17 },
  );
});

test("Clusters of no peaks are none; torn rows and a link that peaks cannot reach are refused", () => {
  expect(clusterPeaks(new Uint32Array(), 4)).toEqual([]);
  expect(() => clusterPeaks(new Uint32Array(15), 4)).toThrow("whole rows");
  expect(() => clusterPeaks(new Uint32Array(), 1)).toThrow("at least 2 voxels");
});

test("Views are counted by bits, the highest too", () => {
  expect([0, 1, 0b1011, 0x8000_0000, -1].map(countViews)).toEqual([0, 1, 3, 1, 32]);
});
