/**
 * A schedule and its workers under a seed, with everything that may go wrong: workers are killed, frozen and thawed when they are already
 * given up, tasks hang, fail and kill, messages come late, twice and out of order, clients send more than there is room for, and the owner of
 * the schedule is replaced while the old one goes on. What must hold is checked at every step, see {@link Ledger}.
 *
 * Time is simulated and nothing is random but by the seed: a seed that fails fails again.
 */
import { createPrng, type Prng } from "@skyvox/core";
import {
  type AttemptKey,
  createTask,
  type Scheduler,
  type SchedulerAction,
  type SchedulerEvent,
  type Task,
  type TaskId,
  taskId,
  type WorkerId,
  workerId,
} from "../src/mod.ts";
import { Ledger } from "../testing/fault-ledger.ts";

/** What happened in a run. */
export interface SimulationReport {
  /** One line per broken promise; none where all hold. */
  readonly broken: readonly string[];
  readonly accepted: number;
  readonly completed: number;
  readonly kills: number;
  readonly freezes: number;
  readonly takeovers: number;
  /** Hash of everything the schedulers asked for, in order. */
  readonly digest: string;
}

const TASKS_MAX = 60;
const FAULTS_END_MS = 6000;
const GIVE_UP_MS = 120_000;
const WORKERS = 5;

interface FakeWorker {
  readonly id: WorkerId;
  state: "alive" | "frozen" | "dead";
  /** The highest epoch it has seen. */
  epoch: number;
  readonly queue: { readonly key: AttemptKey; readonly task: Task }[];
  /** What it says when it thaws. */
  readonly unsaid: SchedulerEvent[];
  isBusy: boolean;
}

/** Runs one seed on a scheduler, the real one or one with a planted bug. */
export function simulate(seed: number, SchedulerUnderTest: typeof Scheduler): SimulationReport {
  return new Simulation(seed, SchedulerUnderTest).run();
}

class Simulation {
  readonly #prng: Prng;
  readonly #Scheduler: typeof Scheduler;
  readonly #ledger = new Ledger({ tasksMax: TASKS_MAX, retriesMax: 3 });
  readonly #agenda: { readonly atMs: number; readonly order: number; readonly happen: () => void }[] = [];
  readonly #workers = new Map<WorkerId, FakeWorker>();
  readonly #owners: Scheduler[] = [];
  readonly #digest = new Bun.CryptoHasher("sha256");
  readonly #counts = { kills: 0, freezes: 0, takeovers: 0 };
  #nowMs = 0;
  #agendaCount = 0;
  #lives = 0;
  #taskCount = 0;
  #wakeMs = Number.POSITIVE_INFINITY;

  constructor(seed: number, SchedulerUnderTest: typeof Scheduler) {
    this.#prng = createPrng(seed);
    this.#Scheduler = SchedulerUnderTest;
    this.#takeOver();
  }

  run(): SimulationReport {
    for (let i = 0; i < WORKERS; i++) this.#join();
    this.#in(0, () => this.#submit());
    this.#in(this.#prng.uniform(50, 300), () => this.#fault());
    this.#in(this.#prng.uniform(1000, 5000), () => this.#takeOver());
    try {
      for (let next = this.#next(); next !== undefined; next = this.#next()) {
        this.#nowMs = next.atMs;
        if (this.#nowMs > GIVE_UP_MS) break;
        next.happen();
      }
    } catch (error) {
      this.#ledger.note(`it threw at ${this.#nowMs.toFixed(0)} ms: ${error}`);
    }
    this.#ledger.finish();
    const { broken, acceptedCount: accepted, completedCount: completed } = this.#ledger;
    return { broken, accepted, completed, ...this.#counts, digest: this.#digest.digest("hex") };
  }

  get #owner(): Scheduler {
    return this.#owners.at(-1) as Scheduler;
  }

  #in(delayMs: number, happen: () => void): void {
    this.#agenda.push({ atMs: this.#nowMs + delayMs, order: this.#agendaCount++, happen });
  }

