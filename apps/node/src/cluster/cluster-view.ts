/**
 * What the API may know of the cluster this node is part of, and the few orders it may pass on.
 *
 * A node that is alone answers the same questions: it leads itself over a fabric within its process. What only the leader knows is told
 * by the leader to all, so every node shows the same.
 */
import type { PolicyName, TaskState } from "@skyvox/processor";
import type { ClusterEvent } from "./event-log.ts";

/** What carries messages between nodes. */
export interface FabricFacts {
  readonly kind: "local" | "nats";
  /** The engine and its version. */
  readonly engine: string;
  /** Where the engine listens; null within one process. */
  readonly url: string | null;
  /** The node that hosts the engine; null while there is none. */
  readonly host: string | null;
  /** How often another node's engine had to take over. */
  readonly moves: number;
  /** What cannot be promised here, a sentence each. */
  readonly limits: readonly string[];
}

/** How the cluster stands, as this node sees it. */
export interface ClusterFacts {
  readonly clusterId: string;
  readonly nodeId: string;
  readonly role: "master" | "worker";
  /** The one that leads; null while nobody does. */
  readonly leader: { readonly nodeId: string; readonly epoch: number } | null;
  readonly isLeader: boolean;
  readonly nodesHere: number;
  readonly fabric: FabricFacts;
  /** What was refused since the start, by what it was and why: beacons, messages, observations of another epoch. */
  readonly refused: Readonly<Record<string, number>>;
}

/** A node as its own card and its heartbeats tell. */
export interface NodeFacts {
  readonly nodeId: string;
  readonly state: "healthy" | "suspect" | "dead" | "left";
  readonly isSelf: boolean;
  readonly isLeader: boolean;
  /** Null until its card has come. */
  readonly role: "master" | "worker" | null;
  readonly version: string | null;
  readonly address: string | null;
  readonly engineUrl: string | null;
  readonly isCordoned: boolean;
  readonly isDraining: boolean;
  /** Cameras it observes now. */
  readonly cameras: readonly string[];
  /** Cameras whose sources it could not open, and why. */
  readonly cannotOpen: readonly { readonly cameraId: string; readonly why: string }[];
}

/** The worker process of a node. */
export interface WorkerFacts {
  readonly nodeId: string;
  readonly processId: number | null;
  readonly state: "opening" | "running" | "gone";
  readonly backend: string;
  readonly device: string;
  readonly restarts: number;
}

/** Where a camera is to be, why, and who observes it now. */
export interface PlacementFacts {
  readonly cameraId: string;
  readonly nodeId: string;
  readonly kind: "kept" | "new" | "moved";
  readonly why: string;
  /** Null while nobody does. */
  readonly holder: string | null;
}

/** Who has which camera, as the leader decided. */
export interface AllocationFacts {
  /** Epoch of the leader that decided; null before the first. */
  readonly epoch: number | null;
  readonly placements: readonly PlacementFacts[];
  readonly unplaced: readonly { readonly cameraId: string; readonly why: string }[];
  /** Fullest resource of each node, as a share of its capacity. */
  readonly loads: readonly { readonly nodeId: string; readonly load: number }[];
}

/** A change to try out: nodes that go or are drained. */
export interface TrialChange {
  readonly nodesGone: readonly string[];
  readonly nodesDrained: readonly string[];
}

/** What would become of the cameras. */
export type TrialFacts = Omit<AllocationFacts, "epoch"> & {
  /** The placements that differ from what is in force. */
  readonly changed: readonly PlacementFacts[];
};

/** What became of tasks since this node leads, and how it stands. */
export interface TaskCounts {
  readonly submitted: number;
  readonly completed: number;
  readonly retries: number;
  readonly deadLetters: number;
  readonly cancelled: number;
  readonly expired: number;
  /** Answers that did not count: of another attempt, another epoch or a settled task. */
  readonly answersRefused: number;
  readonly queued: number;
  readonly assigned: number;
  readonly workers: number;
  readonly executionMsMean: number;
}

/** One task, without what it works on. Times are milliseconds of the leader's own clock. */
export interface TaskLine {
  readonly taskId: string;
  readonly type: string;
  readonly state: TaskState;
  readonly priority: number;
  readonly attempts: number;
  readonly failures: number;
  readonly workerId: string | null;
  readonly submittedMs: number;
  readonly settledMs: number | null;
}

/** Work that was given out, newest first, and how it went in all. */
export interface TaskFacts {
  readonly counts: TaskCounts | null;
  readonly tasks: readonly TaskLine[];
  readonly deadLetters: readonly {
    readonly taskId: string;
    readonly type: string;
    readonly attempts: number;
    readonly reason: string;
  }[];
}

/** How a worker is chosen for a task. */
export interface SchedulerFacts {
  readonly policy: PolicyName;
  readonly policies: readonly PolicyName[];
}

/** Links as measured, and the best routes over them. */
export interface TopologyFacts {
  readonly links: readonly { readonly from: string; readonly to: string; readonly latencyMs: number }[];
  readonly routes: readonly {
    readonly from: string;
    readonly to: string;
    /** Both ends included. */
    readonly nodes: readonly string[];
    readonly costMs: number;
  }[];
}

/** An order that was taken, or one line why it was not. */
export type OrderOutcome<Value = true> =
  | { readonly ok: true; readonly value: Value }
  /** `unknown` where there is no such node, `not-leading` where another one decides. */
  | { readonly ok: false; readonly reason: "unknown" | "not-leading"; readonly why: string };

/** What the API may know of the cluster and ask of it. */
export interface ClusterView {
  cluster(): ClusterFacts;
  nodes(): readonly NodeFacts[];
  workers(): readonly WorkerFacts[];
  allocation(): AllocationFacts;
  /** Says what would become of the cameras after a change, without making it. */
  tryAllocation(change: TrialChange): OrderOutcome<TrialFacts>;
  /** Sets whether a node takes more cameras, and whether it gives away those it has. */
  setAdmission(order: {
    readonly nodeId: string;
    readonly isCordoned: boolean;
    readonly isDraining: boolean;
  }): OrderOutcome;
  /** Work of this node's own term of office; without counts where this node never led, or works alone. */
  tasks(): TaskFacts;
  /** One sentence on a task's state and one per attempt; null where it is not known. */
  explainTask(id: string): readonly string[] | null;
  scheduler(): SchedulerFacts;
  setPolicy(policy: PolicyName): OrderOutcome;
  topology(): TopologyFacts;
  /** What happened lately, oldest first. */
  events(): readonly ClusterEvent[];
  /** Calls back with every event until the returned function is called. */
  subscribe(listener: (event: ClusterEvent) => void): () => void;
}
