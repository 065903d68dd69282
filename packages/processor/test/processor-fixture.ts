/**
 * A started processor with real worker processes, and the few things tests do with it.
 */

import { systemAlarmClock } from "@skyvox/core";
import {
  DistributedProcessor,
  type ProcessorOptions,
  type TaskId,
  type TaskOutcome,
  type TaskRequest,
} from "../src/mod.ts";
import type { Order } from "./order-handler.ts";

/** How long a test waits for what takes milliseconds on a quiet machine. */
export const PATIENCE_MS = 20_000;

/** Starts worker processes that do orders. */
export function startOrderly(options: Partial<ProcessorOptions> = {}): DistributedProcessor {
  const processor = new DistributedProcessor({ clock: systemAlarmClock, ...options });
  processor.registerTaskHandler("order", new URL("./order-handler.ts", import.meta.url));
  processor.start();
  return processor;
}

/** Submits an order that has to be taken. */
export function order(processor: DistributedProcessor, payload: Order, fields: Partial<TaskRequest> = {}): TaskId {
  const submission = processor.submitTask({ type: "order", payload, ...fields });
  if (!submission.ok) throw new Error(submission.refusal.message);
  return submission.taskId;
}

/** Waits for an outcome that has to come. */
export async function outcome(processor: DistributedProcessor, id: TaskId): Promise<TaskOutcome> {
  const found = await processor.waitForTask(id, PATIENCE_MS);
  if (found === null) throw new Error(`task "${id}" is not settled: ${processor.explain(id)?.lines.join("; ")}`);
  return found;
}

/** Waits for the value of a task that has to be completed. */
export async function value(processor: DistributedProcessor, id: TaskId): Promise<unknown> {
  const found = await outcome(processor, id);
  if (found.state !== "completed") throw new Error(`task "${id}" ended as ${JSON.stringify(found)}`);
  return found.value;
}

/** Looks again and again, between turns of the event loop, until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error("it never came to hold");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** The process that has a task in hand. */
export function processOf(processor: DistributedProcessor, id: TaskId): number {
  const life = processor.explain(id)?.attempts.at(-1)?.workerId;
  return processor.workers.find(({ workerId }) => workerId === life)?.processId ?? 0;
}
