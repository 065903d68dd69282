import type { Brand } from "@skyvox/core";

/** Names one machine of the cluster, the same after a restart. */
export type NodeId = Brand<string, "NodeId">;

/** Names one life of a node: a node that starts again has another one, so that its earlier messages are told apart. */
export type NodeLife = Brand<string, "NodeLife">;

/** Names a string as the id of a node. */
export function nodeId(text: string): NodeId {
  return text as NodeId;
}

/** Names a string as the life of a node. */
export function nodeLife(text: string): NodeLife {
  return text as NodeLife;
}
