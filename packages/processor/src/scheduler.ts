/**
 * Decides when and where tasks run: a state machine that takes what happened and returns what to do.
 *
 * It asks no clock and does no I/O, so a run is replayed from its events. What it promises:
 * - a task that was taken is settled exactly once: completed, dead letter, cancelled or expired;
 * - a result counts only from the attempt that holds the task now, under this scheduler's epoch; all others are refused and counted;
 * - a task is tried again at most `retriesMax` times after an attempt that failed, hung or lost its worker, then it is a dead letter;
 * - at most `tasksMax` tasks are in hand; more are refused.
 *
 * Whether a worker is dead is for others to judge: this one is told.
 */
import { assert } from "@skyvox/core";
import type { PolicyName } from "./balance.ts";
import { type Explanation, explainLive, explainSettled } from "./explanation.ts";
import { IndexedHeap } from "./indexed-heap.ts";
import { type Placement, placeTasks } from "./placement.ts";
import { SchedulerCounts, type SchedulerStatistics } from "./scheduler-counts.ts";
import type { AttemptKey, ResultRefusal, SchedulerAction, SchedulerEvent } from "./scheduler-events.ts";
import { defaultSchedulerOptions, type SchedulerOptions } from "./scheduler-options.ts";
import { ServiceTimes } from "./service-times.ts";
import type { AttemptFailure, DeadLetterReason, Task, TaskId, TaskOutcome, WorkerId } from "./task.ts";
import { TaskBoard } from "./task-board.ts";
import type { AttemptRecord, LiveTask } from "./task-ledger.ts";
import type { DeadLetter, TaskSummary } from "./task-summary.ts";
import { isSooner, type TimeLimit } from "./time-limit.ts";
import { type HeldTask, WorkerRoster } from "./worker-roster.ts";

/** Schedules tasks; see the head of this file for what it promises. */
export class Scheduler {
  readonly epoch: number;
  readonly #options: SchedulerOptions;
  readonly #counts = new SchedulerCounts();
  readonly #board: TaskBoard;
  readonly #roster = new WorkerRoster();
  readonly #times: ServiceTimes;
  /** When attempts that have begun count as hung. */
  readonly #attemptLimits = new IndexedHeap<TimeLimit>(isSooner);
  #policy: PolicyName;
  #lastWorker: WorkerId | null = null;
  #supersededBy: number | null = null;
  #actions: SchedulerAction[] = [];

