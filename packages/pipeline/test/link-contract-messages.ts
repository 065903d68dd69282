/**
 * The contract of links, messages: what is sent arrives as it was, in order where that is promised, and is counted.
 *
 * A queue that is full says so at once; nothing is dropped in silence, and a reader that waits is waited for.
 */
import { expect, test } from "bun:test";
import type { SendOutcome } from "../src/link.ts";
import type { LinkFixture } from "./link-fixture.ts";
import { hex, noise, ok, openPair, sendAll } from "./link-pair.ts";

/** Messages of every size, refused ones, and other checksums. */
export function messageTests(fixture: LinkFixture): void {
  const { messageBytesMax } = fixture.traits;

  test("carries messages of every size, both ways, and counts them", async () => {
    await using pair = await openPair(fixture);
    const lengths = [0, 1, 3, 64, 239, 240, 241, 1023, messageBytesMax - 1, messageBytesMax];
    const messages = lengths.map((length) => noise(length));
    for (const [from, heard] of [[pair.here, pair.heardThere] as const, [pair.there, pair.heardHere] as const]) {
      await sendAll(from, messages);
      const arrived = await heard.messages.reach(messages.length);
      expect(arrived.map(({ sequence }) => sequence)).toEqual(lengths.map((_, i) => i));
      expect(arrived.map(({ bytes }) => [bytes.length, hex(bytes)])).toEqual(messages.map((m) => [m.length, hex(m)]));
    }
    const bytes = lengths.reduce((sum, length) => sum + length, 0);
    for (const link of [pair.here, pair.there]) {
      const { messagesSent, messagesReceived, bytesSent, bytesReceived, checksumFailures } = link.statistics();
      const count = messages.length;
      expect([messagesSent, messagesReceived, bytesSent, bytesReceived]).toEqual([count, count, bytes, bytes]);
      expect(checksumFailures).toBe(0);
    }
  });

  test("refuses a message over the limit, counts it and goes on", async () => {
    await using pair = await openPair(fixture);
    const outcome: SendOutcome = pair.here.send(new Uint8Array(messageBytesMax + 1));
    expect(outcome).toEqual({ ok: false, reason: "oversized" });
    expect(pair.here.statistics().drops.oversized).toBe(1);
    expect(pair.here.send(noise(5))).toEqual(ok);
    expect((await pair.heardThere.messages.at(0)).bytes.length).toBe(5);
  });

  test("guards messages with md5 and crc32c as well", async () => {
    for (const checksum of ["md5", "crc32c"] as const) {
      await using pair = await openPair(fixture, checksum);
      pair.here.send(noise(777));
      expect(hex((await pair.heardThere.messages.at(0)).bytes)).toBe(hex(noise(777)));
    }
  });
}

/** Order, and back pressure, of links that promise both. */
export function flowTests(fixture: LinkFixture): void {
  const { messageBytesMax } = fixture.traits;

  test("keeps the order of 20,000 messages", async () => {
    await using pair = await openPair(fixture);
    const count = 20_000;
    const messages = Array.from({ length: count }, (_, i) => new Uint8Array(new Uint32Array([i, i * 7]).buffer));
    await sendAll(pair.here, messages);
    const arrived = await pair.heardThere.messages.reach(count);
    const values = arrived.map(({ bytes }) => new DataView(bytes.buffer).getUint32(0, true));
    expect(values.every((value, i) => value === i)).toBe(true);
    expect(arrived.every(({ sequence }, i) => sequence === i)).toBe(true);
  });

  test("lets a slow reader stop the writer, without losing anything", async () => {
    await using pair = await openPair(fixture);
    const release = Promise.withResolvers<void>();
    pair.heardThere.hold = release.promise;
    const message = noise(Math.min(messageBytesMax, 60_000));
    let sent = 0;
    for (; pair.here.send(message).ok; sent++) {
      // The kernel's buffers fill first, then the queue of the link: the loop must come round for both.
      await new Promise(setImmediate);
      expect(sent).toBeLessThan(10_000);
    }
    expect(pair.here.statistics().drops.full).toBe(1);
    expect(pair.heardThere.messages.all.length).toBe(1);
    pair.heardThere.hold = undefined;
    const writable = pair.here.whenWritable();
    release.resolve();
    await writable;
    const arrived = await pair.heardThere.messages.reach(sent);
    expect(new Set(arrived.map(({ bytes }) => hex(bytes)))).toEqual(new Set([hex(message)]));
  });
}
