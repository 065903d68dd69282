import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { assert } from "@skyvox/core";
import { fixtures, portOf } from "../test/link-fixture.ts";
import { Inbox } from "../test/link-inbox.ts";
import { noise, ok } from "../test/link-pair.ts";
import type { Link } from "./link.ts";
import { ChecksumError } from "./link-error.ts";
import { decodeOffer, encodeFrame, encodeOffer, HEADER_BYTES, readHeader, settlements } from "./link-frame.ts";

// Megabytes go through ends in one process, on cores that others use as well.
setDefaultTimeout(60_000);

const HOST = "127.0.0.1";
const BYTES = 3_000_001;
const KEY = noise(16, 77);
const empty = new Uint8Array();

/** Reads a stream by hand: so many bytes at a time. */
class Stream {
  #bytes: Uint8Array = empty;
  #isOver = false;
  #wake = Promise.withResolvers<void>();

  readonly socket = {
    data: (_: unknown, chunk: Uint8Array) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake.resolve();
    },
    close: () => {
      this.#isOver = true;
      this.#wake.resolve();
    },
  };

  /** Null when the stream ends before. */
  async take(count: number): Promise<Uint8Array | null> {
    while (this.#bytes.length < count) {
      if (this.#isOver) return null;
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  /** The next frame of a link. */
  async frame() {
    const head = await this.take(HEADER_BYTES);
    assert(head !== null, "the stream goes on");
    const result = readHeader(head);
    assert(result.ok, "a frame begins");
    return { ...result.header, payload: (await this.take(result.header.payloadBytes)) ?? empty };
  }
}

/** A link of the listener's, and a peer made by hand that has greeted it. */
async function byHand() {
  const heard = new Inbox();
  const listening = await fixtures.tcp.listen({ accept: heard.accept });
  const stream = new Stream();
  const socket = await Bun.connect({ hostname: HOST, port: portOf(listening.address), socket: stream.socket });
  socket.write(encodeFrame({ type: "hello", checksumKind: "xxh3" }));
  const link = await heard.links.at(0);
  expect((await stream.frame()).type).toBe("hello");
  return {
    ...{ heard, link, stream, socket },
    [Symbol.dispose]: () => {
      socket.end();
      listening[Symbol.dispose]();
    },
  };
}

/** Offers to the link what a bulk socket at `port` is said to have. */
async function offering(pair: Awaited<ReturnType<typeof byHand>>, port: number, bytes: Uint8Array) {
  const ticket = new Uint8Array([port & 255, port >> 8, ...KEY]);
  const checksum = Bun.hash.xxHash3(bytes, 5n);
  const payload = encodeOffer({ byteLength: bytes.length, checksum, checksumKind: "xxh3", description: empty, ticket });
  pair.socket.write(encodeFrame({ type: "offer", checksumKind: "xxh3", transfer: 3, sequence: 5, payload }));
  return await pair.heard.offers.at(0);
}

/** Listens like the sending end of a bulk connection and hands each one over. */
function bulkServer(take: (stream: Stream, socket: Bun.Socket<Stream>) => Promise<void>) {
  const server = Bun.listen<Stream>({
    ...{ hostname: HOST, port: 0 },
    socket: {
      open: (socket) => {
        socket.data = new Stream();
        take(socket.data, socket);
      },
      data: (socket, chunk) => socket.data.socket.data(socket, chunk),
      close: (socket) => socket.data.socket.close(),
    },
  });
  return { port: server.port, [Symbol.dispose]: () => server.stop(true) };
}

async function askedBy(stream: Stream): Promise<number[]> {
  const [key, request] = [await stream.take(16), await stream.take(16)];
  assert(key !== null && request !== null, "the receiver says the key and asks");
  expect(key).toEqual(KEY);
  const view = new DataView(request.buffer, request.byteOffset);
  return [Number(view.getBigUint64(0, true)), view.getUint32(8, true)];
}

function answerOf(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([new Uint8Array(new BigUint64Array([BigInt(bytes.length)]).buffer), bytes]);
}

/** Writes all of it, however slowly it is taken. */
async function writeAll(socket: Bun.Socket<Stream>, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += Math.max(0, socket.write(bytes.subarray(written)));
    await new Promise(setImmediate);
  }
}

async function request(port: number, key: Uint8Array, length: number, transfer: number) {
  const stream = new Stream();
  const socket = await Bun.connect({ hostname: HOST, port, socket: stream.socket });
  const body = new DataView(new ArrayBuffer(16));
  body.setBigUint64(0, BigInt(length), true);
  body.setUint32(8, transfer, true);
  socket.write(Buffer.concat([key, new Uint8Array(body.buffer)]));
  const head = await stream.take(8);
  const said = head === null ? null : Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
  const bytes = said === null ? null : await stream.take(said);
  socket.end();
  return { said, bytes };
}

async function offered(link: Link, stream: Stream, bytes: Uint8Array) {
  const delivery = link.offer({ bytes, sequence: 5, description: empty });
  const { type, transfer, payload } = await stream.frame();
  expect(type).toBe("offer");
  return { delivery, transfer, ticket: decodeOffer(payload)?.ticket ?? empty };
}

describe("Bulk transfers of tcp", () => {
  test("are sent to who knows the key, and asks for what is offered", async () => {
    using pair = await byHand();
    const bytes = noise(BYTES);
    const { delivery, transfer, ticket } = await offered(pair.link, pair.stream, bytes);
    expect(ticket.length).toBe(18);
    const port = new DataView(ticket.buffer, ticket.byteOffset).getUint16(0, true);
    const key = ticket.subarray(2);
    const stranger = Uint8Array.from(key);
    stranger[15]! ^= 1;
    expect(await request(port, stranger, BYTES, transfer)).toEqual({ said: null, bytes: null });
    expect((await request(port, key, BYTES, transfer + 1)).said).toBe(0);
    expect((await request(port, key, BYTES - 1, transfer)).said).toBe(0);
    const got = await request(port, key, BYTES, transfer);
    expect(Buffer.compare(got.bytes ?? empty, bytes)).toBe(0);
    const detail = settlements.indexOf("ok");
    pair.socket.write(encodeFrame({ type: "settled", checksumKind: "xxh3", transfer, detail }));
    expect(await delivery).toEqual(ok);
    expect((await request(port, key, BYTES, transfer)).said).toBe(0);
  });

  test("stay on the one connection when they are small", async () => {
    using pair = await byHand();
    const { delivery, transfer, ticket } = await offered(pair.link, pair.stream, noise(2 ** 20 - 1));
    expect(ticket.length).toBe(0);
    const detail = settlements.indexOf("refused");
    pair.socket.write(encodeFrame({ type: "settled", checksumKind: "xxh3", transfer, detail }));
    expect(await delivery).toEqual({ ok: false, reason: "refused" });
  });

  test("are taken straight into the target, and a byte that changed on the way is found", async () => {
    for (const flipped of [null, 0, 1_500_000, BYTES - 1]) {
      const bytes = noise(BYTES);
      using server = bulkServer(async (stream, socket) => {
        expect(await askedBy(stream)).toEqual([BYTES, 3]);
        const sent = bytes.slice();
        if (flipped !== null) sent[flipped]! ^= 0x40;
        await writeAll(socket, answerOf(sent));
      });
      using pair = await byHand();
      const target = new Uint8Array(BYTES);
      const pull = (await offering(pair, server.port, bytes)).pullInto(target);
      if (flipped === null) {
        await pull;
        expect(Buffer.compare(target, bytes)).toBe(0);
      } else expect(await pull.catch((error) => error)).toBeInstanceOf(ChecksumError);
      const { type, detail } = await pair.stream.frame();
      expect([type, settlements[detail]]).toEqual(["settled", flipped === null ? "ok" : "corrupt"]);
    }
  });

  test("come through the link where the second port cannot be reached, ends early or has nothing", async () => {
    const bytes = noise(BYTES);
    const answers: ((socket: Bun.Socket<Stream>) => void)[] = [
      (socket) => socket.end(),
      (socket) => socket.end(answerOf(bytes).subarray(0, 1000)),
      (socket) => socket.write(answerOf(empty)),
      (socket) => socket.write(answerOf(bytes.subarray(1))),
    ];
    for (const answer of [null, ...answers]) {
      using server = bulkServer(async (stream, socket) => {
        await askedBy(stream);
        answer?.(socket);
      });
      if (answer === null) server[Symbol.dispose]();
      using pair = await byHand();
      const target = new Uint8Array(BYTES);
      const pull = (await offering(pair, server.port, bytes)).pullInto(target);
      expect(await pair.stream.frame()).toMatchObject({ type: "pull", transfer: 3 });
      for (let at = 0; at < BYTES; at += 2 ** 20) {
        const payload = bytes.subarray(at, at + 2 ** 20);
        const frame = encodeFrame({ type: "bytes", checksumKind: "xxh3", transfer: 3, sequence: at, payload });
        for (let written = 0; written < frame.length; ) {
          written += Math.max(0, pair.socket.write(frame.subarray(written)));
          await new Promise(setImmediate);
        }
      }
      await pull;
      expect(Buffer.compare(target, bytes)).toBe(0);
    }
  });

  test("end with the link: nothing writes into the target any more", async () => {
    const begun = Promise.withResolvers<void>();
    const bytes = noise(BYTES);
    using server = bulkServer(async (stream, socket) => {
      await askedBy(stream);
      socket.write(answerOf(bytes).subarray(0, 100_000));
      begun.resolve();
    });
    using pair = await byHand();
    const target = new Uint8Array(BYTES);
    const pull = (await offering(pair, server.port, bytes)).pullInto(target).catch((error) => error);
    await begun.promise;
    pair.link.terminate();
    expect(await pull).toMatchObject({ fault: "closed" });
  });
});
