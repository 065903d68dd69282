/**
 * What a cluster does not take, over real sockets and a real engine: each is refused with one line and counted, and disturbs nothing.
 * Wrong tokens at the engine's door are in engine-security.test.ts.
 */
import { afterEach, describe, expect, setSystemTime, test } from "bun:test";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createPrng, systemAlarmClock } from "@skyvox/core";
import { beaconKey, encodeBeacon } from "../src/beacon-codec.ts";
import { encodeMessage, MESSAGE_BYTES_MAX } from "../src/cluster-message-codec.ts";
import { Discovery, type DiscoveryAction } from "../src/discovery-beacon.ts";
import { UdpBeacon } from "../src/discovery-udp.ts";
import { connectNats } from "../src/fabric-nats.ts";
import { findNatsServer, NatsServerChild } from "../src/nats-server-child.ts";
import { nodeId, nodeLife } from "../src/node-id.ts";
import { joinNode, until } from "./cluster-fixture.ts";

const TIMEOUT_MS = 30_000;
const LOOPBACK = "127.255.255.255";

const isThere = findNatsServer(null) !== null;
if (!isThere) console.log("skipped: refused messages over an engine, no nats-server was found");

/** A node on the loopback network that says what it hears. */
async function openNode(
  name: string,
  ends: AsyncDisposableStack,
  { token = "a token", clusterId = "site", port = 0 }: { token?: string; clusterId?: string; port?: number } = {},
): Promise<{ discovery: Discovery; beacon: UdpBeacon; heard: string[] }> {
  const heard: string[] = [];
  const discovery = new Discovery({
    ...{ clusterId, key: beaconKey(token), prng: createPrng(3).fork(name), seeds: [] },
    self: { nodeId: name, life: `${name}.1`, role: "worker", engineUrls: [], controlUrl: "", epoch: 0 },
  });
  const note = (action: Exclude<DiscoveryAction, { type: "send" }>) => {
    heard.push(action.type === "tell" ? action.line : `${action.type} ${action.announcement.nodeId}`);
  };
  const beacon = ends.use(
    await UdpBeacon.open({
      ...{ discovery, clock: systemAlarmClock, port, broadcasts: [LOOPBACK], multicastGroup: null, onAction: note },
    }),
  );
  return { discovery, beacon, heard };
}

/** Hears all datagrams on a port that others share, and sends from one of its own. */
async function openStranger(port: number, ends: AsyncDisposableStack) {
  const shared = createSocket({ type: "udp4", reuseAddr: true });
  const own = createSocket("udp4");
  const recorded: Uint8Array[] = [];
  shared.on("message", (bytes) => recorded.push(Uint8Array.from(bytes)));
  shared.bind(port);
  own.bind(0);
  await Promise.all([once(shared, "listening"), once(own, "listening")]);
  own.setBroadcast(true);
  ends.defer(() => {
    shared.close();
    own.close();
  });
  const send = (bytes: Uint8Array) => own.send(bytes, port, LOOPBACK);
  const answer = () => once(own, "message").then(([bytes]) => Uint8Array.from(bytes as Uint8Array));
  return { recorded, send, answer };
}

