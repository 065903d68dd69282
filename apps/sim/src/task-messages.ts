import type { NodeId } from "@skyvox/cluster";
import type { AttemptKey, SchedulerEvent, Task, WorkerId } from "@skyvox/processor";

/** What the master's schedule and the workers of nodes say to each other over the simulated network. */
export type TaskMessage =
  /** A worker says that it is there; again and again, as messages get lost. */
  | { readonly type: "offer"; readonly workerId: WorkerId }
  | { readonly type: "assign"; readonly key: AttemptKey; readonly holder: NodeId; readonly task: Task }
  | { readonly type: "abort"; readonly key: AttemptKey }
  /** The worker was given up: it has to begin a new life. */
  | { readonly type: "restart"; readonly workerId: WorkerId }
  | {
      readonly type: "answer";
      readonly event: Extract<SchedulerEvent, { readonly type: "completed" | "failed" | "fenced" }>;
    };

/** A message as it reaches a process. */
export interface TaskDelivery {
  readonly type: "task";
  readonly from: NodeId;
  readonly message: TaskMessage;
}
