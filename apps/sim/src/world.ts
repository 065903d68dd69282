/**
 * A whole cluster in one process: nodes with clocks of their own on a simulated network, an engine's store, and a list of faults.
 *
 * Everything that chance decides is drawn from forks of one seed, so a run is repeated by its seed and its list of faults.
 */
import {
  type CameraDemand,
  EpochFence,
  type NodeAction,
  type NodeEvent,
  type NodeId,
  nodeId,
  nodeLife,
  TICK_MS,
} from "@skyvox/cluster";
import { cameraId, createPrng, NS_PER_MS, type Prng } from "@skyvox/core";
import type { Scheduler } from "@skyvox/processor";
import { ManualClock, PacketSimulator } from "@skyvox/testing";
import { Invariants, whatIsMissing } from "./invariants.ts";
import { OpenFence, type PlantedBug } from "./planted-bugs.ts";
import { INBOX_MAX, type SimEvent, SimProcess } from "./sim-process.ts";
import { SimStore } from "./sim-store.ts";
import { TaskWorld } from "./task-world.ts";

/** Lines of a story that are kept. */
const STORY_LINES_MAX = 60;
const CAMERAS = 8;
/** Clocks run fast or slow by this share at most. */
const DRIFT_MAX = 0.005;

/** What a world is made of. */
export interface WorldOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly engineHosts: number;
  readonly planted: PlantedBug | null;
  /** The schedule's state machine, the real one or one with a planted bug. */
  readonly Scheduler: typeof Scheduler;
}

/** One simulated cluster. */
export class World {
  readonly clock = new ManualClock();
  readonly network: PacketSimulator<{ life: string; event: SimEvent }>;
  readonly tasks: TaskWorld;
  readonly store: SimStore;
  readonly story: string[] = [];
  readonly #options: WorldOptions;
  readonly #prng: Prng;
  readonly #invariants = new Invariants();
  readonly #processes: SimProcess[] = [];
  readonly #storePrng: Prng;
  readonly #rates: readonly number[];
  #lives = 0;
  /** The last few lines without their times. */
  #told: string[] = [];

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#prng = createPrng(options.seed);
    this.#storePrng = this.#prng.fork("store");
    const rates = this.#prng.fork("clocks");
    this.#rates = Array.from({ length: options.nodes }, () => 1 + rates.uniform(-DRIFT_MAX, DRIFT_MAX));
    this.store = new SimStore(Array.from({ length: options.engineHosts }, (_, index) => nameOf(index)));
    this.network = new PacketSimulator({
      clock: this.clock,
      prng: this.#prng.fork("network"),
      deliver: ({ to, payload }) => {
        const process = this.#processes.find(({ name, isAlive }) => name === to && isAlive);
        if (process?.node.life === payload.life) this.give(process, payload.event);
      },
    });
    this.tasks = new TaskWorld({
      ...{ prng: this.#prng.fork("tasks"), Scheduler: options.Scheduler },
      nowMs: () => this.nowMs,
      after: (spanMs, callback) => this.after(spanMs, callback),
      send: (from, to, delivery) => this.#send(from, to, delivery),
      tell: (line) => this.tell(line),
    });
    for (let index = 0; index < options.nodes; index++) this.start(index);
  }

  get nowMs(): number {
    return Number(this.clock.nowNs()) / Number(NS_PER_MS);
  }

  get nodeCount(): number {
    return this.#options.nodes;
  }

  /** The process of a node; undefined while it is dead. */
  process(index: number): SimProcess | undefined {
    return this.#processes.find(({ name, isAlive }) => isAlive && name === nameOf(index));
  }

  get processes(): readonly SimProcess[] {
    return this.#processes;
  }

