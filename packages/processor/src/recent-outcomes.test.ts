import { expect, test } from "bun:test";
import { RecentOutcomes } from "./recent-outcomes.ts";
import { type TaskOutcome, workerId } from "./task.ts";

const completed = (isLate = false): TaskOutcome => ({
  ...{ state: "completed", value: 0, workerId: workerId("a"), attempt: 1, executionMs: 1, isLate },
});
const dead = (code: "retries" | "dependency"): TaskOutcome => ({
  ...{ state: "dead-letter", reason: { code, message: "" }, failures: [] },
});

test("RecentOutcomes counts success among completed tasks and dead letters, and misses among all", () => {
  const recent = new RecentOutcomes({ windowMs: 1000, capacity: 10 });
  expect(recent.shares(0)).toEqual({ successRate: 1, missedShare: 0 });
  for (const outcome of [completed(), completed(true), dead("retries"), { state: "expired" } as const]) {
    recent.note(0, outcome);
  }
  for (const outcome of [{ state: "cancelled" } as const, dead("dependency")]) recent.note(0, outcome);
  expect(recent.shares(1000)).toEqual({ successRate: 2 / 3, missedShare: 0.5 });
  expect(recent.shares(1001)).toEqual({ successRate: 1, missedShare: 0 });
});

test("RecentOutcomes forgets the oldest when it is full", () => {
  const recent = new RecentOutcomes({ windowMs: 1000, capacity: 2 });
  for (const outcome of [dead("retries"), completed(), completed()]) recent.note(0, outcome);
  expect(recent.shares(0).successRate).toBe(1);
});
