/**
 * Tasks in the simulated cluster: every node has a worker, whoever leads has a schedule, and a client outside wants work done.
 *
 * What is judged is how schedule, workers and leadership hold together while everything fails; the schedule alone is judged in the
 * processor's own simulation.
 */
import type { Fence, NodeAction, NodeId } from "@skyvox/cluster";
import type { Prng } from "@skyvox/core";
import type { Scheduler } from "@skyvox/processor";
import type { SimProcess } from "./sim-process.ts";
import { TaskClient } from "./task-client.ts";
import type { TaskDelivery, TaskMessage } from "./task-messages.ts";
import { TaskOffice } from "./task-office.ts";
import { TaskWorker } from "./task-worker.ts";

/** Workers say that they are there this often. */
const OFFER_MS = 200;
const CLIENT_MS = 60;
/** How often work of a process that stands still looks whether that goes on. */
const THAW_MS = 10;

/** How tasks reach their world. */
export interface TaskWorldTies {
  readonly prng: Prng;
  readonly Scheduler: typeof Scheduler;
  nowMs(): number;
  after(spanMs: number, callback: () => void): void;
  send(from: SimProcess, to: NodeId, delivery: TaskDelivery): void;
  tell(line: string): void;
}

interface Side {
  readonly worker: TaskWorker;
  office: TaskOffice | null;
}

/** All that concerns tasks in one world. */
export class TaskWorld {
  readonly client: TaskClient;
  readonly #ties: TaskWorldTies;
  readonly #sides = new Map<SimProcess, Side>();

  constructor(ties: TaskWorldTies) {
    this.#ties = ties;
    this.client = new TaskClient({ prng: ties.prng.fork("client"), tell: ties.tell });
    this.#every(CLIENT_MS, () => this.#turn());
  }

  /** A process has started: it gets a worker that obeys its fence. */
  start(process: SimProcess, fence: Fence): void {
    const { life } = process.node;
    const worker = new TaskWorker({
      ...{ life, fence, prng: this.#ties.prng.fork(life) },
      after: (spanMs, callback) => this.#afterOf(process, spanMs, callback),
      send: (to, message) => this.#send(process, to, message),
    });
    this.#sides.set(process, { worker, office: null });
    this.#afterOf(process, 0, () => this.#offer(process));
  }

  /** A process has died, and all it knew with it. */
  end(process: SimProcess): void {
    this.#sides.delete(process);
    if (this.#sides.size === 0) this.client.forget();
  }

  tick(process: SimProcess): void {
    this.#sides.get(process)?.office?.tick(this.#localMs(process));
  }

  /** What a node found out concerns its schedule, while it has one. */
  act(process: SimProcess, action: NodeAction): void {
    const side = this.#sides.get(process);
    if (side === undefined) return;
    if (action.type === "took-office") side.office = this.#open(process, action.owner);
    else if (action.type === "left-office") side.office = null;
    else if (action.type === "member" && (action.change.type === "died" || action.change.type === "left")) {
      side.office?.lose(this.#localMs(process), action.change.nodeId, `its node ${action.change.type}`);
    }
  }

  hear(process: SimProcess, { from, message }: TaskDelivery): void {
    const side = this.#sides.get(process);
    if (side === undefined) return;
    if (message.type === "offer" || message.type === "answer") {
      side.office?.hear(this.#localMs(process), from, message);
    } else side.worker.hear(message);
  }

  #open(process: SimProcess, owner: TaskOffice["owner"]): TaskOffice {
    const office: TaskOffice = new TaskOffice({
      ...{ owner, Scheduler: this.#ties.Scheduler },
      send: (to, message) => this.#send(process, to, message),
      onAssigned: (key) => this.client.assigned(key),
      onSettled: (id, outcome) => this.client.settled(office, id, outcome),
    });
    return office;
  }

  /** The client turns to whoever leads under the highest epoch. */
  #turn(): void {
    let best: { readonly process: SimProcess; readonly office: TaskOffice } | null = null;
    for (const [process, { office }] of this.#sides) {
      if (office === null || !process.isRunning) continue;
      // Of two under one epoch it stays with the one it knows.
      const gain = office.owner.epoch - (best?.office.owner.epoch ?? 0);
      if (gain > 0 || (gain === 0 && office === this.client.office)) best = { process, office };
    }
    if (best !== null) this.client.turn(this.#localMs(best.process), best.office);
  }

  #offer(process: SimProcess): void {
    this.#sides.get(process)?.worker.offer();
    this.#afterOf(process, OFFER_MS, () => this.#offer(process));
  }

  #send(from: SimProcess, to: NodeId, message: TaskMessage): void {
    this.#ties.send(from, to, { type: "task", from: from.node.self, message });
  }

  /** Calls back once a process goes on; never where it has died. */
  #afterOf(process: SimProcess, spanMs: number, callback: () => void): void {
    this.#ties.after(spanMs, () => {
      if (!process.isAlive) return;
      if (process.isFrozen) this.#afterOf(process, THAW_MS, callback);
      else callback();
    });
  }

  #every(spanMs: number, callback: () => void): void {
    this.#ties.after(spanMs, () => {
      callback();
      this.#every(spanMs, callback);
    });
  }

  #localMs(process: SimProcess): number {
    return process.localMs(this.#ties.nowMs());
  }
}
