import { expect, test } from "bun:test";
import type { Episode } from "./faults.ts";
import { type PlantedBug, plantedBugs } from "./planted-bugs.ts";
import { episodesOf, runSeed } from "./run-seed.ts";
import { shrinkEpisodes } from "./shrink.ts";

const SEEDS = Array.from({ length: 12 }, (_, index) => index + 1);

test("The simulated cluster holds its invariants under a dozen seeds and is whole again in time", () => {
  expect(SEEDS.map((seed) => runSeed(seed, { planted: null }).breach)).toEqual(SEEDS.map(() => null));
}, 60_000);

test("A seed repeats itself to the last line of its story", () => {
  const [first, second] = [7, 7].map((seed) => runSeed(seed, { planted: null }));
  expect(first?.story).toEqual(second?.story ?? []);
  expect(first?.story).not.toEqual(runSeed(8, { planted: null }).story);
}, 20_000);

/** One seed per planted bug that finds it, and what it finds. */
const FINDERS: Readonly<Record<PlantedBug, { seed: number; breach: RegExp }>> = {
  "no-fencing": { seed: 23, breach: /n\d obeys epoch \d+ of n\d after epoch \d+/ },
  "stale-owner": { seed: 24, breach: /camera cam-\d is in use by n\d and n\d/ },
  "unbounded-queue": { seed: 8, breach: /\d+ events wait for n\d, the limit is 128/ },
};

for (const planted of plantedBugs) {
  test(`The simulator finds the planted bug ${planted}, which the program does not have`, () => {
    const { seed, breach } = FINDERS[planted];
    expect(runSeed(seed, { planted }).breach).toMatch(breach);
    expect(runSeed(seed, { planted: null }).breach).toBeNull();
  }, 20_000);
}

test("Shrinking leaves out every fault that a breach does not need", () => {
  const episodes = episodesOf(3);
  const needed = episodes.flatMap(({ faults }) => faults).slice(1, 3);
  const breaks = (candidate: readonly Episode[]) =>
    needed.every((fault) => candidate.some(({ faults }) => faults.includes(fault)));
  expect(needed).toHaveLength(2);
  expect(shrinkEpisodes(episodes, breaks).flatMap(({ faults }) => faults)).toEqual(needed);
});
