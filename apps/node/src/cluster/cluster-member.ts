/**
 * A node as a member of its cluster: the library's cluster, what nodes say of themselves on their cards, and what happened, in lines.
 *
 * It is the same over an engine and within one process. What is done about it, beside saying so, is others' (shared-run.ts).
 */
import {
  ClusterConfig,
  type ClusterOptions,
  type ClusterStatus,
  type Fabric,
  type NodeId,
  type NodeLife,
  nodeId,
  type Owner,
} from "@skyvox/cluster";
import { type CameraId, createPrng, systemAlarmClock } from "@skyvox/core";
import type { EventLog } from "./event-log.ts";
import type { Home } from "./home-fabric.ts";
import { cardSchema, type NodeCard, subjects } from "./line-messages.ts";
import { packParcel, unpackParcel } from "./parcel.ts";

/** Who joins, over what, and what is to be heard. */
export interface ClusterMemberOptions {
  readonly clusterId: string;
  readonly self: NodeId;
  readonly life: NodeLife;
  readonly role: "master" | "worker";
  readonly fabric: Fabric;
  readonly capacity: ClusterOptions["capacity"];
  readonly engineHosts: readonly NodeId[];
  readonly othersMayLead: boolean;
  readonly events: EventLog;
  /** What this node says of itself now, but for what the cluster knows of it. */
  readonly card: () => Omit<NodeCard, "nodeId" | "life" | "role" | "isCordoned" | "isDraining">;
  readonly onTookOffice: (owner: Owner) => void;
  readonly onLeftOffice: (owner: Owner, why: string) => void;
  /** The cameras this node may use from now on; told ten times a second while it holds any. */
  readonly onGranted: (cameras: readonly CameraId[]) => void;
  /** Somebody came or went, or said something else of itself. */
  readonly onNodes: () => void;
  /** A node is gone that observed these cameras. */
  readonly onGone: (cameras: readonly CameraId[]) => void;
}

const CARD_MS = 500;
const LOOK_MS = 50;

/** See the head of this file. */
export class ClusterMember implements Disposable {
  readonly options: ClusterMemberOptions;
  readonly cluster: ClusterConfig;
  readonly #cards = new Map<NodeId, NodeCard>();
  readonly #stack = new DisposableStack();
  #said = "";
  #saidMs = Number.NEGATIVE_INFINITY;
  #unreadable = 0;

