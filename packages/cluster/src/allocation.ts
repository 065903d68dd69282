/**
 * Which node takes which camera: a pure function of demands, capacities and what is in force.
 *
 * Cameras of a pair (one place, two spectra) go together. What is in force stays unless its node is gone, is drained or has no room:
 * nothing else is moved, but for a bounded number of moves per call that even out the load. What has no place yet goes, largest first,
 * to the node whose fullest resource (bandwidth or memory) stays emptiest; where nothing fits, one other group is moved to make room.
 * Every answer carries its reason. The order of the input does not matter.
 */
import { assert, type CameraId } from "@skyvox/core";
import type { NodeId } from "./node-id.ts";
import { RoomPlan } from "./room-plan.ts";

/** What a camera needs. */
export interface CameraDemand {
  readonly cameraId: CameraId;
  readonly bytesPerSecond: number;
  readonly memoryBytes: number;
  /** Cameras of one name belong together; null for one that stands alone. */
  readonly pair: string | null;
  /** Nodes its cable or network reaches; null for all. */
  readonly reachableFrom: readonly NodeId[] | null;
  /** True where two nodes may use it at once without harm, as a file: it changes hands without waiting for either. */
  readonly isShared: boolean;
}

/** What a node has for cameras. */
export interface NodeCapacity {
  readonly nodeId: NodeId;
  readonly bytesPerSecond: number;
  readonly memoryBytes: number;
  /** True where it takes no more cameras but keeps those it has. */
  readonly isCordoned: boolean;
  /** True where it gives its cameras away. */
  readonly isDraining: boolean;
}

/** The whole question. */
export interface AllocationProblem {
  readonly cameras: readonly CameraDemand[];
  readonly nodes: readonly NodeCapacity[];
  /** What is in force. */
  readonly owners: ReadonlyMap<CameraId, NodeId>;
  /** Groups that may be moved only to even out the load. */
  readonly eveningMovesMax: number;
}

/** Where one camera goes. */
export interface CameraPlacement {
  readonly cameraId: CameraId;
  readonly nodeId: NodeId;
  readonly kind: "kept" | "new" | "moved";
  readonly why: string;
}

/** The answer; both lists are sorted by camera. */
export interface Allocation {
  readonly placements: readonly CameraPlacement[];
  readonly unplaced: readonly { readonly cameraId: CameraId; readonly why: string }[];
  /** Fullest resource of each node, as a share of its capacity. */
  readonly loads: ReadonlyMap<NodeId, number>;
}

/** A change to try out. */
export interface AllocationChange {
  readonly nodesGone?: readonly NodeId[];
  readonly nodesDrained?: readonly NodeId[];
  readonly nodesAdded?: readonly NodeCapacity[];
  readonly camerasAdded?: readonly CameraDemand[];
}

/** Cameras that go together, and what they need together. */
export interface CameraGroup {
  readonly name: string;
  readonly cameraIds: readonly CameraId[];
  readonly bytesPerSecond: number;
  readonly memoryBytes: number;
  readonly reachableFrom: readonly NodeId[] | null;
  /** Where most of it is now; null where it is nowhere. */
  readonly ownerNow: NodeId | null;
}

/**
 * Allocates cameras to nodes.
 *
 * @throws {AssertionError} when ids repeat or a demand or capacity is negative.
 */
export function allocateCameras(problem: AllocationProblem): Allocation {
  checkProblem(problem);
  const plan = new RoomPlan(problem.nodes);
  const groups = groupsOf(problem);
  const homeless = keepWhatFits(plan, groups);
  const split: CameraGroup[] = [];
  for (const group of homeless) if (!placeWhole(plan, group)) split.push(group);
  const unplaced = split.flatMap((group) => placeSplit(plan, group, problem));
  plan.even(problem.eveningMovesMax);
  return {
    placements: plan.placements(problem.owners),
    unplaced: unplaced.sort((a, b) => compare(a.cameraId, b.cameraId)),
    loads: plan.loads(),
  };
}

/** Answers what an allocation would become after a change, without making it: the placements that differ come back. */
export function allocateAfter(
  problem: AllocationProblem,
  change: AllocationChange,
): Allocation & { readonly changed: readonly CameraPlacement[] } {
  const gone = new Set(change.nodesGone ?? []);
  const drained = new Set(change.nodesDrained ?? []);
  const kept = problem.nodes.filter(({ nodeId }) => !gone.has(nodeId));
  const nodes = kept.map((node) => (drained.has(node.nodeId) ? { ...node, isDraining: true } : node));
  const after = allocateCameras({
    ...problem,
    nodes: [...nodes, ...(change.nodesAdded ?? [])],
    cameras: [...problem.cameras, ...(change.camerasAdded ?? [])],
  });
  return { ...after, changed: after.placements.filter(({ kind }) => kind !== "kept") };
}

