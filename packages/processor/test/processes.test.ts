/** The processor over real worker processes: they are killed, stopped and made to hang, and no task is lost or done twice. */
import { describe, expect, test } from "bun:test";
import { systemAlarmClock } from "@skyvox/core";
import { order, outcome, PATIENCE_MS, processOf, startOrderly, until, value } from "./processor-fixture.ts";

const TIMEOUT_MS = 2 * PATIENCE_MS;

describe("Worker processes", () => {
  test(
    "do tasks, one process each",
    async () => {
      await using processor = startOrderly({ processCount: 2 });
      expect(await value(processor, order(processor, { do: "echo", value: new Uint8Array([1, 2]) }))).toEqual(
        new Uint8Array([1, 2]),
      );
      await until(() => processor.getStatistics().totalWorkers === 2);
      const both = await Promise.all([1, 2].map(() => value(processor, order(processor, { do: "who" }))));
      expect(new Set(both.map((who) => (who as { workerIndex: number }).workerIndex))).toEqual(new Set([0, 1]));
      expect(processor.workers.map(({ processId }) => processId).sort()).toEqual(
        both.map((who) => (who as { processId: number }).processId).sort(),
      );
      expect(processor.getStatistics()).toMatchObject({ tasksCompleted: 3, successRate: 1, totalWorkers: 2 });
    },
    TIMEOUT_MS,
  );

  test(
    "say why a task failed, also where its value or payload cannot be sent",
    async () => {
      await using processor = startOrderly({ scheduler: { retriesMax: 1 } });
      const failed = await outcome(processor, order(processor, { do: "fail", message: "no film" }));
      expect(failed).toMatchObject({
        state: "dead-letter",
        failures: [{ message: "no film" }, { message: "no film" }],
      });
      const unsendable = await outcome(processor, order(processor, { do: "unsendable" }));
      expect(unsendable).toMatchObject({ state: "dead-letter", failures: [{ kind: "failed" }, { kind: "failed" }] });
      const payload = await outcome(processor, order(processor, { do: "echo", value: () => 1 }));
      expect(payload).toMatchObject({ state: "dead-letter", failures: [{ kind: "failed" }, { kind: "failed" }] });
      expect(await value(processor, order(processor, { do: "echo", value: 7 }))).toBe(7);
    },
    TIMEOUT_MS,
  );

  test(
    "that are killed lose nothing: their tasks run elsewhere, and they are started again",
    async () => {
      await using processor = startOrderly({ processCount: 2 });
      await until(() => processor.getStatistics().totalWorkers === 2);
      const id = order(processor, { do: "sleep", ms: 200 });
      const killed = processOf(processor, id);
      process.kill(killed, "SIGKILL");
      const ran = await value(processor, id);
      expect(ran).not.toBe(killed);
      expect(processor.explain(id)?.attempts.map(({ end }) => end)).toEqual(["lost", "completed"]);
      await until(() => processor.getStatistics().totalWorkers === 2);
      expect(processor.workers.map(({ restarts }) => restarts).sort()).toEqual([0, 1]);
      expect(processor.workers.find(({ restarts }) => restarts === 1)?.lastFault).toBe("signal SIGKILL");
      expect(processor.getStatistics().workerRestarts).toBe(1);
    },
    TIMEOUT_MS,
  );

  test(
    "that are stopped are noticed by their silence, ended, and their tasks run elsewhere",
    async () => {
      await using processor = startOrderly({ processCount: 2 });
      await until(() => processor.getStatistics().totalWorkers === 2);
      const id = order(processor, { do: "sleep", ms: 100 });
      const stopped = processOf(processor, id);
      process.kill(stopped, "SIGSTOP");
      expect(await value(processor, id)).not.toBe(stopped);
      expect(processor.explain(id)?.attempts.map(({ end }) => end)).toEqual(["lost", "completed"]);
      await until(() => !isAlive(stopped));
      expect(processor.workers.map(({ lastFault }) => lastFault)).toContain("no heartbeat for 400 ms");
    },
    TIMEOUT_MS,
  );

  test(
    "that compute without a pause are not taken for dead",
    async () => {
      await using processor = startOrderly();
      await value(processor, order(processor, { do: "spin", ms: 1500 }));
      expect(processor.getStatistics()).toMatchObject({ workerRestarts: 0, scheduler: { workersLost: 0 } });
    },
    TIMEOUT_MS,
  );

  test(
    "that hang in a task are ended at its limit, and a task that always hangs is a dead letter",
    async () => {
      await using processor = startOrderly({ scheduler: { attemptMsMax: 150, retriesMax: 1 } });
      await until(() => processor.getStatistics().totalWorkers === 1);
      const id = order(processor, { do: "spin", ms: Number.POSITIVE_INFINITY });
      const behind = order(processor, { do: "echo", value: "behind" });
      expect(await outcome(processor, id)).toMatchObject({
        ...{ state: "dead-letter", reason: { code: "retries" } },
        failures: [{ kind: "hung" }, { kind: "hung" }],
      });
      expect(await value(processor, behind)).toBe("behind");
    },
    TIMEOUT_MS,
  );

  test(
    "that a task kills every time give it up after three retries; what stood behind it is done",
    async () => {
      await using processor = startOrderly();
      const poison = order(processor, { do: "exit", code: 3 });
      const behind = [1, 2, 3].map((value) => order(processor, { do: "echo", value }));
      const found = await outcome(processor, poison);
      expect(found).toMatchObject({ state: "dead-letter", reason: { code: "retries" } });
      expect(found.state === "dead-letter" && found.failures.map(({ message }) => message)).toEqual(
        Array(4).fill("exit code 3"),
      );
      expect(await Promise.all(behind.map((id) => value(processor, id)))).toEqual([1, 2, 3]);
    },
    TIMEOUT_MS,
  );

  test(
    "commit a task once however often it was tried",
    async () => {
      await using processor = startOrderly({ processCount: 2 });
      const ids = [0, 1, 2, 3].map((deaths) => order(processor, { do: "die-first", deaths }));
      const attempts = await Promise.all(ids.map((id) => value(processor, id)));
      // A task may also have been given out again because its neighbour killed the worker.
      for (const [deaths, attempt] of attempts.entries()) expect(Number(attempt)).toBeGreaterThan(deaths);
      expect(processor.getStatistics()).toMatchObject({ tasksCompleted: 4, tasksFailed: 0, queueLength: 0 });
    },
    TIMEOUT_MS,
  );

  test(
    "drain: finish what they have, exit, and are not started again",
    async () => {
      await using processor = startOrderly({ processCount: 2 });
      await until(() => processor.getStatistics().totalWorkers === 2);
      const id = order(processor, { do: "sleep", ms: 50 });
      const drained = processOf(processor, id);
      const life = processor.explain(id)?.attempts.at(-1)?.workerId;
      if (life !== undefined) processor.drainWorker(life);
      expect(await value(processor, id)).toBe(drained);
      await until(() => !isAlive(drained));
      expect(processor.workers.map(({ state }) => state).sort()).toEqual(["released", "working"]);
      expect(await value(processor, order(processor, { do: "echo", value: 1 }))).toBe(1);
      expect(processor.getStatistics()).toMatchObject({ wantedWorkers: 1, totalWorkers: 1, workerRestarts: 0 });
    },
    TIMEOUT_MS,
  );

  test(
    "end with the processor, also those that are stopped",
    async () => {
      const processor = startOrderly({ processCount: 2 });
      await until(() => processor.getStatistics().totalWorkers === 2);
      const [first, second] = processor.workers.map(({ processId }) => processId);
      process.kill(first ?? 0, "SIGSTOP");
      const id = order(processor, { do: "sleep", ms: 60_000 });
      const waiting = processor.waitForTask(id, PATIENCE_MS);
      await processor[Symbol.asyncDispose]();
      expect(await waiting).toBeNull();
      expect([first, second].map((id) => isAlive(id ?? 0))).toEqual([false, false]);
    },
    TIMEOUT_MS,
  );

  test(
    "say why they cannot open their handlers",
    async () => {
      const { DistributedProcessor } = await import("../src/mod.ts");

      await using processor = new DistributedProcessor({ clock: systemAlarmClock });
      processor.registerTaskHandler("order", new URL("./processor-fixture.ts", import.meta.url));
      processor.start();
      await until(() => (processor.workers[0]?.restarts ?? 0) >= 2);
      expect(processor.workers[0]?.lastFault).toMatch(
        /^Cannot open the handler of "order": its module .* has no default export/,
      );
      expect(processor.getSystemHealth()).toEqual({
        state: "critical",
        reasons: ["no worker is here", "0 of 1 workers are here"],
      });
    },
    TIMEOUT_MS,
  );
});

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}