  /** Takes the epoch of this owner of the schedule, higher than that of every owner before it. */
  constructor(options: { readonly epoch: number } & Partial<SchedulerOptions>) {
    assert(Number.isSafeInteger(options.epoch), "an epoch is an integer");
    this.epoch = options.epoch;
    this.#options = { ...defaultSchedulerOptions, ...options };
    this.#policy = this.#options.policy;
    this.#board = new TaskBoard(this.#options, this.#counts, (taskId, outcome) =>
      this.#actions.push({ type: "settled", taskId, outcome }),
    );
    this.#times = new ServiceTimes(this.#options);
  }

  /** How workers are chosen, from the next placement on. */
  get policy(): PolicyName {
    return this.#policy;
  }

  set policy(policy: PolicyName) {
    this.#policy = policy;
  }

  /** Takes one event and returns what is to be done about it, in order. Times never go back. */
  step(nowMs: number, event: SchedulerEvent): SchedulerAction[] {
    this.#actions = [];
    this.#endExpired(nowMs);
    this.#take(nowMs, event);
    this.#endHung(nowMs);
    this.#assign(nowMs);
    return this.#actions;
  }

  /** When it wants a `tick` if nothing else happens; null where no time limit runs. */
  get nextTickMs(): number | null {
    const [attemptMs, expiryMs] = [this.#attemptLimits.first?.atMs ?? null, this.#board.nextExpiryMs];
    if (attemptMs === null || expiryMs === null) return attemptMs ?? expiryMs;
    return Math.min(attemptMs, expiryMs);
  }

  /** The outcome of a task: null where it is not settled yet, undefined where it is not known. */
  outcomeOf(id: TaskId): TaskOutcome | null | undefined {
    return this.#board.outcomeOf(id);
  }

  /** Says why a task ran where it ran, or why it does not run; null where it is not known. */
  explain(id: TaskId): Explanation | null {
    const live = this.#board.live(id);
    if (live !== undefined) return explainLive(live, this.#roster.all);
    const settled = this.#board.settled(id);
    return settled === undefined ? null : explainSettled(settled);
  }

  /** The last dead letters, oldest first. */
  get deadLetters(): readonly DeadLetter[] {
    return this.#board.deadLetters;
  }

  /** Lists the tasks in hand, newest first, then those that are settled and remembered, the last first. */
  tasks(): TaskSummary[] {
    return this.#board.list();
  }

  statistics(): SchedulerStatistics {
    const workers = this.#roster.all;
    return this.#counts.statistics({
      ...this.#board.statistics(),
      workers: workers.length,
      workersBusy: workers.filter(({ held }) => held.length > 0).length,
    });
  }

  #take(nowMs: number, event: SchedulerEvent): void {
    switch (event.type) {
      case "submit":
        this.#submit(nowMs, event.tasks);
        break;
      case "cancel":
        if (this.#board.live(event.taskId) !== undefined) this.#withdraw(nowMs, event.taskId, { state: "cancelled" });
        break;
      case "worker-joined":
        this.#roster.join(event.offer);
        this.#board.unpark();
        break;
      case "worker-draining":
        this.#drain(event.workerId);
        break;
      case "worker-lost":
        this.#loseWorker(nowMs, event.workerId, { kind: "lost", message: event.why }, null);
        break;
      case "completed":
        this.#complete(nowMs, event);
        break;
      case "failed":
        this.#fail(nowMs, event.key, event.message);
        break;
      case "fenced":
        this.#giveWay(event.epoch);
        break;
      case "tick":
    }
  }

  #submit(nowMs: number, tasks: readonly Task[]): void {
    const supersededBy = this.#supersededBy;
    const refusal =
      supersededBy === null
        ? this.#board.admit(nowMs, tasks)
        : ({ code: "superseded", message: `Cannot take tasks: epoch ${supersededBy} owns the schedule` } as const);
    if (refusal === null) return;
    this.#counts.refused(refusal.code, tasks.length);
    this.#actions.push({ type: "refused", refusal });
  }

  #giveWay(epoch: number): void {
    if (epoch <= this.epoch || this.#supersededBy !== null) return;
    this.#supersededBy = epoch;
    this.#actions.push({ type: "superseded", epoch });
  }

  /** Settles a live task with an outcome that no worker gave. */
  #withdraw(nowMs: number, id: TaskId, outcome: TaskOutcome): void {
    const key = this.#takeFromWorker(nowMs, id, "aborted");
    if (key !== null) this.#actions.push({ type: "abort", key });
    this.#board.settle(nowMs, id, outcome);
  }

  #drain(id: WorkerId): void {
    const worker = this.#roster.find(id);
    if (worker === undefined) return;
    worker.isDraining = true;
    this.#letGo(id);
  }

  /** Lets a draining worker go once it holds nothing. */
  #letGo(id: WorkerId): void {
    const worker = this.#roster.find(id);
    if (worker === undefined || !worker.isDraining || worker.held.length > 0) return;
    this.#roster.leave(id);
    this.#times.forget(id);
    this.#actions.push({ type: "worker-drained", workerId: id });
  }

  /** Takes everything back from a worker that is gone; only what it ran is charged, and where one task is to blame only that. */
  #loseWorker(nowMs: number, id: WorkerId, fault: Fault, culprit: TaskId | null): void {
    const worker = this.#roster.leave(id);
    if (worker === undefined) return;
    this.#times.forget(id);
    this.#counts.workersLost += 1;
    for (const held of worker.held) {
      const isCharged = held.beganMs !== null && (culprit === null || culprit === held.task.id);
      this.#recall(nowMs, id, held, isCharged ? fault : null);
    }
  }

  #recall(nowMs: number, id: WorkerId, held: HeldTask, fault: Fault | null): void {
    const live = this.#board.live(held.task.id);
    assert(live !== undefined, "workers hold live tasks");
    this.#attemptLimits.remove(held.task.id);
    if (fault === null) {
      this.#counts.recalls += 1;
      endAttempt(live, "recalled");
    } else {
      endAttempt(live, fault.kind);
      live.failures.push({ attempt: held.attempt, workerId: id, ...fault });
    }
    this.#tryAgain(nowMs, live, fault !== null);
  }

  #tryAgain(nowMs: number, live: LiveTask, isRetry: boolean): void {
    const reason = spentReason(live, this.#options);
    if (reason !== null) {
      this.#board.settle(nowMs, live.task.id, { state: "dead-letter", reason, failures: live.failures });
      return;
    }
    if (isRetry) this.#counts.retries += 1;
    this.#board.requeue(live);
  }

  #complete(nowMs: number, { key, value, executionMs }: Extract<SchedulerEvent, { type: "completed" }>): void {
    const live = this.#holder(key);
    if (live === null) return;
    this.#times.note(key.workerId, live.task, executionMs);
    this.#takeFromWorker(nowMs, key.taskId, "completed");
    const { workerId, attempt } = key;
    const { deadlineMs } = live.task;
    const isLate = deadlineMs !== null && nowMs > deadlineMs;
    this.#board.settle(nowMs, key.taskId, { state: "completed", value, workerId, attempt, executionMs, isLate });
  }

  #fail(nowMs: number, key: AttemptKey, message: string): void {
    const live = this.#holder(key);
    if (live === null) return;
    this.#takeFromWorker(nowMs, key.taskId, "failed");
    live.failures.push({ attempt: key.attempt, workerId: key.workerId, kind: "failed", message });
    this.#tryAgain(nowMs, live, true);
  }

  /** The task that an answer is for, where the answer counts. An answer under a later epoch shows that a later owner exists. */
  #holder(key: AttemptKey): LiveTask | null {
    if (key.epoch !== this.epoch) {
      this.#refuse(key, key.epoch < this.epoch ? "superseded" : "later-epoch");
      this.#giveWay(key.epoch);
      return null;
    }
    const live = this.#board.live(key.taskId);
    if (live === undefined) {
      this.#refuse(key, this.#board.settled(key.taskId) === undefined ? "unknown" : "duplicate");
      return null;
    }
    const current = live.attempts.at(-1);
    if (live.state === "assigned" && current?.attempt === key.attempt && current.workerId === key.workerId) return live;
    this.#refuse(key, "stale");
    return null;
  }

  #refuse(key: AttemptKey, reason: ResultRefusal): void {
    this.#counts.resultRefused(reason);
    this.#actions.push({ type: "result-refused", key, reason });
  }

  /** Ends the attempt that is under way, so that the next task of its worker begins; null where none is. */
  #takeFromWorker(nowMs: number, id: TaskId, end: "completed" | "failed" | "aborted"): AttemptKey | null {
    const live = this.#board.live(id);
    const current = live?.attempts.at(-1);
    if (live?.state !== "assigned" || current === undefined) return null;
    endAttempt(live, end);
    this.#attemptLimits.remove(id);
    const next = this.#roster.release(current.workerId, id, nowMs);
    if (next !== undefined) this.#limit(next, nowMs);
    this.#letGo(current.workerId);
    return { taskId: id, attempt: current.attempt, epoch: this.epoch, workerId: current.workerId };
  }

  #endExpired(nowMs: number): void {
    for (let id = this.#board.dueExpiry(nowMs); id !== null; id = this.#board.dueExpiry(nowMs)) {
      this.#withdraw(nowMs, id, { state: "expired" });
    }
  }

  #endHung(nowMs: number): void {
    for (let due = this.#attemptLimits.first; due !== undefined && due.atMs <= nowMs; due = this.#attemptLimits.first) {
      const current = this.#board.live(due.id)?.attempts.at(-1);
      assert(current !== undefined, "limits run for attempts");
      const why = `task "${due.id}" ran past its limit`;
      this.#actions.push({ type: "restart-worker", workerId: current.workerId, why });
      this.#loseWorker(nowMs, current.workerId, { kind: "hung", message: why }, due.id);
    }
  }

  #assign(nowMs: number): void {
    if (this.#supersededBy !== null || this.#board.queue.count === 0) return;
    const { placed, unplaceable } = placeTasks({
      ...{ nowMs, queue: this.#board.queue, roster: this.#roster, times: this.#times, lastWorker: this.#lastWorker },
      ...{ policy: this.#policy, movedCameraMs: this.#options.movedCameraMs, lookAheadMax: this.#options.lookAheadMax },
    });
    for (const { id } of unplaceable) this.#board.park(id);
    for (const placement of placed) this.#give(nowMs, placement);
  }

  #give(nowMs: number, { entry, reason }: Placement): void {
    const live = this.#board.live(entry.id);
    assert(live !== undefined, "queued tasks are live");
    const { workerId } = reason;
    const { task } = live;
    const attempt = live.attempts.length + 1;
    live.state = "assigned";
    live.attempts.push({ attempt, workerId, assignedMs: nowMs, reason, end: "running" });
    const held: HeldTask = { task, attempt, expectedMs: reason.taskMs, beganMs: null };
    if (this.#roster.hold(workerId, held, nowMs)) this.#limit(held, nowMs);
    this.#lastWorker = workerId;
    this.#actions.push({
      type: "assign",
      key: { taskId: entry.id, attempt, epoch: this.epoch, workerId },
      task,
      dependencyValues: task.dependencies.map((id) => live.inputs.get(id)),
    });
  }

  #limit({ task }: HeldTask, nowMs: number): void {
    this.#attemptLimits.push({ id: task.id, atMs: nowMs + (task.attemptMsMax ?? this.#options.attemptMsMax) });
  }
}

type Fault = Pick<AttemptFailure, "kind" | "message">;

/** Says why a task is not tried again; null where it is. */
function spentReason(
  { task, attempts, failures }: LiveTask,
  { retriesMax, attemptsMax }: SchedulerOptions,
): DeadLetterReason | null {
  const last = failures.at(-1);
  if (last !== undefined && failures.length > retriesMax) {
    const attempt = `the last on "${last.workerId}": ${last.message}`;
    return {
      code: "retries",
      message: `Cannot complete task "${task.id}": ${failures.length} attempts failed, ${attempt}`,
    };
  }
  if (attempts.length < attemptsMax) return null;
  const message = `Cannot complete task "${task.id}": its worker was lost ${attempts.length} times, need one that stays`;
  return { code: "attempts", message };
}

function endAttempt({ attempts }: LiveTask, end: Exclude<AttemptRecord["end"], "running">): void {
  const current = attempts.at(-1);
  assert(current?.end === "running", "only a running attempt ends");
  current.end = end;
}
