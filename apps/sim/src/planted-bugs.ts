import type { Fence, Owner } from "@skyvox/cluster";
import { Scheduler } from "@skyvox/processor";
import { loadWithBug, plantedBugs as schedulerBugs } from "@skyvox/processor/planted-bugs";

/** Faults of the program itself that the simulator must find: those planted here, then those planted into the source of the schedule. */
export const plantedBugs = [
  ...(["no-fencing", "stale-owner", "unbounded-queue"] as const),
  ...(["lost-retry", "double-commit", "unbounded-tasks", "unfenced-results", "stale-results"] as const),
] as const;

/** One of them. */
export type PlantedBug = (typeof plantedBugs)[number];

/** Loads the schedule, with a bug in it where that is one of the schedule's. */
export async function loadScheduler(planted: PlantedBug | null): Promise<typeof Scheduler> {
  const bug = schedulerBugs.find(({ name }) => name === planted);
  return bug === undefined ? Scheduler : await loadWithBug(bug);
}

/** A gate that stands open: takes orders of anybody. */
export class OpenFence implements Fence {
  owner: Owner | null = null;

  admit(owner: Owner): { ok: true; isNew: boolean } {
    const isNew = owner.epoch !== this.owner?.epoch;
    this.owner = owner;
    return { ok: true, isNew };
  }
}
