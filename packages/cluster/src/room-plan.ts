/**
 * The room of nodes while cameras are placed: what is taken, what still fits, and why something does not.
 */
import { assert, type CameraId } from "@skyvox/core";
import type { CameraGroup, CameraPlacement, NodeCapacity } from "./allocation.ts";
import type { NodeId } from "./node-id.ts";

/** A move that only evens out the load must bring the fuller of the two nodes down by this share of its load at least. */
const EVENING_GAIN_MIN = 0.1;

interface Room {
  readonly node: NodeCapacity;
  bytesPerSecond: number;
  memoryBytes: number;
  readonly groups: Map<CameraGroup, string>;
}

/** What is placed so far; nodes are kept in order of their names, which settles ties. */
export class RoomPlan {
  readonly #rooms: ReadonlyMap<NodeId, Room>;

  constructor(nodes: readonly NodeCapacity[]) {
    const sorted = [...nodes].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
    this.#rooms = new Map(
      sorted.map((node) => [node.nodeId, { node, bytesPerSecond: 0, memoryBytes: 0, groups: new Map() }]),
    );
  }

  /** Says why a node cannot take a group, as the end of a sentence that begins with the node; null where it can. */
  refusal(group: CameraGroup, nodeId: NodeId): string | null {
    const room = this.#rooms.get(nodeId);
    if (room === undefined) return "is gone";
    const { node } = room;
    if (node.isDraining) return "is drained";
    if (node.isCordoned && group.ownerNow !== nodeId) return "is cordoned";
    if (group.reachableFrom !== null && !group.reachableFrom.includes(nodeId)) return "cannot reach it";
    const bytesFree = node.bytesPerSecond - room.bytesPerSecond;
    if (group.bytesPerSecond > bytesFree) return `has ${bytesFree} B/s free, need ${group.bytesPerSecond} B/s`;
    const memoryFree = node.memoryBytes - room.memoryBytes;
    if (group.memoryBytes > memoryFree) return `has ${memoryFree} B of memory free, need ${group.memoryBytes} B`;
    return null;
  }

  /** Says for each node why it cannot take a group. */
  refusals(group: CameraGroup): string {
    if (this.#rooms.size === 0) return "there is no node";
    return [...this.#rooms.keys()]
      .map((nodeId) => `"${nodeId}" ${this.refusal(group, nodeId) ?? "has room"}`)
      .join(", ");
  }

  put(group: CameraGroup, nodeId: NodeId, why: string): void {
    assert(this.refusal(group, nodeId) === null, "a group is put where it fits");
    const room = this.#room(nodeId);
    room.groups.set(group, why);
    room.bytesPerSecond += group.bytesPerSecond;
    room.memoryBytes += group.memoryBytes;
  }

  /** The node that stays emptiest with a group; null where it fits nowhere. */
  emptiestFor(group: CameraGroup, except?: NodeId): NodeId | null {
    let best: NodeId | null = null;
    let bestLoad = Number.POSITIVE_INFINITY;
    for (const [nodeId, room] of this.#rooms) {
      if (nodeId === except || this.refusal(group, nodeId) !== null) continue;
      const load = loadOf(room, group);
      if (load >= bestLoad) continue;
      best = nodeId;
      bestLoad = load;
    }
    return best;
  }

  /** Moves one other group, the smallest that will do, so that a group fits; returns false where no single move makes room. */
  makeRoomFor(group: CameraGroup, cause: string): boolean {
    const others = [...this.#rooms.values()].flatMap((room) =>
      [...room.groups].map(([other, why]) => ({ room, other, why })),
    );
    others.sort((a, b) => sizeOf(a.other) - sizeOf(b.other) || (a.other.name < b.other.name ? -1 : 1));
    for (const { room, other, why } of others) {
      const { nodeId } = room.node;
      const elsewhere = this.emptiestFor(other, nodeId);
      if (elsewhere === null) continue;
      this.#take(other, nodeId);
      if (this.refusal(group, nodeId) === null) {
        this.put(other, elsewhere, `makes room for ${group.name} on "${nodeId}"`);
        this.put(group, nodeId, `${other.name} made room${cause}`);
        return true;
      }
      this.put(other, nodeId, why);
    }
    return false;
  }

  /** Moves groups from the fullest node to the emptiest while that gains enough. */
  even(movesMax: number): void {
    for (let moves = 0; moves < movesMax; moves++) {
      const rooms = [...this.#rooms.values()].filter(({ node }) => !node.isDraining);
      const fullest = rooms.reduce<Room | null>((a, b) => (a === null || loadOf(b) > loadOf(a) ? b : a), null);
      if (fullest === null || !this.#moveOne(fullest)) return;
    }
  }

  /** All placements, sorted by camera. */
  placements(owners: ReadonlyMap<CameraId, NodeId>): CameraPlacement[] {
    const all = [...this.#rooms.values()].flatMap(({ node: { nodeId }, groups }) =>
      [...groups].flatMap(([group, why]) =>
        group.cameraIds.map((cameraId): CameraPlacement => {
          const owner = owners.get(cameraId);
          const kind = owner === undefined ? "new" : owner === nodeId ? "kept" : "moved";
          return { cameraId, nodeId, kind, why };
        }),
      ),
    );
    return all.sort((a, b) => (a.cameraId < b.cameraId ? -1 : 1));
  }

  loads(): Map<NodeId, number> {
    return new Map([...this.#rooms].map(([nodeId, room]) => [nodeId, loadOf(room)]));
  }

  #moveOne(from: Room): boolean {
    const groups = [...from.groups.keys()].sort((a, b) => sizeOf(b) - sizeOf(a) || (a.name < b.name ? -1 : 1));
    const before = loadOf(from);
    for (const group of groups) {
      const to = this.emptiestFor(group, from.node.nodeId);
      if (to === null) continue;
      const after = Math.max(loadOf(from, group, -1), loadOf(this.#room(to), group));
      if (after > before * (1 - EVENING_GAIN_MIN)) continue;
      this.#take(group, from.node.nodeId);
      this.put(group, to, `evens out the load of "${from.node.nodeId}"`);
      return true;
    }
    return false;
  }

  #take(group: CameraGroup, nodeId: NodeId): void {
    const room = this.#room(nodeId);
    room.groups.delete(group);
    room.bytesPerSecond -= group.bytesPerSecond;
    room.memoryBytes -= group.memoryBytes;
  }

  #room(nodeId: NodeId): Room {
    const room = this.#rooms.get(nodeId);
    assert(room !== undefined, "the node is part of the plan");
    return room;
  }
}

/** Share of the fullest resource of a node, with a group more (or, at `sign` -1, less). */
function loadOf(room: Room, group?: CameraGroup, sign = 1): number {
  const share = (taken: number, capacity: number) => (taken <= 0 ? 0 : taken / capacity);
  return Math.max(
    share(room.bytesPerSecond + sign * (group?.bytesPerSecond ?? 0), room.node.bytesPerSecond),
    share(room.memoryBytes + sign * (group?.memoryBytes ?? 0), room.node.memoryBytes),
  );
}

function sizeOf({ bytesPerSecond, memoryBytes }: CameraGroup): number {
  return bytesPerSecond + memoryBytes;
}
