/**
 * The gate of a worker: it takes orders of one owner at a time, and never of an earlier one again.
 *
 * A lease cannot keep two processes from believing that they lead; this can keep anybody from obeying both. The highest epoch that was
 * seen is bound to the first holder it came with: should an engine that lost its memory grant one epoch twice, the second holder is
 * refused here as well.
 */
import { assert } from "@skyvox/core";
import type { NodeId } from "./node-id.ts";

/** Who an order comes from. */
export interface Owner {
  /** Number of the master lease, from 1. */
  readonly epoch: number;
  readonly holder: NodeId;
}

/** Whether an order is taken; `seen` is the owner that this worker obeys. */
export type Admission =
  | { readonly ok: true; readonly isNew: boolean }
  | { readonly ok: false; readonly reason: "earlier-epoch" | "other-holder"; readonly seen: Owner };

/** Decides whose orders are taken. */
export interface Fence {
  admit(owner: Owner): Admission;
  /** The owner whose orders were last taken; null before the first. */
  readonly owner: Owner | null;
}

/** The fence of one worker; see the head of this file. */
export class EpochFence implements Fence {
  #owner: Owner | null = null;
  #refused = 0;

  get owner(): Owner | null {
    return this.#owner;
  }

  /** How many orders were refused. */
  get refused(): number {
    return this.#refused;
  }

  admit({ epoch, holder }: Owner): Admission {
    assert(Number.isSafeInteger(epoch) && epoch >= 1, "an epoch is a positive integer");
    const seen = this.#owner;
    if (seen === null || epoch > seen.epoch) {
      this.#owner = { epoch, holder };
      return { ok: true, isNew: true };
    }
    if (epoch === seen.epoch && holder === seen.holder) return { ok: true, isNew: false };
    this.#refused += 1;
    return { ok: false, reason: epoch < seen.epoch ? "earlier-epoch" : "other-holder", seen };
  }
}
