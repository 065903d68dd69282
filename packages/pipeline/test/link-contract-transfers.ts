/**
 * The contract of links, transfers: bytes of any length arrive as they were, or the receiver gets an error and the sender is told.
 *
 * Contents are compared byte by byte or by a hash of the test's own, never by what the link itself says about them.
 */
import { expect, test } from "bun:test";
import { ChecksumError, LinkError } from "../src/link-error.ts";
import type { LinkFixture } from "./link-fixture.ts";
import { FRAME_BYTES, hex, noise, ok, openPair } from "./link-pair.ts";

const description = new TextEncoder().encode("camera 7");

/** Transfers of every size, alone and together. */
export function transferTests(fixture: LinkFixture): void {
  for (const [checksum, lengths] of [
    ["xxh3", [0, 1, 64, 241, 65_537, 3_000_001, FRAME_BYTES]],
    ["md5", [0, 3_000_001]],
    ["crc32c", [0, 3_000_001]],
  ] as const) {
    test(`moves transfers of ${lengths.join(", ")} bytes under ${checksum}`, async () => {
      await using pair = await openPair(fixture, checksum);
      for (const [index, length] of lengths.entries()) {
        const bytes = noise(length, index);
        const delivery = pair.here.offer({ bytes, sequence: 40 + index, description });
        const offer = await pair.heardThere.offers.at(index);
        expect([offer.sequence, offer.byteLength]).toEqual([40 + index, length]);
        expect(new TextDecoder().decode(offer.description)).toBe("camera 7");
        const target = new Uint8Array(length);
        await offer.pullInto(target);
        expect(await delivery).toEqual(ok);
        expect(Buffer.compare(target, bytes)).toBe(0);
      }
      const [sent, received] = [pair.here.statistics(), pair.there.statistics()];
      const bytes = lengths.reduce<number>((sum, length) => sum + length, 0);
      expect([sent.transfersSent, sent.bytesSent]).toEqual([lengths.length, bytes]);
      expect([received.transfersReceived, received.bytesReceived]).toEqual([lengths.length, bytes]);
      expect(received.transferMsMean).toBeGreaterThan(0);
      expect(sent.transferMsMean).toBeGreaterThan(received.transferMsMean / 2);
    });
  }

  test("moves several transfers at once, with messages between them", async () => {
    await using pair = await openPair(fixture);
    const frames = [0, 1, 2, 3].map((seed) => noise(5_000_000 + seed, seed));
    const deliveries = frames.map((bytes, sequence) => pair.here.offer({ bytes, sequence, description }));
    const offers = await pair.heardThere.offers.reach(frames.length);
    const targets = offers.map(({ byteLength }) => new Uint8Array(byteLength));
    const pulls = offers.map((offer, i) => offer.pullInto(targets[i]!));
    pair.here.send(noise(9));
    await Promise.all([...pulls, pair.heardThere.messages.reach(1)]);
    expect(await Promise.all(deliveries)).toEqual(frames.map(() => ok));
    expect(targets.map(hex)).toEqual(frames.map(hex));
  });
}

/** Offers that are refused, arrive changed, are too many or are given up. */
export function offerTests(fixture: LinkFixture): void {
  const { transferBytesMax } = fixture.traits;

  test("tells the sender when an offer is refused, and takes the next one", async () => {
    await using pair = await openPair(fixture);
    const delivery = pair.here.offer({ bytes: noise(1000), sequence: 1, description });
    (await pair.heardThere.offers.at(0)).refuse();
    expect(await delivery).toEqual({ ok: false, reason: "refused" });
    expect([pair.here, pair.there].map((link) => link.statistics().drops.refused)).toEqual([1, 1]);
    const next = pair.here.offer({ bytes: noise(1000), sequence: 2, description });
    await (await pair.heardThere.offers.at(1)).pullInto(new Uint8Array(1000));
    expect(await next).toEqual(ok);
  });

  test("catches a transfer whose slot was overwritten after it was offered, and goes on", async () => {
    await using pair = await openPair(fixture);
    for (const at of [0, 100_000, 199_999]) {
      const bytes = noise(200_000);
      const { length } = pair.heardThere.offers.all;
      const delivery = pair.here.offer({ bytes, sequence: 5, description });
      const offer = await pair.heardThere.offers.at(length);
      bytes[at]! ^= 1;
      const fault = await offer.pullInto(new Uint8Array(200_000)).catch((error) => error);
      expect(fault).toBeInstanceOf(ChecksumError);
      expect(fault).toMatchObject({ sequence: 5, link: pair.there.kind.concat(" ", pair.there.peer) });
      expect(await delivery).toEqual({ ok: false, reason: "corrupt" });
    }
    expect(pair.there.statistics().checksumFailures).toBe(3);
    expect(pair.here.send(noise(3))).toEqual(ok);
    await pair.heardThere.messages.reach(1);
  });

  test("takes the checksum that the writer of the slot computed, and finds the right bytes of another sequence", async () => {
    await using pair = await openPair(fixture);
    const bytes = noise(9000);
    const checksum = Bun.hash.xxHash3(bytes, 7n);
    const delivery = pair.here.offer({ bytes, sequence: 7, description, checksum });
    await (await pair.heardThere.offers.at(0)).pullInto(new Uint8Array(9000));
    expect(await delivery).toEqual(ok);
    const stale = pair.here.offer({ bytes, sequence: 8, description, checksum });
    expect((await pair.heardThere.offers.at(1)).pullInto(new Uint8Array(9000))).rejects.toBeInstanceOf(ChecksumError);
    expect(await stale).toEqual({ ok: false, reason: "corrupt" });
  });

  test("keeps no more than 64 offers open and refuses what is too large, both counted", async () => {
    await using pair = await openPair(fixture);
    const offer = () => pair.here.offer({ bytes: noise(16), sequence: 0, description });
    const open = Array.from({ length: 64 }, offer);
    expect(await offer()).toEqual({ ok: false, reason: "full" });
    for (const each of await pair.heardThere.offers.reach(64)) each.refuse();
    await Promise.all(open);
    // Only the length is looked at before anything else: the memory is never touched.
    const bytes = { length: transferBytesMax + 1 } as Uint8Array;
    expect(await pair.here.offer({ bytes, sequence: 0, description })).toEqual({ ok: false, reason: "oversized" });
    expect(pair.here.statistics().drops).toMatchObject({ full: 1, oversized: 1, refused: 64 });
  });

  test("gives up what is open when it is closed", async () => {
    await using pair = await openPair(fixture);
    const delivery = pair.here.offer({ bytes: noise(1000), sequence: 1, description }).catch((error) => error);
    const offer = await pair.heardThere.offers.at(0);
    await pair.here.close();
    expect(await delivery).toMatchObject({ fault: "closed" });
    await pair.heardThere.ends.at(0);
    expect(await offer.pullInto(new Uint8Array(1000)).catch((error) => error)).toMatchObject({ fault: "closed" });
    expect(await pair.here.offer({ bytes: noise(1), sequence: 2, description }).catch((error) => error)).toBeInstanceOf(
      LinkError,
    );
  });
}
