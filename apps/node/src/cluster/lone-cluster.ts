/**
 * A node that is alone: it leads itself over a fabric within its process, and answers the same questions as a node of a cluster.
 */
import type { Site } from "@skyvox/cameras";
import { connectionName, findNatsServer, LocalEngine } from "@skyvox/cluster";
import { SkyvoxError, systemAlarmClock } from "@skyvox/core";
import packageJson from "../../package.json";
import { clusterFlag, type NodeConfig } from "../config.ts";
import { cameraDemands } from "./camera-demands.ts";
import { ClusterMember } from "./cluster-member.ts";
import type { ClusterView } from "./cluster-view.ts";
import { EventLog } from "./event-log.ts";
import type { NodeCard } from "./line-messages.ts";
import { nodeClusterView } from "./node-cluster-view.ts";
import { newLife, nodeName } from "./node-name.ts";

/** True where the node is part of a cluster: other nodes were let in or are to be joined, and there is an engine to do so. */
export function isInCluster(config: NodeConfig): boolean {
  if (clusterFlag(config) === null) return false;
  return (
    config.role === "worker" || config.join !== undefined || config.fabric === "nats" || findNatsServer(null) !== null
  );
}

/** Why a node is alone, as what cannot be promised. */
export function loneWhy(config: NodeConfig): string {
  if (config.fabric === "local") return "one machine only, as --fabric local asks: no other node can join";
  const flag = clusterFlag(config);
  if (flag === null)
    return "one machine only: no other node can join; --fabric nats lets those of this machine in, --listen others";
  return `one machine only, though ${flag} lets others in: no nats-server was found, need the Debian package nats-server`;
}

/** A node that is alone. Disposing it ends its membership. */
export interface LoneCluster extends Disposable {
  readonly view: ClusterView;
  /** What a person at the terminal reads at the start. */
  readonly lines: readonly string[];
}

/** Makes a cluster of one. */
export function loneCluster(options: {
  readonly site: Site;
  readonly nodeId: string | undefined;
  readonly why: string;
  readonly worker: () => NodeCard["worker"];
  readonly address: () => string;
}): LoneCluster {
  const { site, why, worker, address } = options;
  const [self, life] = [nodeName(options.nodeId), newLife()];
  const fabric = new LocalEngine({ clock: systemAlarmClock }).connect(connectionName(self, life));
  const member = new ClusterMember({
    ...{ clusterId: "alone", self, life, role: "master", fabric, engineHosts: [self], othersMayLead: false },
    // Whatever the cameras need, they are read here.
    capacity: { bytesPerSecond: Number.MAX_SAFE_INTEGER, memoryBytes: Number.MAX_SAFE_INTEGER },
    events: new EventLog(),
    card: () => ({
      ...{ version: packageJson.version, address: address(), engineUrl: null, cannotOpen: [], worker: worker() },
      cameras: [...member.status.holds],
    }),
    onTookOffice: () => {
      member.cluster.allocateCameras(cameraDemands(site, []), ALLOCATE_MS_MAX).catch((error: unknown) => {
        // The node ends meanwhile.
        if (!(error instanceof SkyvoxError)) throw error;
      });
    },
    ...{ onLeftOffice: () => {}, onGranted: () => {}, onNodes: () => {}, onGone: () => {} },
  });
  member.start();
  const facts = { kind: "local" as const, engine: "in-process", url: null, host: self, moves: 0, limits: [why] };
  return {
    view: nodeClusterView({
      ...{ member, fabric: () => facts, refused: () => ({}), desk: () => null, policy: null },
      lead: () => {
        const { master, placements, unplaced, loads } = member.status;
        if (master === null) return null;
        return {
          epoch: master.epoch,
          ...{ placements: [...placements], unplaced: [...unplaced] },
          loads: [...loads].map(([nodeId, load]) => ({ nodeId, load })),
        };
      },
    }),
    lines: [`fabric    local, in-process: ${why}`],
    [Symbol.dispose]: () => member[Symbol.dispose](),
  };
}

const ALLOCATE_MS_MAX = 10_000;
