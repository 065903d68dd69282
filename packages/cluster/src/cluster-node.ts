/**
 * One node of a cluster: membership, lease, cameras and, while it leads, the office of the master, as one state machine.
 *
 * It takes what happened on its own clock and returns what to send, what to ask the engine's store, and what there is to know. It does
 * no I/O and draws chance from its argument, so that the same code runs under a seed in a simulated cluster and behind a thin shell
 * over a fabric. The shell sends `tick` every {@link TICK_MS}.
 */
import type { CameraId, Prng } from "@skyvox/core";
import type { Allocation, CameraDemand, NodeCapacity } from "./allocation.ts";
import { CameraHolder, type Grant } from "./camera-holder.ts";
import { type ClusterMessage, compareStamps, type HeartbeatMessage, type SiteStamp } from "./cluster-message.ts";
import { EpochFence, type Fence, type Owner } from "./epoch-fence.ts";
import { chooseSuccessor, MasterOffice } from "./failover.ts";
import { defaultLeaseOptions, type LeaseAction, type LeaseEvent, type LeaseOptions, MasterLease } from "./lease.ts";
import { type Member, Membership, type MembershipAction, type MembershipEvent } from "./membership.ts";
import type { NodeId, NodeLife } from "./node-id.ts";

/** The shell ticks a node this often. */
export const TICK_MS = 50;

/** Heartbeats go out this often. */
export const HEARTBEAT_MS = 100;

/** Something that happened. */
export type NodeEvent =
  | { readonly type: "tick" }
  | { readonly type: "message"; readonly message: ClusterMessage }
  | { readonly type: "created"; readonly epoch: number; readonly isTaken: boolean }
  | { readonly type: "read"; readonly epoch: number; readonly holder: NodeId | null }
  /** The engine saw the connection of a life end. */
  | { readonly type: "disconnected"; readonly nodeId: NodeId; readonly life: NodeLife; readonly why: string }
  | { readonly type: "engine-hosts"; readonly hosts: readonly NodeId[] }
  /** The cameras of the site, from whoever runs it; taken by the master only. */
  | { readonly type: "cameras"; readonly cameras: readonly CameraDemand[] }
  | {
      readonly type: "set-admission";
      readonly nodeId: NodeId;
      readonly isCordoned: boolean;
      readonly isDraining: boolean;
    }
  /** This node lets go of the office if it holds it. */
  | { readonly type: "hand-over" }
  /** This node goes: it hands over and says so. */
  | { readonly type: "stop" };

/** Something to do or to know. */
export type NodeAction =
  | { readonly type: "send"; readonly to: NodeId | "all"; readonly message: ClusterMessage }
  | { readonly type: "create"; readonly epoch: number }
  | { readonly type: "read"; readonly epoch: number }
  | { readonly type: "member"; readonly change: Exclude<MembershipAction, { type: "ping" }> }
  | { readonly type: "took-office"; readonly owner: Owner }
  | { readonly type: "left-office"; readonly owner: Owner; readonly why: string }
  /** Cameras this node may use from now on; they stay until the next grant, or until {@link ClusterNode.holds} is empty. */
  | { readonly type: "granted"; readonly owner: Owner; readonly cameras: readonly CameraId[] }
  | { readonly type: "refused-grant"; readonly owner: Owner; readonly reason: string }
  | { readonly type: "allocated"; readonly allocation: Allocation };

/** How a node is made. */
export interface ClusterNodeOptions {
  readonly self: NodeId;
  readonly life: NodeLife;
  readonly nowMs: number;
  readonly prng: Prng;
  /** True where it may become the master. */
  readonly isCandidate: boolean;
  readonly capacity: Pick<NodeCapacity, "bytesPerSecond" | "memoryBytes">;
  readonly lease?: Partial<LeaseOptions>;
  /** Shared with the workers of this node; made here where there are none. */
  readonly fence?: Fence;
  /** How long its grants hold on its own clock. */
  readonly grantTermMs?: number;
}

/** Whether a node takes more cameras, and whether it gives away those it has. */
export interface Admittance {
  readonly isCordoned: boolean;
  readonly isDraining: boolean;
}

