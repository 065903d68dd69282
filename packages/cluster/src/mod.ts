/**
 * Who is here and who owns what: discovery, membership, the master lease, cameras, topology, resources and the fabric between nodes.
 *
 * @example
 * ```ts
 * import { Membership, nodeId, nodeLife } from "@skyvox/cluster";
 * const membership = new Membership({ self: nodeId("a"), nowMs: 0 });
 * membership.step(5, { type: "heartbeat", nodeId: nodeId("b"), life: nodeLife("b1"), sequence: 1 }); // b has joined
 * ```
 * @module
 */
export * from "./allocation.ts";
export { type Announcement, beaconKey } from "./beacon-codec.ts";
export { BoundedQueue } from "./bounded-queue.ts";
export type { AppliedGrant, Grant, GrantOutcome } from "./camera-holder.ts";
export { type AgentNotice, ClusterAgent, connectionName } from "./cluster-agent.ts";
export { ClusterConfig, type ClusterOptions, type ClusterStatus } from "./cluster-config.ts";
export type { ClusterMessage, HeartbeatMessage, SiteStamp } from "./cluster-message.ts";
export type { MessageRefusal } from "./cluster-message-codec.ts";
export * from "./cluster-node.ts";
export {
  type BeaconAddress,
  Discovery,
  type DiscoveryAction,
  type DiscoveryEvent,
  type DiscoveryRefusal,
} from "./discovery-beacon.ts";
export { BEACON_GROUP, BEACON_PORT, type DiscoveryHandler, UdpBeacon, type UdpBeaconOptions } from "./discovery-udp.ts";
export { type EngineTls, engineCredentials, engineSecret, type NatsCredentials } from "./engine-keys.ts";
export { ENGINE_SERVERS, type EngineOffer, planEngine, reserveRoute } from "./engine-members.ts";
export * from "./epoch-fence.ts";
export {
  type Fabric,
  type FabricDescription,
  type FabricDisconnect,
  FabricError,
  type FabricFault,
  type FabricKind,
  type FabricMessage,
} from "./fabric.ts";
export { LocalEngine } from "./fabric-local.ts";
export { connectNats } from "./fabric-nats.ts";
export { chooseSuccessor, MasterOffice, type OfficeOptions } from "./failover.ts";
export { defaultLeaseOptions, type LeaseAction, type LeaseEvent, type LeaseOptions, MasterLease } from "./lease.ts";
export type { InterfaceLoad, MemoryBytes } from "./machine-load.ts";
export * from "./membership.ts";
export { NatsPulse } from "./nats-pulse.ts";
export { findNatsServer, isLoopback, NatsServerChild, type NatsServerOptions } from "./nats-server-child.ts";
export type { EnginePeering } from "./nats-server-config.ts";
export * from "./node-id.ts";
export type { GpuSample } from "./nvml.ts";
export { ResourceMonitor } from "./resource-monitor.ts";
export {
  type DiskSample,
  type GpusSample,
  type ResourceOptions,
  type ResourceSample,
  ResourceSampler,
} from "./resources.ts";
export * from "./topology.ts";
