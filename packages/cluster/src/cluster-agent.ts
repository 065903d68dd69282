/**
 * Runs a node over a fabric: the thin shell around cluster-node.ts. It ticks, carries messages, and asks the store.
 *
 * Messages to all go by `cluster.all`, those to one node by `cluster.node.<id>`. A connection is named `<id>/<life>`, so that word of
 * its end names the life that ended. A question to the store that fails is not answered: the node asks again by itself.
 */
import { type AlarmClock, assert, nowMsOf, repeat } from "@skyvox/core";
import { decodeMessage, encodeMessage, type MessageRefusal } from "./cluster-message-codec.ts";
import { type ClusterNode, type NodeAction, type NodeEvent, TICK_MS } from "./cluster-node.ts";
import { type Fabric, FabricError, type FabricFault } from "./fabric.ts";
import { type NodeId, type NodeLife, nodeId, nodeLife } from "./node-id.ts";
import { Refusals } from "./refusals.ts";

/** Keys of earlier epochs that are kept; what is older is deleted by the master. */
const KEYS_KEPT = 8;
/** The store's leader may come back to a node that leads; that is looked at this often. */
const YIELD_MS = 5000;

/** What the owner of an agent wants to hear; `refused` is one line about messages that could not be read, once a minute for each reason. */
export type AgentNotice =
  | Exclude<NodeAction, { type: "send" | "create" | "read" }>
  | { readonly type: "refused"; readonly line: string };

/** The name of a node's connection to the fabric. */
export function connectionName(id: NodeId, life: NodeLife): string {
  return `${id}/${life}`;
}

/** A running node; dispose it to stop it. The fabric stays open: whoever opened it closes it. */
export class ClusterAgent implements Disposable {
  readonly node: ClusterNode;
  readonly #fabric: Fabric;
  readonly #clock: AlarmClock;
  readonly #onNotice: (notice: AgentNotice) => void;
  readonly #ends = new DisposableStack();
  readonly #refused = new Refusals<MessageRefusal>();
  readonly #unanswered = new Refusals<FabricFault>();

  constructor(options: {
    readonly node: ClusterNode;
    readonly fabric: Fabric;
    readonly clock: AlarmClock;
    readonly onNotice: (notice: AgentNotice) => void;
  }) {
    const { node, fabric, clock } = options;
    assert(fabric.name === connectionName(node.self, node.life), "the connection is named after the node and its life");
    this.node = node;
    this.#fabric = fabric;
    this.#clock = clock;
    this.#onNotice = options.onNotice;
    for (const subject of ["cluster.all", `cluster.node.${node.self}`]) {
      this.#ends.use(fabric.subscribe(subject, ({ bytes }) => this.#read(bytes)));
    }
    fabric.onDisconnect(({ name, why }) => this.#hearEnd(name, why));
    this.#ends.defer(repeat(clock, TICK_MS, () => this.tell({ type: "tick" })));
    this.#ends.defer(
      repeat(clock, YIELD_MS, () => {
        if (node.office !== null) this.#yieldStore();
      }),
    );
  }

  /** How many messages could not be read, by reason. */
  refused(): ReadonlyMap<MessageRefusal, number> {
    return this.#refused.counts();
  }

  /** Hands an event to the node and does what it asks for. */
  tell(event: NodeEvent): void {
    if (this.#ends.disposed) return;
    for (const action of this.node.step(nowMsOf(this.#clock), event)) if (!this.#ends.disposed) this.#do(action);
  }

  /** Says that this node goes, and stops. */
  [Symbol.dispose](): void {
    this.tell({ type: "stop" });
    this.#ends.dispose();
  }

  #do(action: NodeAction): void {
    switch (action.type) {
      case "send": {
        const subject = action.to === "all" ? "cluster.all" : `cluster.node.${action.to}`;
        this.#publish(subject, encodeMessage(this.node.life, action.message));
        break;
      }
      case "create":
        void this.#ask(async () => {
          const isNew = await this.#fabric.createKey(keyOf(action.epoch), this.node.self);
          return { type: "created", epoch: action.epoch, isTaken: !isNew };
        });
        break;
      case "read":
        void this.#ask(async () => {
          const holder = await this.#fabric.readKey(keyOf(action.epoch));
          return { type: "read", epoch: action.epoch, holder: holder === null ? null : nodeId(holder) };
        });
        break;
      case "took-office":
        this.#yieldStore();
        if (action.owner.epoch > KEYS_KEPT) {
          void this.#ask(async () => {
            await this.#fabric.deleteKey(keyOf(action.owner.epoch - KEYS_KEPT));
            return null;
          });
        }
        this.#onNotice(action);
        break;
      case "member":
        // Where a server went with a node, the store may have come to this one.
        if (this.node.office !== null && action.change.type === "died") this.#yieldStore();
        this.#onNotice(action);
        break;
      default:
        this.#onNotice(action);
    }
  }

  /** Keeps the store alive beyond this node, while it leads. */
  #yieldStore(): void {
    void this.#ask(async () => {
      await this.#fabric.yieldStore?.();
      return null;
    });
  }

  /** A fabric that its owner closed ends this node, as the end of its process would. */
  #publish(subject: string, bytes: Uint8Array): void {
    try {
      this.#fabric.publish(subject, bytes);
    } catch (error) {
      if (!(error instanceof FabricError) || error.fault !== "closed") throw error;
      this.#ends.dispose();
    }
  }

  /** Asks the store; an answer that does not come is none. */
  async #ask(question: () => Promise<NodeEvent | null>): Promise<void> {
    try {
      const event = await question();
      if (event !== null) this.tell(event);
    } catch (error) {
      if (!(error instanceof FabricError)) throw error;
      // The node asks again many times a second for as long as a store is away.
      const isTold = this.#unanswered.note(nowMsOf(this.#clock), { reason: error.fault, sender: "" });
      if (error.fault !== "closed" && isTold) this.#onNotice({ type: "refused", line: error.message });
    }
  }

  #read(bytes: Uint8Array): void {
    const reading = decodeMessage(bytes);
    if (!reading.ok) {
      // Whoever is on the engine has the token; its messages do not say reliably who it is.
      const isTold = this.#refused.note(nowMsOf(this.#clock), { reason: reading.reason, sender: "" });
      if (isTold) this.#onNotice({ type: "refused", line: reading.line });
    } else if (reading.sender !== this.node.life) this.tell({ type: "message", message: reading.message });
  }

  #hearEnd(name: string, why: string): void {
    // Other connections of a node have a third part.
    const [id, life, other] = name.split("/");
    if (id === undefined || life === undefined || other !== undefined) return;
    this.tell({ type: "disconnected", nodeId: nodeId(id), life: nodeLife(life), why });
  }
}

function keyOf(epoch: number): string {
  return `master.${epoch}`;
}
