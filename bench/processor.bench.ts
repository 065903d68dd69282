/**
 * What it costs to have a task done: in this process, by worker processes, and by forty workers in simulated time.
 *
 * Handlers do nothing, so all that is measured is the processor. The paced run sends a task each millisecond whatever came back, as cameras do;
 * its round trips include the wait for the event loop. The forty workers are simulated with the cost of a step that was measured here and
 * messages of half the measured round trip.
 */
import { assert, systemAlarmClock } from "@skyvox/core";
import {
  createTask,
  DistributedProcessor,
  type ProcessorOptions,
  type Task,
  type TaskId,
  taskId,
} from "@skyvox/processor";
import { type FakeRunResult, runFakeCluster } from "@skyvox/processor/fake-cluster";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  type BenchRow,
  digestOf,
  interleaveTimed,
  perSecond,
} from "./harness.ts";
import { targets } from "./targets.ts";

const TASKS = 20_000;
const TASKS_SMALL = 500;
/** Tasks in hand at once where as many as possible go through. */
const WINDOW = 1000;
const PACED_TASKS = 3000;
const PACED_TASKS_SMALL = 100;
const WAIT_MS = 30_000;

export const bench: Bench = {
  name: "processor",
  subject: "processor",
  async run({ small, rounds }: BenchOptions): Promise<BenchResult> {
    const tasks = small ? TASKS_SMALL : TASKS;
    const rates = await throughput(tasks, rounds);
    const trips = await pacedRoundTrips(small ? PACED_TASKS_SMALL : PACED_TASKS);
    const step = stepMs(small ? 2 : 50);
    const { run, efficiency } = fortyWorkers({ perWorker: small ? 5 : 100, step, oneWayMs: trips.p50 / 2 });
    const { processor: wanted } = targets;
    const rate = ({ median }: BenchRow) => ({ achieved: median, unit: "tasks/s", better: "higher" as const });
    return {
      rows: [
        ...rates,
        { name: "round trip at 1000 tasks/s, median", median: trips.p50, unit: "ms" },
        { name: "round trip at 1000 tasks/s, 99th percentile", median: trips.p99, unit: "ms p99" },
        { name: "scheduler, one step among 40 workers", median: step * 1000, unit: "us" },
        { name: "40 workers at work", median: efficiency, unit: "share" },
      ],
      targets: [
        { name: "in this process", wanted: wanted.tasksPerSecond, ...rate(rates[0] as BenchRow) },
        { name: "by processes", wanted: wanted.tasksPerSecondBetweenProcesses, ...rate(rates[1] as BenchRow) },
        { name: "round trip p50", achieved: trips.p50, wanted: wanted.roundTripMsP50, unit: "ms", better: "lower" },
        { name: "round trip p99", achieved: trips.p99, wanted: wanted.roundTripMsP99, unit: "ms", better: "lower" },
        {
          ...{ name: "40 workers", achieved: efficiency, wanted: wanted.efficiencyOf40Workers },
          ...{ unit: "share", better: "higher" },
        },
      ],
      digest: digestOf(run.order.join()),
    };
  },
};

const clock = systemAlarmClock;
const nowMs = (): number => Number(clock.nowNs()) / 1e6;

/** A processor whose tasks of type "echo" give back their payload, in this process or in one or more others. */
async function startEcho(where: "here" | "processes", options: Partial<ProcessorOptions> = {}) {
  const processor = new DistributedProcessor({ clock, ...options });
  if (where === "here") processor.registerTaskHandler("echo", (payload) => payload);
  else processor.registerTaskHandler("echo", new URL("./echo-handler.ts", import.meta.url));
  processor.start();
  await once(processor, submit(processor, 0));
  return processor;
}

function submit(processor: DistributedProcessor, payload: number): TaskId {
  const submission = processor.submitTask({ type: "echo", payload });
  assert(submission.ok, "there is room for every task of the bench");
  return submission.taskId;
}

async function once(processor: DistributedProcessor, id: TaskId): Promise<void> {
  const outcome = await processor.waitForTask(id, WAIT_MS);
  assert(outcome?.state === "completed", "every task of the bench is completed");
}

async function throughput(tasks: number, rounds: number): Promise<BenchRow[]> {
  await using here = await startEcho("here");
  await using processes = await startEcho("processes", { lanes: 32 });
  const timings = await interleaveTimed(
    [
      { name: "in this process", measureMs: () => throughMs(here, tasks) },
      { name: "by a worker process", measureMs: () => throughMs(processes, tasks) },
    ],
    rounds,
  );
  return timings.map(({ name, medianMs, noise }) => ({
    ...{ name, median: perSecond(tasks, medianMs), unit: "tasks/s", noise },
  }));
}

/** Sends tasks so that a window of them is always in hand, until all are done. */
async function throughMs(processor: DistributedProcessor, tasks: number): Promise<number> {
  const startMs = nowMs();
  const window: TaskId[] = [];
  for (let sent = 0; sent < tasks; sent++) {
    window.push(submit(processor, sent));
    const oldest = window.length < WINDOW ? undefined : window.shift();
    if (oldest !== undefined) await once(processor, oldest);
  }
  for (const id of window) await once(processor, id);
  return nowMs() - startMs;
}

/** Sends a task each millisecond to two worker processes and measures each from its submission to its outcome. */
async function pacedRoundTrips(tasks: number): Promise<{ readonly p50: number; readonly p99: number }> {
  await using processor = await startEcho("processes", { processCount: 2 });
  const tripsMs = new Float64Array(tasks);
  const startMs = nowMs() + 1;
  const done: Promise<void>[] = [];
  for (let sent = 0; sent < tasks; ) {
    while (sent < tasks && nowMs() >= startMs + sent) {
      const index = sent++;
      const sentMs = nowMs();
      done.push(
        once(processor, submit(processor, index)).then(() => {
          tripsMs[index] = nowMs() - sentMs;
        }),
      );
    }
    await Bun.sleep(1);
  }
  await Promise.all(done);
  tripsMs.sort();
  const at = (share: number): number => tripsMs[Math.ceil(share * tasks) - 1] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

function equalTasks(count: number): Task[] {
  return Array.from({ length: count }, (_, i) => createTask({ id: taskId(`${i}`), type: "cast", workUnits: 20 }));
}

const forty = Array.from({ length: 40 }, () => ({ speed: 1, lanes: 1, slots: 2 }));

/** Measured time of one step of the scheduler, with what simulating the workers takes. */
function stepMs(perWorker: number): number {
  const tasks = equalTasks(40 * perWorker);
  const startMs = nowMs();
  const { stepCount } = runFakeCluster({ workers: forty, tasks, stepMs: 0, oneWayMs: 0 });
  return (nowMs() - startMs) / stepCount;
}

function fortyWorkers({ perWorker, step, oneWayMs }: { perWorker: number; step: number; oneWayMs: number }): {
  readonly run: FakeRunResult;
  readonly efficiency: number;
} {
  const tasks = equalTasks(40 * perWorker);
  const { efficiency } = runFakeCluster({ workers: forty, tasks, stepMs: step, oneWayMs });
  // The digest is of a run whose costs are not measured.
  return { run: runFakeCluster({ workers: forty, tasks, stepMs: 0.05, oneWayMs: 0.5 }), efficiency };
}
