/** How well tasks are spread over workers, against bounds that know nothing of the scheduler. */
import { describe, expect, test } from "bun:test";
import { createPrng } from "@skyvox/core";
import { createTask, type PolicyName, type Task, taskId } from "../src/mod.ts";
import { type FakeWorker, runFakeCluster } from "../testing/fake-cluster.ts";

/** No schedule, not even one that may interrupt tasks, is shorter: all work at full speed, and the k largest tasks on the k fastest. */
function boundMs(tasks: readonly Task[], workers: readonly FakeWorker[]): number {
  const work = tasks.map(({ workUnits }) => workUnits).sort((a, b) => b - a);
  const speeds = workers.flatMap(({ speed, lanes }) => Array<number>(lanes).fill(speed)).sort((a, b) => b - a);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const largest = speeds.slice(0, -1).map((_, k) => sum(work.slice(0, k + 1)) / sum(speeds.slice(0, k + 1)));
  return Math.max(sum(work) / sum(speeds), ...largest);
}

const worker = (speed: number): FakeWorker => ({ speed, lanes: 1, slots: 2 });

function mixedTasks(seed: number, count: number): Task[] {
  const prng = createPrng(seed);
  return Array.from({ length: count }, (_, i) =>
    createTask({ id: taskId(`t${i}`), type: "cast", workUnits: prng.uniform(5, 40) }),
  );
}

describe("Makespan", () => {
  const workers = [1, 1, 1.5, 2, 2, 3, 4, 4].map(worker);

  test("of mixed tasks on unlike workers is at most 1.05 times the bound, also while speeds are still learnt", () => {
    for (let seed = 0; seed < 20; seed++) {
      const tasks = mixedTasks(seed, 600);
      const { makespanMs } = runFakeCluster({ workers, tasks, stepMs: 0, oneWayMs: 0 });
      const ratio = makespanMs / boundMs(tasks, workers);
      expect(ratio).toBeLessThanOrEqual(1.05);
      expect(ratio).toBeGreaterThanOrEqual(1);
    }
  });

  test("is longer under the rules that do not look at speed", () => {
    const tasks = mixedTasks(1, 200);
    const ratio = (policy: PolicyName): number =>
      runFakeCluster({ workers, tasks, stepMs: 0, oneWayMs: 0, scheduler: { policy } }).makespanMs;
    for (const policy of ["round-robin", "least-loaded"] as const) {
      expect(ratio(policy)).toBeGreaterThan(ratio("weighted"));
    }
  });

  test("of equal tasks on one worker is their sum", () => {
    const tasks = Array.from({ length: 7 }, (_, i) => createTask({ id: taskId(`t${i}`), type: "cast", workUnits: 10 }));
    const { makespanMs, efficiency } = runFakeCluster({ workers: [worker(2)], tasks, stepMs: 0, oneWayMs: 0 });
    expect(makespanMs).toBe(35);
    expect(efficiency).toBe(1);
  });
});

test("Forty workers are busy 96 % of the time with a scheduler that takes 50 us a step and messages that take 0.5 ms", () => {
  const workers = Array.from({ length: 40 }, () => worker(1));
  const tasks = Array.from({ length: 40 * 50 }, (_, i) =>
    createTask({ id: taskId(`t${i}`), type: "cast", workUnits: 20 }),
  );
  const { efficiency } = runFakeCluster({ workers, tasks, stepMs: 0.05, oneWayMs: 0.5 });
  expect(efficiency).toBeGreaterThanOrEqual(0.96);
});
