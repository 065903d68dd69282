/**
 * How the work of a cluster grows with its workers: processes on this machine, and simulated ones where it ends.
 *
 * Workers take a fixed time for each task and use no processor for it, so what is lost is lost by handing out and by waiting. One to forty
 * are real processes; their efficiency is the service time they themselves measured, divided by what they had. More are simulated in
 * time, with the cost of a scheduler's step that is measured here for as many workers, and half the measured round trip as the way of a message.
 * Through the engine go requests to another process, as many as it carries and two hundred and fifty-six at once.
 */

import { connectNats, findNatsServer, NatsServerChild } from "@skyvox/cluster";
import { assert, systemAlarmClock } from "@skyvox/core";
import { createTask, DistributedProcessor, type Task, taskId } from "@skyvox/processor";
import { runFakeCluster } from "@skyvox/processor/fake-cluster";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  type BenchRow,
  digestOf,
  median,
  perSecond,
} from "./harness.ts";
import { targets } from "./targets.ts";

const SERVICE_MS = 20;
const PROCESSES = [1, 2, 4, 8, 16, 24, 32, 40];
const SIMULATED = [40, 80, 160, 320, 640];
const TASKS_PER_WORKER = 50;
const TASKS_PER_SIMULATED = 20;
const WAIT_MS = 120_000;
/** Requests through the engine, of as many bytes as a task takes. */
const REQUESTS = 50_000;
const REQUESTS_AT_ONCE = 256;
const REQUEST_BYTES = 256;
const REQUEST_MS_MAX = 10_000;
/** Below this the scheduler counts as saturated. */
const SATURATED = 0.9;

const nowMs = (): number => Number(systemAlarmClock.nowNs()) / 1e6;

export const bench: Bench = {
  name: "scaling",
  subject: "processor",
  async run({ small, rounds }: BenchOptions): Promise<BenchResult> {
    const processes = small ? [1, 2] : PROCESSES;
    const real = await inOrder(processes, (count) => efficiencyOfProcesses(count, small ? 3 : TASKS_PER_WORKER));
    const oneWayMs = (await roundTripMs(small ? 20 : 500)) / 2;
    const simulated = (small ? [40] : SIMULATED).map((count) => ({
      count,
      efficiency: efficiencyOfSimulated(count, small ? 3 : TASKS_PER_SIMULATED, oneWayMs),
    }));
    const engine = await engineRate(small ? 500 : REQUESTS, small ? 1 : rounds);
    const saturated = simulated.find(({ efficiency }) => efficiency < SATURATED);
    const last = real.at(-1);
    assert(last !== undefined, "at least one count of processes is measured");
    return {
      rows: [
        ...real.map(({ count, efficiency }): BenchRow => shareRow(`${count} processes`, efficiency)),
        { name: "way of a message", median: oneWayMs, unit: "ms" },
        ...simulated.map(({ count, efficiency }) => shareRow(`${count} simulated workers`, efficiency)),
        {
          ...{ name: "simulated workers until the scheduler is full", unit: "workers" },
          median: saturated?.count ?? (simulated.at(-1)?.count as number),
          note: saturated === undefined ? "not reached" : `efficiency ${saturated.efficiency.toFixed(2)} there`,
        },
        ...(engine === null ? [] : [{ name: "requests through NATS", median: engine, unit: "tasks/s" }]),
      ],
      targets: [
        {
          ...{ name: `${last.count} processes at work`, achieved: last.efficiency, unit: "share" },
          ...{ wanted: targets.processor.efficiencyOf40Workers, better: "higher" },
        },
        ...(engine === null ? [] : [engineTarget(engine)]),
      ],
      leftOut: engine === null ? ["requests through NATS: no nats-server was found"] : [],
      digest: digestOf(runFakeCluster({ ...fake(40, 3), stepMs: 0.05, oneWayMs: 0.5 }).order.join()),
    };
  },
};

function shareRow(name: string, efficiency: number): BenchRow {
  return { name, median: efficiency, unit: "share" };
}

function engineTarget(achieved: number): BenchResult["targets"][number] {
  const wanted = targets.processor.tasksPerSecondThroughEngine;
  return { name: "requests through NATS", achieved, wanted, unit: "tasks/s", better: "higher" };
}

