/** Nodes of a cluster over a real engine, and the few things tests do with them. */
import { createPrng, systemAlarmClock } from "@skyvox/core";
import { connectionName } from "../src/cluster-agent.ts";
import { ClusterConfig, type ClusterOptions } from "../src/cluster-config.ts";
import type { NatsCredentials } from "../src/engine-keys.ts";
import { connectNats } from "../src/fabric-nats.ts";
import { nodeId, nodeLife } from "../src/node-id.ts";

/** What a node of a test said, in words. */
export type Told = string[];

/** Joins a node to an engine; the stack of the caller ends it. */
export async function joinNode(
  name: string,
  credentials: NatsCredentials,
  ends: AsyncDisposableStack,
  options: Partial<ClusterOptions> = {},
): Promise<{ readonly cluster: ClusterConfig; readonly told: Told }> {
  const [self, life] = [nodeId(name), nodeLife(`${name}.1`)];
  const fabric = ends.use(await connectNats({ name: connectionName(self, life), credentials, replicas: 1 }));
  const told: Told = [];
  const cluster = ends.use(
    new ClusterConfig({
      ...{ nodeId: self, life, fabric, clock: systemAlarmClock, prng: createPrng(1).fork(name) },
      ...{ capacity: { bytesPerSecond: 1e9, memoryBytes: 8e9 }, engineHosts: [nodeId("a")], othersMayLead: true },
      onNotice: (notice) => {
        if (notice.type === "refused") told.push(notice.line);
        else if (notice.type === "member") told.push(`${notice.change.type} ${notice.change.nodeId}`);
        else if (notice.type === "took-office" || notice.type === "left-office") told.push(`${notice.type} ${name}`);
      },
      ...options,
    }),
  );
  return { cluster, told };
}

/** How long a test waits for what takes milliseconds on a quiet machine. */
const PATIENCE_MS = 25_000;

/** Looks again and again, between turns of the event loop, until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error("it never came to hold");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
