/** The schedule under seeded faults: what it promises holds in every seed, and a bug that is planted is found. */
import { describe, expect, test } from "bun:test";
import { Scheduler } from "../src/mod.ts";
import { loadWithBug, plantedBugs } from "../testing/planted-bugs.ts";
import { simulate } from "./fault-simulation.ts";

const SEEDS = 60;
const SEEDS_TO_FIND = 30;
const TIMEOUT_MS = 60_000;

describe("Under faults", () => {
  test(
    "no task is lost, none is committed twice, no old result counts, and queues are bounded",
    () => {
      const total = { accepted: 0, completed: 0, kills: 0, freezes: 0, takeovers: 0 };
      for (let seed = 0; seed < SEEDS; seed++) {
        const report = simulate(seed, Scheduler);
        expect([seed, report.broken]).toEqual([seed, []]);
        for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += report[key];
      }
      // The run is no run without these.
      expect(total.accepted).toBeGreaterThan(50 * SEEDS);
      expect(total.completed / total.accepted).toBeGreaterThan(0.5);
      expect(total.kills).toBeGreaterThan(5 * SEEDS);
      expect(total.freezes).toBeGreaterThan(2 * SEEDS);
      expect(total.takeovers).toBe(SEEDS);
    },
    TIMEOUT_MS,
  );

  test("the same seed tells the same story", () => {
    expect(simulate(7, Scheduler)).toEqual(simulate(7, Scheduler));
    expect(simulate(7, Scheduler).digest).not.toBe(simulate(8, Scheduler).digest);
  });

  for (const bug of plantedBugs) {
    test(
      `the planted bug ${bug.name} is found`,
      async () => {
        const faulty = await loadWithBug(bug);
        const findings: string[] = [];
        for (let seed = 0; seed < SEEDS_TO_FIND && !findings.some((text) => bug.finding.test(text)); seed++) {
          findings.push(...simulate(seed, faulty).broken);
        }
        expect(findings.filter((text) => bug.finding.test(text)).length).toBeGreaterThan(0);
      },
      TIMEOUT_MS,
    );
  }
});
