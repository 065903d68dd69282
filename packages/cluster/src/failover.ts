/**
 * What a master does with its office, from taking over to handing over.
 *
 * It starts knowing nothing of what the master before it granted. It learns that from the heartbeats of the nodes, lets each keep what
 * it holds, and for as long as grants of the master before may run (a term after that one's lease was last confirmed) gives nobody
 * anything new. Then it allocates what nobody holds. So cameras whose nodes live are in use all through a failover.
 */
import type { CameraId } from "@skyvox/core";
import {
  type Allocation,
  type AllocationProblem,
  allocateCameras,
  type CameraDemand,
  type NodeCapacity,
} from "./allocation.ts";
import { GRANT_TERM_MS, type Grant } from "./camera-holder.ts";
import { CameraLedger, type HolderReport } from "./camera-ledger.ts";
import type { Owner } from "./epoch-fence.ts";
import { DRIFT_MARGIN } from "./lease.ts";
import type { Member } from "./membership.ts";
import type { NodeId, NodeLife } from "./node-id.ts";

/** Groups of cameras that one allocation moves only to even out the load. */
const EVENING_MOVES_MAX = 1;

/** How a new master knows that no other one gives orders any more. */
export interface OfficeOptions {
  readonly owner: Owner;
  /** Of the lease. */
  readonly othersMayLead: boolean;
}

/** The office of one master. */
export class MasterOffice {
  readonly owner: Owner;
  readonly #ledger: CameraLedger;
  readonly #quietMs: number;
  readonly #capacities = new Map<NodeId, NodeCapacity>();
  #members: readonly NodeId[] = [];
  #isQuietSet = false;
  #allocation: Allocation = { placements: [], unplaced: [], loads: new Map() };

  constructor({ owner, othersMayLead }: OfficeOptions) {
    this.owner = owner;
    this.#quietMs = othersMayLead ? GRANT_TERM_MS * DRIFT_MARGIN : 0;
    this.#ledger = new CameraLedger({ epoch: owner.epoch, quietUntilMs: Number.POSITIVE_INFINITY });
  }

  /** The allocation that is aimed at. */
  get allocation(): Allocation {
    return this.#allocation;
  }

  /** True while cameras may only be kept. */
  isQuiet(nowMs: number): boolean {
    return this.#ledger.isQuiet(nowMs);
  }

  /** Who holds or may hold each camera. */
  owners(): Map<CameraId, NodeId> {
    return this.#ledger.owners();
  }

  /** Notes that the lease was confirmed; the first time it is known when the quiet ends. `earlierConfirmedMs` is that of the lease. */
  confirm(earlierConfirmedMs: number): void {
    if (this.#isQuietSet || earlierConfirmedMs === Number.POSITIVE_INFINITY) return;
    this.#isQuietSet = true;
    this.#ledger.setQuietUntil(earlierConfirmedMs + this.#quietMs);
  }

  /** Takes a node's report; false for one that is older than the last. */
  report(nowMs: number, report: HolderReport, capacity: NodeCapacity): boolean {
    if (!this.#ledger.report(nowMs, report)) return false;
    this.#capacities.set(capacity.nodeId, capacity);
    return true;
  }

  /** True where a node has reported to this office. */
  knows(id: NodeId): boolean {
    return this.#capacities.has(id);
  }

  /** Ends what has run out; `confirmedMs` is that of the lease. */
  expire(nowMs: number, confirmedMs: number): void {
    this.#ledger.expire(nowMs, confirmedMs);
  }

  /** Allocates the cameras to the nodes that are here and have reported. */
  allocate(cameras: readonly CameraDemand[], members: readonly NodeId[]): Allocation {
    this.#members = members;
    this.#allocation = allocateCameras(this.problem(cameras));
    this.#ledger.aim(
      new Map(this.#allocation.placements.map(({ cameraId, nodeId }) => [cameraId, nodeId])),
      new Set(cameras.flatMap(({ cameraId, isShared }) => (isShared ? [cameraId] : []))),
    );
    return this.#allocation;
  }

  /** The question that an allocation of these cameras answers now. */
  problem(cameras: readonly CameraDemand[]): AllocationProblem {
    const nodes = this.#members.flatMap((id) => this.#capacities.get(id) ?? []);
    return { cameras, nodes, owners: this.#ledger.owners(), eveningMovesMax: EVENING_MOVES_MAX };
  }

  /** Writes the grant that answers the last report of a life. Only while the lease has tenure; `confirmedMs` is that of the lease. */
  grant(nowMs: number, life: NodeLife, confirmedMs: number): Grant {
    return { owner: this.owner, ...this.#ledger.order(nowMs, life, confirmedMs) };
  }
}

/** Chooses who takes over: the healthy candidate that has been here longest; null where there is none. */
export function chooseSuccessor(members: readonly Member[], candidates: ReadonlySet<NodeId>): NodeId | null {
  const fit = members.filter(({ nodeId, state }) => state === "healthy" && candidates.has(nodeId));
  return fit.sort((a, b) => a.joinOrder - b.joinOrder)[0]?.nodeId ?? null;
}
