import { describe, expect, test } from "bun:test";
import { ManualClock } from "@skyvox/testing";
import { taskId, workerId } from "./task.ts";
import type { TaskHandler } from "./task-handler.ts";
import { WorkerLoop } from "./worker-loop.ts";
import type { FromWorkerLoop, ToWorkerLoop } from "./worker-messages.ts";

function stage(handler: TaskHandler, lanes = 1) {
  const clock = new ManualClock();
  const sent: FromWorkerLoop[] = [];
  const send = (message: FromWorkerLoop): void => {
    if (message.type === "completed" && typeof message.value === "function") throw new Error("not cloneable");
    sent.push(message);
  };
  return { clock, sent, loop: new WorkerLoop({ lanes, handlers: new Map([["work", handler]]), clock, send }) };
}

function assign(id: string, payload: unknown, { epoch = 1, attempt = 1, type = "work" } = {}): ToWorkerLoop {
  const key = { taskId: taskId(id), attempt, epoch, workerId: workerId("w") };
  return { type: "assign", key, task: { type, payload, cameraId: null }, dependencyValues: [] };
}

const turn = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};
const said = (sent: FromWorkerLoop[]): string[] =>
  sent.map((message) =>
    message.type === "fenced" ? `fenced ${message.epoch}` : `${message.type} ${message.key.taskId}`,
  );

describe("WorkerLoop", () => {
  test("does tasks after the call that brings them, in order, and says how long each took", async () => {
    const { loop, clock, sent } = stage((payload) => {
      clock.advance(BigInt(Number(payload)) * 1_000_000n);
      return Number(payload) * 2;
    });
    loop.take(assign("a", 3));
    loop.take(assign("b", 4));
    expect(sent).toEqual([]);
    await turn();
    expect(sent).toMatchObject([
      { type: "completed", key: { taskId: "a" }, value: 6, executionMs: 3 },
      { type: "completed", key: { taskId: "b" }, value: 8, executionMs: 4 },
    ]);
  });

  test("runs as many at once as it has lanes", async () => {
    const gates: PromiseWithResolvers<string>[] = [];
    const { loop, sent } = stage(() => {
      const gate = Promise.withResolvers<string>();
      gates.push(gate);
      return gate.promise;
    }, 2);
    for (const id of ["a", "b", "c"]) loop.take(assign(id, null));
    await turn();
    expect(gates.length).toBe(2);
    gates[1]?.resolve("second");
    await turn();
    expect(said(sent)).toEqual(["completed b"]);
    expect(gates.length).toBe(3);
    gates[0]?.reject(new Error("no"));
    await turn();
    expect(sent[1]).toMatchObject({ type: "failed", key: { taskId: "a" }, message: "no" });
  });

  test("says that a task failed whose handler throws, is missing, or gives what cannot be sent", async () => {
    const { loop, sent } = stage((payload) => {
      if (payload === "throw") throw new Error("broken lens");
      return () => 1;
    });
    loop.take(assign("a", "throw"));
    loop.take(assign("b", null, { type: "unheard" }));
    loop.take(assign("c", null));
    await turn();
    expect(sent).toMatchObject([
      { type: "failed", message: "broken lens" },
      { type: "failed", message: 'no handler for tasks of type "unheard"' },
      { type: "failed", message: "its value cannot be sent: not cloneable" },
    ]);
  });

  test("says nothing of an aborted task, whether it waits or runs, and tells its handler", async () => {
    const gate = Promise.withResolvers<void>();
    const signals: AbortSignal[] = [];
    const { loop, sent } = stage((_payload, { signal }) => {
      signals.push(signal);
      return gate.promise;
    });
    const [running, waiting] = [assign("a", null), assign("b", null)];
    for (const message of [running, waiting]) loop.take(message);
    await turn();
    for (const { key } of [running, waiting]) loop.take({ type: "abort", key });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    gate.resolve();
    await turn();
    expect(sent).toEqual([]);
    expect(signals.length).toBe(1);
  });

  test("refuses a lower epoch than it has seen, and drops what a lower one gave", async () => {
    const gates = new Map<string, PromiseWithResolvers<void>>();
    const { loop, sent } = stage((_payload, { taskId: id, attempt }) => {
      const gate = Promise.withResolvers<void>();
      gates.set(`${id}#${attempt}`, gate);
      return gate.promise;
    });
    loop.take(assign("runs", null, { epoch: 4 }));
    loop.take(assign("waits", null, { epoch: 4 }));
    await turn();
    loop.take(assign("new", null, { epoch: 5 }));
    loop.take(assign("late", null, { epoch: 4 }));
    expect(said(sent)).toEqual(["fenced 5"]);
    gates.get("runs#1")?.resolve();
    await turn();
    gates.get("new#1")?.resolve();
    await turn();
    expect(said(sent)).toEqual(["fenced 5", "completed new"]);
    expect([...gates.keys()]).toEqual(["runs#1", "new#1"]);
  });
});