async function inOrder<From, To>(items: readonly From[], run: (item: From) => Promise<To>): Promise<To[]> {
  const found: To[] = [];
  for (const item of items) found.push(await run(item));
  return found;
}

/** A processor with so many worker processes that nap, all of them at work. */
async function startNapping(processCount: number): Promise<DistributedProcessor> {
  const processor = new DistributedProcessor({ clock: systemAlarmClock, processCount });
  processor.registerTaskHandler("nap", new URL("./nap-handler.ts", import.meta.url));
  processor.start();
  while (processor.workers.some(({ state }) => state !== "working")) await Bun.sleep(SERVICE_MS);
  return processor;
}

/** Runs tasks and returns the time their workers took for each. */
async function nap(processor: DistributedProcessor, count: number, serviceMs: number): Promise<number[]> {
  const submitted = processor.submitTasks(Array.from({ length: count }, () => ({ type: "nap", payload: serviceMs })));
  assert(submitted.ok, "there is room for every task of the bench");
  return Promise.all(
    submitted.taskIds.map(async (id) => {
      const outcome = await processor.waitForTask(id, WAIT_MS);
      assert(outcome?.state === "completed", "every task of the bench is completed");
      return Number(outcome.value);
    }),
  );
}

async function efficiencyOfProcesses(count: number, perWorker: number): Promise<{ count: number; efficiency: number }> {
  await using processor = await startNapping(count);
  await nap(processor, count, SERVICE_MS);
  const startMs = nowMs();
  const tookMs = await nap(processor, count * perWorker, SERVICE_MS);
  const wallMs = nowMs() - startMs;
  return { count, efficiency: tookMs.reduce((sum, ms) => sum + ms, 0) / (count * wallMs) };
}

/** Median time of a task that takes none, one after the other. */
async function roundTripMs(trips: number): Promise<number> {
  await using processor = await startNapping(1);
  const tookMs: number[] = [];
  for (let trip = 0; trip < trips; trip++) {
    const startMs = nowMs();
    const [napMs = 0] = await nap(processor, 1, 0);
    tookMs.push(Math.max(0, nowMs() - startMs - napMs));
  }
  return median(tookMs);
}

function fake(count: number, perWorker: number) {
  const workers = Array.from({ length: count }, () => ({ speed: 1, lanes: 1, slots: 2 }));
  const tasks = Array.from({ length: count * perWorker }, (_, i): Task => {
    return createTask({ id: taskId(`${i}`), type: "nap", workUnits: SERVICE_MS });
  });
  return { workers, tasks };
}

/** A step's cost is measured among as many workers, with what simulating them takes. */
function efficiencyOfSimulated(count: number, perWorker: number, oneWayMs: number): number {
  const startMs = nowMs();
  const { stepCount } = runFakeCluster({ ...fake(count, perWorker), stepMs: 0, oneWayMs: 0 });
  const stepMs = (nowMs() - startMs) / stepCount;
  return runFakeCluster({ ...fake(count, perWorker), stepMs, oneWayMs }).efficiency;
}

/** Requests a second through a NATS server of its own; null without the program. */
async function engineRate(requests: number, rounds: number): Promise<number | null> {
  if (findNatsServer(null) === null) return null;
  await using server = await NatsServerChild.start({ host: "127.0.0.1", program: null });
  const child = Bun.spawn([process.execPath, new URL("./fabric-echo.ts", import.meta.url).pathname], {
    ...{ stdin: "pipe", stdout: "pipe", stderr: "inherit" },
  });
  child.stdin.write(`${JSON.stringify(server.credentials)}\n`);
  child.stdin.flush();
  await child.stdout.getReader().read();
  const fabric = await connectNats({ name: "bench", credentials: server.credentials, replicas: 1 });
  const rates: number[] = [];
  const bytes = new Uint8Array(REQUEST_BYTES);
  for (let round = 0; round < rounds; round++) {
    let left = requests;
    const startMs = nowMs();
    const asking = Array.from({ length: REQUESTS_AT_ONCE }, async () => {
      while (left-- > 0) await fabric.request("bench.echo", bytes, REQUEST_MS_MAX);
    });
    await Promise.all(asking);
    rates.push(perSecond(requests, nowMs() - startMs));
  }
  await fabric.close();
  await child.stdin.end();
  await child.exited;
  return median(rates);
}
