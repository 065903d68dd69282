import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { systemClock } from "@skyvox/core";
import { fixtures, portOf } from "../test/link-fixture.ts";
import { Arrivals, Inbox } from "../test/link-inbox.ts";
import { ChecksumError, type LinkError } from "./link-error.ts";
import { encodeFrame, HEADER_BYTES, readHeader, writeHeader } from "./link-frame.ts";
import { connectTcp, tcpTraits } from "./link-tcp.ts";

const { tcp } = fixtures;
const HOST = "127.0.0.1";
// Megabytes go through three ends in one process, on cores that others use as well.
setDefaultTimeout(60_000);
const hello = encodeFrame({ type: "hello", checksumKind: "xxh3" });

/** A listener and a bare socket that has greeted it. */
async function greeted() {
  const heard = new Inbox();
  const listening = await tcp.listen({ accept: heard.accept });
  const received = new Arrivals<Uint8Array>();
  const socket = await Bun.connect({
    ...{ hostname: HOST, port: portOf(listening.address) },
    socket: { data: (_socket, bytes) => received.add(new Uint8Array(bytes)) },
  });
  socket.write(hello);
  await heard.links.at(0);
  return { heard, socket, received, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}

/** Answers a connection with bytes of its own. */
async function answering(bytes: Uint8Array, use: (port: number) => Promise<void>): Promise<void> {
  const server = Bun.listen({
    ...{ hostname: HOST, port: 0 },
    socket: {
      data: (socket) => {
        if (bytes.length > 0) socket.write(bytes);
        else socket.end();
      },
    },
  });
  await use(server.port);
  server.stop(true);
}

function connect(port: number): Promise<unknown> {
  const options = { hostname: HOST, port, checksum: "xxh3", clock: systemClock, accept: new Inbox().accept } as const;
  return connectTcp(options).catch((error) => error);
}

/** Stands between two ends and changes one byte of what the listener's end sends, counted from the start of the stream. */
async function tampering(port: number, byteAt: number) {
  let passed = 0;
  const waiting = new Map<Bun.Socket<undefined>, { other: Bun.Socket<undefined>; rest: Uint8Array[] }>();
  const flush = (socket: Bun.Socket<undefined>): void => {
    const way = waiting.get(socket);
    for (let bytes = way?.rest.shift(); bytes !== undefined; bytes = way?.rest.shift()) {
      const taken = way?.other.write(bytes) ?? 0;
      if (taken === bytes.length) continue;
      way?.rest.unshift(bytes.subarray(Math.max(0, taken)));
      return;
    }
  };
  const pass = (socket: Bun.Socket<undefined>, bytes: Uint8Array): void => {
    waiting.get(socket)?.rest.push(bytes);
    flush(socket);
  };
  const otherOf = (socket: Bun.Socket<undefined>) => waiting.get(socket)?.other;
  const server = Bun.listen<undefined>({
    ...{ hostname: HOST, port: 0 },
    socket: {
      open: async (socket) => {
        socket.pause();
        const other = await Bun.connect<undefined>({
          ...{ hostname: HOST, port },
          socket: {
            data: (from, bytes) => {
              const copy = Uint8Array.from(bytes);
              if (byteAt >= passed && byteAt < passed + copy.length) copy[byteAt - passed]! ^= 0x10;
              passed += copy.length;
              pass(from, copy);
            },
            drain: () => flush(socket),
            close: () => {
              socket.end();
            },
          },
        });
        waiting.set(socket, { other, rest: [] });
        waiting.set(other, { other: socket, rest: [] });
        socket.resume();
      },
      data: (socket, bytes) => pass(socket, Uint8Array.from(bytes)),
      drain: (socket) => {
        const other = otherOf(socket);
        if (other !== undefined) flush(other);
      },
      close: (socket) => {
        otherOf(socket)?.end();
      },
    },
  });
  return { port: server.port, [Symbol.dispose]: () => server.stop(true) };
}

describe("Link tcp", () => {
  test("says that it was lost inside a frame when the peer goes after half of one", async () => {
    for (const cut of [20, HEADER_BYTES + 3]) {
      using pair = await greeted();
      const message = encodeFrame({ type: "message", checksumKind: "xxh3", payload: new Uint8Array(10) });
      pair.socket.write(message.subarray(0, cut));
      pair.socket.end();
      const fault = await pair.heard.ends.at(0);
      expect(fault).toMatchObject({ fault: "lost" });
      expect(fault?.message).toContain("inside a frame");
      expect(pair.heard.messages.all).toEqual([]);
    }
  });

  test("refuses a length over the limit before its bytes arrive, and tells the peer why", async () => {
    using pair = await greeted();
    const header = new Uint8Array(HEADER_BYTES);
    const payloadBytes = tcpTraits.messageBytesMax + 1;
    writeHeader(header, {
      ...{ type: "message", checksumKind: "xxh3", sequence: 0, payloadBytes },
      ...{ transfer: 0, checksum: 0n, detail: 0 },
    });
    pair.socket.write(header);
    const fault = await pair.heard.ends.at(0);
    expect(fault).toMatchObject({ fault: "oversized" });
    expect(fault?.message).toContain(`a "message" of ${payloadBytes} bytes, need at most ${payloadBytes - 1}`);
    let all = Buffer.concat(await pair.received.reach(1));
    // The hello comes first, the bye may be a chunk of its own.
    if (all.length === HEADER_BYTES) all = Buffer.concat(await pair.received.reach(2));
    const bye = readHeader(all.subarray(HEADER_BYTES));
    expect(bye).toMatchObject({ ok: true, header: { type: "bye" } });
    expect(all.subarray(2 * HEADER_BYTES).toString()).toBe(fault?.message ?? "");
  });

  test("refuses frames out of turn", async () => {
    const [pull, settled, bytes] = (["pull", "settled", "bytes"] as const).map((type) =>
      encodeFrame({ type, checksumKind: "xxh3", transfer: 5, payload: new Uint8Array(type === "bytes" ? 3 : 0) }),
    );
    const late = encodeFrame({ type: "message", checksumKind: "xxh3", sequence: 4 });
    for (const frame of [hello, pull, settled, bytes, late]) {
      using pair = await greeted();
      pair.socket.write(frame as Uint8Array);
      expect(await pair.heard.ends.at(0)).toMatchObject({ fault: "protocol" });
    }
  });

  test("rejects a connection that is answered with another version, with a reason, or not at all", async () => {
    const other = hello.slice();
    other[4] = 2;
    await answering(other, async (port) => expect(await connect(port)).toMatchObject({ fault: "version" }));
    const payload = new TextEncoder().encode("full house");
    const bye = encodeFrame({ type: "bye", checksumKind: "xxh3", payload });
    await answering(bye, async (port) => {
      const fault = await connect(port);
      expect(fault).toMatchObject({ fault: "refused" });
      expect((fault as LinkError).message).toContain('it says "full house"');
    });
    await answering(new Uint8Array(), async (port) => expect(await connect(port)).toMatchObject({ fault: "lost" }));
  });

  test("finds any byte of a transfer that changed on the way, and takes the next one", async () => {
    const byteLength = 3_000_000;
    const frame = new Uint8Array(byteLength).map((_, i) => i * 31);
    const description = new Uint8Array();
    // All through the one connection under CRC-32C: hello, offer, then parts of 1 MiB, each with a header.
    const firstPart = HEADER_BYTES * 2 + 32 + HEADER_BYTES;
    for (const byteAt of [
      firstPart,
      firstPart + 777_777,
      firstPart + 2 ** 20 + HEADER_BYTES + 5,
      firstPart + 2_999_999,
    ]) {
      const [heardHere, heardThere] = [new Inbox(), new Inbox()];
      using listening = await tcp.listen({ accept: heardThere.accept, checksum: "crc32c" });
      using between = await tampering(portOf(listening.address), byteAt);
      await using here = await tcp.connect({
        address: `${HOST}:${between.port}`,
        accept: heardHere.accept,
        checksum: "crc32c",
      });
      const there = await heardThere.links.at(0);
      const delivery = there.offer({ bytes: frame, sequence: 3, description });
      const fault = await (await heardHere.offers.at(0)).pullInto(new Uint8Array(byteLength)).catch((error) => error);
      expect(fault).toBeInstanceOf(ChecksumError);
      expect(fault.message).toMatch(
        /^Cannot take transfer 3 from tcp 127.0.0.1:\d+: checksum [0-9a-f]+, need [0-9a-f]+$/,
      );
      expect(await delivery).toEqual({ ok: false, reason: "corrupt" });
      expect(here.statistics()).toMatchObject({ checksumFailures: 1, transfersReceived: 0 });
      const again = there.offer({ bytes: frame, sequence: 3, description });
      await (await heardHere.offers.at(1)).pullInto(new Uint8Array(byteLength));
      expect(await again).toEqual({ ok: true });
    }
  });
});
