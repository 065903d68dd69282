import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import golden from "../../test/data/vision-metrics.json";
import { clear } from "./clear.ts";
import { hota } from "./hota.ts";
import { identity } from "./identity.ts";
import { type SimilarityRun, similarityOf } from "./similarity.ts";

interface DenseStep {
  readonly truth: readonly number[];
  readonly tracks: readonly number[];
  readonly similarity: readonly (readonly number[])[];
}

function runOf(truthCount: number, trackCount: number, steps: readonly DenseStep[]): SimilarityRun {
  return {
    truthCount,
    trackCount,
    steps: steps.map(({ truth, tracks, similarity }) => {
      const rows = truth.map((_, row) =>
        tracks.flatMap((_track, column) => {
          const value = similarity[row]?.[column] ?? 0;
          return value > 0 ? [{ column, value }] : [];
        }),
      );
      const rowStart = Int32Array.of(0, ...rows.map((_, row) => rows.slice(0, row + 1).flat().length));
      return {
        truth: Int32Array.from(truth),
        tracks: Int32Array.from(tracks),
        rowStart,
        columns: Int32Array.from(rows.flat(), ({ column }) => column),
        similarities: Float64Array.from(rows.flat(), ({ value }) => value),
      };
    }),
  };
}

describe("On the sequences of TrackEval", () => {
  for (const { name, truthCount, trackCount, steps, ...wanted } of golden) {
    const run = runOf(truthCount, trackCount, steps);

    test(`HOTA, DetA and AssA of ${name} are those of TrackEval at every threshold`, () => {
      const found = hota(run);
      for (const [index, alpha] of found.alphas.entries()) {
        const at = [alpha, found.hotaOfAlpha[index], found.detAOfAlpha[index], found.assAOfAlpha[index]];
        const theirs = [wanted.hota.HOTA[index]!, wanted.hota.DetA[index]!, wanted.hota.AssA[index]!];
        for (const [k, value] of theirs.entries()) expect(at[k + 1]).toBeCloseTo(value, 9);
      }
    });

    test(`CLEAR of ${name} is that of TrackEval`, () => {
      const found = clear(run);
      const { CLR_TP, CLR_FN, CLR_FP, IDSW, MOTA, MOTP, MT, PT, ML } = wanted.clear;
      expect(found).toMatchObject({ truePositives: CLR_TP, falseNegatives: CLR_FN, falsePositives: CLR_FP });
      expect(found).toMatchObject({ switches: IDSW, mostlyTracked: MT, partlyTracked: PT, mostlyLost: ML });
      expect(found.mota).toBeCloseTo(MOTA, 9);
      expect(found.motp).toBeCloseTo(MOTP, 9);
    });

    test(`Identity of ${name} is that of TrackEval`, () => {
      const found = identity(run);
      const { IDTP, IDFN, IDFP, IDF1, IDP, IDR } = wanted.identity;
      expect(found).toMatchObject({ idtp: IDTP, idfn: IDFN, idfp: IDFP });
      for (const [ours, theirs] of [
        [found.idf1, IDF1],
        [found.idPrecision, IDP],
        [found.idRecall, IDR],
      ] as const)
        expect(ours).toBeCloseTo(theirs, 9);
    });
  }
});

// The values of tests/test_metrics.py of TrackEval as they stand there.
test("CLEAR and identity of TrackEval's own sequences have the values its tests name", () => {
  const wanted = {
    no_confusion: { clear: [4, 4, 5, 0, 1 - 9 / 8], identity: [4, 4, 5, 8 / 17] },
    with_confusion: { clear: [5, 3, 4, 1, 1 - 8 / 8], identity: [4, 4, 5, 8 / 17] },
    split_tracks: { clear: [9, 0, 2, 3, 1 - 5 / 9], identity: [4, 5, 7, 8 / 20] },
  };
  for (const [name, values] of Object.entries(wanted)) {
    const { truthCount, trackCount, steps } = golden.find((sequence) => sequence.name === name)!;
    const run = runOf(truthCount, trackCount, steps);
    const { truePositives, falseNegatives, falsePositives, switches, mota } = clear(run);
    expect([truePositives, falseNegatives, falsePositives, switches, mota]).toEqual(values.clear);
    const { idtp, idfn, idfp, idf1 } = identity(run);
    expect([idtp, idfn, idfp, idf1]).toEqual(values.identity);
  }
});

// py-motmetrics, test_mota_motp: distances there, similarity 1 - d/10 here, so that all pairs with a distance match.
test("CLEAR of the sequence of py-motmetrics' test_mota_motp has the values it names", () => {
  const near = (distances: readonly (readonly number[])[]) => distances.map((row) => row.map((d) => 1 - d / 10));
  const none = Number.POSITIVE_INFINITY;
  const found = clear(
    runOf(2, 2, [
      { truth: [], tracks: [0, 1], similarity: [] },
      { truth: [0, 1], tracks: [], similarity: [] },
      {
        truth: [0, 1],
        tracks: [0, 1],
        similarity: near([
          [1, 0.5],
          [0.3, 1],
        ]),
      },
      {
        truth: [0, 1],
        tracks: [0, 1],
        similarity: near([
          [0.2, none],
          [none, 0.1],
        ]),
      },
      {
        truth: [0, 1],
        tracks: [0, 1],
        similarity: near([
          [5, 1],
          [1, 5],
        ]),
      },
      { truth: [], tracks: [], similarity: [] },
    ]),
  );
  expect(found).toMatchObject({ falsePositives: 2, falseNegatives: 2, switches: 2, truePositives: 6 });
  expect(found.mota).toBeCloseTo(1 - (2 + 2 + 2) / 8, 12);
  expect((1 - found.motp) * 10).toBeCloseTo(11.1 / 6, 12);
});

