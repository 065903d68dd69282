/**
 * What the master lease hears and what it asks for, and its limits: the face of the state machine of lease.ts.
 */
import type { Owner } from "./epoch-fence.ts";
import type { NodeId } from "./node-id.ts";

/** Limits of the lease, in milliseconds of the candidate's own clock. */
export interface LeaseOptions {
  /** Silence after which the lease is free, and how long an answered heartbeat gives tenure. */
  readonly ttlMs: number;
  /** Heartbeats go out this often. */
  readonly renewMs: number;
  /** A claim waits a random part of this, so that candidates rarely meet. */
  readonly jitterMs: number;
  /** A holder without tenure for this long steps down. */
  readonly isolationMs: number;
  /** A claim without answer is looked up after this, and looked up again as often. */
  readonly claimMsMax: number;
  /** False where no other process can hold the lease (the fabric ends with this process): it is then claimed at once. */
  readonly othersMayLead: boolean;
}

/** Defaults of {@link LeaseOptions}; four heartbeats fit a ttl. */
export const defaultLeaseOptions: LeaseOptions = {
  ttlMs: 600,
  renewMs: 150,
  jitterMs: 50,
  isolationMs: 2000,
  claimMsMax: 300,
  othersMayLead: true,
};

/** Something that happened. */
export type LeaseEvent =
  | { readonly type: "tick" }
  /** A holder's heartbeat, or anything else that shows that an owner exists. */
  | { readonly type: "heartbeat"; readonly owner: Owner; readonly sequence: number }
  /** Another node obeys this owner, and heard it so long ago; null where it has not, or not as the owner it obeys. */
  | { readonly type: "owner-obeyed"; readonly owner: Owner; readonly heardAgoMs: number | null }
  /** What became of a claim: `taken` where the key exists. */
  | { readonly type: "created"; readonly epoch: number; readonly isTaken: boolean }
  /** What was found under the key of a claim; null where there is none. */
  | { readonly type: "read"; readonly epoch: number; readonly holder: NodeId | null }
  /** A node that hosts the store answered a heartbeat. */
  | {
      readonly type: "answered";
      readonly epoch: number;
      readonly sequence: number;
      readonly by: NodeId;
      readonly earlierAgoMs: number;
    }
  /** The engine saw the holder's connection end, or the holder is silent beyond doubt. */
  | { readonly type: "holder-died"; readonly holder: NodeId }
  /** The holder lets go; the successor claims at once, others wait. */
  | { readonly type: "released"; readonly owner: Owner; readonly successor: NodeId | null }
  /** Which nodes host the store now. */
  | { readonly type: "engine-hosts"; readonly hosts: readonly NodeId[] }
  /** This node may hold the lease from now on, or may not. */
  | { readonly type: "candidacy"; readonly isCandidate: boolean }
  /** The holder lets go of its own will. */
  | { readonly type: "release"; readonly successor: NodeId | null };

/** Something to do or to know. */
export type LeaseAction =
  /** Create the key of this epoch; answer with `created`, or with nothing where it is not known. */
  | { readonly type: "create"; readonly epoch: number }
  | { readonly type: "read"; readonly epoch: number }
  | { readonly type: "publish-heartbeat"; readonly owner: Owner; readonly sequence: number }
  /** Answer the holder; `earlierAgoMs`: this node answered no earlier epoch for so long. */
  | { readonly type: "answer"; readonly owner: Owner; readonly sequence: number; readonly earlierAgoMs: number }
  | { readonly type: "publish-release"; readonly owner: Owner; readonly successor: NodeId | null }
  | { readonly type: "took-office"; readonly owner: Owner }
  | { readonly type: "left-office"; readonly owner: Owner; readonly why: string };
