/**
 * The contract of links, ends: closing delivers what was sent, and the death of a process shows within 100 ms.
 *
 * Each death is brought about three times and the median is taken, as one of them may meet a machine that is busy.
 */
import { expect, test } from "bun:test";
import type { LinkFixture } from "./link-fixture.ts";
import { Inbox } from "./link-inbox.ts";
import { FRAME_BYTES, noise, openPair, sendAll } from "./link-pair.ts";
import { type Peer, spawnPeer } from "./link-peer-process.ts";

const DEATH_MS_MAX = 100;
const KILLS = 3;

/** How a link ends when an end wants it. */
export function closeTests(fixture: LinkFixture): void {
  test("delivers everything that was sent before it is closed, then ends once on both ends", async () => {
    await using pair = await openPair(fixture);
    const count = fixture.traits.isReliable ? 500 : 5;
    await sendAll(
      pair.here,
      Array.from({ length: count }, (_, i) => noise(i + 1)),
    );
    await Promise.all([pair.here.close(), pair.here.close()]);
    expect(await pair.heardThere.ends.at(0)).toBe(null);
    expect(pair.heardThere.messages.all.length).toBe(count);
    await pair.there.close();
    expect([pair.heardHere.ends.all, pair.heardThere.ends.all]).toEqual([[null], [null]]);
    expect(pair.here.send(noise(1))).toEqual({ ok: false, reason: "closed" });
    expect(await pair.here.whenWritable().catch((error) => error)).toMatchObject({ fault: "closed" });
  });

  if (fixture.traits.peerDeath !== "atOnce") return;

  test("shows a loss where the peer terminates, and to nobody listening", async () => {
    await using pair = await openPair(fixture);
    pair.there.terminate();
    expect(await pair.heardHere.ends.at(0)).toMatchObject({ fault: "lost" });
    expect(pair.heardThere.ends.all).toEqual([null]);
    const gone = await fixture.listen({ accept: new Inbox().accept });
    gone[Symbol.dispose]();
    const fault = await fixture.connect({ address: gone.address, accept: new Inbox().accept }).catch((error) => error);
    expect(fault).toMatchObject({ fault: "lost", link: `${fixture.kind} ${gone.address}` });
  });
}

/** What must fail when the peer dies. */
interface Doomed {
  readonly work?: Promise<unknown>;
}

/** How a link ends when the peer's process is killed. */
export function deathTests(fixture: LinkFixture): void {
  const { peerDeath, transferBytesMax } = fixture.traits;

  /** Kills a peer in a state that `before` brings about; resolves to the time until the error. */
  async function killMs(before: (peer: Peer) => Promise<Doomed>): Promise<number> {
    const peer = await spawnPeer(fixture);
    const { child, link, heard } = peer;
    link.send(new TextEncoder().encode("hello"));
    await heard.messages.at(0);
    const { work } = await before(peer);
    let killedMs = performance.now();
    child.kill("SIGKILL");
    if (peerDeath === "onSend") {
      await child.exited;
      killedMs = performance.now();
      while (heard.ends.all.length === 0 && link.send(noise(8)).ok) await new Promise(setImmediate);
    }
    expect(await heard.ends.at(0)).toMatchObject({ fault: "lost", link: `${fixture.kind} ${link.peer}` });
    const ms = performance.now() - killedMs;
    if (work !== undefined) expect(await work.catch((error) => error)).toMatchObject({ fault: "lost" });
    expect(link.send(noise(1))).toEqual({ ok: false, reason: "closed" });
    await Promise.all([link.close(), child.exited]);
    return ms;
  }

  async function killOften(before: Parameters<typeof killMs>[0]): Promise<void> {
    const times: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) times.push(await killMs(before));
    expect(times.sort((a, b) => a - b)[KILLS >> 1]).toBeLessThan(DEATH_MS_MAX);
  }

  test("ends with an error within 100 ms when the peer's process is killed", () => killOften(async () => ({})));

  if (transferBytesMax === 0) return;

  test("rejects a pull within 100 ms when the peer is killed in the middle of it", () =>
    killOften(async ({ link, heard }) => {
      link.send(new TextEncoder().encode(`offer ${FRAME_BYTES}`));
      const offer = await heard.offers.at(0);
      return { work: offer.pullInto(new Uint8Array(FRAME_BYTES)) };
    }));

  test("rejects an offer within 100 ms when the peer is killed before it answers", () =>
    killOften(async ({ link }) => ({ work: link.offer({ bytes: noise(1000), sequence: 1, description: noise(2) }) })));
}
