/**
 * What the page reads of a node's answers about its cluster: the members it shows of `/api/v1/cluster` and the routes beside it.
 *
 * The node may say more; that these members are there and mean this is tested where the node is.
 */

/** Who leads, over what, and what cannot be promised. */
export interface ClusterAnswer {
  readonly clusterId: string;
  readonly nodeId: string;
  readonly leader: { readonly nodeId: string; readonly epoch: number } | null;
  readonly nodesHere: number;
  readonly fabric: {
    readonly kind: "local" | "nats";
    readonly engine: string;
    readonly url: string | null;
    readonly host: string | null;
    /** How often another node's engine had to take over. */
    readonly moves: number;
    readonly limits: readonly string[];
  };
}

/** The nodes, also those that are gone for less than a minute. */
export interface NodesAnswer {
  readonly nodes: readonly {
    readonly nodeId: string;
    readonly state: "healthy" | "suspect" | "dead" | "left";
    readonly isSelf: boolean;
    readonly isLeader: boolean;
    readonly role: "master" | "worker" | null;
    readonly version: string | null;
    readonly address: string | null;
    readonly isCordoned: boolean;
    readonly isDraining: boolean;
    readonly cameras: readonly string[];
    readonly cannotOpen: readonly { readonly cameraId: string; readonly why: string }[];
  }[];
}

/** The worker processes of all nodes. */
export interface WorkersAnswer {
  readonly workers: readonly {
    readonly nodeId: string;
    readonly processId: number | null;
    readonly state: "opening" | "running" | "gone";
    readonly backend: string;
    readonly device: string;
    readonly restarts: number;
  }[];
}

/** Which node observes which camera, and why. */
export interface AllocationAnswer {
  readonly placements: readonly {
    readonly cameraId: string;
    readonly nodeId: string;
    readonly kind: "kept" | "new" | "moved";
    readonly why: string;
    /** Who observes it now; null while nobody does. */
    readonly holder: string | null;
  }[];
  readonly unplaced: readonly { readonly cameraId: string; readonly why: string }[];
  /** Fullest resource of each node, as a share of its capacity. */
  readonly loads: readonly { readonly nodeId: string; readonly load: number }[];
}

/** How long messages take between nodes. */
export interface TopologyAnswer {
  readonly links: readonly { readonly from: string; readonly to: string; readonly latencyMs: number }[];
  readonly routes: readonly {
    readonly from: string;
    readonly to: string;
    /** Both ends included. */
    readonly nodes: readonly string[];
    readonly costMs: number;
  }[];
}

/** Something that happened, as the node that answers saw it. */
export interface ClusterEventMessage {
  readonly id: number;
  /** Milliseconds since 1970 on that node's clock. */
  readonly timeMs: number;
  readonly type: string;
  readonly nodeId: string | null;
  readonly text: string;
}
