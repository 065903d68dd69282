/**
 * The schedule of one master: the scheduler of the processor, and the workers of the nodes it hears of.
 */
import type { NodeId, Owner } from "@skyvox/cluster";
import type {
  AttemptKey,
  Scheduler,
  SchedulerAction,
  SchedulerEvent,
  Task,
  TaskId,
  TaskOutcome,
  WorkerId,
} from "@skyvox/processor";
import type { TaskMessage } from "./task-messages.ts";

/** Tasks in hand at once. */
export const TASKS_MAX = 60;
/** Tasks are tried again so often. */
export const RETRIES_MAX = 3;
const ATTEMPT_MS_MAX = 400;
/** Workers die for reasons of their own; a task is given out so often at most. */
const ATTEMPTS_MAX = 64;
const REMEMBERED_MAX = 400;

/** How an office reaches its world. */
export interface OfficeTies {
  readonly owner: Owner;
  readonly Scheduler: typeof Scheduler;
  send(to: NodeId, message: TaskMessage): void;
  onAssigned(key: AttemptKey): void;
  onSettled(id: TaskId, outcome: TaskOutcome): void;
}

/** One schedule; see the head of this file. */
export class TaskOffice {
  readonly scheduler: Scheduler;
  readonly #ties: OfficeTies;
  /** Where each worker is that may be given tasks. */
  readonly #nodes = new Map<WorkerId, NodeId>();
  /** Workers that were given up and must come with a new life. */
  readonly #givenUp = new Set<WorkerId>();

  constructor(ties: OfficeTies) {
    this.#ties = ties;
    this.scheduler = new ties.Scheduler({
      ...{ epoch: ties.owner.epoch, tasksMax: TASKS_MAX, rememberedMax: REMEMBERED_MAX, retriesMax: RETRIES_MAX },
      ...{ attemptMsMax: ATTEMPT_MS_MAX, attemptsMax: ATTEMPTS_MAX },
    });
  }

  get owner(): Owner {
    return this.#ties.owner;
  }

  submit(nowMs: number, tasks: readonly Task[]): void {
    this.#step(nowMs, { type: "submit", tasks });
  }

  tick(nowMs: number): void {
    const tickMs = this.scheduler.nextTickMs;
    if (tickMs !== null && tickMs <= nowMs) this.#step(nowMs, { type: "tick" });
  }

  hear(nowMs: number, from: NodeId, message: TaskMessage): void {
    if (message.type === "answer") this.#step(nowMs, message.event);
    else if (message.type === "offer") this.#offered(nowMs, from, message.workerId);
  }

  /** A node is gone, and its worker with it. */
  lose(nowMs: number, node: NodeId, why: string): void {
    for (const [id, place] of this.#nodes) if (place === node) this.#lose(nowMs, id, why);
  }

  #offered(nowMs: number, from: NodeId, id: WorkerId): void {
    if (this.#nodes.has(id)) return;
    if (this.#givenUp.has(id)) {
      this.#ties.send(from, { type: "restart", workerId: id });
      return;
    }
    // A node has one worker: another life of it ends the one before.
    this.lose(nowMs, from, "its worker began anew");
    this.#nodes.set(id, from);
    const offer = { workerId: id, lanes: 1, slots: 3, types: null, gpuMemoryBytes: 0, linkBytesPerMs: 1 };
    this.#step(nowMs, { type: "worker-joined", offer });
  }

  #lose(nowMs: number, id: WorkerId, why: string): void {
    this.#nodes.delete(id);
    this.#givenUp.add(id);
    this.#step(nowMs, { type: "worker-lost", workerId: id, why });
  }

  #step(nowMs: number, event: SchedulerEvent): void {
    for (const action of this.scheduler.step(nowMs, event)) this.#do(action);
  }

  #do(action: SchedulerAction): void {
    const { send, onAssigned, onSettled, owner } = this.#ties;
    if (action.type === "assign") {
      onAssigned(action.key);
      this.#sendTo(action.key.workerId, { type: "assign", key: action.key, holder: owner.holder, task: action.task });
    } else if (action.type === "abort") this.#sendTo(action.key.workerId, { type: "abort", key: action.key });
    else if (action.type === "settled") onSettled(action.taskId, action.outcome);
    else if (action.type === "restart-worker") {
      const node = this.#nodes.get(action.workerId);
      this.#nodes.delete(action.workerId);
      this.#givenUp.add(action.workerId);
      if (node !== undefined) send(node, { type: "restart", workerId: action.workerId });
    }
  }

  #sendTo(id: WorkerId, message: TaskMessage): void {
    const node = this.#nodes.get(id);
    if (node !== undefined) this.#ties.send(node, message);
  }
}
