import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { assert, systemClock } from "@skyvox/core";
import { fixtures } from "../test/link-fixture.ts";
import { Arrivals, Inbox } from "../test/link-inbox.ts";
import { noise, ok } from "../test/link-pair.ts";
import { poolLayout } from "../test/link-shm-pool.ts";
import { FramePool } from "./frame-pool.ts";
import type { FrameSlot } from "./frame-slot.ts";
import { ChecksumError, type LinkError } from "./link-error.ts";
import { connectShm, ShmListener, shmLinkLayout } from "./link-shm.ts";
import type { SharedPool } from "./link-slots.ts";
import { RingProducer } from "./ring.ts";
import { SharedSegment } from "./shared-segment.ts";

// Child processes start and end, on cores that others use as well.
setDefaultTimeout(60_000);

const FRAME_BYTES = 200_001;
const description = new Uint8Array();
const held = { quotaSlots: 1, holdMsMax: 60_000 };

function options(accept: Inbox["accept"], pools: readonly SharedPool[] = []) {
  return { checksum: "xxh3", clock: systemClock, accept, pools } as const;
}

function unexpected(fault: LinkError): never {
  throw fault;
}

/** Publishes a frame, whose bytes the seed makes. */
function publish(pool: FramePool, seed: number): FrameSlot {
  const slot = pool.acquire();
  assert(slot.ok, "the pool has a slot");
  slot.bytes.set(noise(FRAME_BYTES, seed));
  const words = {
    sequence: seed,
    captureNs: 0n,
    byteLength: FRAME_BYTES,
    camera: 0,
    format: 0,
    checksum: 0n,
    flags: 0,
  };
  pool.commit(slot, words);
  return slot;
}

/** Both ends in this process, each with a mapping of its own of one pool. */
async function sharing({ mapsThere = true, holdMsMax = 60_000 } = {}) {
  await using stack = new AsyncDisposableStack();
  const segment = stack.use(SharedSegment.create(poolLayout));
  const mapping = stack.use(SharedSegment.attach(segment.path, poolLayout));
  const pool = stack.use(new FramePool(segment, 0));
  const [heardHere, heardThere] = [new Inbox(), new Inbox()];
  const pools = {
    here: [{ segment, part: 0, quotaSlots: 0, holdMsMax }],
    there: [{ ...held, segment: mapping, part: 0 }],
  };
  const listener = stack.use(
    await ShmListener.open({
      ...options(heardHere.accept, pools.here),
      onRefused: unexpected,
    }),
  );
  const there = options(heardThere.accept, mapsThere ? pools.there : []);
  const link = stack.use(await connectShm({ ...there, address: listener.address }));
  const here = await heardHere.links.at(0);
  const made = stack.move();
  return {
    ...{ pool, here, there: link, heardHere, heardThere },
    [Symbol.asyncDispose]: () => made.disposeAsync(),
  };
}

const frameOf = (slot: FrameSlot): Uint8Array => slot.bytes.subarray(0, FRAME_BYTES);

