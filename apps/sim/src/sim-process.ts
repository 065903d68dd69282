/**
 * One life of one node in the simulated world: its own clock, its timer, and what piles up while it stands still.
 */
import { BoundedQueue, ClusterNode, type ClusterNodeOptions, type NodeEvent } from "@skyvox/cluster";
import type { TaskDelivery } from "./task-messages.ts";

/** Events a process that stands still has waiting; the operating system drops what is older. */
export const INBOX_MAX = 128;

/** Something that reaches a process: for its node, or for its side of the tasks. */
export type SimEvent = NodeEvent | TaskDelivery;

/** A process; the world decides when it runs. */
export class SimProcess {
  readonly name: string;
  readonly node: ClusterNode;
  readonly inbox: BoundedQueue<SimEvent>;
  readonly #offsetMs: number;
  readonly #rate: number;
  isAlive = true;
  isFrozen = false;

  constructor(options: {
    readonly name: string;
    /** What its clock shows at time 0 of the world. */
    readonly offsetMs: number;
    /** Its milliseconds per millisecond of the world. */
    readonly rate: number;
    readonly worldMs: number;
    readonly inboxMax: number;
    readonly node: Omit<ClusterNodeOptions, "nowMs">;
  }) {
    this.name = options.name;
    this.#offsetMs = options.offsetMs;
    this.#rate = options.rate;
    this.inbox = new BoundedQueue(options.inboxMax);
    this.node = new ClusterNode({ ...options.node, nowMs: this.localMs(options.worldMs) });
  }

  get isRunning(): boolean {
    return this.isAlive && !this.isFrozen;
  }

  /** What its clock shows. */
  localMs(worldMs: number): number {
    return this.#offsetMs + worldMs * this.#rate;
  }

  /** How long the world waits for a span of its clock. */
  worldSpanMs(localMs: number): number {
    return localMs / this.#rate;
  }

  /** Returns true where an event has to wait because the process stands still; a dead process takes nothing, ever. */
  keepsWaiting(event: SimEvent): boolean {
    if (this.isAlive && this.isFrozen) this.inbox.push(event);
    return !this.isRunning;
  }
}
