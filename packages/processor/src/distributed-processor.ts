/**
 * The processor as an application uses it: handlers are registered, tasks submitted and waited for.
 *
 * It is the shell around `scheduler.ts`: it brings the clock, the worker processes and a worker in this process, and turns promises into
 * events and actions into messages. A handler that is a function runs in this process, one that is a module in worker processes.
 */
import { assert, type CameraId, messageOf, nowMsOf, SkyvoxError, scheduleInMs } from "@skyvox/core";
import type { PolicyName } from "./balance.ts";
import { CameraFrames } from "./camera-frames.ts";
import type { Explanation } from "./explanation.ts";
import { type Health, HealthMonitor } from "./health.ts";
import { type ProcessorOptions, processorDefaults } from "./processor-options.ts";
import { type ProcessorStatistics, processorStatistics } from "./processor-statistics.ts";
import { RecentOutcomes } from "./recent-outcomes.ts";
import { Scheduler } from "./scheduler.ts";
import type { Refusal, SchedulerAction } from "./scheduler-events.ts";
import { SchedulerShell } from "./scheduler-shell.ts";
import {
  createTask,
  type Task,
  type TaskFields,
  type TaskId,
  type TaskOutcome,
  taskId,
  type WorkerId,
  workerId,
} from "./task.ts";
import type { TaskHandler } from "./task-handler.ts";
import { type DeadLetter, type TaskState, type TaskSummary, taskStates } from "./task-summary.ts";
import { WorkerLoop } from "./worker-loop.ts";
import type { ToWorkerLoop } from "./worker-messages.ts";
import { type PoolWorker, WorkerPool } from "./worker-pool.ts";

/** A task as it is submitted: its type, and what differs from the defaults of {@link Task}. */
export interface TaskRequest extends Omit<TaskFields, "id" | "deadlineMs"> {
  /** Submitting an id again does the work once; default a new one. */
  readonly id?: string;
  /** When the result is wanted, from now on. */
  readonly withinMs?: number;
}

/** What came of submitting one task. */
export type Submission =
  | { readonly ok: true; readonly taskId: TaskId }
  | { readonly ok: false; readonly refusal: Refusal };

/** What came of submitting several, all of which were taken or none. */
export type BatchSubmission =
  | { readonly ok: true; readonly taskIds: readonly TaskId[] }
  | { readonly ok: false; readonly refusal: Refusal };

/** The type of the tasks that {@link DistributedProcessor.submitCameraFrame} makes. */
export const CAMERA_FRAME_TASK = "camera-frame";

/** What the handler of {@link CAMERA_FRAME_TASK} is given. */
export interface CameraFramePayload {
  readonly cameraId: CameraId;
  readonly frame: unknown;
  readonly metadata: unknown;
}

const HEALTH_HOLD_MS = 3000;
const HEALTH_PERIOD_MS = 250;
const RECENT_WINDOW_MS = 30_000;
const LISTED_MAX = 1000;
const RECENT_TASKS_MAX = 1000;

/** Runs tasks on workers. Owns its worker processes: disposing ends them and gives up what is in hand. */
export class DistributedProcessor<PipelineStatistics = null> implements AsyncDisposable {
  readonly #options: ProcessorOptions<PipelineStatistics> & typeof processorDefaults;
  readonly #scheduler: Scheduler;
  readonly #functions = new Map<string, TaskHandler>();
  readonly #modules: Record<string, string> = {};
  readonly #frames: CameraFrames;
  readonly #waiters = new Map<TaskId, ((outcome: TaskOutcome | null) => void)[]>();
  readonly #recent = new RecentOutcomes({ windowMs: RECENT_WINDOW_MS, capacity: RECENT_TASKS_MAX });
  readonly #health = new HealthMonitor({ holdMs: HEALTH_HOLD_MS });
  readonly #shell: SchedulerShell;
  #refusal: Refusal | null = null;
  #state: "new" | "started" | "ended" = "new";
  #local: WorkerLoop | null = null;
  #pool: WorkerPool | null = null;
  #cancelHealth: () => void = () => undefined;
  #taskCount = 0;
  #localLife = 0;

