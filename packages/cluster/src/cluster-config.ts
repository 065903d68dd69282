/**
 * A cluster as its user sees it: start, allocate cameras, ask how it stands, choose routes, stop.
 *
 * It joins the parts of this package over a fabric that is handed in, and adds nothing of its own: what is decided is decided in
 * cluster-node.ts, allocation.ts and topology.ts.
 */

import type { AlarmClock } from "@skyvox/core";
import { assert, type CameraId, cameraId, nowMsOf, type Prng, repeat, SkyvoxError } from "@skyvox/core";
import {
  type AllocationChange,
  allocateAfter,
  type CameraDemand,
  type CameraPlacement,
  type NodeCapacity,
} from "./allocation.ts";
import { type AgentNotice, ClusterAgent } from "./cluster-agent.ts";
import type { MessageRefusal } from "./cluster-message-codec.ts";
import { type Admittance, ClusterNode } from "./cluster-node.ts";
import type { Owner } from "./epoch-fence.ts";
import type { Fabric, FabricDescription } from "./fabric.ts";
import { LinkProber } from "./link-prober.ts";
import type { Member } from "./membership.ts";
import type { NodeId, NodeLife } from "./node-id.ts";
import { type Route, type RouteChange, Topology } from "./topology.ts";

/** What a camera is taken to need where only a number of cameras is given: 8K frames as motion at 30 a second. */
const CAMERA_BYTES_PER_SECOND = 10e6;
const CAMERA_MEMORY_BYTES = 64e6;
/** How often it is looked whether what is waited for has come. */
const LOOK_MS = 10;

/** How a cluster is joined. */
export interface ClusterOptions {
  readonly nodeId: NodeId;
  readonly life: NodeLife;
  /** Connected under `connectionName(nodeId, life)`; stays open when the cluster is left. */
  readonly fabric: Fabric;
  readonly clock: AlarmClock;
  readonly prng: Prng;
  readonly capacity: Pick<NodeCapacity, "bytesPerSecond" | "memoryBytes">;
  /** Nodes that keep the engine's store; this node alone where the fabric is local. */
  readonly engineHosts: readonly NodeId[];
  /** False where no other process can lead, as over a local fabric with one node. */
  readonly othersMayLead: boolean;
  readonly onNotice: (notice: AgentNotice | { readonly type: "routes"; readonly change: RouteChange }) => void;
}

/** How the cluster stands, as this node sees it. */
export interface ClusterStatus {
  readonly nodeId: NodeId;
  readonly isMaster: boolean;
  /** Null before the first master. */
  readonly master: Owner | null;
  /** Other nodes, in order of joining. */
  readonly members: readonly Member[];
  /** Cameras that this node uses now. */
  readonly holds: readonly CameraId[];
  /** Known to the master only: where each camera is to be, and why. */
  readonly placements: readonly CameraPlacement[];
  /** Known to the master only: who holds each camera now. */
  readonly owners: ReadonlyMap<CameraId, NodeId>;
  readonly unplaced: readonly { readonly cameraId: CameraId; readonly why: string }[];
  /** Known to the master only: fullest resource of each node, as a share of its capacity. */
  readonly loads: ReadonlyMap<NodeId, number>;
  /** Whether this node takes more cameras, and whether it gives away those it has. */
  readonly admission: Admittance;
  readonly fabric: FabricDescription;
  /** Messages of others that could not be read, by reason. */
  readonly refused: ReadonlyMap<MessageRefusal, number>;
}

