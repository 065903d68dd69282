import { expect, test } from "bun:test";
import type { Vec3 } from "@skyvox/core";
import fc from "fast-check";
import { gospa } from "./gospa.ts";
import type { ScoredStep } from "./scored-run.ts";
import { trajectoryGospa } from "./trajectory-gospa.ts";

const UNIT = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;

/** Positions along one axis by step; null where a target or track is not there. */
function stepsOf(truth: readonly (number | null)[][], tracks: readonly (number | null)[][]): ScoredStep[] {
  const at = (x: number): Vec3 => [x, 0, 0];
  return Array.from({ length: truth[0]?.length ?? tracks[0]?.length ?? 0 }, (_, k) => ({
    timeS: k,
    truth: truth.flatMap((path, index) => {
      const x = path[k] ?? null;
      return x === null ? [] : { name: `t${index}`, positionEnuM: at(x) };
    }),
    tracks: tracks.flatMap((path, index) => {
      const x = path[k] ?? null;
      return x === null ? [] : { id: index + 1, positionEnuM: at(x), covarianceM2: UNIT };
    }),
  }));
}

test("Trajectory GOSPA prices a change of track once and its share adds up", () => {
  // Track 1 follows the target for 2 steps, track 2 for 2 more, each 1 m off: 4 pairs of 1 m², one switch of 2² = 4 m².
  const found = trajectoryGospa(
    stepsOf(
      [[0, 0, 0, 0]],
      [
        [1, 1, null, null],
        [null, null, 1, 1],
      ],
    ),
    { cutoffM: 5, switchM: 2 },
  );
  expect(found).toMatchObject({
    localisationM2: 1,
    missedM2: 0,
    falseM2: 0,
    switchM2: 1,
    switchCount: 1,
    isExact: true,
  });
  expect(found.gospaM).toBeCloseTo(Math.SQRT2, 12);
});

test("Trajectory GOSPA charges half a switch for a track that begins late, nothing for one that pauses", () => {
  const late = trajectoryGospa(stepsOf([[0, 0, 0]], [[null, 0, 0]]), { cutoffM: 5, switchM: 2 });
  // Held from the start at no cost: the missed step costs 12.5, no switch.
  expect(late).toMatchObject({ switchCount: 0, localisationM2: 0 });
  expect(late.missedM2).toBeCloseTo(12.5 / 3, 12);
  const pause = trajectoryGospa(stepsOf([[0, 0, 0]], [[0, null, 0]]), { cutoffM: 5, switchM: 2 });
  expect(pause.switchCount).toBe(0);
  expect(pause.missedM2).toBeCloseTo(12.5 / 3, 12);
  // One track serves two targets in turn: it leaves the first and is taken by the second, half a switch each.
  const handed = trajectoryGospa(
    stepsOf(
      [
        [0, 0, 0],
        [20, 20, 20],
      ],
      [[0, 20, 20]],
    ),
    { cutoffM: 5, switchM: 2 },
  );
  expect(handed.switchCount).toBe(1);
});

test("Trajectory GOSPA holds on to a pair where that is cheaper than switching twice", () => {
  // Tracks change places for one step, 1 m apart: holding costs 2 x 1 m², switching back and forth 4 x γ².
  const steps = stepsOf(
    [
      [0, 0, 0],
      [1, 1, 1],
    ],
    [
      [0, 1, 0],
      [1, 0, 1],
    ],
  );
  expect(trajectoryGospa(steps, { cutoffM: 5, switchM: 1 })).toMatchObject({ switchCount: 0, localisationM2: 2 / 3 });
  expect(trajectoryGospa(steps, { cutoffM: 5, switchM: 0.5 })).toMatchObject({ switchCount: 4, localisationM2: 0 });
});

test("Trajectory GOSPA without a price for switches is GOSPA of the steps", () => {
  const steps = stepsOf(
    [
      [0, 1, 2],
      [6, null, 4],
    ],
    [
      [0.5, 3, 2],
      [6, 6, 9],
    ],
  );
  const mean = steps
    .map(
      ({ truth, tracks }) =>
        gospa(
          truth.map((t) => t.positionEnuM),
          tracks.map((t) => t.positionEnuM),
        ).gospaM ** 2,
    )
    .reduce((sum, square) => sum + square / steps.length, 0);
  expect(trajectoryGospa(steps, { cutoffM: 5, switchM: 0 }).gospaM ** 2).toBeCloseTo(mean, 12);
});

