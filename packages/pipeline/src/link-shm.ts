/**
 * Link through shared memory, between two processes of one machine.
 *
 * Each link has a segment of its own with one ring of chunks each way; frames go through them as through any stream. Transfers whose bytes
 * lie in a frame pool that both ends map are not moved at all: their slots are held (`link-slots.ts`), to be seen in place or copied once.
 * Other bytes go through the ring, copied on both ends.
 *
 * The death of the peer's process is told by the kernel, which drops the lock the process held in the segment; it shows within 20 ms. A
 * peer that is stopped is alive. Nothing stays behind: the segment has no name, and goes with the last process that maps it.
 */
import { messageOf, SkyvoxError } from "@skyvox/core";
import type { Link, LinkTraits } from "./link.ts";
import type { EndOptions } from "./link-address.ts";
import { LinkBell, type PeerState } from "./link-bell.ts";
import { LinkError } from "./link-error.ts";
import type { LinkSession } from "./link-session.ts";
import { type SharedPool, SharedSlots } from "./link-slots.ts";
import { type BytePipe, StreamCarrier } from "./link-stream.ts";
import { RingConsumer, RingProducer, type RingSlot } from "./ring.ts";
import type { SegmentLayout } from "./segment-layout.ts";
import { SharedSegment } from "./shared-segment.ts";

/** What shared memory promises. */
export const shmTraits: LinkTraits = {
  isReliable: true,
  isOrdered: true,
  messageBytesMax: 2 ** 20,
  transferBytesMax: 2 ** 30,
  peerDeath: "atOnce",
};

/** One chunk of a stream. */
const CHUNK_BYTES = 2 ** 16;
/** The segment of a link: from its creator to who joins, and back. */
export const shmLinkLayout: SegmentLayout = [
  { kind: "ring", slots: 32, slotBytes: CHUNK_BYTES },
  { kind: "ring", slots: 32, slotBytes: CHUNK_BYTES },
];
/** Chunks taken before the loop comes round. */
const CHUNKS_AT_ONCE = 64;
const CREATOR = 0;
const JOINER = 1;

/** What an end says. */
export interface ShmEndOptions extends EndOptions {
  /** Frame pools that both ends map, and whose slots change hands without being copied. Borrowed until the end of the link. */
  readonly pools: readonly SharedPool[];
}

/**
 * Opens the link that a listener waits for.
 *
 * @throws {LinkError} fault "lost" when nobody listens (any more), "version" when what is there is of another version or layout, "refused"
 * when somebody else has come before.
 */
export async function connectShm({ address, ...options }: ShmEndOptions & { readonly address: string }): Promise<Link> {
  const end = await ShmEnd.open({ segment: attach(address), me: JOINER, address, options });
  const session = end.start();
  await session.greeted;
  return session;
}

/** Waits for the one peer of a link, until it is disposed; the link that it gave out stays open. */
export class ShmListener implements Disposable {
  /** Where the peer connects to, for processes that may open this one's descriptors: children, and others of the same user. */
  readonly address: string;
  readonly #end: ShmEnd;

  /**
   * Makes the segment of the link.
   *
   * @throws {SkyvoxError} code "capacity" when its memory cannot be had, "io" when the native library is missing.
   */
  static async open(options: ShmEndOptions & { readonly onRefused: (fault: LinkError) => void }): Promise<ShmListener> {
    const segment = SharedSegment.create(shmLinkLayout);
    const address = `${segment.path}#${segment.uuid}`;
    const end = await ShmEnd.open({ segment, me: CREATOR, address, options });
    return new ShmListener(address, end, options.onRefused);
  }

  private constructor(address: string, end: ShmEnd, onRefused: (fault: LinkError) => void) {
    this.address = address;
    this.#end = end;
    end.onCome = () => end.start().greeted.catch(onRefused);
    end.onMissed = (why) => {
      const link = `shm ${address}`;
      onRefused(new LinkError("lost", link, `Cannot take a peer at ${link}: ${why}, need a hello`));
    };
  }

  [Symbol.dispose](): void {
    this.#end.forget();
  }
}

/** Maps the segment of an address; its number keeps a descriptor that was used again from being taken for it. */
function attach(address: string): SharedSegment {
  const [path = "", uuid = ""] = address.split("#");
  const fail = (fault: "lost" | "version" | "refused", found: string, need: string, cause?: unknown): never => {
    const text = `Cannot connect to shm ${address}: ${found}, need ${need}`;
    throw new LinkError(fault, `shm ${address}`, text, { cause });
  };
  const segment = attachTo(path, (found, isThere, cause) =>
    fail(isThere ? "version" : "lost", found, "a listener of this build", cause),
  );
  const { participant, uuid: there } = segment;
  if (there === uuid && participant === JOINER) return segment;
  segment[Symbol.dispose]();
  return there === uuid
    ? fail("refused", "the link has a peer", "one that waits")
    : fail("lost", `segment ${there}`, "a listener");
}

function attachTo(path: string, fail: (found: string, isThere: boolean, cause: unknown) => never): SharedSegment {
  try {
    return SharedSegment.attach(path, shmLinkLayout);
  } catch (error) {
    if (!(error instanceof SkyvoxError)) throw error;
    const found = messageOf(error);
    // The library says what it finds in a segment: "version 2", "layout 0123…"; all else means that there is none.
    return fail(found, /: (?:version|layout|magic) /.test(found), error);
  }
}

