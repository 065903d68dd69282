import { describe, expect, test } from "bun:test";
import { AssertionError } from "@skyvox/core";
import fc from "fast-check";
import { storyTask } from "../test/scheduler-story.ts";
import { TaskQueue } from "./task-queue.ts";

const order = { patienceMs: 1000, priorityStepMs: 100 };

describe("TaskQueue", () => {
  test("gives the more urgent first, then the one with the nearer deadline, then the older", () => {
    const queue = new TaskQueue({ ...order, tasksMax: 9 });
    queue.push(storyTask("old"), 0);
    queue.push(storyTask("older-by-order"), 5);
    queue.push(storyTask("younger-by-order"), 5);
    queue.push(storyTask("due", { deadlineMs: 500 }), 6);
    queue.push(storyTask("urgent", { priority: 9 }), 7);
    // Due at 500; old by 1000, priority 9 makes 1007 - 900 = 107 of it.
    const ids = Array.from({ length: 5 }, () => queue.pop()?.id as string);
    expect(ids).toEqual(["urgent", "due", "old", "older-by-order", "younger-by-order"]);
    expect(queue.pop()).toBeUndefined();
  });

  test("takes a far deadline for no deadline and a past one for one of now", () => {
    const queue = new TaskQueue({ ...order, tasksMax: 9 });
    queue.push(storyTask("past", { deadlineMs: -1e9 }), 100);
    queue.push(storyTask("now", { deadlineMs: 100 }), 100);
    queue.push(storyTask("whenever"), 100);
    queue.push(storyTask("far", { deadlineMs: 1e9 }), 99);
    expect(Array.from({ length: 4 }, () => queue.pop()?.id as string)).toEqual(["past", "now", "far", "whenever"]);
  });

  test("holds at most tasksMax tasks, and gives up the place of one that is removed", () => {
    const queue = new TaskQueue({ ...order, tasksMax: 2 });
    queue.push(storyTask("a"), 0);
    queue.push(storyTask("b"), 0);
    expect(() => queue.push(storyTask("c"), 0)).toThrow(AssertionError);
    expect(queue.remove(storyTask("a").id)).toBe(true);
    expect(queue.remove(storyTask("a").id)).toBe(false);
    queue.push(storyTask("c"), 0);
    expect(queue.count).toBe(2);
  });

  test("lets nobody be passed over by tasks that came later than patience and priority allow", () => {
    const arrival = fc.record({
      readyMs: fc.integer({ min: 0, max: 5000 }),
      priority: fc.integer({ min: 0, max: 9 }),
      deadlineMs: fc.option(fc.integer({ min: 0, max: 20_000 })),
    });
    fc.assert(
      fc.property(fc.array(arrival, { minLength: 2, maxLength: 40 }), (arrivals) => {
        const queue = new TaskQueue({ ...order, tasksMax: 40 });
        for (const [i, { readyMs, ...fields }] of arrivals.entries()) queue.push(storyTask(`${i}`, fields), readyMs);
        const taken = arrivals.map(() => arrivals[Number(queue.pop()?.id)]);
        for (const [i, late] of taken.entries()) {
          for (const before of taken.slice(0, i)) {
            if (late === undefined || before === undefined) continue;
            const allowedMs = order.patienceMs + (before.priority - late.priority) * order.priorityStepMs;
            expect(before.readyMs).toBeLessThanOrEqual(late.readyMs + allowedMs);
          }
        }
      }),
    );
  });
});
