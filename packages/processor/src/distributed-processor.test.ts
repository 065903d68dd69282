import { describe, expect, test } from "bun:test";
import { AssertionError, cameraId, SkyvoxError } from "@skyvox/core";
import { ManualClock } from "@skyvox/testing";
import { CAMERA_FRAME_TASK, type CameraFramePayload, DistributedProcessor } from "./distributed-processor.ts";
import type { ProcessorOptions } from "./processor-options.ts";
import { type TaskId, type TaskOutcome, taskId } from "./task.ts";
import type { TaskHandler } from "./task-handler.ts";

function started(handlers: Readonly<Record<string, TaskHandler>>, options: Partial<ProcessorOptions> = {}) {
  const clock = new ManualClock();
  const processor = new DistributedProcessor({ clock, ...options });
  for (const [type, handler] of Object.entries(handlers)) processor.registerTaskHandler(type, handler);
  processor.start();
  return { clock, processor };
}

const turn = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};
const valueIn = (outcome: TaskOutcome | null): unknown => (outcome?.state === "completed" ? outcome.value : outcome);

describe("DistributedProcessor", () => {
  test("does tasks of handlers that know nothing of it, in the order of their dependencies", async () => {
    const { processor } = started({
      square: (payload) => Number(payload) ** 2,
      sum: (_payload, { dependencyValues }) => dependencyValues.reduce((sum: number, value) => sum + Number(value), 0),
    });
    const squares = processor.submitTasks([3, 4].map((payload) => ({ type: "square", payload })));
    expect(squares.ok).toBe(true);
    const sum = processor.submitTask({ type: "sum", dependencies: squares.ok ? squares.taskIds : [] });
    expect(valueIn(await processor.waitForTask(sum.ok ? sum.taskId : taskId(""), 1000))).toBe(25);
    expect(processor.getStatistics()).toMatchObject({
      ...{ tasksSubmitted: 3, tasksCompleted: 3, tasksFailed: 0, successRate: 1, busyWorkers: 0, totalWorkers: 1 },
      ...{ queueLength: 0, avgExecutionTimeMs: 0, pipeline: null },
    });
    await processor[Symbol.asyncDispose]();
  });

  test("does a task once for all who submit its id, and tells all who wait", async () => {
    let runs = 0;
    const { processor } = started({ count: () => ++runs });
    const first = processor.submitTask({ type: "count", id: "only" });
    const second = processor.submitTask({ type: "count", id: "only" });
    expect([first.ok, second]).toMatchObject([true, { ok: false, refusal: { code: "known" } }]);
    const waits = [1, 2].map(() => processor.waitForTask(taskId("only"), 1000));
    expect((await Promise.all(waits)).map(valueIn)).toEqual([1, 1]);
    expect(runs).toBe(1);
    await processor[Symbol.asyncDispose]();
  });

  test("waits no longer than it is told, and refuses to wait for what it does not know", async () => {
    const { processor, clock } = started({ never: () => new Promise(() => undefined) });
    const submission = processor.submitTask({ type: "never" });
    const wait = processor.waitForTask(submission.ok ? submission.taskId : taskId(""), 50);
    clock.advance(50_000_000n);
    expect(await wait).toBeNull();
    await expect(processor.waitForTask(taskId("who"), 1)).rejects.toThrow(SkyvoxError);
    await processor[Symbol.asyncDispose]();
  });

  test("tries a task of this process again that runs past its limit, and refuses its late answer", async () => {
    const gates: PromiseWithResolvers<string>[] = [];
    const open: TaskHandler = () => {
      const gate = Promise.withResolvers<string>();
      gates.push(gate);
      return gate.promise;
    };
    const { processor, clock } = started({ open }, { scheduler: { attemptMsMax: 100 } });
    const submission = processor.submitTask({ type: "open" });
    const id = submission.ok ? submission.taskId : taskId("");
    await turn();
    clock.advance(100_000_000n);
    await turn();
    gates[0]?.resolve("late");
    gates[1]?.resolve("in time");
    expect(valueIn(await processor.waitForTask(id, 1000))).toBe("in time");
    expect(processor.explain(id)?.attempts.map(({ end }) => end)).toEqual(["hung", "completed"]);
    await processor[Symbol.asyncDispose]();
  });

  test("keeps the newest frames of a camera that is faster than its handler", async () => {
    const gates: PromiseWithResolvers<void>[] = [];
    const seen: unknown[] = [];
    const handler: TaskHandler = (payload) => {
      const { frame, metadata } = payload as CameraFramePayload;
      seen.push([frame, metadata]);
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      return gate.promise;
    };
    const { processor } = started({ [CAMERA_FRAME_TASK]: handler }, { localLanes: 1, framesPerCameraMax: 2 });
    const submit = (camera: string, frame: number) => processor.submitCameraFrame(cameraId(camera), frame, { frame });
    const [first, second, third] = [1, 2, 3].map((frame) => submit("north", frame));
    expect([first?.ok, second?.ok, third?.ok]).toEqual([true, true, true]);
    expect(await outcomeOf(processor, second)).toEqual({ state: "cancelled" });
    await turn();
    gates[0]?.resolve();
    expect((await outcomeOf(processor, first))?.state).toBe("completed");
    await turn();
    expect(seen).toEqual([
      [1, { frame: 1 }],
      [3, { frame: 3 }],
    ]);
    expect(processor.getStatistics().framesDropped).toBe(1);
    expect(submit("south", 1).ok).toBe(true);
    await processor[Symbol.asyncDispose]();
  });

  test("refuses a frame where all frames in hand are on workers", async () => {
    const { processor } = started(
      { [CAMERA_FRAME_TASK]: () => new Promise(() => undefined) },
      { framesPerCameraMax: 1 },
    );
    expect(processor.submitCameraFrame(cameraId("north"), 1, null).ok).toBe(true);
    expect(processor.submitCameraFrame(cameraId("north"), 2, null)).toMatchObject({
      ...{
        ok: false,
        refusal: { message: 'Cannot take a frame of camera "north": its workers hold 1, need one done' },
      },
    });
    await processor[Symbol.asyncDispose]();
  });

  test("judges its health by what it has in hand, and recovers", async () => {
    const gate = Promise.withResolvers<void>();
    const { processor, clock } = started(
      { wait: () => gate.promise },
      { scheduler: { tasksMax: 10, attemptMsMax: 60_000 } },
    );
    expect(processor.getSystemHealth()).toEqual({ state: "healthy", reasons: [] });
    const batch = processor.submitTasks(Array.from({ length: 8 }, () => ({ type: "wait" })));
    expect(processor.getSystemHealth().state).toBe("overloaded");
    gate.resolve();
    await processor.waitForTask((batch.ok ? batch.taskIds[7] : undefined) ?? taskId(""), 1000);
    expect(processor.getSystemHealth().state).toBe("overloaded");
    clock.advance(4_000_000_000n);
    expect(processor.getSystemHealth().state).toBe("healthy");
    await processor[Symbol.asyncDispose]();
  });

  test("shows the statistics of the pipeline beside its own", async () => {
    const clock = new ManualClock();
    const processor = new DistributedProcessor({ clock, pipelineStatistics: () => ({ framesProcessed: 7 }) });
    expect(processor.getStatistics().pipeline?.framesProcessed).toBe(7);
    await processor[Symbol.asyncDispose]();
    expect(clock.pendingCount).toBe(0);
  });

  test("asserts on handlers registered twice or late, and on tasks after its end", async () => {
    const { processor } = started({ a: () => 1 });
    expect(() => processor.registerTaskHandler("b", () => 1)).toThrow(AssertionError);
    expect(() => processor.start()).toThrow(AssertionError);
    await processor[Symbol.asyncDispose]();
    expect(() => processor.submitTask({ type: "a" })).toThrow(AssertionError);
    const other = new DistributedProcessor({ clock: new ManualClock() });
    other.registerTaskHandler("a", () => 1);
    expect(() => other.registerTaskHandler("a", new URL("file:///a.ts"))).toThrow(AssertionError);
    await other[Symbol.asyncDispose]();
  });
});

type Submitted = ReturnType<DistributedProcessor["submitTask"]> | undefined;

function outcomeOf(processor: DistributedProcessor, submission: Submitted): Promise<TaskOutcome | null> {
  const id: TaskId = submission?.ok === true ? submission.taskId : taskId("");
  return processor.waitForTask(id, 1000);
}