function checkProblem({ cameras, nodes, eveningMovesMax }: AllocationProblem): void {
  assert(new Set(cameras.map(({ cameraId }) => cameraId)).size === cameras.length, "each camera is named once");
  assert(new Set(nodes.map(({ nodeId }) => nodeId)).size === nodes.length, "each node is named once");
  const amounts = [...cameras, ...nodes].flatMap(({ bytesPerSecond, memoryBytes }) => [bytesPerSecond, memoryBytes]);
  assert(
    amounts.every((amount) => amount >= 0),
    "demands and capacities are not negative",
  );
  assert(eveningMovesMax >= 0, "eveningMovesMax is not negative");
}

/** Largest first, so that what is hard to place is placed while there is room. */
function groupsOf({ cameras, owners }: AllocationProblem): CameraGroup[] {
  const byName = Map.groupBy(cameras, ({ cameraId, pair }) => (pair === null ? `camera ${cameraId}` : `pair ${pair}`));
  const groups = [...byName].map(([name, members]) => groupOf(name, members, owners));
  return groups.sort((a, b) => sizeOf(b) - sizeOf(a) || compare(a.name, b.name));
}

function groupOf(name: string, members: readonly CameraDemand[], owners: ReadonlyMap<CameraId, NodeId>): CameraGroup {
  const cameraIds = members.map(({ cameraId }) => cameraId).sort();
  const limits = members.flatMap(({ reachableFrom }) => (reachableFrom === null ? [] : [reachableFrom]));
  const reachableFrom = limits.length === 0 ? null : limits.reduce((a, b) => a.filter((id) => b.includes(id)));
  const counts = new Map<NodeId, number>();
  for (const id of cameraIds) {
    const owner = owners.get(id);
    if (owner !== undefined) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([a, x], [b, y]) => y - x || compare(a, b));
  return {
    ...{ name, cameraIds, reachableFrom, ownerNow: most?.[0] ?? null },
    bytesPerSecond: members.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0),
    memoryBytes: members.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  };
}

/** Keeps the groups that may stay, smallest first so that most stay where room has shrunk; returns the others, largest first. */
function keepWhatFits(plan: RoomPlan, groups: readonly CameraGroup[]): CameraGroup[] {
  const homeless: CameraGroup[] = [];
  for (const group of groups.toReversed()) {
    if (group.ownerNow !== null && plan.refusal(group, group.ownerNow) === null) {
      plan.put(group, group.ownerNow, "was here already");
    } else homeless.push(group);
  }
  return homeless.reverse();
}

function placeWhole(plan: RoomPlan, group: CameraGroup): boolean {
  const cause = group.ownerNow === null ? "" : `; "${group.ownerNow}" ${plan.refusal(group, group.ownerNow)}`;
  const best = plan.emptiestFor(group);
  if (best !== null) {
    plan.put(group, best, `most room left${cause}`);
    return true;
  }
  return plan.makeRoomFor(group, cause);
}

/** Places the cameras of a group one by one where no node has room for all; returns those that go nowhere, with the reason. */
function placeSplit(
  plan: RoomPlan,
  group: CameraGroup,
  problem: AllocationProblem,
): { cameraId: CameraId; why: string }[] {
  const members = problem.cameras.filter(({ cameraId }) => group.cameraIds.includes(cameraId));
  if (members.length === 1) return [{ cameraId: members[0]!.cameraId, why: plan.refusals(group) }];
  return members
    .map((camera) => groupOf(`camera ${camera.cameraId}`, [camera], problem.owners))
    .sort((a, b) => compare(a.name, b.name))
    .flatMap((single) => {
      const stays = single.ownerNow !== null && plan.refusal(single, single.ownerNow) === null;
      const node = stays ? single.ownerNow : plan.emptiestFor(single);
      if (node === null) return [{ cameraId: single.cameraIds[0]!, why: plan.refusals(single) }];
      plan.put(single, node, `no node has room for all of ${group.name}`);
      return [];
    });
}

function sizeOf({ bytesPerSecond, memoryBytes }: CameraGroup): number {
  return bytesPerSecond + memoryBytes;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
