import { describe, expect, test } from "bun:test";
import { fixtures, portOf } from "../test/link-fixture.ts";
import { Arrivals, Inbox } from "../test/link-inbox.ts";
import type { LinkError } from "./link-error.ts";
import { encodeFrame } from "./link-frame.ts";
import { udpTraits } from "./link-udp.ts";

const { udp } = fixtures;

function datagram(sequence: number, session = 7): Uint8Array {
  const payload = Uint8Array.of(sequence);
  return encodeFrame({ type: "message", checksumKind: "xxh3", sequence, transfer: session, payload });
}

function bye(session = 7): Uint8Array {
  return encodeFrame({ type: "bye", checksumKind: "xxh3", transfer: session });
}

/** A listener and a bare socket that sends to it. */
async function listening() {
  const heard = new Inbox();
  const refused = new Arrivals<LinkError>();
  const listener = await udp.listen({ accept: heard.accept, onRefused: (fault) => refused.add(fault) });
  const socket = await Bun.udpSocket({ connect: { hostname: "127.0.0.1", port: portOf(listener.address) } });
  return {
    ...{ heard, refused, port: portOf(listener.address) },
    send: (...datagrams: Uint8Array[]) => {
      for (const one of datagrams) socket.send(one);
    },
    [Symbol.dispose]: () => {
      socket.close();
      listener[Symbol.dispose]();
    },
  };
}

describe("Link udp", () => {
  test("counts what was lost, delivers what comes late with its number, and drops what comes twice", async () => {
    using peer = await listening();
    peer.send(...[0, 1, 4, 3, 3, 6, 1, 7].map((sequence) => datagram(sequence)), bye());
    expect(await peer.heard.ends.at(0)).toBe(null);
    expect(peer.heard.messages.all.map(({ sequence }) => sequence)).toEqual([0, 1, 4, 3, 6, 7]);
    const statistics = (await peer.heard.links.at(0)).statistics();
    expect(statistics).toMatchObject({ messagesReceived: 6, reordered: 1, drops: { lost: 2, duplicate: 2 } });
  });

  test("opens a link by any datagram, as the hello may be lost", async () => {
    using peer = await listening();
    peer.send(datagram(5));
    expect((await peer.heard.messages.at(0)).sequence).toBe(5);
    expect((await peer.heard.links.at(0)).statistics().drops.lost).toBe(5);
    expect((await peer.heard.links.at(0)).traits.peerDeath).toBe("unseen");
  });

  test("takes a sender that begins anew for a new link, and ends the old one", async () => {
    using peer = await listening();
    peer.send(datagram(0), datagram(1), datagram(0, 8), bye(8));
    const [first, second] = await peer.heard.ends.reach(2);
    expect(first).toMatchObject({ fault: "lost" });
    expect(second).toBe(null);
    const [old, anew] = peer.heard.links.all;
    expect([old, anew].map((link) => link?.statistics().messagesReceived)).toEqual([2, 1]);
    expect(anew?.statistics().drops).toMatchObject({ lost: 0, duplicate: 0 });
  });

  test("counts and names what is no frame of the link", async () => {
    using peer = await listening();
    const other = datagram(1);
    other[4] = 2;
    peer.send(datagram(0), new Uint8Array(3), other, datagram(1).subarray(0, -1), datagram(2));
    await peer.heard.messages.reach(2);
    const faults = peer.heard.faults.all;
    expect(faults.map(({ fault }) => fault)).toEqual(["protocol", "version", "protocol"]);
    expect(faults[0]?.message).toMatch(/^Cannot read from udp 127.0.0.1:\d+: 3 bytes, need at least 48$/);
    expect((await peer.heard.links.at(0)).statistics().drops.foreign).toBe(3);
  });

  test("keeps 64 links and refuses the next stranger", async () => {
    using peer = await listening();
    const links = [];
    for (let i = 0; i < 64; i++)
      links.push(await udp.connect({ address: `127.0.0.1:${peer.port}`, accept: new Inbox().accept }));
    await peer.heard.links.reach(64);
    peer.send(datagram(0));
    expect(await peer.refused.at(0)).toMatchObject({ fault: "refused" });
    await links[0]?.close();
    await peer.heard.ends.at(0);
    peer.send(datagram(0));
    await peer.heard.links.reach(65);
    await Promise.all(links.map((link) => link.close()));
  });

  test("goes on with the others when one peer of a listener is gone", async () => {
    using peer = await listening();
    const [heardFirst, heardSecond] = [new Inbox(), new Inbox()];
    const first = await udp.connect({ address: `127.0.0.1:${peer.port}`, accept: heardFirst.accept });
    await udp.connect({ address: `127.0.0.1:${peer.port}`, accept: heardSecond.accept });
    const [toFirst, toSecond] = (await peer.heard.links.reach(2)) as [typeof first, typeof first];
    first.terminate();
    for (let i = 0; i < 20; i++) {
      toFirst.send(Uint8Array.of(1));
      expect(toSecond.send(Uint8Array.of(i))).toEqual({ ok: true });
    }
    const arrived = await heardSecond.messages.reach(20);
    expect(arrived.map(({ bytes }) => bytes[0])).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  test("keeps every datagram within one Ethernet frame", () => {
    // 1500 bytes less 20 of IPv4, 8 of UDP and 48 of the frame's header.
    expect(udpTraits.messageBytesMax).toBe(1424);
  });
});