/** Weighs every sequence of every way to pair, by the definition. */
function bruteForce(steps: readonly ScoredStep[], truths: number, tracks: number, c: number, gamma: number): number {
  let states: number[][] = [[]];
  for (let row = 0; row < truths; row++) {
    states = states.flatMap((held) =>
      [-1, ...Array.from({ length: tracks }, (_, j) => j)]
        .filter((column) => column < 0 || !held.includes(column))
        .map((column) => [...held, column]),
    );
  }
  const stepCost = ({ truth, tracks: there }: ScoredStep, held: readonly number[]): number => {
    const places = held.map((_, row) => truth.find(({ name }) => name === `t${row}`)?.positionEnuM[0]);
    const track = (column: number) => there.find(({ id }) => id === column + 1)?.positionEnuM[0];
    let cost = (c * c * (truth.length + there.length)) / 2;
    for (const [row, column] of held.entries()) {
      const x = places[row];
      const y = track(column);
      if (x !== undefined && y !== undefined) cost += Math.min((x - y) ** 2, c * c) - c * c;
    }
    return cost;
  };
  const change = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, from, row) => sum + (from === b[row] ? 0 : from < 0 || b[row]! < 0 ? 0.5 : 1), 0);
  const least = (step: number, before: readonly number[] | null): number =>
    step === steps.length
      ? 0
      : Math.min(
          ...states.map(
            (held) =>
              stepCost(steps[step]!, held) +
              (before === null ? 0 : gamma * gamma * change(before, held)) +
              least(step + 1, held),
          ),
        );
  return Math.sqrt(least(0, null) / steps.length);
}

test("Trajectory GOSPA equals the least of all sequences of pairs", () => {
  const path = fc.array(fc.option(fc.double({ min: 0, max: 8, noNaN: true }), { freq: 4 }), {
    minLength: 3,
    maxLength: 3,
  });
  fc.assert(
    fc.property(
      fc.array(path, { minLength: 1, maxLength: 2 }),
      fc.array(path, { minLength: 1, maxLength: 2 }),
      (truth, tracks) => {
        const steps = stepsOf(truth, tracks);
        const found = trajectoryGospa(steps, { cutoffM: 5, switchM: 1.5 });
        expect(found.isExact).toBe(true);
        expect(found.gospaM).toBeCloseTo(bruteForce(steps, truth.length, tracks.length, 5, 1.5), 8);
      },
    ),
    { numRuns: 60, seed: 6 },
  );
});

test("Trajectory GOSPA of a crowd is an upper bound, and says so", () => {
  // 5 targets and 5 tracks within reach of each other have 1546 ways to pair; the tracks follow theirs, so no sum can be smaller.
  const paths = Array.from({ length: 5 }, (_, k) => [k * 0.5, k * 0.5, k * 0.5, k * 0.5]);
  const found = trajectoryGospa(stepsOf(paths, paths), { cutoffM: 5, switchM: 1 });
  expect(found).toMatchObject({ gospaM: 0, switchCount: 0, isExact: false });
});

test("Trajectory GOSPA of a crowd lies between GOSPA of the steps without and with the switches of its pairs", () => {
  const path = fc.array(fc.double({ min: 0, max: 6, noNaN: true }), { minLength: 4, maxLength: 4 });
  const crowd = fc.array(path, { minLength: 5, maxLength: 6 });
  const options = { cutoffM: 5, switchM: 1.5 };
  fc.assert(
    fc.property(crowd, crowd, (truth, tracks) => {
      const steps = stepsOf(truth, tracks);
      const alone = steps.map((step) =>
        gospa(
          step.truth.map((t) => t.positionEnuM),
          step.tracks.map((t) => t.positionEnuM),
        ),
      );
      const least = alone.reduce((sum, { gospaM }) => sum + gospaM ** 2, 0);
      // All targets and tracks are there throughout, so places in the lists are identities.
      const changes = alone.slice(1).reduce((sum, { estimateOfTruth }, k) => {
        const before = alone[k]!.estimateOfTruth;
        return sum + estimateOfTruth.reduce((own, to, row) => own + priceOf(before[row]!, to), 0);
      }, 0);
      const total = steps.length * trajectoryGospa(steps, options).gospaM ** 2;
      expect(total).toBeGreaterThanOrEqual(least - 1e-9);
      expect(total).toBeLessThanOrEqual(least + options.switchM ** 2 * changes + 1e-9);
    }),
    { numRuns: 60, seed: 7 },
  );
});

function priceOf(from: number, to: number): number {
  if (from === to) return 0;
  return from < 0 || to < 0 ? 0.5 : 1;
}
