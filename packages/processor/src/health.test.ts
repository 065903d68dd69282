import { describe, expect, test } from "bun:test";
import { type HealthMeasures, HealthMonitor } from "./health.ts";

const good: HealthMeasures = { workersWanted: 4, workersHere: 4, takenShare: 0.1, successRate: 1, missedShare: 0 };
const judgeOnce = (measures: Partial<HealthMeasures>) =>
  new HealthMonitor({ holdMs: 1000 }).judge(0, { ...good, ...measures });

describe("Health", () => {
  for (const [measures, state, reasons] of [
    [{}, "healthy", []],
    [{ workersHere: 3 }, "degraded", ["3 of 4 workers are here"]],
    [{ successRate: 0.95 }, "healthy", []],
    [{ successRate: 0.94 }, "degraded", ["94 % of the tasks succeed"]],
    [{ takenShare: 0.69 }, "healthy", []],
    [{ takenShare: 0.7 }, "overloaded", ["70 % of the places for tasks are taken"]],
    [{ missedShare: 0.1 }, "overloaded", ["10 % of the tasks miss their deadline"]],
    [{ missedShare: 0.09 }, "healthy", []],
    [{ workersHere: 0 }, "critical", ["no worker is here", "0 of 4 workers are here"]],
    [{ successRate: 0.49 }, "critical", ["49 % of the tasks succeed", "49 % of the tasks succeed"]],
    [{ takenShare: 0.95, workersHere: 2 }, "critical", undefined],
  ] as const) {
    test(`is ${state} with ${JSON.stringify(measures)}`, () => {
      const health = judgeOnce(measures);
      expect(health.state).toBe(state);
      if (reasons !== undefined) expect(health.reasons).toEqual([...reasons]);
    });
  }

  test("gets better only when a threshold was clear of its end for the whole hold time", () => {
    const monitor = new HealthMonitor({ holdMs: 1000 });
    const at = (nowMs: number, takenShare: number) => monitor.judge(nowMs, { ...good, takenShare }).state;
    expect(at(0, 0.7)).toBe("overloaded");
    expect(at(100, 0.6)).toBe("overloaded");
    // Between begin and end it neither ends nor counts towards the end.
    expect(at(5000, 0.5)).toBe("overloaded");
    expect(at(6000, 0.49)).toBe("overloaded");
    expect(at(6500, 0.55)).toBe("overloaded");
    expect(at(7000, 0.49)).toBe("overloaded");
    expect(at(7999, 0.49)).toBe("overloaded");
    expect(at(8000, 0.49)).toBe("healthy");
    expect(at(8001, 0.69)).toBe("healthy");
  });

  test("falls from critical to what still holds", () => {
    const monitor = new HealthMonitor({ holdMs: 0 });
    expect(monitor.judge(0, { ...good, workersHere: 0 }).state).toBe("critical");
    expect(monitor.judge(1, { ...good, workersHere: 1 })).toEqual({
      state: "degraded",
      reasons: ["1 of 4 workers are here"],
    });
  });
});