  constructor(options: ProcessorOptions<PipelineStatistics>) {
    this.#options = { ...processorDefaults, ...options };
    this.#scheduler = new Scheduler({ epoch: this.#options.epoch, ...options.scheduler });
    this.#shell = new SchedulerShell(this.#scheduler, options.clock, (action, nowMs) => this.#perform(action, nowMs));
    this.#frames = new CameraFrames(this.#options);
  }

  /**
   * Says who does the tasks of a type: a function, run in this process, or the address of a module whose default export makes the
   * handler in each worker process (see {@link OpenTaskHandler}).
   *
   * @throws {AssertionError} after the start or for a type that has a handler.
   */
  registerTaskHandler(type: string, handler: TaskHandler | URL): void {
    assert(this.#state === "new", "handlers are registered before the start");
    assert(!this.#functions.has(type) && !Object.hasOwn(this.#modules, type), "a type has one handler");
    if (handler instanceof URL) this.#modules[type] = handler.href;
    else this.#functions.set(type, handler);
  }

  /**
   * Starts the workers and returns at once; tasks wait until there is one for them.
   *
   * @throws {AssertionError} when started before.
   */
  start(): void {
    assert(this.#state === "new", "a processor is started once");
    this.#state = "started";
    const { clock, processCount, lanes, gpuMemoryBytes } = this.#options;
    if (this.#functions.size > 0) this.#startLocal();
    if (Object.keys(this.#modules).length > 0) {
      this.#pool = new WorkerPool({
        ...{ clock, processCount, lanes, gpuMemoryBytes, modules: this.#modules, slots: lanes + 1 },
        onJoined: (offer) => this.#shell.tell({ type: "worker-joined", offer }),
        onLost: (id, why) => this.#shell.tell({ type: "worker-lost", workerId: id, why }),
        onAnswer: (answer) => this.#shell.tell(answer),
      });
    }
    this.#watchHealth();
  }

  /** Submits one task. */
  submitTask(request: TaskRequest): Submission {
    const task = this.#taskOf(request);
    const refusal = this.#submit([task]);
    return refusal === null ? { ok: true, taskId: task.id } : { ok: false, refusal };
  }

  /** Submits tasks that may depend on each other, all of them or none. */
  submitTasks(requests: readonly TaskRequest[]): BatchSubmission {
    const tasks = requests.map((request) => this.#taskOf(request));
    const refusal = this.#submit(tasks);
    return refusal === null ? { ok: true, taskIds: tasks.map(({ id }) => id) } : { ok: false, refusal };
  }

  /**
   * Submits a frame of a camera as a task of the type {@link CAMERA_FRAME_TASK}. Frames go to the worker their camera is on.
   *
   * @param frame handed to the handler; to a worker process better the description of a shared slot than pixels.
   */
  submitCameraFrame(cameraId: CameraId, frame: unknown, metadata: unknown): Submission {
    const giving = this.#frames.givesWay(cameraId, (id) => this.#scheduler.explain(id)?.state === "assigned");
    if (giving !== null) this.#frames.drop();
    if (giving === "none") {
      const message = `Cannot take a frame of camera "${cameraId}": its workers hold ${this.#options.framesPerCameraMax}, need one done`;
      return { ok: false, refusal: { code: "full", message } };
    }
    if (giving !== null) this.cancelTask(giving);
    const payload: CameraFramePayload = { cameraId, frame, metadata };
    const submission = this.submitTask({ type: CAMERA_FRAME_TASK, payload, cameraId });
    if (submission.ok) this.#frames.add(cameraId, submission.taskId);
    return submission;
  }

  /** Cancels a task that is not settled; what depends on it comes to nothing too. */
  cancelTask(id: TaskId): void {
    this.#shell.tell({ type: "cancel", taskId: id });
  }

  /**
   * Waits until a task is settled.
   *
   * @returns null where it is not settled in time, or never will be because the processor ended.
   * @throws {SkyvoxError} "usage" where the task is not known, or was settled so long ago that it is forgotten.
   */
  async waitForTask(id: TaskId, timeoutMs: number): Promise<TaskOutcome | null> {
    const outcome = this.#scheduler.outcomeOf(id);
    if (outcome === undefined) {
      throw new SkyvoxError(
        "usage",
        `Cannot wait for task "${id}": it is not known, need one of the last that were submitted`,
      );
    }
    if (outcome !== null || this.#state === "ended") return outcome;
    const { promise, resolve } = Promise.withResolvers<TaskOutcome | null>();
    const cancelAlarm = scheduleInMs(this.#options.clock, timeoutMs, () => resolve(null));
    this.#waiters.set(id, [...(this.#waiters.get(id) ?? []), resolve]);
    const settled = await promise;
    cancelAlarm();
    const rest = (this.#waiters.get(id) ?? []).filter((waiter) => waiter !== resolve);
    if (rest.length === 0) this.#waiters.delete(id);
    else this.#waiters.set(id, rest);
    return settled;
  }

  /** Says why a task ran where it ran, or why it does not run; null where it is not known. */
  explain(id: TaskId): Explanation | null {
    return this.#scheduler.explain(id);
  }

  /**
   * Lists tasks: those in hand, newest first, then those that are settled and remembered, the last first.
   *
   * @param options.states only tasks in one of these; default all. `countMax`: no more than so many; default 1000.
   */
  tasks(options: { readonly states?: readonly TaskState[]; readonly countMax?: number } = {}): TaskSummary[] {
    const { states = taskStates, countMax = LISTED_MAX } = options;
    assert(Number.isInteger(countMax) && countMax >= 0, "countMax is a count");
    const wanted = this.#scheduler.tasks().filter(({ state }) => states.includes(state));
    return wanted.slice(0, countMax);
  }

  /** The last dead letters, oldest first; kept apart from other outcomes, so that a busy schedule does not push them out. */
  deadLetters(): readonly DeadLetter[] {
    return [...this.#scheduler.deadLetters];
  }

  /** Gives way to a later owner of the schedule: nothing is assigned any more, and submissions are refused as superseded. */
  giveWay(epoch: number): void {
    this.#shell.tell({ type: "fenced", epoch });
  }

  /** Lets a worker process finish what it has and end; it is not started again. */
  drainWorker(id: PoolWorker["workerId"]): void {
    this.#shell.tell({ type: "worker-draining", workerId: id });
  }

  /** How workers are chosen, from the next placement on. */
  get policy(): PolicyName {
    return this.#scheduler.policy;
  }

  set policy(policy: PolicyName) {
    this.#scheduler.policy = policy;
  }

  /** The worker processes as they stand. */
  get workers(): readonly PoolWorker[] {
    return this.#pool?.workers ?? [];
  }

  getStatistics(): ProcessorStatistics<PipelineStatistics> {
    const { pipelineStatistics } = this.#options;
    return processorStatistics({
      scheduler: this.#scheduler.statistics(),
      wantedWorkers: this.#wantedWorkers,
      framesDropped: this.#frames.droppedCount,
      workerRestarts: this.workers.reduce((sum, { restarts }) => sum + restarts, 0),
      pipeline: pipelineStatistics === undefined ? null : pipelineStatistics(),
    });
  }

  /** Judges how the processor is, by the thresholds of `health.ts`. */
  getSystemHealth(): Health {
    const nowMs = nowMsOf(this.#options.clock);
    const { live, tasksMax, workers } = this.#scheduler.statistics();
    return this.#health.judge(nowMs, {
      ...{ workersWanted: this.#wantedWorkers, workersHere: workers, takenShare: live / tasksMax },
      ...this.#recent.shares(nowMs),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#shell.close();
    this.#cancelHealth();
    this.#local?.abortAll();
    for (const waiters of [...this.#waiters.values()]) for (const resolve of waiters) resolve(null);
    await this.#pool?.[Symbol.asyncDispose]();
  }

  get #wantedWorkers(): number {
    return (this.#functions.size > 0 ? 1 : 0) + this.workers.filter(({ state }) => state !== "released").length;
  }

  #submit(tasks: readonly Task[]): Refusal | null {
    assert(this.#state !== "ended", "an ended processor takes no tasks");
    this.#refusal = null;
    this.#shell.tell({ type: "submit", tasks });
    return this.#refusal;
  }

  #taskOf({ id, withinMs, ...fields }: TaskRequest): Task {
    const deadlineMs = withinMs === undefined ? null : nowMsOf(this.#options.clock) + withinMs;
    return createTask({ ...fields, id: taskId(id ?? `task-${++this.#taskCount}`), deadlineMs });
  }

  /** The worker in this process: it does the tasks of handlers that are functions. */
  #startLocal(): void {
    const { clock, localLanes } = this.#options;
    this.#local = new WorkerLoop({
      ...{ lanes: localLanes, handlers: this.#functions, clock },
      send: (answer) => this.#shell.tell(answer),
    });
    const offer = {
      ...{ workerId: workerId(`here.${++this.#localLife}`), lanes: localLanes, slots: localLanes },
      ...{ types: [...this.#functions.keys()], gpuMemoryBytes: 0, linkBytesPerMs: Number.POSITIVE_INFINITY },
    };
    this.#shell.tell({ type: "worker-joined", offer });
  }

  #perform(action: SchedulerAction, nowMs: number): void {
    switch (action.type) {
      case "assign":
      case "abort":
        this.#sendWork(action);
        break;
      case "restart-worker":
        if (isLocal(action.workerId)) {
          // What hangs here cannot be ended; it keeps its lane of a worker that is left behind.
          this.#local?.abortAll();
          this.#startLocal();
        } else this.#pool?.restart(action.workerId, action.why);
        break;
      case "worker-drained":
        this.#pool?.release(action.workerId);
        break;
      case "settled":
        this.#settle(action.taskId, action.outcome, nowMs);
        break;
      case "refused":
        this.#refusal = action.refusal;
        break;
      case "superseded":
      case "result-refused":
        this.#options.onNotice(action);
        break;
    }
  }

  #sendWork(action: Extract<SchedulerAction, { type: "assign" | "abort" }>): void {
    const { key } = action;
    if (isLocal(key.workerId)) {
      this.#local?.take(action);
      return;
    }
    try {
      this.#pool?.send(key.workerId, action.type === "abort" ? action : withoutRest(action));
    } catch (error) {
      this.#shell.tell({ type: "failed", key, message: `it cannot be sent: ${messageOf(error)}` });
    }
  }

  #settle(id: TaskId, outcome: TaskOutcome, nowMs: number): void {
    this.#frames.settle(id);
    this.#recent.note(nowMs, outcome);
    if (outcome.state === "dead-letter") this.#options.onNotice({ type: "dead-letter", taskId: id, outcome });
    const waiters = this.#waiters.get(id) ?? [];
    for (const resolve of waiters) resolve(outcome);
  }

  #watchHealth(): void {
    this.getSystemHealth();
    this.#cancelHealth = scheduleInMs(this.#options.clock, HEALTH_PERIOD_MS, () => this.#watchHealth());
  }
}

function isLocal(id: WorkerId): boolean {
  return id.startsWith("here.");
}

/** Leaves out of a task what its worker does not need. */
function withoutRest({
  type,
  key,
  task,
  dependencyValues,
}: Extract<SchedulerAction, { type: "assign" }>): ToWorkerLoop {
  const { payload, cameraId } = task;
  return { type, key, task: { type: task.type, payload, cameraId }, dependencyValues };
}
