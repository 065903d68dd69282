import { describe, expect, test } from "bun:test";
import { cameraId } from "@skyvox/core";
import { ManualClock } from "@skyvox/testing";
import { Story } from "../test/scheduler-story.ts";
import { DistributedProcessor } from "./distributed-processor.ts";
import type { ProcessorNotice } from "./processor-options.ts";
import { taskId, workerId } from "./task.ts";

describe("A list of tasks", () => {
  test("shows every state, those in hand first and the newest of them first, then the last that were settled", () => {
    const story = new Story({ retriesMax: 1 });
    story.nowMs = 10;
    story.join("w");
    story.submit("odd", { gpuMemoryBytes: 1 });
    story.submit("done", { cameraId: cameraId("north"), priority: 3 });
    story.submit("bad");
    story.submit("behind", { after: ["bad"] });
    story.complete("done");
    story.nowMs = 20;
    story.fail("bad");
    story.submit("next", { after: ["odd"] });
    story.submit("last");
    story.submit("gone");
    story.tell({ type: "cancel", taskId: taskId("gone") });
    const states = () => story.scheduler.tasks().map((task) => `${task.taskId} ${task.state} ${task.attempts}`);
    expect(states()).toEqual([
      ...["last queued 0", "next waiting 0", "behind waiting 0", "bad assigned 2", "odd parked 0"],
      ...["gone cancelled 0", "done completed 1"],
    ]);
    story.nowMs = 30;
    story.fail("bad", "a broken lens");
    expect(states().slice(3)).toEqual([
      ...["behind dead-letter 0", "bad dead-letter 2", "gone cancelled 0", "done completed 1"],
    ]);
    expect(story.scheduler.tasks().at(-1)).toEqual({
      ...{ taskId: taskId("done"), type: "work", state: "completed", priority: 3, cameraId: cameraId("north") },
      ...{ attempts: 1, failures: 0, workerId: workerId("w"), submittedMs: 10, settledMs: 10, reason: null },
    });
  });

  test("keeps dead letters with their reason when later outcomes have pushed them out, up to its limit", () => {
    const story = new Story({ retriesMax: 0, rememberedMax: 1, deadLettersMax: 2 });
    story.join("w");
    for (const id of ["a", "b", "c"]) {
      story.nowMs += 1;
      story.submit(id, { type: "lift" });
      story.fail(id, `${id} is too heavy`);
    }
    story.submit("fine");
    story.complete("fine");
    expect(story.scheduler.tasks().map(({ taskId: id }) => String(id))).toEqual(["fine"]);
    expect(story.scheduler.deadLetters.map(({ taskId: id }) => String(id))).toEqual(["b", "c"]);
    const failure = { attempt: 1, workerId: workerId("w"), kind: "failed", message: "c is too heavy" };
    const message = 'Cannot complete task "c": 1 attempts failed, the last on "w": c is too heavy';
    expect(story.scheduler.deadLetters.at(-1)).toEqual({
      ...{ taskId: taskId("c"), type: "lift", cameraId: null, attempts: 1, submittedMs: 3, settledMs: 3 },
      ...{ reason: { code: "retries", message }, failures: [failure] as never },
    });
  });
});

describe("Results of other owners", () => {
  test("of an earlier epoch are refused as superseded, of a later one end this schedule", () => {
    const story = new Story({ epoch: 7 });
    story.join("w");
    story.submit("t");
    const { epoch: _, ...key } = story.latest("t");
    const result = (epoch: number) =>
      ({ type: "completed", key: { ...key, epoch }, value: 0, executionMs: 1 }) as const;
    const refused = (epoch: number, reason: string) => ({ type: "result-refused", key: { ...key, epoch }, reason });
    expect(story.tell(result(6))).toEqual([refused(6, "superseded")] as never);
    expect(story.tell(result(8))).toEqual([
      ...([refused(8, "later-epoch"), { type: "superseded", epoch: 8 }] as never[]),
    ]);
    expect(story.outcomes("t")).toEqual([]);
    expect(story.scheduler.statistics().resultsOfOtherEpoch).toBe(2);
  });
});

describe("DistributedProcessor", () => {
  test("tells of dead letters and of a later owner, lists tasks by state, and lets its policy be read and set", async () => {
    const notices: ProcessorNotice[] = [];
    const clock = new ManualClock();
    await using processor = new DistributedProcessor({
      ...{ clock, scheduler: { retriesMax: 0 }, onNotice: (notice) => notices.push(notice) },
    });
    processor.registerTaskHandler("fail", () => {
      throw new Error("no light");
    });
    processor.start();
    expect(processor.policy).toBe("weighted");
    processor.policy = "least-loaded";
    expect(processor.policy).toBe("least-loaded");
    processor.submitTask({ id: "dark", type: "fail" });
    await processor.waitForTask(taskId("dark"), 1000);
    expect(processor.explain(taskId("dark"))?.lines[1]).toMatch(/lowest score/);
    expect(processor.deadLetters().map(({ taskId: id, reason }) => `${id} ${reason.code}`)).toEqual(["dark retries"]);
    processor.giveWay(5);
    const late = processor.submitTask({ id: "late", type: "fail" });
    expect(late).toMatchObject({ ok: false, refusal: { code: "superseded" } });
    expect(notices).toMatchObject([
      { type: "dead-letter", taskId: "dark", outcome: { failures: [{ message: "no light" }] } },
      { type: "superseded", epoch: 5 },
    ]);
    expect(processor.tasks({ states: ["dead-letter"] }).length).toBe(1);
    expect(processor.tasks({ states: ["queued"] })).toEqual([]);
    expect(processor.tasks({ countMax: 0 })).toEqual([]);
  });
});