describe("A beacon", () => {
  test(
    "that is forged with another token is refused in one line and counted, and finds nobody",
    async () => {
      await using ends = new AsyncDisposableStack();
      const a = await openNode("a", ends);
      const { port } = a.beacon;
      const b = await openNode("b", ends, { port });
      const forger = await openStranger(port, ends);
      for (let sequence = 1; sequence <= 3; sequence++) {
        const from = {
          nodeId: "evil",
          life: "evil.1",
          sequence,
          role: "master" as const,
          engineUrls: [],
          controlUrl: "",
          epoch: 9,
        };
        const body = { type: "announce" as const, clusterId: "site", from, isDirect: false };
        forger.send(encodeBeacon(body, beaconKey("a guess")));
      }
      await until(() => a.discovery.refused().get("signature") === 3 && b.discovery.found().length === 1);
      await until(() => a.discovery.found().length === 1);
      const lines = a.heard.filter((line) => line.startsWith("Cannot"));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(
        /^Cannot use beacon from .*: a signature by another token, need a beacon signed with this/,
      );
      expect(a.discovery.found().map(({ nodeId: id }) => id)).toEqual(["b"]);
    },
    TIMEOUT_MS,
  );

  test(
    "that was recorded is answered with a challenge that the player cannot meet, and so finds nobody",
    async () => {
      await using ends = new AsyncDisposableStack();
      const a = await openNode("a", ends);
      const { port } = a.beacon;
      const recorder = await openStranger(port, ends);
      await using gone = new AsyncDisposableStack();
      await openNode("gone", gone, { port });
      await until(() => a.discovery.found().length === 1);
      await gone.disposeAsync();
      // A node that starts later does not know the one that is gone, and hears what it once said.
      const c = await openNode("c", ends, { port });
      await until(() => c.discovery.found().length === 1);
      const challenge = recorder.answer();
      for (const bytes of recorder.recorded.filter((each) => new TextDecoder().decode(each).includes('"gone.1"')))
        recorder.send(bytes);
      expect(new TextDecoder().decode(await challenge)).toContain('"type":"challenge"');
      expect(c.discovery.found().map(({ nodeId: id }) => id)).toEqual(["a"]);
      // A proof that nobody asked for, recorded from another exchange, is refused by name.
      const proof = encodeBeacon(
        {
          type: "proof",
          clusterId: "site",
          from: { ...a.discovery.found()[0]!, nodeId: "gone" },
          nonce: "of another day",
        },
        beaconKey("a token"),
      );
      recorder.send(proof);
      await until(() => c.discovery.refused().get("unasked") === 1);
      expect(c.heard.at(-1)).toMatch(
        /^Cannot use beacon from .*: a proof of "gone", need one for the nonce that was sent$/,
      );
    },
    TIMEOUT_MS,
  );

  test(
    "that is oversized, malformed or of another version is refused by reason",
    async () => {
      await using ends = new AsyncDisposableStack();
      const a = await openNode("a", ends);
      const stranger = await openStranger(a.beacon.port, ends);
      const good = encodeBeacon({ type: "challenge", clusterId: "site", life: "x", nonce: "n" }, beaconKey("a token"));
      const ofAnotherVersion = good.slice();
      ofAnotherVersion[4] = 200;
      for (const bytes of [new Uint8Array(1401), new Uint8Array(20), ofAnotherVersion]) stranger.send(bytes);
      await until(() => [...a.discovery.refused().values()].length === 3);
      expect(Object.fromEntries(a.discovery.refused())).toEqual({ oversized: 1, foreign: 1, version: 1 });
      const founds = a.heard.map((line) => / from [\d.:]+: (.*), need /.exec(line)?.[1]).sort();
      expect(founds).toEqual(["1401 bytes", "20 bytes of another program", "version 200"]);
    },
    TIMEOUT_MS,
  );

  test(
    "of another cluster on the same network is refused by its name, and both clusters find their own",
    async () => {
      await using ends = new AsyncDisposableStack();
      const a = await openNode("a", ends);
      const { port } = a.beacon;
      const b = await openNode("b", ends, { port });
      const x = await openNode("x", ends, { port, clusterId: "other site" });
      const y = await openNode("y", ends, { port, clusterId: "other site" });
      const namesOf = ({ discovery }: typeof a) => discovery.found().map(({ nodeId: id }) => id);
      await until(() => [a, b, x, y].every((node) => node.discovery.found().length === 1));
      expect([a, b, x, y].map(namesOf)).toEqual([["b"], ["a"], ["y"], ["x"]]);
      await until(() => (a.discovery.refused().get("other-cluster") ?? 0) >= 2);
      const lines = a.heard.filter((line) => line.startsWith("Cannot"));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(/^Cannot use beacon from .*: cluster "other site", need "site"$/);
    },
    TIMEOUT_MS,
  );
});

