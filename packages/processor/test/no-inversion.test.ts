/** The order in which tasks start when workers are alike: never a later-ranked one while an earlier-ranked one waits. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { defaultSchedulerOptions, policyNames, type TaskId } from "../src/mod.ts";
import { rankMs } from "../src/task-queue.ts";
import { Story } from "./scheduler-story.ts";

const step = fc.record({
  afterMs: fc.integer({ min: 0, max: 400 }),
  priority: fc.integer({ min: 0, max: 9 }),
  dueInMs: fc.option(fc.integer({ min: 0, max: 2000 })),
  completes: fc.boolean(),
});

test("A task never starts while one that ranks before it waits, under every rule", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(...policyNames), (steps, policy) => {
      const story = new Story({ policy, attemptMsMax: 1e9 });
      for (const id of ["a", "b"]) story.join(id);
      const ranks = new Map<TaskId, number>();
      const waiting = new Set<TaskId>();
      const running: TaskId[] = [];
      const follow = (actions: ReturnType<Story["tell"]>): void => {
        for (const action of actions) {
          if (action.type !== "assign") continue;
          const { taskId: id } = action.key;
          waiting.delete(id);
          running.push(id);
          for (const other of waiting) expect(ranks.get(id)).toBeLessThanOrEqual(ranks.get(other) as number);
        }
      };
      for (const [i, { afterMs, priority, dueInMs, completes }] of steps.entries()) {
        story.nowMs += afterMs;
        const fields = { priority, deadlineMs: dueInMs === null ? null : story.nowMs + dueInMs };
        const id = `t${i}` as TaskId;
        ranks.set(id, rankMs(fields, story.nowMs, defaultSchedulerOptions));
        waiting.add(id);
        follow(story.submit(id, fields));
        const done = completes ? running.shift() : undefined;
        if (done !== undefined) follow(story.complete(done));
      }
      for (let done = running.shift(); done !== undefined; done = running.shift()) follow(story.complete(done));
      expect(story.scheduler.statistics().completed).toBe(steps.length);
    }),
  );
});