  /** Says what keeps the cluster from being whole; null where it is. */
  missing(): string | null {
    return whatIsMissing(this.nowMs, this.#processes, CAMERAS);
  }

  /** Calls back in a while. */
  after(spanMs: number, callback: () => void): void {
    this.clock.schedule(this.clock.nowNs() + nsOf(spanMs), callback);
  }

  /** Runs the world up to a time. */
  runUntil(atMs: number): void {
    const spanNs = nsOf(atMs) - this.clock.nowNs();
    if (spanNs > 0n) this.clock.advance(spanNs);
  }

  /** Starts a node anew, unless it lives. */
  start(index: number): void {
    if (this.process(index) !== undefined) return;
    const name = nameOf(index);
    const life = nodeLife(`${name}.${++this.#lives}`);
    const prng = this.#prng.fork(life);
    const { planted } = this.#options;
    const isStale = planted === "stale-owner" && index === 0;
    const fence = planted === "no-fencing" ? new OpenFence() : new EpochFence();
    const process = new SimProcess({
      ...{ name, rate: this.#rates[index] ?? 1, offsetMs: prng.uniform(0, 1e6), worldMs: this.nowMs },
      inboxMax: planted === "unbounded-queue" ? Number.POSITIVE_INFINITY : INBOX_MAX,
      node: {
        ...{ self: name, life, prng, isCandidate: true },
        capacity: { bytesPerSecond: 100e6, memoryBytes: 1e9 },
        fence,
        ...(isStale ? { grantTermMs: 60_000 } : {}),
      },
    });
    this.#processes.push(process);
    this.tell(`${life} starts`);
    this.tasks.start(process, fence);
    this.give(process, { type: "engine-hosts", hosts: this.store.hosts });
    this.after(prng.uniform(0, TICK_MS), () => this.#tick(process));
  }

  /** Ends a process without warning; the engine tells those it reaches. */
  kill(index: number): void {
    const process = this.process(index);
    if (process === undefined) return;
    this.tell(`${process.node.life} is killed`);
    process.isAlive = false;
    this.tasks.end(process);
    this.#processes.splice(this.#processes.indexOf(process), 1);
    this.disconnect(process, "connection closed");
  }

  /** The engine tells everybody it reaches that a connection has ended. */
  disconnect({ node }: SimProcess, why: string): void {
    const event: NodeEvent = { type: "disconnected", nodeId: node.self, life: node.life, why };
    for (const other of this.#processes) {
      if (other.node === node || !this.store.isReachable(other.node.self, this.#canTalk)) continue;
      this.after(2 + this.network.drawDelayMs(), () => this.give(other, event));
    }
  }

  freeze(index: number): void {
    const process = this.process(index);
    if (process === undefined || process.isFrozen) return;
    this.tell(`${process.node.life} stands still`);
    process.isFrozen = true;
  }

  thaw(index: number): void {
    const process = this.process(index);
    if (process?.isFrozen !== true) return;
    this.tell(`${process.node.life} goes on with ${process.inbox.length} events waiting`);
    process.isFrozen = false;
    for (const event of process.inbox.drain()) this.give(process, event);
  }

  /** Makes the engine anew on some nodes, empty, and tells all nodes. */
  remakeEngine(indices: readonly number[]): void {
    const hosts = indices.map(nameOf);
    this.store.remake(hosts);
    this.tell(`the engine is made anew on ${hosts.join(", ")}`);
    for (const process of this.#processes) {
      this.after(this.network.drawDelayMs(), () =>
        this.give(process, { type: "engine-hosts", hosts: this.store.hosts }),
      );
    }
  }

  /** Hands an event to a process and does what it asks for. */
  give(process: SimProcess, event: SimEvent): void {
    if (process.keepsWaiting(event)) {
      this.#invariants.checkBounds(process);
      return;
    }
    if (event.type === "task") this.tasks.hear(process, event);
    else for (const action of process.node.step(process.localMs(this.nowMs), event)) this.#do(process, action);
    if (event.type === "tick") this.tasks.tick(process);
    this.#invariants.checkObedience(process);
  }

  /** Adds a line to the story; one of the last few is not said again. */
  tell(line: string): void {
    if (this.#told.includes(line)) return;
    this.#told = [line, ...this.#told].slice(0, 4);
    this.story.push(`${(this.nowMs / 1000).toFixed(3)} s  ${line}`);
    if (this.story.length > STORY_LINES_MAX) this.story.shift();
  }

  #tick(process: SimProcess): void {
    if (!process.isAlive) return;
    // A timer that comes due while the process stands still runs once, when it goes on.
    if (!process.isFrozen) this.give(process, { type: "tick" });
    this.after(process.worldSpanMs(TICK_MS), () => this.#tick(process));
  }

  #do(process: SimProcess, action: NodeAction): void {
    const { life } = process.node;
    this.tasks.act(process, action);
    switch (action.type) {
      case "send":
        this.#send(process, action.to, { type: "message", message: action.message });
        break;
      case "create":
      case "read":
        this.#ask(process, action);
        break;
      case "granted":
        this.#invariants.checkExclusive(this.nowMs, process, this.#processes);
        break;
      case "took-office":
        this.tell(`${life} takes office under epoch ${action.owner.epoch}`);
        if (process.node.cameras.length === 0) this.give(process, { type: "cameras", cameras: demands });
        break;
      case "left-office":
        this.tell(`${life} leaves office of epoch ${action.owner.epoch}: ${action.why}`);
        break;
      case "member":
        this.tell(`${life} sees ${JSON.stringify(action.change)}`);
        break;
      case "refused-grant":
        this.tell(`${life} refuses a grant of epoch ${action.owner.epoch}: ${action.reason}`);
        break;
      case "allocated": {
        const places = action.allocation.placements.map((to) => `${to.cameraId} on ${to.nodeId} (${to.kind})`);
        this.tell(`${life} allocates ${places.join(", ")}`);
        break;
      }
    }
  }

  /** Sends an event to one node or to all others; to itself it gets without the network. */
  #send(process: SimProcess, to: NodeId | "all", event: SimEvent): void {
    const { self } = process.node;
    if (to === self) {
      this.after(0, () => this.give(process, event));
      return;
    }
    for (const other of this.#processes) {
      if (other === process || (to !== "all" && other.node.self !== to)) continue;
      this.network.send(self, other.node.self, { life: other.node.life, event });
    }
  }

  /** A question to the store: on its way there, done there, on its way back; it gets lost where the way is cut. */
  #ask(process: SimProcess, { type, epoch }: Extract<NodeAction, { type: "create" | "read" }>): void {
    const { self } = process.node;
    const isLost = () => !this.store.isReachable(self, this.#canTalk);
    if (this.#storePrng.float() < this.network.conditions.lossRate) return;
    this.after(this.network.drawDelayMs(), () => {
      if (isLost()) return;
      const isTaken = type === "create" && !this.store.create(epoch, self);
      const event: NodeEvent =
        type === "create"
          ? { type: "created", epoch, isTaken }
          : { type: "read", epoch, holder: this.store.read(epoch) };
      if (this.#storePrng.float() < this.network.conditions.lossRate) return;
      this.after(this.network.drawDelayMs(), () => {
        if (!isLost()) this.give(process, event);
      });
    });
  }

  /** Arrow so that it can be handed on. */
  readonly #canTalk = (a: NodeId, b: NodeId): boolean => {
    const runs = (id: NodeId) => this.#processes.some(({ name, isRunning }) => name === id && isRunning);
    return runs(a) && runs(b) && this.network.isOpen(a, b) && this.network.isOpen(b, a);
  };
}

/** Four pairs of two cameras. */
const demands: readonly CameraDemand[] = Array.from({ length: CAMERAS }, (_, index) => ({
  cameraId: cameraId(`cam-${index}`),
  bytesPerSecond: 5e6,
  memoryBytes: 20e6,
  pair: `pair-${Math.floor(index / 2)}`,
  reachableFrom: null,
  isShared: false,
}));

function nameOf(index: number): NodeId {
  return nodeId(`n${index}`);
}

function nsOf(ms: number): bigint {
  return BigInt(Math.round(ms * Number(NS_PER_MS)));
}
