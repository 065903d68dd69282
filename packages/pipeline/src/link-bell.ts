/**
 * Binds the bell of a link through shared memory (`native/link-bell.h`) to Bun's loop.
 *
 * A native thread sleeps where the loop must not; what it finds comes as a byte on a socket, and then `onRing` is called with what is known
 * of the peer.
 */
import { dlopen, FFIType, type Pointer, ptr } from "bun:ffi";
import { join } from "node:path";
import { assert } from "@skyvox/core";
import type { SharedSegment } from "./shared-segment.ts";

const { i32, ptr: pointer, void: nothing } = FFIType;
const libraryPath = join(import.meta.dir, "..", "build", "libskyvox_pipeline.so");

const functions = {
  svp_bell_open: { args: [pointer, i32, i32, i32, pointer, pointer], returns: i32 },
  svp_bell_hear: { args: [pointer], returns: i32 },
  svp_bell_arm: { args: [pointer], returns: nothing },
  svp_bell_want_room: { args: [pointer], returns: nothing },
  svp_bell_tell_room: { args: [pointer], returns: nothing },
  svp_bell_close: { args: [pointer], returns: i32 },
} as const;

let bound: ReturnType<typeof dlopen<typeof functions>>["symbols"] | undefined;

/** What is known of the peer; the index is what the library returns. */
const peerStates = ["awaited", "here", "left", "dead"] as const;
/** Nobody has joined yet, somebody is there, has left in order, or was there when its process ended. */
export type PeerState = (typeof peerStates)[number];

/** Which rings of the segment, and whose life. */
export interface BellOptions {
  readonly segment: SharedSegment;
  /** Part that is read here. */
  readonly partIn: number;
  /** Part that the peer reads. */
  readonly partOut: number;
  /** Participant. */
  readonly peer: number;
  readonly onRing: (peer: PeerState) => void;
}

/** A bell; disposed of before its segment. */
export class LinkBell implements Disposable {
  readonly #segment: SharedSegment;
  readonly #pointer: Pointer;
  readonly #library = bell();
  #socket: { end(): void } | undefined;
  #isOpen = true;

  /**
   * Starts to listen.
   *
   * @throws {SkyvoxError} code "capacity" when a thread or a socket cannot be had.
   */
  static async open({ segment, partIn, partOut, peer, onRing }: BellOptions): Promise<LinkBell> {
    const fd = new Int32Array(1);
    const pointer = segment.openHandle((at, out) => bell().svp_bell_open(at, partIn, partOut, peer, ptr(fd), out));
    const opened = new LinkBell(segment, pointer);
    const hear = (): void => {
      if (opened.#isOpen) onRing(peerStates[opened.#library.svp_bell_hear(pointer)] ?? "dead");
    };
    // Bun's types know no descriptor; it goes before the path.
    const socket = { fd: fd[0]!, unix: "", socket: { data: hear } };
    opened.#socket = await Bun.connect(socket);
    return opened;
  }

  private constructor(segment: SharedSegment, pointer: Pointer) {
    this.#segment = segment;
    this.#pointer = pointer;
  }

  /** Asks for a ring at the next message; whoever asks looks once more after it. */
  arm(): void {
    assert(this.#isOpen, "the bell is open");
    this.#library.svp_bell_arm(this.#pointer);
  }

  /** Asks for a ring when the peer has given slots back; whoever asks tries once more after it. */
  wantRoom(): void {
    assert(this.#isOpen, "the bell is open");
    this.#library.svp_bell_want_room(this.#pointer);
  }

  /** Wakes a peer that waits for the slots that were given back. */
  tellRoom(): void {
    assert(this.#isOpen, "the bell is open");
    this.#library.svp_bell_tell_room(this.#pointer);
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#socket?.end();
    this.#segment.closeHandle(() => this.#library.svp_bell_close(this.#pointer));
  }
}

/** The library was loaded by the segment already, so that what is wrong with it has been said. */
function bell() {
  bound ??= dlopen(libraryPath, functions).symbols;
  return bound;
}
