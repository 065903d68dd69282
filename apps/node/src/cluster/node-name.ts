import { hostname } from "node:os";
import { type NodeId, type NodeLife, nodeId, nodeLife } from "@skyvox/cluster";

/** The name of this node: as it was given, else the machine's, in letters that a subject may hold. */
export function nodeName(given: string | undefined): NodeId {
  const machine = hostname()
    .replace(/[^A-Za-z0-9_-]/g, "-")
    .slice(0, 64);
  return nodeId(given ?? (machine === "" ? "node" : machine));
}

/** Names one life of a node. */
export function newLife(): NodeLife {
  return nodeLife(crypto.randomUUID());
}
