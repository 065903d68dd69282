import { describe, expect, test } from "bun:test";
import { cameraId } from "@skyvox/core";
import { Story, storyTask } from "../test/scheduler-story.ts";
import { taskId, workerId } from "./task.ts";

describe("Scheduler", () => {
  test("assigns a task, commits its first result and refuses every later one", () => {
    const story = new Story();
    story.join("a");
    story.submit("t");
    expect(story.assigned).toEqual(["t@a#1"]);
    story.nowMs = 12;
    story.complete("t", 42);
    story.complete("t", 43);
    expect(story.outcomes("t")).toEqual([
      { state: "completed", value: 42, workerId: workerId("a"), attempt: 1, executionMs: 10, isLate: false },
    ]);
    expect(story.scheduler.statistics()).toMatchObject({
      ...{ completed: 1, resultsDuplicate: 1, live: 0, executionMsMean: 10, workers: 1, workersBusy: 0 },
    });
  });

  test("takes an id once, whether its task is in hand or settled", () => {
    const story = new Story();
    story.join("a");
    story.submit("t");
    for (let turn = 0; turn < 2; turn++) {
      expect(story.submit("t")).toMatchObject([{ type: "refused", refusal: { code: "known", taskId: "t" } }]);
      story.complete("t");
    }
    expect(story.assigned).toEqual(["t@a#1"]);
    expect(story.scheduler.statistics().refused.known).toBe(2);
  });

  test("tries a failing task again three times, then makes it a dead letter that says why", () => {
    const story = new Story();
    story.join("a");
    story.submit("t");
    for (let attempt = 1; attempt <= 4; attempt++) story.fail("t", `fault ${attempt}`);
    expect(story.assigned).toEqual(["t@a#1", "t@a#2", "t@a#3", "t@a#4"]);
    const [outcome] = story.outcomes("t");
    expect(outcome).toMatchObject({ state: "dead-letter", reason: { code: "retries" } });
    expect(outcome?.state === "dead-letter" && outcome.reason.message).toBe(
      'Cannot complete task "t": 4 attempts failed, the last on "a": fault 4',
    );
    expect(outcome?.state === "dead-letter" && outcome.failures.map(({ message }) => message)).toEqual([
      ...["fault 1", "fault 2", "fault 3", "fault 4"],
    ]);
    expect(story.scheduler.statistics()).toMatchObject({ retries: 3, deadLetters: 1, live: 0 });
  });

  test("moves the tasks of a lost worker in the same step and refuses what it says afterwards", () => {
    const story = new Story();
    story.join("a");
    story.submit("t");
    story.join("b");
    const before = story.latest("t");
    expect(story.lose("a")).toMatchObject([{ type: "assign", key: { taskId: "t", workerId: "b", attempt: 2 } }]);
    story.complete("t", "of the dead", before);
    expect(story.outcomes("t")).toEqual([]);
    story.complete("t", "of the living");
    expect(story.outcomes("t")).toMatchObject([{ state: "completed", value: "of the living" }]);
    expect(story.scheduler.statistics()).toMatchObject({ resultsStale: 1, retries: 1, workersLost: 1 });
  });

  test("counts a lost worker against what it ran, not against what stood behind it", () => {
    const story = new Story({ retriesMax: 0 });
    story.join("a", { slots: 2 });
    story.submit("runs");
    story.submit("stands");
    story.lose("a");
    expect(story.outcomes("runs")).toMatchObject([{ state: "dead-letter", reason: { code: "retries" } }]);
    story.join("b");
    expect(story.assigned.at(-1)).toBe("stands@b#2");
    expect(story.scheduler.statistics()).toMatchObject({ recalls: 1, retries: 0 });
  });

  test("gives a task up whose workers are always lost before they begin it", () => {
    const story = new Story({ attemptsMax: 3, retriesMax: 9 });
    for (let life = 1; life <= 3; life++) {
      story.join(`a${life}`, { slots: 2 });
      if (life === 1) story.submit("first", { priority: 9 });
      if (life === 1) story.submit("second");
      story.lose(`a${life}`);
    }
    expect(story.outcomes("second")).toMatchObject([{ state: "dead-letter", reason: { code: "attempts" } }]);
  });

  test("gives a worker up on which a task runs past its limit, and tries the task elsewhere", () => {
    const story = new Story({ attemptMsMax: 100 });
    story.join("a");
    story.submit("t");
    story.join("b");
    expect(story.scheduler.nextTickMs).toBe(100);
    story.nowMs = 99;
    expect(story.tell({ type: "tick" })).toEqual([]);
    story.nowMs = 100;
    expect(story.tell({ type: "tick" })).toMatchObject([
      { type: "restart-worker", workerId: "a", why: 'task "t" ran past its limit' },
      { type: "assign", key: { taskId: "t", workerId: "b", attempt: 2 } },
    ]);
    // The process dies of it a little later; that is no second loss.
    story.lose("a");
    expect(story.scheduler.statistics()).toMatchObject({ workersLost: 1, retries: 1 });
  });

  test("charges only the task that hung, not those that ran beside it", () => {
    const story = new Story({ attemptMsMax: 100, retriesMax: 0 });
    story.join("a", { lanes: 2, slots: 2 });
    story.submit("hangs");
    story.nowMs = 1;
    story.submit("beside");
    story.nowMs = 100;
    story.tell({ type: "tick" });
    expect(story.outcomes("hangs")).toMatchObject([{ state: "dead-letter", failures: [{ kind: "hung" }] }]);
    story.join("b");
    expect(story.assigned.at(-1)).toBe("beside@b#2");
  });

  test("measures the limit of a task from when it begins, by its own limit where it has one", () => {
    const story = new Story({ attemptMsMax: 100 });
    story.join("a", { slots: 2 });
    story.submit("first");
    story.submit("second", { attemptMsMax: 30 });
    story.nowMs = 90;
    story.complete("first");
    expect(story.scheduler.nextTickMs).toBe(120);
  });

  test("runs a task when all it depends on is completed, with what that gave", () => {
    const story = new Story();
    story.join("a", { slots: 4, lanes: 4 });
    story.tell({
      type: "submit",
      tasks: [storyTask("sum", { after: ["x", "y"] }), storyTask("x"), storyTask("y")],
    });
    expect(story.assigned).toEqual(["x@a#1", "y@a#1"]);
    story.complete("y", 2);
    expect(story.scheduler.explain(taskId("sum"))?.lines).toEqual(['waits for "x"']);
    const [, assign] = story.complete("x", 1);
    expect(assign).toMatchObject({ type: "assign", key: { taskId: "sum" }, dependencyValues: [1, 2] });
  });

  test("keeps what a dependency gave even when its outcome is forgotten", () => {
    const story = new Story({ rememberedMax: 1 });
    story.join("a");
    story.submit("x");
    story.submit("y");
    story.submit("sum", { after: ["x", "y"] });
    story.complete("x", 1);
    story.complete("y", 2);
    expect(story.actions.at(-1)).toMatchObject({ type: "assign", dependencyValues: [1, 2] });
    expect(story.scheduler.outcomeOf(taskId("x"))).toBeUndefined();
  });

  test("gives up what depends on a task that came to nothing, however long the chain", () => {
    const story = new Story();
    const chain = Array.from({ length: 9000 }, (_, i) => storyTask(`t${i}`, i === 0 ? {} : { after: [`t${i - 1}`] }));
    story.tell({ type: "submit", tasks: chain });
    story.tell({ type: "cancel", taskId: taskId("t0") });
    expect(story.outcomes("t0")).toEqual([{ state: "cancelled" }]);
    expect(story.outcomes("t8999")).toMatchObject([{ state: "dead-letter", reason: { code: "dependency" } }]);
    expect(story.scheduler.statistics()).toMatchObject({ live: 0, cancelled: 1, deadLetters: 8999 });
    expect(story.submit("late", { after: ["t5"] })).toMatchObject([
      {
        type: "settled",
        outcome: { reason: { message: 'Cannot start task "late": "t5" came to nothing, need it completed' } },
      },
    ]);
  });

  test("refuses cycles by name, unknown dependencies and more tasks than it has room for, and takes nothing of such a batch", () => {
    const story = new Story({ tasksMax: 3 });
    const refusalOf = (...tasks: ReturnType<typeof storyTask>[]) => {
      const [action] = story.tell({ type: "submit", tasks });
      return action?.type === "refused" ? action.refusal.message : action;
    };
    expect(
      refusalOf(storyTask("a", { after: ["b"] }), storyTask("b", { after: ["c"] }), storyTask("c", { after: ["b"] })),
    ).toBe('Cannot take tasks that wait for each other: "b" -> "c" -> "b", need no cycle');
    expect(refusalOf(storyTask("self", { after: ["self"] }))).toBe(
      'Cannot take tasks that wait for each other: "self" -> "self", need no cycle',
    );
    expect(refusalOf(storyTask("a"), storyTask("b", { after: ["who"] }))).toBe(
      'Cannot take task "b": it depends on "who", need a task that is known or in its batch',
    );
    expect(refusalOf(...["a", "b", "c", "d"].map((id) => storyTask(id)))).toBe(
      "Cannot take 4 tasks: 3 places are free, need one each",
    );
    expect(refusalOf(storyTask("a"), storyTask("a"))).toBe('Cannot take task "a": it was taken before, need a new id');
    expect(story.scheduler.statistics()).toMatchObject({ live: 0, submitted: 0 });
    expect(story.scheduler.statistics().refused).toMatchObject({
      full: 4,
      cycle: 4,
      known: 2,
      "unknown-dependency": 2,
    });
  });

  test("cancels a task wherever it is, and aborts the attempt that is under way", () => {
    const story = new Story();
    story.join("a");
    story.submit("runs");
    story.submit("queued");
    story.submit("waits", { after: ["queued"] });
    for (const id of ["queued", "runs"]) story.tell({ type: "cancel", taskId: taskId(id) });
    expect(story.actions.filter(({ type }) => type === "abort")).toMatchObject([
      { key: { taskId: "runs", attempt: 1 } },
    ]);
    story.complete("runs");
    expect(story.outcomes("runs")).toEqual([{ state: "cancelled" }]);
    expect(story.outcomes("waits")).toMatchObject([{ state: "dead-letter" }]);
    expect(story.scheduler.statistics()).toMatchObject({ live: 0, cancelled: 2, resultsDuplicate: 1 });
    story.submit("next");
    expect(story.assigned).toEqual(["runs@a#1", "next@a#1"]);
  });

  test("counts late results, and gives up at its deadline what is worth nothing after it", () => {
    const story = new Story();
    story.join("a");
    story.submit("late", { deadlineMs: 5 });
    story.submit("worthless", { deadlineMs: 6, expires: true });
    story.nowMs = 6;
    story.tell({ type: "tick" });
    expect(story.outcomes("worthless")).toEqual([{ state: "expired" }]);
    story.complete("late");
    expect(story.outcomes("late")).toMatchObject([{ state: "completed", isLate: true }]);
    expect(story.scheduler.statistics()).toMatchObject({ deadlinesMissed: 2, expired: 1, completed: 1 });
  });

  test("refuses answers under an earlier epoch, and assigns nothing once a later owner is known", () => {
    const story = new Story({ epoch: 7 });
    story.join("a");
    story.submit("t");
    for (const epoch of [5, 6]) story.complete("t", "other", { epoch });
    expect(story.outcomes("t")).toEqual([]);
    expect(story.scheduler.statistics().resultsOfOtherEpoch).toBe(2);
    expect(story.tell({ type: "fenced", epoch: 7 })).toEqual([]);
    expect(story.tell({ type: "fenced", epoch: 8 })).toEqual([{ type: "superseded", epoch: 8 }]);
    expect(story.tell({ type: "fenced", epoch: 9 })).toEqual([]);
    expect(story.submit("u")).toMatchObject([{ type: "refused", refusal: { code: "superseded" } }]);
    story.lose("a");
    story.join("b");
    expect(story.assigned).toEqual(["t@a#1"]);
  });

  test("lets a draining worker finish what it has, then go", () => {
    const story = new Story();
    story.join("a");
    story.submit("t");
    story.tell({ type: "worker-draining", workerId: workerId("a") });
    story.submit("u");
    expect(story.scheduler.explain(taskId("u"))?.lines).toEqual(["waits: every worker that could take it drains"]);
    expect(story.complete("t")).toContainEqual({ type: "worker-drained", workerId: workerId("a") });
    story.join("b");
    expect(story.assigned).toEqual(["t@a#1", "u@b#1"]);
  });

  test("sets aside what no worker here can take, and says what is missing", () => {
    const story = new Story();
    expect(story.submit("t", { type: "cast", gpuMemoryBytes: 100 })).toEqual([]);
    story.join("cpu", { types: ["work"] });
    story.submit("u");
    expect(story.assigned).toEqual(["u@cpu#1"]);
    expect(story.scheduler.explain(taskId("t"))?.lines).toEqual(['waits: no worker has a handler for "cast"']);
    story.join("small", { types: ["cast"], gpuMemoryBytes: 50 });
    expect(story.scheduler.explain(taskId("t"))?.lines).toEqual([
      "waits: it needs 100 bytes of device memory and the largest worker has 50",
    ]);
    expect(story.scheduler.statistics()).toMatchObject({ parked: 1, assigned: 1, queued: 0 });
    story.join("large", { types: ["cast"], gpuMemoryBytes: 100 });
    expect(story.assigned.at(-1)).toBe("t@large#1");
  });

  test("holds device memory back for a task that waits for it", () => {
    const story = new Story();
    story.join("gpu", { slots: 3, lanes: 3, gpuMemoryBytes: 100 });
    story.submit("half", { gpuMemoryBytes: 60 });
    story.submit("whole", { gpuMemoryBytes: 80 });
    // It would fit beside "half", but "whole" was first.
    story.submit("small", { gpuMemoryBytes: 30 });
    expect(story.assigned).toEqual(["half@gpu#1"]);
    story.complete("half");
    expect(story.assigned.slice(1)).toEqual(["whole@gpu#1"]);
    story.complete("whole");
    expect(story.assigned.slice(2)).toEqual(["small@gpu#1"]);
  });

  test("keeps a camera on its worker until moving it is cheaper than waiting", () => {
    const story = new Story({ movedCameraMs: 15, firstGuessMs: 10 });
    const camera = { cameraId: cameraId("north") };
    story.join("a", { slots: 4 });
    story.join("b", { slots: 4 });
    story.submit("0", camera);
    story.submit("1", camera);
    // Behind two tasks of 10 ms on "a" it is done in 30 ms, on "b" with the camera moved in 25 ms.
    story.submit("2", camera);
    expect(story.assigned).toEqual(["0@a#1", "1@a#1", "2@b#1"]);
  });

  test("waits for a fast worker rather than start on a slow one", () => {
    const story = new Story();
    story.join("slow");
    story.join("fast");
    const measure = (id: string, executionMs: number) => {
      story.submit(`${id}-0`);
      story.tell({ type: "completed", key: story.latest(`${id}-0`), value: 0, executionMs });
    };
    // The first goes to "slow" as nothing is known; the second, on a worker that is believed as slow, to the other.
    measure("a", 100);
    story.submit("holds-slow");
    measure("b", 10);
    story.complete("holds-slow");
    story.submit("c");
    story.submit("d");
    expect(story.assigned.slice(-1)).toEqual(["c@fast#1"]);
    expect(story.scheduler.explain(taskId("d"))?.lines).toEqual(["is ready and waits for room on a worker"]);
    story.complete("c");
    expect(story.assigned.slice(-1)).toEqual(["d@fast#1"]);
    expect(story.scheduler.explain(taskId("d"))?.lines[1]).toStartWith(
      'attempt 1 on worker "fast" (running): done soonest of 2 that could take it, in 10.0 ms (0.0 ms queued + 10.0 ms execution), next best "slow" with ',
    );
  });

  test("gives the same actions for the same events", () => {
    const run = (): string => {
      const story = new Story();
      for (const id of ["a", "b", "c"]) story.join(id, { slots: 2 });
      for (let i = 0; i < 20; i++) story.submit(`t${i}`, { priority: i % 4 });
      story.lose("b");
      for (let i = 0; i < 10; i++) story.complete(story.assigned[i]?.split("@")[0] ?? "");
      return JSON.stringify(story.actions);
    };
    expect(run()).toBe(run());
  });
});