  #next(): { readonly atMs: number; readonly happen: () => void } | undefined {
    let best = 0;
    for (const [i, { atMs, order }] of this.#agenda.entries()) {
      const first = this.#agenda[best];
      if (first !== undefined && (atMs < first.atMs || (atMs === first.atMs && order < first.order))) best = i;
    }
    return this.#agenda.splice(best, 1)[0];
  }

  /** A new owner begins with the next epoch; clients submit again what has no outcome yet. The old owner is told nothing. */
  #takeOver(): void {
    const epoch = this.#owners.length + 1;
    this.#counts.takeovers = epoch - 1;
    const options = { tasksMax: TASKS_MAX, rememberedMax: 200, attemptMsMax: 700, attemptsMax: 64 };
    this.#owners.push(new this.#Scheduler({ epoch, ...options }));
    const open = this.#ledger.begin(epoch);
    for (const { id, state } of this.#workers.values()) if (state === "alive") this.#offer(id);
    if (open.length > 0) this.#tell(this.#owner, { type: "submit", tasks: open });
  }

  #tell(owner: Scheduler, event: SchedulerEvent): void {
    const actions = owner.step(this.#nowMs, event);
    for (const action of actions) {
      this.#digest.update(JSON.stringify(action));
      this.#perform(owner, action);
    }
    this.#ledger.checkBounds(owner);
    const tickMs = this.#owner.nextTickMs;
    if (tickMs === null || tickMs >= this.#wakeMs) return;
    this.#wakeMs = tickMs;
    this.#in(Math.max(0, tickMs - this.#nowMs), () => {
      this.#wakeMs = Number.POSITIVE_INFINITY;
      this.#tell(this.#owner, { type: "tick" });
    });
  }

  #perform(owner: Scheduler, action: SchedulerAction): void {
    if (action.type === "assign") {
      this.#ledger.assign(action.key);
      // Orders arrive in order, as over one connection.
      this.#in(1, () => this.#receive(action.key, action.task));
    } else if (action.type === "settled") this.#ledger.settle(owner.epoch, action.taskId, action.outcome);
    else if (action.type === "restart-worker") this.#kill(action.workerId);
    else if (action.type === "worker-drained") this.#replace(action.workerId);
  }

  #submit(): void {
    const tasks = Array.from({ length: 1 + this.#prng.int(12) }, () => this.#task());
    // What depends on a task of the batch comes with it.
    const batch = tasks.map((task, i) =>
      i > 0 && this.#prng.float() < 0.3 ? { ...task, dependencies: [tasks[this.#prng.int(i)]?.id as TaskId] } : task,
    );
    this.#ledger.submit(batch);
    this.#tell(this.#owner, { type: "submit", tasks: batch });
    this.#ledger.accept(batch, (id) => this.#owner.outcomeOf(id) !== undefined);
    const [first] = batch;
    if (this.#prng.float() < 0.1 && first !== undefined) {
      this.#in(this.#prng.uniform(0, 50), () => this.#tell(this.#owner, { type: "cancel", taskId: first.id }));
    }
    if (this.#nowMs < FAULTS_END_MS) this.#in(this.#prng.uniform(5, 120), () => this.#submit());
  }

  #task(): Task {
    const id = taskId(`t${this.#taskCount++}`);
    const expires = this.#prng.float() < 0.1;
    const deadlineMs = expires ? this.#nowMs + this.#prng.uniform(1, 200) : null;
    const payload = this.#prng.float() < 0.02 ? "poison" : this.#prng.float() < 0.03 ? "hang" : "work";
    return createTask({ id, type: "work", payload, priority: this.#prng.int(10), deadlineMs, expires });
  }

  #join(): void {
    const id = workerId(`w${this.#lives++}`);
    this.#workers.set(id, { id, state: "alive", epoch: 0, queue: [], unsaid: [], isBusy: false });
    this.#offer(id);
  }

  #offer(id: WorkerId): void {
    const offer = { workerId: id, lanes: 1, slots: 3, types: null, gpuMemoryBytes: 0, linkBytesPerMs: 1 };
    this.#tell(this.#owner, { type: "worker-joined", offer });
  }

  #receive(key: AttemptKey, task: Task): void {
    const worker = this.#workers.get(key.workerId);
    if (worker === undefined || worker.state === "dead") return;
    if (key.epoch < worker.epoch) {
      for (const owner of this.#owners) {
        if (owner.epoch === key.epoch) this.#tell(owner, { type: "fenced", epoch: worker.epoch });
      }
      return;
    }
    worker.epoch = key.epoch;
    worker.queue.push({ key, task });
    if (!worker.isBusy) this.#work(worker);
  }

  #work(worker: FakeWorker): void {
    const next = worker.queue.shift();
    worker.isBusy = next !== undefined;
    if (next === undefined) return;
    const { key, task } = next;
    if (task.payload === "hang" && this.#prng.float() < 0.7) return;
    this.#in(this.#prng.uniform(1, 60), () => {
      if (worker.state === "dead") return;
      if (task.payload === "poison") {
        this.#kill(worker.id);
        return;
      }
      this.#say(worker, this.#answer(key));
      this.#work(worker);
    });
  }

  /** The value says which attempt under which epoch made it. */
  #answer(key: AttemptKey): SchedulerEvent {
    if (this.#prng.float() < 0.05) return { type: "failed", key, message: "it failed" };
    return { type: "completed", key, value: `${key.taskId}#${key.attempt}@${key.epoch}`, executionMs: 10 };
  }

  /** Answers reach every owner there ever was, late, out of order and now and then more than once. */
  #say(worker: FakeWorker, answer: SchedulerEvent): void {
    if (worker.state === "frozen") {
      worker.unsaid.push(answer);
      return;
    }
    for (const owner of this.#owners) {
      for (let copies = this.#prng.float() < 0.15 ? 2 : 1; copies > 0; copies--) {
        this.#in(this.#prng.uniform(0.1, 30), () => this.#tell(owner, answer));
      }
    }
  }

  #fault(): void {
    const alive = [...this.#workers.values()].filter(({ state }) => state === "alive");
    const victim = alive[this.#prng.int(Math.max(1, alive.length))];
    const kind = this.#prng.float();
    if (victim !== undefined && kind < 0.5) this.#kill(victim.id);
    else if (victim !== undefined && kind < 0.9) this.#freeze(victim);
    else if (victim !== undefined) this.#tell(this.#owner, { type: "worker-draining", workerId: victim.id });
    if (this.#nowMs < FAULTS_END_MS) this.#in(this.#prng.uniform(50, 400), () => this.#fault());
  }

  #kill(id: WorkerId): void {
    const worker = this.#workers.get(id);
    if (worker === undefined || worker.state === "dead") return;
    this.#counts.kills += 1;
    worker.state = "dead";
    this.#in(this.#prng.uniform(1, 50), () => this.#tellLost(id, "signal SIGKILL"));
    this.#replace(id);
  }

  /** A frozen worker is given up after a while; it thaws before that, or later and then says what it had to say. */
  #freeze(worker: FakeWorker): void {
    this.#counts.freezes += 1;
    worker.state = "frozen";
    const givenUpMs = this.#prng.uniform(400, 600);
    const thawMs = this.#prng.uniform(100, 1500);
    this.#in(thawMs, () => {
      if (worker.state !== "frozen") return;
      worker.state = "alive";
      for (const answer of worker.unsaid.splice(0)) this.#say(worker, answer);
    });
    if (thawMs < givenUpMs) return;
    this.#in(givenUpMs, () => this.#tellLost(worker.id, "no heartbeat"));
    this.#in(thawMs + 100, () => this.#kill(worker.id));
  }

  #tellLost(id: WorkerId, why: string): void {
    for (const owner of this.#owners) this.#tell(owner, { type: "worker-lost", workerId: id, why });
  }

  #replace(id: WorkerId): void {
    const worker = this.#workers.get(id);
    if (worker !== undefined) worker.state = "dead";
    this.#in(this.#prng.uniform(20, 200), () => this.#join());
  }
}
