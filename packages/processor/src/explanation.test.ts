import { expect, test } from "bun:test";
import { cameraId } from "@skyvox/core";
import { Story } from "../test/scheduler-story.ts";
import type { PolicyName } from "./balance.ts";
import { taskId } from "./task.ts";

function explained(policy: PolicyName): readonly string[] {
  const story = new Story({ policy });
  story.join("a");
  story.join("b");
  story.submit("t");
  return story.scheduler.explain(taskId("t"))?.lines ?? [];
}

test("An explanation says by which rule a worker was chosen and against whom", () => {
  expect(explained("weighted")).toEqual([
    'is on worker "a"',
    'attempt 1 on worker "a" (running): done soonest of 2 that could take it, in 10.0 ms (0.0 ms queued + 10.0 ms execution), ' +
      'next best "b" with 10.0 ms, after 0.0 ms in the queue',
  ]);
  expect(explained("round-robin")[1]).toBe(
    'attempt 1 on worker "a" (running): next in turn of 2 that could take it, after 0.0 ms in the queue',
  );
  expect(explained("least-loaded")[1]).toBe(
    'attempt 1 on worker "a" (running): lowest score 0 of 2 that could take it, next best "b" with 0, after 0.0 ms in the queue',
  );
});

test("An explanation tells transfer and the move of a camera, every attempt, and the outcome", () => {
  const story = new Story({ movedCameraMs: 1 });
  const camera = { cameraId: cameraId("north"), inputBytes: 5000 };
  story.join("a", { linkBytesPerMs: 1000 });
  story.submit("0", camera);
  story.join("b", { linkBytesPerMs: 1000 });
  story.nowMs = 3;
  story.submit("1", camera);
  story.fail("1", "no film");
  story.complete("1");
  expect(story.scheduler.explain(taskId("1"))?.lines).toEqual([
    'was completed by worker "b" in 10.0 ms',
    'attempt 1 on worker "b" (failed): done soonest of 2 that could take it, in 16.0 ms ' +
      "(0.0 ms queued + 10.0 ms execution + 5.0 ms transfer + 1.0 ms for moving its camera), " +
      'next best "a" with 22.0 ms, after 0.0 ms in the queue',
    'attempt 2 on worker "b" (completed): done soonest of 2 that could take it, in 15.0 ms ' +
      '(0.0 ms queued + 10.0 ms execution + 5.0 ms transfer), next best "a" with 23.0 ms, after 0.0 ms in the queue',
  ]);
});

test("An explanation says what a task waits for, and how it ended without a worker", () => {
  const story = new Story();
  story.submit("t");
  const line = (id: string) => story.scheduler.explain(taskId(id))?.lines[0];
  expect(line("t")).toBe("waits: there is no worker");
  story.submit("after", { after: ["t"] });
  expect(line("after")).toBe('waits for "t"');
  story.tell({ type: "cancel", taskId: taskId("t") });
  expect(line("t")).toBe("was cancelled");
  expect(line("after")).toBe('is a dead letter: Cannot start task "after": "t" came to nothing, need it completed');
  expect(story.scheduler.explain(taskId("who"))).toBeNull();
});
