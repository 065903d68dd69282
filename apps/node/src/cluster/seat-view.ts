import type { ClusterLink } from "./cluster-link.ts";
import type { ClusterMember } from "./cluster-member.ts";
import type { ClusterView } from "./cluster-view.ts";
import { nodeClusterView } from "./node-cluster-view.ts";
import type { SharedRun } from "./shared-run.ts";

/** What no cluster of ours promises, whatever its engine. */
const CLOCKS_LIMIT =
  "capture times of different machines are compared by their wall clocks: keep those together within a few milliseconds (PTP, chrony)";
const TRACKS_LIMIT =
  "when the leader dies its tracks go on under their ids, but for those that began within the last frame sets, which begin anew";

/** What cannot be promised here, a sentence each. */
export function clusterLimits(link: ClusterLink): string[] {
  return [...link.fabric.describe().limits, ...link.engineLimits, CLOCKS_LIMIT, TRACKS_LIMIT];
}

/** Shows a node's place in its cluster to the API. */
export function seatView({
  member,
  link,
  run,
  seat,
}: {
  readonly member: ClusterMember;
  readonly link: ClusterLink;
  readonly run: SharedRun;
  readonly seat: { readonly moves: number };
}): ClusterView {
  return nodeClusterView({
    member,
    fabric: () => {
      const { kind, engine } = link.fabric.describe();
      const { home } = link.fabric;
      return {
        ...{ kind, engine, url: home?.url ?? null, host: home?.host ?? null },
        ...{ moves: seat.moves, limits: clusterLimits(link) },
      };
    },
    refused: () => {
      const { observations, steps, unreadable } = run.refused;
      return {
        ...Object.fromEntries([...link.refused()].map(([reason, count]) => [`beacon ${reason}`, count])),
        ...{ "observation of an earlier epoch": observations, "step of an earlier epoch": steps },
        "line unreadable": unreadable + member.unreadableCards,
      };
    },
    lead: () => run.lead,
    desk: () => run.leadership?.desk ?? null,
    policy: {
      get: () => run.policy,
      set: (policy) => {
        run.policy = policy;
      },
    },
  });
}
