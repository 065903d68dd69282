/** Both ends of a link in one process, and the bytes that tests send over it. */
import type { ChecksumKind } from "../src/checksum.ts";
import type { Link } from "../src/link.ts";
import type { LinkFixture } from "./link-fixture.ts";
import { Inbox } from "./link-inbox.ts";

/** One frame of 7680 x 4320 bytes. */
export const FRAME_BYTES = 33_177_600;
/** What went well. */
export const ok = { ok: true } as const;

/** Both ends of a link, and what they heard. */
export interface Pair extends AsyncDisposable {
  readonly here: Link;
  readonly there: Link;
  readonly heardHere: Inbox;
  readonly heardThere: Inbox;
}

/** Opens a link of a kind, both ends in this process. Disposing it closes both. */
export async function openPair(fixture: LinkFixture, checksum: ChecksumKind = "xxh3"): Promise<Pair> {
  const [heardHere, heardThere] = [new Inbox(), new Inbox()];
  const listening = await fixture.listen({ accept: heardThere.accept, checksum });
  const here = await fixture.connect({ address: listening.address, accept: heardHere.accept, checksum });
  const there = await heardThere.links.at(0);
  return {
    ...{ here, there, heardHere, heardThere },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([here.close(), there.close()]);
      listening[Symbol.dispose]();
    },
  };
}

/** Bytes without a pattern, the same for the same seed. */
export function noise(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, state = seed; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Sends messages as fast as the link takes them. */
export async function sendAll(link: Link, messages: readonly Uint8Array[]): Promise<void> {
  for (const bytes of messages) {
    while (!link.send(bytes).ok) await link.whenWritable();
  }
}

/** A short name for some bytes. */
export const hex = (bytes: Uint8Array): string => Bun.hash.xxHash3(bytes).toString(16);
