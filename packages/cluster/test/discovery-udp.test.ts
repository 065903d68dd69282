import { expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import { createPrng, systemAlarmClock } from "@skyvox/core";
import { beaconKey, encodeBeacon } from "../src/beacon-codec.ts";
import { Discovery } from "../src/discovery-beacon.ts";
import { broadcastAddresses, type DiscoveryHandler, UdpBeacon, type UdpBeaconOptions } from "../src/discovery-udp.ts";

function discoveryOf(name: string, seeds: string[] = []): Discovery {
  return new Discovery({
    ...{ clusterId: "test", key: beaconKey("a token"), seeds, prng: createPrng(5).fork(name) },
    self: { nodeId: name, life: `${name}.1`, role: "worker", engineUrls: [], controlUrl: "", epoch: 0 },
  });
}

function openBeacon(
  name: string,
  onAction: DiscoveryHandler,
  rest: Partial<UdpBeaconOptions> = {},
): Promise<UdpBeacon> {
  return UdpBeacon.open({
    ...{ discovery: discoveryOf(name), clock: systemAlarmClock, port: 0, broadcasts: [], multicastGroup: null },
    ...{ onAction, ...rest },
  });
}

/** Collects who found whom until there are `count`. */
function collect(count: number): { note: (by: string) => DiscoveryHandler; all: Promise<string[]> } {
  const found = new Set<string>();
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const note =
    (by: string): DiscoveryHandler =>
    (action) => {
      if (action.type === "found") found.add(`${by}>${action.announcement.nodeId}`);
      if (found.size === count) resolve([...found].sort());
    };
  return { note, all: promise };
}

test("A beacon finds a node that is named as a seed and is found by it, over real sockets", async () => {
  const { note, all } = collect(2);
  await using a = await openBeacon("a", note("a"));
  await using b = await openBeacon("b", note("b"), { discovery: discoveryOf("b", [`127.0.0.1:${a.port}`]) });
  expect(await all).toEqual(["a>b", "b>a"]);
  expect([...a.unsent(), ...b.unsent()]).toEqual([]);
});

test("Beacons of one machine share a port and hear each other's broadcasts on the loopback interface", async () => {
  const { note, all } = collect(6);
  await using a = await openBeacon("a", note("a"), { broadcasts: ["127.255.255.255"] });
  const shared = { broadcasts: ["127.255.255.255"], port: a.port };
  await using b = await openBeacon("b", note("b"), shared);
  await using c = await openBeacon("c", note("c"), shared);
  expect(await all).toEqual(["a>b", "a>c", "b>a", "b>c", "c>a", "c>b"]);
  expect([...a.unsent(), ...b.unsent(), ...c.unsent()]).toEqual([]);
});

test("A beacon tells of a stranger's datagram in one line and goes on", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  await using beacon = await openBeacon("a", (action) => {
    if (action.type === "tell") resolve(action.line);
  });
  const socket = createSocket("udp4");
  const forged = encodeBeacon({ type: "challenge", clusterId: "test", life: "a.1", nonce: "n" }, beaconKey("a guess"));
  socket.send(forged, beacon.port, "127.0.0.1");
  expect(await promise).toMatch(
    /^Cannot use beacon from 127\.0\.0\.1:\d+: a signature by another token, need a beacon/,
  );
  socket.close();
});

test("Broadcast addresses have all bits of the host part set, one per network", () => {
  const address = (ip: string, netmask: string) => ({
    ...{ address: ip, netmask, family: "IPv4" as const, mac: "", internal: false, cidr: null },
  });
  const interfaces = {
    lo: [address("127.0.0.1", "255.0.0.0")],
    eth0: [address("10.1.2.3", "255.255.254.0"), address("10.1.3.9", "255.255.254.0")],
  };
  expect(broadcastAddresses(interfaces)).toEqual(["127.255.255.255", "10.1.3.255"]);
});