/** A member of a cluster; see the head of this file. */
export class ClusterConfig implements Disposable {
  readonly #options: ClusterOptions;
  readonly #topology = new Topology();
  readonly #ends = new DisposableStack();
  #agent: ClusterAgent | null = null;
  #prober: LinkProber | null = null;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  /**
   * Joins the cluster and begins to measure it.
   *
   * @param options.master true where this node may become the master.
   */
  start({ master }: { readonly master: boolean }): void {
    assert(this.#agent === null, "a cluster is started once");
    const { nodeId: self, life, fabric, clock, prng, capacity, engineHosts, othersMayLead, onNotice } = this.#options;
    const node = new ClusterNode({
      ...{ self, life, nowMs: nowMsOf(clock), prng, isCandidate: master, capacity },
      lease: { othersMayLead },
    });
    const agent = new ClusterAgent({ node, fabric, clock, onNotice: (notice) => this.#hear(notice) });
    this.#agent = this.#ends.use(agent);
    agent.tell({ type: "engine-hosts", hosts: engineHosts });
    const peers = () => agent.node.members().flatMap((member) => (member.state === "healthy" ? [member.nodeId] : []));
    const onChange = (change: RouteChange) => onNotice({ type: "routes", change });
    this.#prober = this.#ends.use(new LinkProber({ self, fabric, clock, topology: this.#topology, peers, onChange }));
  }

  /**
   * Waits until a master leads and this many nodes are here, this one among them.
   *
   * @throws {SkyvoxError} where that takes longer than `timeoutMs`.
   */
  ready({ nodes, timeoutMs }: { readonly nodes: number; readonly timeoutMs: number }): Promise<void> {
    return this.#waitFor(`cluster of ${nodes} nodes`, timeoutMs, () => {
      const here = 1 + this.#node.members().filter(({ state }) => state === "healthy").length;
      const { isMaster, master } = this.getClusterStatus();
      if (here < nodes) return `${here} nodes are here`;
      return isMaster || master !== null ? null : "nobody leads";
    });
  }

  /**
   * Sets the cameras of the site and waits until each has a place or a reason why not.
   *
   * @param cameras the cameras, or how many: they are then `camera-1`, `camera-2` and so on, in pairs.
   * @throws {SkyvoxError} where this node does not lead, or the master's quiet outlasts `timeoutMs`.
   */
  async allocateCameras(
    cameras: number | readonly CameraDemand[],
    timeoutMs: number,
  ): Promise<readonly CameraPlacement[]> {
    const demands = typeof cameras === "number" ? pairsOf(cameras) : cameras;
    if (this.#node.office === null) {
      const leader = this.#node.owner === null ? "nobody leads" : `"${this.#node.owner.holder}" leads`;
      throw new SkyvoxError("usage", `Cannot allocate cameras: ${leader}, need the master`);
    }
    this.#started.tell({ type: "cameras", cameras: demands });
    const wanted = new Set(demands.map((demand) => demand.cameraId));
    await this.#waitFor("allocation of cameras", timeoutMs, () => {
      const { placements, unplaced } = this.getClusterStatus();
      const known = [...placements, ...unplaced].filter((each) => wanted.has(each.cameraId)).length;
      return known === wanted.size ? null : `${known} of ${wanted.size} cameras are allocated`;
    });
    return this.getClusterStatus().placements;
  }

  /** Says what would become of the cameras after a change, without making it; null where this node does not lead. */
  tryAllocation(change: AllocationChange): ReturnType<typeof allocateAfter> | null {
    const { office, cameras } = this.#node;
    return office === null ? null : allocateAfter(office.problem(cameras), change);
  }

  /** Sets whether a node takes more cameras, and whether it gives away those it has; the master only, for others. */
  setAdmission(order: { readonly nodeId: NodeId } & Admittance): void {
    this.#started.tell({ type: "set-admission", ...order });
  }

  /** Says which nodes keep the engine's store from now on. */
  setEngineHosts(hosts: readonly NodeId[]): void {
    this.#started.tell({ type: "engine-hosts", hosts });
  }

  /** All links as they were measured, and the best routes over them. */
  get topology(): Pick<Topology, "links" | "route"> {
    return this.#topology;
  }

  getClusterStatus(): ClusterStatus {
    const node = this.#node;
    const { office } = node;
    return {
      nodeId: node.self,
      isMaster: office !== null,
      master: node.owner,
      members: node.members(),
      holds: node.holds(nowMsOf(this.#options.clock)),
      placements: office?.allocation.placements ?? [],
      owners: office?.owners() ?? new Map(),
      unplaced: office?.allocation.unplaced ?? [],
      loads: office?.allocation.loads ?? new Map(),
      admission: node.admission,
      fabric: this.#options.fabric.describe(),
      refused: this.#started.refused(),
    };
  }

  /** Measures all links of this node now and returns its best routes to all others, by their id. */
  async optimizeNetworkTopology(): Promise<ReadonlyMap<NodeId, Route>> {
    assert(this.#prober !== null, "a cluster is started before it is measured");
    await this.#prober.probe();
    const { self } = this.#node;
    const ends = new Set(this.#topology.links().flatMap(({ from, to }) => [from, to]));
    return new Map(
      [...ends].flatMap((end) => {
        const route = end === self ? null : this.#topology.route(self, end);
        return route === null ? [] : [[end, route] as const];
      }),
    );
  }

  /** Hands over if this node leads, says that it goes, and leaves. Harmless when done twice. */
  stop(): void {
    this.#ends.dispose();
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  get #started(): ClusterAgent {
    assert(this.#agent !== null, "a cluster is started before it is used");
    return this.#agent;
  }

  get #node(): ClusterNode {
    return this.#started.node;
  }

  #hear(notice: AgentNotice): void {
    if (notice.type === "member" && (notice.change.type === "died" || notice.change.type === "left")) {
      const change = this.#topology.remove(notice.change.nodeId);
      if (change !== null) this.#options.onNotice({ type: "routes", change });
    }
    this.#options.onNotice(notice);
  }

  /** Looks every few milliseconds until nothing is missing. */
  #waitFor(what: string, timeoutMs: number, missing: () => string | null): Promise<void> {
    const { clock } = this.#options;
    const endMs = nowMsOf(clock) + timeoutMs;
    return new Promise((resolve, reject) => {
      const stop = repeat(clock, LOOK_MS, () => {
        const found = missing();
        if (found !== null && nowMsOf(clock) < endMs) return;
        stop();
        if (found === null) resolve();
        else
          reject(
            new SkyvoxError(
              "capacity",
              `Cannot complete ${what}: ${found} after ${timeoutMs} ms, need more time or nodes`,
            ),
          );
      });
    });
  }
}

function pairsOf(count: number): CameraDemand[] {
  assert(Number.isInteger(count) && count >= 0, "a number of cameras is an integer");
  return Array.from({ length: count }, (_, index) => ({
    ...{ cameraId: cameraId(`camera-${index + 1}`), pair: `pair-${Math.floor(index / 2) + 1}`, reachableFrom: null },
    ...{ bytesPerSecond: CAMERA_BYTES_PER_SECOND, memoryBytes: CAMERA_MEMORY_BYTES, isShared: false },
  }));
}