  constructor(options: ClusterMemberOptions) {
    this.options = options;
    const { self, life, fabric, capacity, engineHosts, othersMayLead } = options;
    const [seed = 0] = crypto.getRandomValues(new Uint32Array(1));
    this.cluster = new ClusterConfig({
      ...{ nodeId: self, life, fabric, capacity, engineHosts, othersMayLead },
      ...{ clock: systemAlarmClock, prng: createPrng(seed), onNotice: (notice) => this.#hear(notice) },
    });
  }

  /** Joins. */
  start(): void {
    const { fabric, role } = this.options;
    this.#stack.use(fabric.subscribe(subjects.card, ({ bytes }) => this.#hearCard(bytes)));
    this.#stack.use(this.cluster);
    this.cluster.start({ master: role === "master" });
    const timer = setInterval(() => this.#sayCard(), LOOK_MS);
    this.#stack.defer(() => clearInterval(timer));
    this.#sayCard();
  }

  get status(): ClusterStatus {
    return this.cluster.getClusterStatus();
  }

  /** Cards that could not be read. */
  get unreadableCards(): number {
    return this.#unreadable;
  }

  /** What this node says of itself. */
  get ownCard(): NodeCard {
    const { self, life, role, card } = this.options;
    return { nodeId: self, life, role, ...this.status.admission, ...card() };
  }

  /** The cards of all nodes that are here, its own among them, by name. */
  cardsHere(): NodeCard[] {
    const here = new Set(
      this.status.members.flatMap(({ nodeId, state }) => (state === "healthy" || state === "suspect" ? [nodeId] : [])),
    );
    const others = [...this.#cards.values()].filter((card) => here.has(nodeId(card.nodeId)));
    return [this.ownCard, ...others].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
  }

  /** The last card of a node, wherever it is now. */
  cardOf(id: NodeId): NodeCard | null {
    return id === this.options.self ? this.ownCard : (this.#cards.get(id) ?? null);
  }

  /** Engines of the nodes that told of one. */
  homes(): Home[] {
    return [...this.#cards.values()].flatMap(({ nodeId: host, engineUrl }) =>
      engineUrl === null ? [] : [{ url: engineUrl, host: nodeId(host) }],
    );
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  #hear(notice: Parameters<ClusterOptions["onNotice"]>[0]): void {
    const { events, self, onTookOffice, onLeftOffice, onGranted, onNodes } = this.options;
    switch (notice.type) {
      case "member":
        this.#hearMember(notice.change);
        onNodes();
        break;
      case "took-office":
        events.add("took-office", self, `"${self}" leads under epoch ${notice.owner.epoch}`);
        onTookOffice(notice.owner);
        break;
      case "left-office":
        events.add("left-office", self, `"${self}" leads no more: ${notice.why}`);
        onLeftOffice(notice.owner, notice.why);
        break;
      case "granted":
        onGranted(notice.cameras);
        break;
      case "refused-grant":
        // A grant that was overtaken on its way is nothing to tell of.
        if (notice.reason === "fenced") {
          events.add("refused", notice.owner.holder, `"${notice.owner.holder}" gave orders under an earlier epoch`);
        }
        break;
      case "allocated":
        for (const { cameraId, why } of notice.allocation.unplaced) {
          events.add("unplaced", null, `camera "${cameraId}" is observed nowhere: ${why}`);
        }
        for (const { cameraId, nodeId, kind, why } of notice.allocation.placements) {
          if (kind !== "kept") events.add("moved", nodeId, `camera "${cameraId}" goes to "${nodeId}": ${why}`);
        }
        break;
      case "routes": {
        const { cause, from, to, changedPairs } = notice.change;
        if (changedPairs > 0)
          events.add("routes", null, `${changedPairs} routes changed: ${cause} from "${from}" to "${to}"`);
        break;
      }
      case "refused":
        events.add("refused", null, notice.line);
        break;
    }
  }

  #hearMember(change: Extract<Parameters<ClusterOptions["onNotice"]>[0], { type: "member" }>["change"]): void {
    const { events } = this.options;
    const { nodeId: id } = change;
    if (change.type === "joined") events.add("joined", id, change.isReturn ? `"${id}" is back` : `"${id}" joined`);
    if (change.type === "suspected") {
      events.add("suspected", id, `"${id}" is silent for ${Math.round(change.silentMs)} ms`);
    }
    if (change.type === "cleared") events.add("cleared", id, `"${id}" is heard again`);
    if (change.type === "died" || change.type === "left") this.options.onGone(this.#cards.get(id)?.cameras ?? []);
    if (change.type === "died") events.add("died", id, `"${id}" died: ${change.why}`);
    if (change.type === "left") events.add("left", id, `"${id}" left`);
    if (change.type === "refused") events.add("refused", id, `Cannot admit node "${id}": ${change.why}`);
  }

  #hearCard(bytes: Uint8Array): void {
    const card = unpackParcel(bytes, cardSchema)?.header;
    if (card === undefined) {
      this.#unreadable += 1;
      return;
    }
    if (card.nodeId === this.options.self) return;
    const id = nodeId(card.nodeId);
    const before = this.#cards.get(id);
    this.#cards.set(id, card);
    // A newcomer knows nobody: whoever hears of it tells at once.
    if (before?.life !== card.life) this.#saidMs = Number.NEGATIVE_INFINITY;
    if (JSON.stringify(before) !== JSON.stringify(card)) this.options.onNodes();
  }

  #sayCard(): void {
    const card = this.ownCard;
    const said = JSON.stringify(card);
    const nowMs = performance.now();
    if (said === this.#said && nowMs - this.#saidMs < CARD_MS) return;
    if (said !== this.#said) this.options.onNodes();
    this.#said = said;
    this.#saidMs = nowMs;
    this.options.fabric.publish(subjects.card, packParcel(card));
  }
}