describe("A hand-worked run", () => {
  const one = (tracks: readonly number[], similarity: readonly number[] = [1]): DenseStep => ({
    truth: [0],
    tracks,
    similarity: [similarity],
  });

  test("HOTA of one target whose track changes once in four steps", () => {
    // DetA 1; each half has TPA 2, FNA 2, FPA 0: AssA 1/2 at every threshold.
    const found = hota(runOf(1, 2, [one([0]), one([0]), one([1]), one([1])]));
    expect([found.detA, found.assA]).toEqual([1, 0.5]);
    expect(found.hota).toBeCloseTo(Math.SQRT1_2, 12);
  });

  test("HOTA of one target at similarity 0.62 counts at the 12 thresholds up to 0.60", () => {
    const found = hota(runOf(1, 1, [one([0], [0.62]), one([0], [0.62])]));
    expect(found.hota).toBeCloseTo(12 / 19, 12);
  });

  test("CLEAR counts a fragmentation where a target is lost and found again by the same track, and no switch", () => {
    const found = clear(runOf(1, 1, [one([0]), one([]), one([0]), one([0], [0.2]), one([0])]));
    expect(found).toMatchObject({
      fragmentations: 2,
      switches: 0,
      truePositives: 3,
      falseNegatives: 2,
      falsePositives: 1,
    });
    expect(found.partlyTracked).toBe(1);
  });

  test("CLEAR counts no fragmentation where the target itself was away", () => {
    const away = { truth: [], tracks: [0], similarity: [] };
    expect(clear(runOf(1, 1, [one([0]), away, one([0])])).fragmentations).toBe(0);
  });

  test("CLEAR keeps a pair that still matches although another track is nearer", () => {
    expect(clear(runOf(1, 2, [one([0]), one([0, 1], [0.5, 1])])).switches).toBe(0);
    expect(clear(runOf(1, 2, [one([0]), one([0, 1], [0.49, 1])])).switches).toBe(1);
  });

  test("Measures of nothing are zero", () => {
    const empty = runOf(0, 0, [{ truth: [], tracks: [], similarity: [] }]);
    expect(hota(empty).hota).toBe(0);
    expect(clear(empty)).toMatchObject({ mota: 0, motp: 0, falsePositives: 0 });
    expect(identity(empty)).toEqual({ idtp: 0, idfn: 0, idfp: 0, idf1: 0, idPrecision: 0, idRecall: 0 });
  });
});

test("Similarity is 1 at no distance, a half at the match distance, and no pair at twice that", () => {
  const track = (id: number, x: number) => ({ id, positionEnuM: [x, 0, 0], covarianceM2: UNIT }) as const;
  const { steps, truthCount, trackCount } = similarityOf(
    [
      { timeS: 0, truth: [{ name: "a", positionEnuM: [0, 0, 0] }], tracks: [track(9, 0), track(4, 5), track(7, 10)] },
      { timeS: 1, truth: [{ name: "a", positionEnuM: [0, 0, 0] }], tracks: [track(7, -2.5)] },
    ],
    5,
  );
  expect([truthCount, trackCount]).toEqual([1, 3]);
  expect([...steps[0]!.similarities]).toEqual([1, 0.5]);
  expect([...steps[1]!.tracks]).toEqual([2]);
  expect([...steps[1]!.similarities]).toEqual([0.75]);
});

const UNIT = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;

test("Identity equals the best of all one-to-one choices of tracks", () => {
  const step = fc.array(fc.array(fc.constantFrom(0, 0.4, 0.5, 0.9), { minLength: 4, maxLength: 4 }), {
    minLength: 3,
    maxLength: 3,
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 5 }), (similarities) => {
      const dense = similarities.map((similarity) => ({ truth: [0, 1, 2], tracks: [0, 1, 2, 3], similarity }));
      const together = (truth: number, track: number): number =>
        similarities.filter((similarity) => similarity[truth]![track]! >= 0.5).length;
      const most = (truth: number, taken: readonly number[]): number =>
        truth === 3
          ? 0
          : Math.max(
              most(truth + 1, taken),
              ...[0, 1, 2, 3]
                .filter((track) => !taken.includes(track))
                .map((track) => together(truth, track) + most(truth + 1, [...taken, track])),
            );
      expect(identity(runOf(3, 4, dense)).idtp).toBe(most(0, []));
    }),
    { numRuns: 100, seed: 4 },
  );
});