/** What an end is opened with. */
interface ShmEndParts {
  readonly segment: SharedSegment;
  readonly me: typeof CREATOR | typeof JOINER;
  readonly address: string;
  readonly options: ShmEndOptions;
}

/** One end: its two rings, its bell, and the session once there is a peer. Owns the segment. */
class ShmEnd implements BytePipe {
  /** The peer has said something. */
  onCome: () => void = () => {};
  /** The peer went before it said anything. */
  onMissed: (why: string) => void = () => {};
  readonly #parts: ShmEndParts;
  readonly #slots: SharedSlots;
  readonly #producer: RingProducer;
  readonly #consumer: RingConsumer;
  readonly #stack: DisposableStack;
  #bell: LinkBell | undefined;
  #carrier: StreamCarrier | undefined;
  #peer: PeerState = "awaited";
  #isTaking = false;
  #isOpen = true;

  static async open(parts: ShmEndParts): Promise<ShmEnd> {
    const end = new ShmEnd(parts);
    const { segment, me } = parts;
    const [partIn, partOut, peer] = me === CREATOR ? [1, 0, JOINER] : [0, 1, CREATOR];
    using stack = new DisposableStack();
    stack.defer(() => end.#leave());
    const bell = await LinkBell.open({ segment, partIn, partOut, peer, onRing: (state) => end.#rung(state) });
    end.#bell = end.#stack.use(bell);
    stack.move();
    return end;
  }

  private constructor(parts: ShmEndParts) {
    const { segment, me, options } = parts;
    using stack = new DisposableStack();
    this.#parts = parts;
    stack.use(segment);
    this.#slots = stack.use(new SharedSlots(options.pools));
    this.#producer = stack.use(new RingProducer(segment, me === CREATOR ? 0 : 1));
    this.#consumer = stack.use(new RingConsumer(segment, me === CREATOR ? 1 : 0, { policy: "lossless" }));
    this.#stack = stack.move();
  }

  /** Makes the session and greets. The peer listens by now: before that, nothing may be written. */
  start(): LinkSession {
    const { address, options } = this.#parts;
    const carrier = new StreamCarrier(
      { ...options, kind: "shm", peer: address, traits: shmTraits },
      { side: this.#slots, lendsChunks: true },
    );
    this.#carrier = carrier;
    if (this.#isOpen) carrier.opened(this);
    else carrier.ended("the peer went at once");
    return carrier.session;
  }

  /** Nobody is waited for any more. */
  forget(): void {
    if (this.#carrier === undefined) this.#leave();
    else if (!this.#carrier.session.isGreeted) this.#carrier.session.terminate();
  }

  write(bytes: Uint8Array): number {
    if (!this.#isOpen) return 0;
    let written = 0;
    while (written < bytes.length) {
      const slot = this.#claim();
      if (slot === null) break;
      const part = bytes.subarray(written, written + CHUNK_BYTES);
      slot.bytes.set(part);
      this.#producer.commit(part.length);
      written += part.length;
    }
    return written;
  }

  end(): void {
    // Who closes waits for the peer to leave; who is told or gives up leaves at once.
    if (this.#carrier?.session.isOpen !== true) this.#leave();
  }

  #claim(): RingSlot | null {
    const slot = this.#producer.claim();
    if (slot.ok) return slot;
    this.#bell?.wantRoom();
    const again = this.#producer.claim();
    return again.ok ? again : null;
  }

  #rung(peer: PeerState): void {
    this.#peer = peer;
    if (peer === "awaited") return;
    this.#carrier?.pump();
    this.#take();
  }

  /** Takes chunks until there is none, one must be waited for, or others want the loop. */
  #take(): void {
    for (let count = 0; this.#isOpen && !this.#isTaking; count++) {
      if (count === CHUNKS_AT_ONCE) {
        setImmediate(() => this.#take());
        return;
      }
      const slot = this.#next();
      if (slot === null) {
        // Who left in order has been heard to the end.
        if (this.#peer === "left") this.#lose("the peer left");
        break;
      }
      // Its first message says that the peer listens; being there does not.
      if (this.#carrier === undefined) this.onCome();
      const pending = this.#carrier?.arrived(slot.bytes.subarray(0, slot.byteLength));
      this.#isTaking = true;
      if (pending === undefined) this.#giveBack();
      else
        pending.then(() => {
          this.#giveBack();
          this.#take();
        });
    }
    // Who died is heard as far as that needs no waiting.
    if (this.#peer === "dead") this.#lose("the peer's process ended");
  }

  #next(): RingSlot | null {
    const slot = this.#consumer.take();
    if (slot.ok) return slot;
    this.#bell?.arm();
    const again = this.#consumer.take();
    return again.ok ? again : null;
  }

  #giveBack(): void {
    this.#isTaking = false;
    if (!this.#isOpen) return;
    this.#consumer.release();
    this.#bell?.tellRoom();
  }

  #lose(why: string): void {
    if (!this.#isOpen) return;
    if (this.#carrier === undefined) this.onMissed(why);
    else this.#carrier.ended(why);
    this.#leave();
  }

  #leave(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#stack.dispose();
  }
}
