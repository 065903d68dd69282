/**
 * What nodes of a cluster say to each other. All of it may be lost, doubled, late or out of order: every message states what is, none
 * states a change, so that the next one makes good for the one before.
 */
import type { CameraId } from "@skyvox/core";
import type { CameraDemand, NodeCapacity } from "./allocation.ts";
import type { AppliedGrant, Grant } from "./camera-holder.ts";
import type { Owner } from "./epoch-fence.ts";
import type { NodeId, NodeLife } from "./node-id.ts";

/** Orders the lists of cameras that masters published: by epoch, then by revision. */
export interface SiteStamp {
  readonly epoch: number;
  readonly revision: number;
}

/** Proof of life and report in one; every 100 ms to all. */
export interface HeartbeatMessage {
  readonly type: "heartbeat";
  readonly from: NodeId;
  readonly life: NodeLife;
  /** Counts the heartbeats of this life from 1. */
  readonly sequence: number;
  readonly isCandidate: boolean;
  readonly capacity: Omit<NodeCapacity, "nodeId">;
  /** The owner whose orders this node takes; null before the first. */
  readonly obeys: Owner | null;
  /** How long ago this node heard that owner lead; null where that was longer ago than a ttl. */
  readonly ownerHeardAgoMs: number | null;
  readonly applied: AppliedGrant | null;
  readonly holds: readonly CameraId[];
  readonly site: SiteStamp;
}

/** Anything that nodes send each other. */
export type ClusterMessage =
  | HeartbeatMessage
  /** The process runs, whatever its event loop does; every 100 ms to all, see nats-pulse.ts. */
  | { readonly type: "alive"; readonly from: NodeId; readonly life: NodeLife; readonly sequence: number }
  | { readonly type: "ping"; readonly from: NodeId; readonly life: NodeLife; readonly nonce: number }
  | { readonly type: "pong"; readonly from: NodeId; readonly life: NodeLife; readonly nonce: number }
  | { readonly type: "leave"; readonly from: NodeId; readonly life: NodeLife }
  | { readonly type: "lease-heartbeat"; readonly owner: Owner; readonly sequence: number }
  | {
      readonly type: "lease-answer";
      readonly from: NodeId;
      readonly epoch: number;
      readonly sequence: number;
      /** The answering node answered no earlier epoch for so long. */
      readonly earlierAgoMs: number;
    }
  | { readonly type: "lease-release"; readonly owner: Owner; readonly successor: NodeId | null }
  | { readonly type: "grant"; readonly life: NodeLife; readonly grant: Grant }
  /** The cameras of the site as a master, or a node that has a later list than the master, knows them. */
  | { readonly type: "site"; readonly stamp: SiteStamp; readonly cameras: readonly CameraDemand[] }
  | { readonly type: "site-wanted"; readonly from: NodeId }
  | {
      readonly type: "set-admission";
      readonly owner: Owner;
      readonly isCordoned: boolean;
      readonly isDraining: boolean;
    };

/** Compares two stamps: positive where `a` is later. */
export function compareStamps(a: SiteStamp, b: SiteStamp): number {
  return a.epoch - b.epoch || a.revision - b.revision;
}
