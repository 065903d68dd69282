import { expect, test } from "bun:test";
import { Scheduler } from "@skyvox/processor";
import type { Episode } from "./faults.ts";
import { loadScheduler, type PlantedBug, plantedBugs } from "./planted-bugs.ts";
import { episodesOf, type Program, runSeed } from "./run-seed.ts";
import { shrinkEpisodes } from "./shrink.ts";

const real: Program = { planted: null, Scheduler };
const SEEDS = Array.from({ length: 12 }, (_, index) => index + 1);

test("The simulated cluster holds its invariants under a dozen seeds and is whole again in time", () => {
  expect(SEEDS.map((seed) => runSeed(seed, real).breach)).toEqual(SEEDS.map(() => null));
}, 60_000);

test("Tasks go on through all faults: nearly all that are taken are completed, and a breach tells what happened to its task", async () => {
  const { accepted, completed } = runSeed(5, real).tasks;
  expect(accepted).toBeGreaterThan(300);
  expect(completed / accepted).toBeGreaterThan(0.9);
  const { story } = runSeed(11, { planted: "double-commit", Scheduler: await loadScheduler("double-commit") });
  expect(story.slice(-3).map((line) => line.replace(/^[\d.]+ s +/, ""))).toEqual([
    expect.stringMatching(/^task t\d+: attempt \d+ under epoch \d+ goes to n\d\.\d+#\d+$/),
    expect.stringMatching(/^task t\d+: completed under epoch \d+$/),
    expect.stringMatching(/^BREACH "t\d+" was settled twice$/),
  ]);
}, 20_000);

test("A seed repeats itself to the last line of its story", () => {
  const [first, second] = [7, 7].map((seed) => runSeed(seed, real));
  expect(first?.story).toEqual(second?.story ?? []);
  expect(first?.story).not.toEqual(runSeed(8, real).story);
}, 20_000);

/** One seed per planted bug that finds it, and what it finds. */
const FINDERS: Readonly<Record<PlantedBug, { seed: number; breach: RegExp }>> = {
  "no-fencing": { seed: 3, breach: /n\d obeys epoch \d+ of n\d after epoch \d+/ },
  "stale-owner": { seed: 3, breach: /camera cam-\d is in use by n\d and n\d/ },
  "unbounded-queue": { seed: 8, breach: /\d+ events wait for n\d, the limit is 128/ },
  "lost-retry": { seed: 1, breach: /"t\d+" and \d+ more tasks were taken and came to nothing/ },
  "double-commit": { seed: 11, breach: /"t\d+" was settled twice/ },
  "unbounded-tasks": { seed: 1, breach: /65 tasks are in hand, 60 may be/ },
  "unfenced-results": { seed: 210, breach: /"(t\d+)" was committed as \1#\d@2 while \1#\d@3 held it/ },
  "stale-results": { seed: 9, breach: /"(t\d+)" was committed as \1#\d@(\d) while \1#\d@\2 held it/ },
};

for (const planted of plantedBugs) {
  test(`The simulator finds the planted bug ${planted}, which the program does not have`, async () => {
    const { seed, breach } = FINDERS[planted];
    expect(runSeed(seed, { planted, Scheduler: await loadScheduler(planted) }).breach).toMatch(breach);
    expect(runSeed(seed, real).breach).toBeNull();
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