describe("Link shm", () => {
  test("shows a frame where it was written, and holds its slot until it is released", async () => {
    await using pair = await sharing();
    const slot = publish(pair.pool, 5);
    const delivery = pair.here.offer({ bytes: frameOf(slot), sequence: 5, description });
    const view = (await pair.heardThere.offers.at(0)).view();
    assert(view !== null, "both ends map the pool");
    expect(await delivery).toEqual(ok);
    expect(Buffer.compare(view.bytes, noise(FRAME_BYTES, 5))).toBe(0);
    slot.bytes[7]! ^= 0xff;
    expect(view.bytes[7]).toBe(slot.bytes[7]);
    const others = [1, 2, 3, 4, 5, 6].map((seed) => publish(pair.pool, seed).index);
    expect(others).not.toContain(slot.index);
    expect(view.release()).toBe(true);
    const again = [1, 2, 3, 4].map((seed) => publish(pair.pool, seed).index);
    expect(again).toContain(slot.index);
    expect(pair.there.statistics()).toMatchObject({ transfersReceived: 1, bytesReceived: FRAME_BYTES });
  });

  test("keeps a frame for the one who is offered it, and copies it once where that is wanted", async () => {
    await using pair = await sharing();
    const slot = publish(pair.pool, 3);
    const part = frameOf(slot).subarray(1000);
    const delivery = pair.here.offer({ bytes: part, sequence: 3, description });
    const offer = await pair.heardThere.offers.at(0);
    const others = [1, 2, 3, 4, 5, 6].map((seed) => publish(pair.pool, seed).index);
    expect(others).not.toContain(slot.index);
    const target = new Uint8Array(part.length);
    await offer.pullInto(target);
    expect(await delivery).toEqual(ok);
    expect(Buffer.compare(target, noise(FRAME_BYTES, 3).subarray(1000))).toBe(0);
    const again = [1, 2, 3, 4].map((seed) => publish(pair.pool, seed).index);
    expect(again).toContain(slot.index);
  });

  test("lets the same frame be seen twice at once", async () => {
    await using pair = await sharing();
    const slot = publish(pair.pool, 8);
    const deliveries = [1, 2].map((sequence) => pair.here.offer({ bytes: frameOf(slot), sequence, description }));
    const views = (await pair.heardThere.offers.reach(2)).map((offer) => offer.view());
    expect(await Promise.all(deliveries)).toEqual([ok, ok]);
    expect(views.map((view) => view?.release())).toEqual([true, true]);
  });

  test("finds a frame that was overwritten after it was offered, seen or pulled, and goes on", async () => {
    await using pair = await sharing();
    for (const look of ["view", "pull"] as const) {
      const slot = publish(pair.pool, 9);
      const { length } = pair.heardThere.offers.all;
      const delivery = pair.here.offer({ bytes: frameOf(slot), sequence: 9, description });
      const offer = await pair.heardThere.offers.at(length);
      slot.bytes[FRAME_BYTES - 1]! ^= 1;
      const fault = await (async () =>
        look === "view" ? offer.view() : offer.pullInto(new Uint8Array(FRAME_BYTES)))().catch((error) => error);
      expect(fault).toBeInstanceOf(ChecksumError);
      expect(await delivery).toEqual({ ok: false, reason: "corrupt" });
    }
    expect(pair.there.statistics().checksumFailures).toBe(2);
  });

  test("does not show a slot that holds another frame by now, and its checksum tells who pulls it", async () => {
    await using pair = await sharing({ holdMsMax: 0 });
    const slot = publish(pair.pool, 4);
    const delivery = pair.here.offer({ bytes: frameOf(slot), sequence: 4, description });
    const offer = await pair.heardThere.offers.at(0);
    // Every slot is held by nobody but the sender's end, for longer than its 0 ms.
    const held = [11, 12, 13].map((seed) =>
      pair.here.offer({ bytes: frameOf(publish(pair.pool, seed)), sequence: 0, description }),
    );
    while (publish(pair.pool, 99).index !== slot.index);
    expect(offer.view()).toBe(null);
    const fault = await offer.pullInto(new Uint8Array(FRAME_BYTES)).catch((error) => error);
    expect(fault).toBeInstanceOf(ChecksumError);
    expect(await delivery).toEqual({ ok: false, reason: "corrupt" });
    for (const each of (await pair.heardThere.offers.reach(4)).slice(1)) each.refuse();
    await Promise.all(held);
  });

  test("sends a frame through the link where the peer does not map the pool", async () => {
    await using pair = await sharing({ mapsThere: false });
    const delivery = pair.here.offer({ bytes: frameOf(publish(pair.pool, 6)), sequence: 6, description });
    const offer = await pair.heardThere.offers.at(0);
    expect(offer.view()).toBe(null);
    const target = new Uint8Array(FRAME_BYTES);
    await offer.pullInto(target);
    expect(await delivery).toEqual(ok);
    expect(Buffer.compare(target, noise(FRAME_BYTES, 6))).toBe(0);
  });

  test("says that a view is void once the link has ended", async () => {
    await using pair = await sharing();
    const delivery = pair.here.offer({ bytes: frameOf(publish(pair.pool, 2)), sequence: 2, description });
    const view = (await pair.heardThere.offers.at(0)).view();
    await delivery;
    pair.there.terminate();
    expect(view?.release()).toBe(false);
    expect(await pair.heardHere.ends.at(0)).toMatchObject({ fault: "lost" });
  });

  test("hands a frame to another process, which sees it whole, and gets its slot back when that process is killed", async () => {
    using segment = SharedSegment.create(poolLayout);
    using pool = new FramePool(segment, 0);
    const heard = new Inbox();
    const pools = [{ ...held, segment, part: 0 }];
    using listener = await ShmListener.open({ ...options(heard.accept, pools), onRefused: unexpected });
    const child = Bun.spawn(
      [process.execPath, join(import.meta.dir, "..", "test", "link-shm-peer.ts"), listener.address, segment.path],
      { stdin: "pipe", stdout: "inherit", stderr: "inherit" },
    );
    const link = await heard.links.at(0);
    const said = async (index: number) => new TextDecoder().decode((await heard.messages.at(index)).bytes);
    for (const seed of [1, 2]) {
      const slot = publish(pool, seed);
      expect(await link.offer({ bytes: frameOf(slot), sequence: seed, description })).toEqual(ok);
      expect(await said(seed === 1 ? 0 : 2)).toBe(Bun.hash.xxHash3(noise(FRAME_BYTES, seed)).toString(16));
      const others = [3, 4, 5, 6, 7].map((other) => publish(pool, other).index);
      expect(others).not.toContain(slot.index);
      if (seed === 1) {
        child.stdin.write("\n");
        child.stdin.flush();
        expect(await said(1)).toBe("valid");
        continue;
      }
      child.kill("SIGKILL");
      expect(await heard.ends.at(0)).toMatchObject({ fault: "lost", link: `shm ${listener.address}` });
      expect(segment.reap()).toMatchObject({ participants: 1, holds: 1 });
      expect([3, 4, 5, 6].map((other) => publish(pool, other).index)).toContain(slot.index);
    }
    await child.exited;
  });

  test("refuses a segment of another version or layout, and an address whose segment is gone, in words", async () => {
    const heard = new Inbox();
    const connect = (address: string) => connectShm({ ...options(heard.accept), address }).catch((error) => error);
    using other = SharedSegment.create(poolLayout);
    const layout = await connect(`${other.path}#${other.uuid}`);
    expect(layout).toMatchObject({ fault: "version" });
    expect(layout.message).toContain("layout");
    using listener = await fixtures.shm.listen({ accept: heard.accept });
    const [path = ""] = listener.address.split("#");
    expect(await connect(`${path}#${other.uuid}`)).toMatchObject({ fault: "lost" });
    using pool = new FramePool(other, 0);
    expect(pool.counters().published).toBe(0);
    new DataView(other.buffer).setUint32(8, 9, true);
    const version = await connect(`${other.path}#${other.uuid}`);
    expect(version).toMatchObject({ fault: "version" });
    expect(version.message).toContain("version 9, need 1");
  });

  test("refuses a second peer", async () => {
    const heard = new Inbox();
    using listener = await fixtures.shm.listen({ accept: heard.accept });
    await using _first = await fixtures.shm.connect({ address: listener.address, accept: new Inbox().accept });
    const second = await fixtures.shm
      .connect({ address: listener.address, accept: heard.accept })
      .catch((error) => error);
    expect(second).toMatchObject({ fault: "refused" });
    await (await heard.links.at(0)).close();
  });

  test("goes on waiting when somebody came and went without a word", async () => {
    const heard = new Inbox();
    using listener = await fixtures.shm.listen({ accept: heard.accept });
    for (let visit = 0; visit < 3; visit++) {
      const raw = await fixtures.shm.sendRaw(listener.address, []);
      raw[Symbol.dispose]();
    }
    await using here = await fixtures.shm.connect({ address: listener.address, accept: new Inbox().accept });
    here.send(noise(9));
    expect((await heard.messages.at(0)).bytes.length).toBe(9);
    await (await heard.links.at(0)).close();
  });

  test("tells a listener whose peer died in the middle of its first message", async () => {
    const refused = new Arrivals<LinkError>();
    using listener = await fixtures.shm.listen({
      accept: new Inbox().accept,
      onRefused: (fault) => refused.add(fault),
    });
    const [path = ""] = listener.address.split("#");
    const segment = SharedSegment.attach(path, shmLinkLayout);
    const producer = new RingProducer(segment, 1);
    expect(producer.claim().ok).toBe(true);
    producer[Symbol.dispose]();
    segment[Symbol.dispose]();
    expect(await refused.at(0)).toMatchObject({ fault: "lost", link: `shm ${listener.address}` });
    expect(() => SharedSegment.attach(path, shmLinkLayout)).toThrow();
  });

  test("goes on when chunks of a stream end anywhere", async () => {
    const heard = new Inbox();
    using listener = await fixtures.shm.listen({ accept: heard.accept });
    await using here = await fixtures.shm.connect({ address: listener.address, accept: new Inbox().accept });
    const sizes = [65_487, 65_488, 65_489, 131_000, 1];
    for (const size of sizes) expect(here.send(noise(size))).toEqual(ok);
    const arrived = await heard.messages.reach(sizes.length);
    expect(arrived.map(({ bytes }) => bytes.length)).toEqual(sizes);
    expect(arrived.every(({ bytes }) => Buffer.compare(bytes, noise(bytes.length)) === 0)).toBe(true);
    await (await heard.links.at(0)).close();
  });
});