describe.skipIf(!isThere)("A message of the cluster", () => {
  test(
    "that is oversized, malformed or of another version is refused in one line each and counted, and no node is disturbed",
    async () => {
      await using ends = new AsyncDisposableStack();
      const server = ends.use(await NatsServerChild.start({ host: "127.0.0.1", program: null }));
      const { credentials } = server;
      const [a, b] = [await joinNode("a", credentials, ends), await joinNode("b", credentials, ends)];
      for (const { cluster } of [a, b]) cluster.start({ master: true });
      await Promise.all([a, b].map(({ cluster }) => cluster.ready({ nodes: 2, timeoutMs: 10_000 })));
      const before = a.cluster.getClusterStatus().master;
      const stranger = ends.use(await connectNats({ name: "stranger", credentials, replicas: 1 }));
      const say = (bytes: Uint8Array) => stranger.publish("cluster.all", bytes);
      const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
      const good = { type: "leave", from: nodeId("b"), life: nodeLife("b.1") } as const;
      for (let twice = 0; twice < 2; twice++) {
        say(new Uint8Array(MESSAGE_BYTES_MAX + 1));
        say(text({ version: 99, sender: "s", message: good }));
        say(text({ version: 1, sender: "s", message: { ...good, type: "surrender" } }));
        say(Uint8Array.of(0xff, 0xfe));
      }
      // Word of a life that nobody has does nothing either.
      say(encodeMessage(nodeLife("s"), { ...good, life: nodeLife("b.0") }));
      await until(() => a.cluster.getClusterStatus().refused.get("malformed") === 4);
      expect(Object.fromEntries(a.cluster.getClusterStatus().refused)).toEqual({
        oversized: 2,
        version: 2,
        malformed: 4,
      });
      const lines = a.told.filter((line) => line.startsWith("Cannot"));
      expect(lines).toEqual([
        `Cannot read cluster message: ${MESSAGE_BYTES_MAX + 1} bytes, need at most ${MESSAGE_BYTES_MAX}`,
        "Cannot read cluster message: version 99, need version 1",
        expect.stringMatching(/^Cannot read cluster message: message\.type .*, need a message of this version$/),
      ]);
      expect(a.cluster.getClusterStatus()).toMatchObject({
        master: before,
        members: [{ nodeId: "b", state: "healthy" }],
      });
    },
    TIMEOUT_MS,
  );
});

describe.skipIf(!isThere)("A step of the wall clock", () => {
  afterEach(() => void setSystemTime());

  test(
    "by days in both directions kills nobody, ends no lease and finds nobody anew",
    async () => {
      await using ends = new AsyncDisposableStack();
      const server = ends.use(await NatsServerChild.start({ host: "127.0.0.1", program: null }));
      const { credentials } = server;
      const [a, b] = [await joinNode("a", credentials, ends), await joinNode("b", credentials, ends)];
      const beacons = [await openNode("a", ends)];
      beacons.push(await openNode("b", ends, { port: beacons[0]!.beacon.port }));
      for (const { cluster } of [a, b]) cluster.start({ master: true });
      await Promise.all([a, b].map(({ cluster }) => cluster.ready({ nodes: 2, timeoutMs: 10_000 })));
      await until(() => beacons.every(({ discovery }) => discovery.found().length === 1));
      const [saidBefore, heardBefore] = [[...a.told, ...b.told], beacons.map(({ heard }) => [...heard])];
      let leases = 0;
      const listener = ends.use(await connectNats({ name: "listener", credentials, replicas: 1 }));
      ends.use(
        listener.subscribe("cluster.all", ({ bytes }) => {
          if (new TextDecoder().decode(bytes).includes("lease-heartbeat")) leases += 1;
        }),
      );
      // Four heartbeats of 150 ms are a ttl; a step in each direction between them.
      const dayMs = 86_400_000;
      for (const stepMs of [dayMs, -dayMs, 0]) {
        const upTo = leases + 2;
        setSystemTime(new Date(1_800_000_000_000 + stepMs));
        await until(() => leases >= upTo);
      }
      expect([...a.told, ...b.told]).toEqual(saidBefore);
      expect(beacons.map(({ heard }) => heard)).toEqual(heardBefore);
    },
    TIMEOUT_MS,
  );
});
