/**
 * A node in a process of its own that finds others by beacon, makes an engine of three with them, joins the cluster over it, and prints
 * what happens, one JSON object a line with the time of the machine's clock.
 *
 * The first line of standard input says who it is; it ends with its standard input.
 */
import { createPrng, systemAlarmClock } from "@skyvox/core";
import { beaconKey } from "../src/beacon-codec.ts";
import { connectionName } from "../src/cluster-agent.ts";
import { ClusterConfig } from "../src/cluster-config.ts";
import { Discovery } from "../src/discovery-beacon.ts";
import { UdpBeacon } from "../src/discovery-udp.ts";
import { engineSecret } from "../src/engine-keys.ts";
import { planEngine, reserveRoute } from "../src/engine-members.ts";
import { connectNats } from "../src/fabric-nats.ts";
import { NatsPulse } from "../src/nats-pulse.ts";
import { NatsServerChild } from "../src/nats-server-child.ts";
import type { EnginePeering } from "../src/nats-server-config.ts";
import { nodeId, nodeLife } from "../src/node-id.ts";

/** Who a node of a test is. */
export interface EngineNodeSetup {
  readonly name: string;
  readonly host: string;
  readonly token: string;
  readonly beaconPort: number;
  readonly broadcasts: readonly string[];
  /** Cameras that the leader allocates. */
  readonly cameraCount: number;
}

/** A line of output. */
export interface EngineNodeLine {
  readonly event:
    | "beacon"
    | "found"
    | "engine"
    | "joined"
    | "died"
    | "took-office"
    | "left-office"
    | "store-yielded"
    | "holds"
    | "refused";
  /** By the clock that all processes of a machine share, in milliseconds. */
  readonly atMs: number;
  readonly detail: string;
}

/** Milliseconds by a clock that all processes of this machine share; Bun's own counts from the start of each process. */
export function machineMs(): number {
  return performance.timeOrigin + performance.now();
}

if (import.meta.main) await run();

async function run(): Promise<void> {
  const ends = new AsyncDisposableStack();
  for await (const line of console) await start(JSON.parse(line), ends);
  await ends.disposeAsync();
  process.exit(0);
}

function tell(event: EngineNodeLine["event"], detail: string): void {
  const line: EngineNodeLine = { event, atMs: machineMs(), detail };
  console.log(JSON.stringify(line));
}

async function start(setup: EngineNodeSetup, ends: AsyncDisposableStack): Promise<void> {
  const { name, host, token } = setup;
  const { peering, hosts } = await findPeers(setup, ends);
  const server = ends.use(await NatsServerChild.start({ host, program: null, secret: engineSecret(token), peering }));
  tell("engine", server.credentials.url);
  const [self, life] = [nodeId(name), nodeLife(`${name}.1`)];
  const { credentials } = server;
  const fabric = ends.use(
    await connectNats({ name: connectionName(self, life), credentials, replicas: 3, ownServer: name }),
  );
  const clock = systemAlarmClock;
  ends.use(new NatsPulse({ nodeId: self, life, credentials, clock, onFault: (fault) => tell("refused", fault) }));
  let held = "";
  const cluster = ends.use(
    new ClusterConfig({
      ...{ nodeId: self, life, fabric, clock, prng: createPrng(7).fork(name), othersMayLead: true },
      ...{ capacity: { bytesPerSecond: 1e9, memoryBytes: 8e9 }, engineHosts: hosts.map(nodeId) },
      onNotice: (notice) => {
        if (notice.type === "refused") tell("refused", notice.line);
        else if (notice.type === "took-office" || notice.type === "left-office") {
          tell(notice.type, `${notice.owner.epoch}`);
          if (notice.type === "took-office") {
            void cluster.allocateCameras(setup.cameraCount, 20_000).catch((error) => tell("refused", String(error)));
            void fabric.yieldStore?.().then(
              () => tell("store-yielded", name),
              (error) => tell("refused", String(error)),
            );
          }
        } else if (notice.type === "member" && (notice.change.type === "joined" || notice.change.type === "died")) {
          const { change } = notice;
          tell(change.type, change.type === "died" ? `${change.nodeId}: ${change.why}` : change.nodeId);
        } else if (notice.type === "granted" && notice.cameras.join() !== held) {
          held = notice.cameras.join();
          tell("holds", held);
        }
      },
    }),
  );
  cluster.start({ master: true });
}

/** Announces this node and waits until three offer a server. */
async function findPeers(
  { name, host, token, beaconPort, broadcasts }: EngineNodeSetup,
  ends: AsyncDisposableStack,
): Promise<{ peering: EnginePeering; hosts: string[] }> {
  const self = { nodeId: name, engineRoute: await reserveRoute(host) };
  const discovery = new Discovery({
    ...{ clusterId: "test", key: beaconKey(token), seeds: [], prng: createPrng(Date.now()).fork(name) },
    self: { ...self, life: `${name}.1`, role: "master", engineUrls: [], controlUrl: "", epoch: 0 },
  });
  const { promise, resolve } = Promise.withResolvers<EnginePeering>();
  ends.use(
    await UdpBeacon.open({
      ...{ discovery, clock: systemAlarmClock, port: beaconPort, broadcasts, multicastGroup: null },
      onAction: (action) => {
        if (action.type !== "found") return;
        tell("found", action.announcement.nodeId);
        const plan = planEngine(self, { clusterId: "test", found: discovery.found() });
        if (plan !== null && plan !== "spare") resolve(plan);
      },
    }),
  );
  tell("beacon", host);
  const peering = await promise;
  return { peering, hosts: [name, ...discovery.found().map(({ nodeId: id }) => id)].sort() };
}