/** One node; see the head of this file. */
export class ClusterNode {
  readonly self: NodeId;
  readonly life: NodeLife;
  readonly #membership: Membership;
  readonly #lease: MasterLease;
  readonly #leaseOptions: LeaseOptions;
  readonly #fence: Fence;
  readonly #holder: CameraHolder;
  readonly #capacity: Pick<NodeCapacity, "bytesPerSecond" | "memoryBytes">;
  readonly #isCandidate: boolean;
  readonly #candidates = new Set<NodeId>();
  #admission: Admittance = { isCordoned: false, isDraining: false };
  #office: MasterOffice | null = null;
  #site: { stamp: SiteStamp; cameras: readonly CameraDemand[] } = { stamp: { epoch: 0, revision: 0 }, cameras: [] };
  #sequence = 0;
  #beatMs: number;
  #actions: NodeAction[] = [];

  constructor(options: ClusterNodeOptions) {
    const { self, life, nowMs, prng, isCandidate } = options;
    this.self = self;
    this.life = life;
    this.#fence = options.fence ?? new EpochFence();
    this.#membership = new Membership({ self, nowMs, tickMs: TICK_MS });
    this.#leaseOptions = { ...defaultLeaseOptions, ...options.lease };
    this.#lease = new MasterLease({ self, nowMs, prng, isCandidate, ...this.#leaseOptions });
    this.#holder = new CameraHolder({
      fence: this.#fence,
      ...(options.grantTermMs === undefined ? {} : { termMs: options.grantTermMs }),
    });
    this.#capacity = options.capacity;
    this.#isCandidate = isCandidate;
    this.#beatMs = nowMs - HEARTBEAT_MS;
  }

  /** The office this node holds; null where it does not lead. */
  get office(): MasterOffice | null {
    return this.#office;
  }

  get admission(): Admittance {
    return this.#admission;
  }

  /** The owner this node knows of; null before the first. */
  get owner(): Owner | null {
    return this.#lease.owner;
  }

  /** The owner whose orders this node takes; null before the first. */
  get obeys(): Owner | null {
    return this.#fence.owner;
  }

  /** The cameras of the site as this node knows them. */
  get cameras(): readonly CameraDemand[] {
    return this.#site.cameras;
  }

  /** Other nodes, in order of joining. */
  members(): Member[] {
    return this.#membership.members();
  }

  /** The cameras this node may use now. */
  holds(nowMs: number): readonly CameraId[] {
    return this.#holder.holds(nowMs);
  }

  /** Takes one event and returns what is to be done about it, in order. Times never go back. */
  step(nowMs: number, event: NodeEvent): NodeAction[] {
    this.#actions = [];
    this.#take(nowMs, event);
    return this.#actions;
  }

  #take(nowMs: number, event: NodeEvent): void {
    switch (event.type) {
      case "tick":
        this.#tick(nowMs);
        break;
      case "message":
        this.#hear(nowMs, event.message);
        break;
      case "created":
      case "read":
      case "engine-hosts":
        this.#runLease(nowMs, event);
        break;
      case "disconnected":
        this.#runMembership(nowMs, event);
        break;
      case "cameras":
        this.#setCameras(event.cameras);
        break;
      case "set-admission":
        this.#orderAdmission(event);
        break;
      case "hand-over":
        this.#handOver(nowMs);
        break;
      case "stop":
        this.#handOver(nowMs);
        this.#runLease(nowMs, { type: "candidacy", isCandidate: false });
        this.#send("all", { type: "leave", from: this.self, life: this.life });
        break;
    }
  }

  #tick(nowMs: number): void {
    this.#runMembership(nowMs, { type: "tick" });
    this.#runLease(nowMs, { type: "tick" });
    const office = this.#office;
    if (office !== null) {
      if (this.#lease.hasTenure(nowMs)) office.confirm(this.#lease.earlierConfirmedMs);
      office.expire(nowMs, this.#lease.confirmedMs);
      if (!office.isQuiet(nowMs) || this.#site.cameras.some(({ isShared }) => isShared)) this.#allocate(office);
    }
    if (nowMs - this.#beatMs >= HEARTBEAT_MS) this.#beat(nowMs);
  }

  #beat(nowMs: number): void {
    // Half a tick of grace keeps the mean interval; a node that stood still starts anew.
    this.#beatMs = Math.max(this.#beatMs + HEARTBEAT_MS, nowMs - TICK_MS);
    this.#sequence += 1;
    this.#holder.noteHeartbeat(nowMs, this.#sequence);
    const message: HeartbeatMessage = {
      ...{ type: "heartbeat", from: this.self, life: this.life, sequence: this.#sequence },
      isCandidate: this.#isCandidate,
      capacity: { ...this.#capacity, ...this.#admission },
      obeys: this.#fence.owner,
      ownerHeardAgoMs: this.#obeysKnownOwner() ? this.#lease.ownerHeardAgoMs(nowMs) : null,
      applied: this.#holder.applied,
      holds: this.#holder.holds(nowMs),
      site: this.#site.stamp,
    };
    this.#send("all", message);
    this.#hearReport(nowMs, message);
  }

  #obeysKnownOwner(): boolean {
    const [known, obeyed] = [this.#lease.owner, this.#fence.owner];
    return known !== null && known.epoch === obeyed?.epoch && known.holder === obeyed.holder;
  }

  #hear(nowMs: number, message: ClusterMessage): void {
    switch (message.type) {
      case "heartbeat":
        this.#hearHeartbeat(nowMs, message);
        break;
      case "ping": {
        const { self: from, life } = this;
        if (message.life === life) this.#send(message.from, { type: "pong", from, life, nonce: message.nonce });
        break;
      }
      case "alive":
      case "pong":
      case "leave":
        this.#runMembership(nowMs, { ...message, nodeId: message.from });
        break;
      case "lease-heartbeat":
        this.#fence.admit(message.owner);
        this.#runLease(nowMs, { ...message, type: "heartbeat" });
        break;
      case "lease-answer":
        this.#runLease(nowMs, { ...message, type: "answered", by: message.from });
        break;
      case "lease-release":
        this.#runLease(nowMs, { ...message, type: "released" });
        break;
      case "grant":
        if (message.life === this.life) this.#applyGrant(nowMs, message.grant);
        break;
      case "site":
        if (compareStamps(message.stamp, this.#site.stamp) > 0) this.#site = message;
        break;
      case "site-wanted":
        this.#send(message.from, { type: "site", ...this.#site });
        break;
      case "set-admission":
        if (this.#fence.admit(message.owner).ok) this.#admission = admissionOf(message);
        break;
    }
  }

  #hearHeartbeat(nowMs: number, message: HeartbeatMessage): void {
    if (message.from === this.self) return;
    if (message.isCandidate) this.#candidates.add(message.from);
    else this.#candidates.delete(message.from);
    this.#runMembership(nowMs, { ...message, nodeId: message.from });
    if (message.obeys !== null) {
      this.#runLease(nowMs, { type: "owner-obeyed", owner: message.obeys, heardAgoMs: message.ownerHeardAgoMs });
    }
    if (this.#membership.isHere(message.from)) this.#hearReport(nowMs, message);
  }

  /** What a master makes of a heartbeat, its own included: it answers with a grant, and sees to it that the list of cameras gets around. */
  #hearReport(nowMs: number, message: HeartbeatMessage): void {
    const office = this.#office;
    if (office === null) return;
    const later = compareStamps(message.site, this.#site.stamp);
    if (later > 0) this.#send(message.from, { type: "site-wanted", from: this.self });
    if (later < 0) this.#send(message.from, { type: "site", ...this.#site });
    const { from: nodeId, life, sequence, applied, holds } = message;
    if (!office.report(nowMs, { nodeId, life, sequence, applied, holds }, { nodeId, ...message.capacity })) return;
    if (!this.#lease.hasTenure(nowMs)) return;
    const grant = office.grant(nowMs, life, this.#lease.confirmedMs);
    if (nodeId === this.self) this.#applyGrant(nowMs, grant);
    else this.#send(nodeId, { type: "grant", life, grant });
  }

  #applyGrant(nowMs: number, grant: Grant): void {
    const outcome = this.#holder.apply(nowMs, grant);
    if (outcome.ok) this.#actions.push({ type: "granted", owner: grant.owner, cameras: this.#holder.holds(nowMs) });
    else this.#actions.push({ type: "refused-grant", owner: grant.owner, reason: outcome.reason });
  }

  #setCameras(cameras: readonly CameraDemand[]): void {
    const office = this.#office;
    if (office === null) return;
    const { epoch } = office.owner;
    const revision = this.#site.stamp.epoch === epoch ? this.#site.stamp.revision + 1 : 1;
    this.#site = { stamp: { epoch, revision }, cameras };
    this.#send("all", { type: "site", ...this.#site });
  }

  #orderAdmission(order: Extract<NodeEvent, { type: "set-admission" }>): void {
    if (order.nodeId === this.self) {
      this.#admission = admissionOf(order);
      return;
    }
    const owner = this.#office?.owner;
    if (owner !== undefined) this.#send(order.nodeId, { type: "set-admission", owner, ...admissionOf(order) });
  }

  #allocate(office: MasterOffice): void {
    const healthy = this.#membership.members().filter(({ state }) => state === "healthy");
    // Every healthy node reports within a heartbeat; until then its cameras would seem to be nobody's.
    if (![this.self, ...healthy.map(({ nodeId }) => nodeId)].every((id) => office.knows(id))) return;
    const before = office.allocation;
    const here = this.#membership.members().filter(({ nodeId }) => this.#membership.isHere(nodeId));
    const allocation = office.allocate(this.#site.cameras, [this.self, ...here.map(({ nodeId }) => nodeId)]);
    if (placesOf(allocation) !== placesOf(before)) this.#actions.push({ type: "allocated", allocation });
  }

  #handOver(nowMs: number): void {
    const successor = chooseSuccessor(this.#membership.members(), this.#candidates);
    this.#runLease(nowMs, { type: "release", successor });
  }

  #runMembership(nowMs: number, event: MembershipEvent): void {
    for (const action of this.#membership.step(nowMs, event)) {
      if (action.type === "ping") {
        const { nodeId, life, nonce } = action;
        this.#send(nodeId, { type: "ping", from: this.self, life, nonce });
      } else {
        this.#actions.push({ type: "member", change: action });
        if (action.type === "died") this.#runLease(nowMs, { type: "holder-died", holder: action.nodeId });
      }
    }
  }

  #runLease(nowMs: number, event: LeaseEvent): void {
    for (const action of this.#lease.step(nowMs, event)) this.#doLease(action);
  }

  #doLease(action: LeaseAction): void {
    switch (action.type) {
      case "create":
      case "read":
        this.#actions.push(action);
        break;
      case "publish-heartbeat":
        this.#fence.admit(action.owner);
        this.#send("all", { type: "lease-heartbeat", owner: action.owner, sequence: action.sequence });
        break;
      case "answer": {
        const { owner, sequence, earlierAgoMs } = action;
        const { epoch } = owner;
        this.#send(owner.holder, { type: "lease-answer", from: this.self, epoch, sequence, earlierAgoMs });
        break;
      }
      case "publish-release":
        this.#send("all", { type: "lease-release", owner: action.owner, successor: action.successor });
        break;
      case "took-office": {
        const { othersMayLead } = this.#leaseOptions;
        this.#office = new MasterOffice({ owner: action.owner, othersMayLead });
        this.#actions.push(action);
        break;
      }
      case "left-office":
        this.#office = null;
        this.#actions.push(action);
        break;
    }
  }

  #send(to: NodeId | "all", message: ClusterMessage): void {
    this.#actions.push({ type: "send", to, message });
  }
}

function admissionOf({ isCordoned, isDraining }: Admittance): Admittance {
  return { isCordoned, isDraining };
}

/** Says where each camera goes, to tell two allocations apart. */
function placesOf({ placements, unplaced }: Allocation): string {
  const places = placements.map(({ cameraId, nodeId }) => `${cameraId}@${nodeId}`);
  return [...places, ...unplaced.map(({ cameraId }) => `${cameraId}@`)].join();
}
