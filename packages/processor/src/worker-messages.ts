/**
 * What a processor and its workers say to each other; every message survives a structured clone.
 */
import type { AttemptKey } from "./scheduler-events.ts";
import type { Task } from "./task.ts";

/** Work for a worker, or word that some is no longer wanted. */
export type ToWorkerLoop =
  | {
      readonly type: "assign";
      readonly key: AttemptKey;
      readonly task: Pick<Task, "type" | "payload" | "cameraId">;
      readonly dependencyValues: readonly unknown[];
    }
  | { readonly type: "abort"; readonly key: AttemptKey };

/** What a worker says of its work. */
export type FromWorkerLoop =
  | { readonly type: "completed"; readonly key: AttemptKey; readonly value: unknown; readonly executionMs: number }
  | { readonly type: "failed"; readonly key: AttemptKey; readonly message: string }
  /** It has seen the epoch of a later owner and did nothing. */
  | { readonly type: "fenced"; readonly epoch: number };

/** What a worker process is told. */
export type ToWorkerProcess =
  | ToWorkerLoop
  | {
      readonly type: "open";
      readonly workerIndex: number;
      readonly lanes: number;
      readonly heartbeatMs: number;
      /** Addresses of the modules that make the handlers, by task type. */
      readonly modules: Readonly<Record<string, string>>;
    };

/** What a worker process says. */
export type FromWorkerProcess =
  | FromWorkerLoop
  | { readonly type: "opened" }
  | { readonly type: "open-failed"; readonly message: string };
