/**
 * The cluster in words: what the panel and the line on top say, as text from the node's answers.
 *
 * Pure functions without a page, so that every sentence is tested by itself.
 */
import type {
  AllocationAnswer,
  ClusterAnswer,
  NodesAnswer,
  TopologyAnswer,
  WorkersAnswer,
} from "../cluster-answers.ts";
import type { ClusterPicture } from "./cluster-feed.ts";
import { fixed } from "./readout.ts";

/** One row of a table: its cells, and what it is like. */
export interface TableLine {
  readonly key: string;
  readonly state: string;
  readonly cells: readonly string[];
}

/** True where the node is alone: nobody else is here or was here lately. */
export function isAlone({ nodes }: Pick<ClusterPicture, "nodes">): boolean {
  return nodes.length <= 1;
}

/** The one line on top. */
export function headline({ cluster, nodes }: Pick<ClusterPicture, "cluster" | "nodes">): string {
  const here = nodes.filter(({ state }) => state === "healthy" || state === "suspect").length;
  if (here <= 1 && isAlone({ nodes })) return "1 node";
  const leads = cluster.leader === null ? "nobody leads" : `${cluster.leader.nodeId} leads`;
  return `${here} ${here === 1 ? "node" : "nodes"} · ${leads}`;
}

/** Who leads and over what, a sentence. */
export function summary(picture: Pick<ClusterPicture, "cluster" | "nodes">): string {
  const { nodeId, leader, fabric, clusterId } = picture.cluster;
  if (isAlone(picture)) {
    const [limit] = fabric.limits;
    return `One node, "${nodeId}": it leads itself${limit === undefined ? "" : `; ${limit}`}`;
  }
  const leads = leader === null ? "nobody leads now" : `"${leader.nodeId}" leads in epoch ${leader.epoch}`;
  return `Cluster "${clusterId}": ${leads}; ${engineText(fabric)}`;
}

function engineText({ kind, engine, host, moves }: ClusterAnswer["fabric"]): string {
  if (kind === "local") return engine;
  const where = host === null ? "nobody hosts the engine now" : `${engine} on "${host}"`;
  return moves === 0 ? where : `${where}, moved ${moves} ${moves === 1 ? "time" : "times"}`;
}

/** One row per node: its name, state, role, cameras, load and worker. */
export function nodeLines(
  nodes: NodesAnswer["nodes"],
  workers: WorkersAnswer["workers"],
  loads: AllocationAnswer["loads"],
): TableLine[] {
  return nodes.map((node) => {
    const admission = node.isDraining ? "draining" : node.isCordoned ? "cordoned" : "";
    const role = [node.isLeader ? "leader" : (node.role ?? ""), admission, node.isSelf ? "this node" : ""];
    const load = loads.find(({ nodeId }) => nodeId === node.nodeId)?.load;
    const cannot = node.cannotOpen.map(({ cameraId, why }) => `cannot open ${cameraId}: ${why}`);
    return {
      key: node.nodeId,
      state: node.state,
      cells: [
        node.nodeId,
        node.state,
        role.filter(Boolean).join(", "),
        [node.cameras.join(", ") || "none", ...cannot].join("; "),
        load === undefined ? "–" : `${fixed(100 * load, 0)} %`,
        workerText(workers.find(({ nodeId }) => nodeId === node.nodeId)),
      ],
    };
  });
}

function workerText(worker: WorkersAnswer["workers"][number] | undefined): string {
  if (!worker) return "none";
  const { backend, device, state, restarts } = worker;
  const what = device === "" ? backend : `${backend}, ${device}`;
  return `${what}: ${state}${restarts === 0 ? "" : `, ${restarts} ${restarts === 1 ? "restart" : "restarts"}`}`;
}

/** One row per camera: where it is to be, who observes it now, and why there. */
export function placementLines({ placements, unplaced }: AllocationAnswer): TableLine[] {
  return [
    ...unplaced.map(({ cameraId, why }) => ({ key: cameraId, state: "unplaced", cells: [cameraId, "nowhere", why] })),
    ...placements.map(({ cameraId, nodeId, holder, kind, why }) => ({
      key: cameraId,
      state: holder === nodeId ? "held" : "waiting",
      cells: [
        cameraId,
        holder === nodeId ? nodeId : `${nodeId} (now ${holder ?? "nobody"})`,
        kind === "kept" ? why : `${kind}: ${why}`,
      ],
    })),
  ];
}

/** One row per pair of nodes: how long a message takes, and the way round where that is shorter. */
export function linkLines({ links, routes }: TopologyAnswer): TableLine[] {
  return links.map(({ from, to, latencyMs }) => {
    const route = routes.find((candidate) => candidate.from === from && candidate.to === to);
    const via = route?.nodes.slice(1, -1) ?? [];
    const round = via.length === 0 ? "" : `better by ${via.join(", ")}: ${fixed(route?.costMs, 2)} ms`;
    return {
      key: `${from} ${to}`,
      state: via.length === 0 ? "direct" : "round",
      cells: [`${from} → ${to}`, `${fixed(latencyMs, 2)} ms`, round],
    };
  });
}

/** Time of day to the millisecond, as a failover is measured. */
export function clockText(timeMs: number): string {
  const time = new Date(timeMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return `${clock}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}
