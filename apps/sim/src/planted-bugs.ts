import type { Fence, Owner } from "@skyvox/cluster";

/** Faults of the program itself that the simulator must find. */
export const plantedBugs = ["no-fencing", "stale-owner", "unbounded-queue"] as const;

/** One of them. */
export type PlantedBug = (typeof plantedBugs)[number];

/** A gate that stands open: takes orders of anybody. */
export class OpenFence implements Fence {
  owner: Owner | null = null;

  admit(owner: Owner): { ok: true; isNew: boolean } {
    const isNew = owner.epoch !== this.owner?.epoch;
    this.owner = owner;
    return { ok: true, isNew };
  }
}
