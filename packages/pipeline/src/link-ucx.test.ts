import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { fixtures } from "../test/link-fixture.ts";
import { Inbox } from "../test/link-inbox.ts";
import { spawnPeer } from "../test/link-peer-process.ts";
import { probeUcx } from "./ucx-library.ts";

const { ucx } = fixtures;
const probe = probeUcx();
// Child processes start and end, on cores that others use as well.
setDefaultTimeout(60_000);
if (!probe.ok) console.warn(`Link ucx skipped: ${probe.reason}`);

const threads = (): number => readdirSync("/proc/self/task").length;
const sharedFiles = (): string[] =>
  readdirSync("/dev/shm")
    .filter((name) => name.startsWith("ucx"))
    .sort();

describe.skipIf(!probe.ok)("Link ucx", () => {
  test("fetches a whole frame while the peer's loop stands still", async () => {
    const byteLength = 33_177_600;
    const { child, link, heard } = await spawnPeer(ucx);
    link.send(new TextEncoder().encode(`block ${byteLength}`));
    const target = new Uint8Array(byteLength);
    await (await heard.offers.at(0)).pullInto(target);
    expect(target.every((byte) => byte === 7)).toBe(true);
    child.kill("SIGKILL");
    expect(await heard.ends.at(0)).toMatchObject({ fault: "lost" });
  });

  test("leaves no shared file behind a killed peer, and no thread behind a closed link", async () => {
    const [filesBefore, threadsBefore] = [sharedFiles(), threads()];
    for (let round = 0; round < 3; round++) {
      const { child, link, heard } = await spawnPeer(ucx);
      link.send(Uint8Array.of(1));
      await heard.messages.at(0);
      child.kill("SIGKILL");
      await Promise.all([heard.ends.at(0), child.exited]);
      await link.close();
    }
    expect(sharedFiles()).toEqual(filesBefore);
    expect(threads()).toBeLessThanOrEqual(threadsBefore + 1);
  });

  test("registers more buffers, one after the other, than it keeps", async () => {
    const heard = new Inbox();
    using listening = await ucx.listen({ accept: heard.accept });
    await using here = await ucx.connect({ address: listening.address, accept: new Inbox().accept });
    const there = await heard.links.at(0);
    const bytes = new Uint8Array(4096).fill(5);
    for (let i = 0; i < 70; i++) {
      const delivery = here.offer({ bytes, sequence: i, description: new Uint8Array() });
      const target = new Uint8Array(4096);
      await (await heard.offers.at(i)).pullInto(target);
      expect(await delivery).toEqual({ ok: true });
      expect(target).toEqual(bytes);
    }
    await there.close();
  });

  test("serves several peers from one listener, and outlives it", async () => {
    const heard = new Inbox();
    const inboxes = [new Inbox(), new Inbox(), new Inbox()];
    const listening = await ucx.listen({ accept: heard.accept });
    const links = await Promise.all(inboxes.map(({ accept }) => ucx.connect({ address: listening.address, accept })));
    const served = await heard.links.reach(3);
    listening[Symbol.dispose]();
    for (const [index, link] of served.entries()) link.send(Uint8Array.of(index));
    const arrived = await Promise.all(inboxes.map(({ messages }) => messages.at(0)));
    expect(arrived.map(({ bytes }) => bytes[0]).sort()).toEqual([0, 1, 2]);
    await Promise.all(links.map((link) => link.close()));
    expect(await heard.ends.reach(3)).toEqual([null, null, null]);
  });
});
