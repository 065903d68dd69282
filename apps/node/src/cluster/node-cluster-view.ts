/**
 * Shows the cluster to the API: what the member knows, what the leader told, and what this node's own term of office gave out.
 *
 * It holds nothing of its own; every answer is of the moment at which it is asked for.
 */
import { type NodeId, nodeId } from "@skyvox/cluster";
import { type PolicyName, policyNames } from "@skyvox/processor";
import type { ClusterMember } from "./cluster-member.ts";
import type {
  AllocationFacts,
  ClusterFacts,
  ClusterView,
  FabricFacts,
  NodeFacts,
  OrderOutcome,
  PlacementFacts,
  TrialChange,
  TrialFacts,
} from "./cluster-view.ts";
import type { Lead } from "./line-messages.ts";
import type { TaskDesk } from "./task-desk.ts";

/** What a view is made of. */
export interface NodeClusterViewOptions {
  readonly member: ClusterMember;
  readonly fabric: () => FabricFacts;
  /** What was refused since the start, by what it was and why. */
  readonly refused: () => Readonly<Record<string, number>>;
  /** What the leader decided last. */
  readonly lead: () => Pick<Lead, "epoch" | "placements" | "unplaced" | "loads"> | null;
  /** The desk of this node's term of office; null where it gives out no work. */
  readonly desk: () => TaskDesk | null;
  readonly policy: { get(): PolicyName; set(policy: PolicyName): void } | null;
}

/** See the head of this file. */
export function nodeClusterView(options: NodeClusterViewOptions): ClusterView {
  const { member } = options;
  const { events } = member.options;
  return {
    cluster: () => clusterFacts(options),
    nodes: () => nodeFacts(member),
    workers: () => member.cardsHere().map(({ nodeId, worker }) => ({ nodeId, ...worker })),
    allocation: () => allocationFacts(options),
    tryAllocation: (change) => tryAllocation(member, change),
    setAdmission: (order) => {
      const id = nodeId(order.nodeId);
      const refusal = refusalOf(member, "order a node", id);
      if (refusal !== null) return refusal;
      member.cluster.setAdmission({ ...order, nodeId: id });
      return { ok: true, value: true };
    },
    tasks: () => options.desk()?.tasks() ?? { counts: null, tasks: [], deadLetters: [] },
    explainTask: (id) => options.desk()?.explain(id) ?? null,
    scheduler: () =>
      options.desk()?.scheduler ?? { policy: options.policy?.get() ?? "weighted", policies: policyNames },
    setPolicy: (policy) => {
      const refusal = refusalOf(member, "set the policy", member.options.self);
      if (refusal !== null) return refusal;
      if (options.policy === null) {
        const why = "Cannot set the policy: one worker does everything in order, need a cluster of nodes";
        return { ok: false, reason: "not-leading", why };
      }
      options.policy.set(policy);
      return { ok: true, value: true };
    },
    topology: () => topologyFacts(member),
    events: () => events.events,
    subscribe: (listener) => events.subscribe(listener),
  };
}

function clusterFacts({ member, fabric, refused }: NodeClusterViewOptions): ClusterFacts {
  const { clusterId, self, role } = member.options;
  const { master, isMaster, members, refused: messages } = member.status;
  return {
    ...{ clusterId, nodeId: self, role, isLeader: isMaster },
    leader: master === null ? null : { nodeId: master.holder, epoch: master.epoch },
    nodesHere: 1 + members.filter(({ state }) => state === "healthy" || state === "suspect").length,
    fabric: fabric(),
    refused: {
      ...Object.fromEntries([...messages].map(([reason, count]) => [`message ${reason}`, count])),
      ...refused(),
    },
  };
}

function nodeFacts(member: ClusterMember): NodeFacts[] {
  const { self } = member.options;
  const { master, members } = member.status;
  const states: { nodeId: NodeId; state: NodeFacts["state"] }[] = [{ nodeId: self, state: "healthy" }, ...members];
  const facts = states.map(({ nodeId: id, state }): NodeFacts => {
    const card = member.cardOf(id);
    return {
      ...{ nodeId: id, state, isSelf: id === self, isLeader: master?.holder === id },
      ...{ role: card?.role ?? null, version: card?.version ?? null, engineUrl: card?.engineUrl ?? null },
      address: card === null || card.address === "" ? null : card.address,
      ...{ isCordoned: card?.isCordoned ?? false, isDraining: card?.isDraining ?? false },
      cameras: state === "dead" || state === "left" ? [] : (card?.cameras ?? []),
      cannotOpen: card?.cannotOpen ?? [],
    };
  });
  return facts.sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
}

function allocationFacts({ member, lead }: NodeClusterViewOptions): AllocationFacts {
  const told = lead();
  if (told === null) return { epoch: null, placements: [], unplaced: [], loads: [] };
  const { epoch, placements, unplaced, loads } = told;
  return { epoch, placements: withHolders(member, placements), unplaced, loads };
}

function withHolders(member: ClusterMember, placements: readonly Omit<PlacementFacts, "holder">[]): PlacementFacts[] {
  const holders = new Map<string, string>();
  for (const { nodeId, cameras } of member.cardsHere()) for (const id of cameras) holders.set(id, nodeId);
  return placements.map((placement) => ({ ...placement, holder: holders.get(placement.cameraId) ?? null }));
}

function tryAllocation(member: ClusterMember, { nodesGone, nodesDrained }: TrialChange): OrderOutcome<TrialFacts> {
  for (const id of [...nodesGone, ...nodesDrained]) {
    const refusal = refusalOf(member, "try an allocation", nodeId(id));
    if (refusal !== null) return refusal;
  }
  const trial = member.cluster.tryAllocation({
    nodesGone: nodesGone.map(nodeId),
    nodesDrained: nodesDrained.map(nodeId),
  });
  if (trial === null) return notLeading(member, "try an allocation");
  return {
    ok: true,
    value: {
      placements: withHolders(member, trial.placements),
      changed: withHolders(member, trial.changed),
      unplaced: trial.unplaced,
      loads: [...trial.loads].map(([nodeId, load]) => ({ nodeId, load })),
    },
  };
}

type Refused = Extract<OrderOutcome, { ok: false }>;

function refusalOf(member: ClusterMember, what: string, id: NodeId): Refused | null {
  const { isMaster, members } = member.status;
  if (!isMaster) return notLeading(member, what);
  const here = [member.options.self, ...members.map(({ nodeId }) => nodeId)];
  if (here.includes(id)) return null;
  return {
    ok: false,
    reason: "unknown",
    why: `Cannot ${what}: there is no node "${id}", need one of ${here.join(", ")}`,
  };
}

function notLeading(member: ClusterMember, what: string): Refused {
  const { master } = member.status;
  const address = master === null ? "" : (member.cardOf(master.holder)?.address ?? "");
  const found = master === null ? "nobody leads" : `"${master.holder}" leads`;
  const need = address === "" ? "the leader's API" : `the leader's API (${address} on its machine)`;
  return { ok: false, reason: "not-leading", why: `Cannot ${what}: ${found}, need ${need}` };
}

function topologyFacts(member: ClusterMember): ReturnType<ClusterView["topology"]> {
  const { topology } = member.cluster;
  const links = topology.links();
  const ends = [...new Set(links.flatMap(({ from, to }) => [from, to]))].sort();
  const routes = ends.flatMap((from) =>
    ends.flatMap((to) => {
      const route = from === to ? null : topology.route(from, to);
      return route === null ? [] : [{ from, to, ...route }];
    }),
  );
  return { links: links.map(({ from, to, latencyMs }) => ({ from, to, latencyMs })), routes };
}
