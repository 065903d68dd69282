/**
 * The side way of a TCP link: large transfers on a connection of their own, from slot to slot, by native threads (`native/tcp/bulk.h`).
 *
 * The loop neither copies nor hashes them. An offer carries the port and the key of the sender's bulk socket; the receiver connects to it at
 * the address of the link and asks. Where that fails, as behind a firewall that lets one port through, the bytes come through the
 * link itself, and no second connection is tried.
 */
import { dlopen, FFIType, type Pointer, ptr, read } from "bun:ffi";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Pull } from "./link-session.ts";
import type { SideWay } from "./link-stream.ts";

const { f64, i32, u32, ptr: pointer, void: nothing } = FFIType;
const libraryPath = join(import.meta.dir, "..", "build", "libskyvox_pipeline.so");

const functions = {
  svt_sender_open: { args: [pointer, pointer, pointer, pointer], returns: i32 },
  svt_sender_offer: { args: [pointer, u32, pointer, f64], returns: i32 },
  svt_sender_withdraw: { args: [pointer, u32], returns: i32 },
  svt_sender_close: { args: [pointer], returns: i32 },
  svt_receiver_open: { args: [pointer, i32, pointer, pointer, pointer], returns: i32 },
  svt_receiver_fetch: { args: [pointer, u32, pointer, f64, u32], returns: i32 },
  svt_receiver_take: { args: [pointer, pointer], returns: nothing },
  svt_receiver_close: { args: [pointer], returns: i32 },
} as const;

type BulkFunctions = ReturnType<typeof dlopen<typeof functions>>["symbols"];

/** Below this a request of its own takes longer than the bytes. */
const BULK_BYTES_MIN = 2 ** 20;
const KEY_BYTES = 16;
/** u16 port, key. */
const TICKET_BYTES = 2 + KEY_BYTES;
const RESULT_BYTES = 24;
const SEED_MODULUS = 2 ** 32;
const NOTHING = new Uint8Array();

let bound: BulkFunctions | null | undefined;

/** Addresses of the two ends of the link. */
export interface BulkAddresses {
  readonly local: string;
  readonly remote: string;
}

/** Both directions of one link; sockets and threads are made when the first transfer needs them. */
export class BulkSideWay implements SideWay {
  readonly #addresses: () => BulkAddresses | null;
  #sender: BulkSender | null | undefined;
  #receiver: BulkReceiver | null | undefined;
  #isOpen = true;

  /** @param addresses are asked for when they are needed; null while the link has no socket. */
  constructor(addresses: () => BulkAddresses | null) {
    this.#addresses = addresses;
  }

  announce(transfer: number, bytes: Uint8Array): Uint8Array {
    if (!this.#isOpen || bytes.length < BULK_BYTES_MIN) return NOTHING;
    const { local } = this.#addresses() ?? {};
    if (local === undefined) return NOTHING;
    if (this.#sender === undefined) this.#sender = BulkSender.open(local);
    return this.#sender?.offer(transfer, bytes) ?? NOTHING;
  }

  letGo(transfer: number): void {
    this.#sender?.withdraw(transfer);
  }

  fetch(pull: Pull): Promise<bigint | null> | null {
    const { ticket, kind } = pull;
    if (!this.#isOpen || ticket.length !== TICKET_BYTES || kind !== "xxh3" || pull.target.length < BULK_BYTES_MIN)
      return null;
    const { remote } = this.#addresses() ?? {};
    if (remote === undefined) return null;
    if (this.#receiver === undefined) this.#receiver = BulkReceiver.open(remote, ticket);
    return this.#receiver?.fetch(pull) ?? null;
  }

  view(): null {
    return null;
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#sender?.[Symbol.dispose]();
    this.#receiver?.[Symbol.dispose]();
  }
}

/** The socket that the peer fetches from. */
class BulkSender implements Disposable {
  readonly #library: BulkFunctions;
  readonly #pointer: Pointer;
  readonly #ticket: Uint8Array;
  /** Held, because the thread knows their addresses only. */
  readonly #offered = new Map<number, Uint8Array>();

  /** At most one: settled while the thread was about to be done with it, and held until it takes up another. */
  readonly #lingering: Uint8Array[] = [];

  static open(local: string): BulkSender | null {
    const library = bulkLibrary();
    if (library === null) return null;
    const ticket = new Uint8Array(new ArrayBuffer(TICKET_BYTES));
    const key = crypto.getRandomValues(new Uint8Array(new ArrayBuffer(KEY_BYTES)));
    const [port, out] = [new Int32Array(1), new BigUint64Array(1)];
    if (library.svt_sender_open(ptr(zeroEnded(local)), ptr(key), ptr(port), ptr(out)) !== 0) return null;
    new DataView(ticket.buffer).setUint16(0, port[0]!, true);
    ticket.set(key, 2);
    return new BulkSender(library, read.ptr(ptr(out)) as Pointer, ticket);
  }

  private constructor(library: BulkFunctions, at: Pointer, ticket: Uint8Array) {
    this.#library = library;
    this.#pointer = at;
    this.#ticket = ticket;
  }

  offer(transfer: number, bytes: Uint8Array): Uint8Array {
    if (this.#library.svt_sender_offer(this.#pointer, transfer, ptr(bytes), bytes.length) !== 0) return NOTHING;
    this.#offered.set(transfer, bytes);
    return this.#ticket;
  }

  withdraw(transfer: number): void {
    const bytes = this.#offered.get(transfer);
    if (bytes === undefined) return;
    this.#offered.delete(transfer);
    if (this.#library.svt_sender_withdraw(this.#pointer, transfer) === 1) this.#lingering[0] = bytes;
  }

  [Symbol.dispose](): void {
    this.#library.svt_sender_close(this.#pointer);
    this.#offered.clear();
    this.#lingering.length = 0;
  }
}

interface Running {
  /** Held, because the thread knows its address only. */
  readonly target: Uint8Array;
  readonly resolve: (hash: bigint | null) => void;
}

/** The connection to the socket of the peer. */
class BulkReceiver implements Disposable {
  readonly #library: BulkFunctions;
  readonly #pointer: Pointer;
  readonly #running = new Map<number, Running>();
  readonly #result = new DataView(new ArrayBuffer(RESULT_BYTES));
  readonly #key: Uint8Array;
  #wake: { end(): void } | undefined;
  #isOpen = true;
  #isBroken = false;

  static open(remote: string, ticket: Uint8Array): BulkReceiver | null {
    const library = bulkLibrary();
    if (library === null) return null;
    const key = ticket.slice(2);
    const port = new DataView(ticket.buffer, ticket.byteOffset).getUint16(0, true);
    const [wake, out] = [new Int32Array(1), new BigUint64Array(1)];
    const status = library.svt_receiver_open(ptr(zeroEnded(remote)), port, ptr(key), ptr(wake), ptr(out));
    if (status !== 0) return null;
    const receiver = new BulkReceiver(library, read.ptr(ptr(out)) as Pointer, ticket);
    // Bun's types know no descriptor; it goes before the path.
    const socket = { fd: wake[0]!, unix: "", socket: { data: () => receiver.#takeAll() } };
    Bun.connect(socket).then((opened) => {
      receiver.#wake = opened;
      if (receiver.#isOpen) receiver.#takeAll();
      else opened.end();
    });
    return receiver;
  }

  private constructor(library: BulkFunctions, at: Pointer, key: Uint8Array) {
    this.#library = library;
    this.#pointer = at;
    this.#key = key;
  }

  /** Fills a target; resolves to its hash, or to null when the bytes did not come this way. */
  fetch({ transfer, ticket, target, sequence }: Pull): Promise<bigint | null> | null {
    if (this.#isBroken || Buffer.compare(ticket, this.#key) !== 0) return null;
    const { svt_receiver_fetch } = this.#library;
    const seed = sequence % SEED_MODULUS;
    if (svt_receiver_fetch(this.#pointer, transfer, ptr(target), target.length, seed) !== 0) return null;
    return new Promise((resolve) => this.#running.set(transfer, { target, resolve }));
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#wake?.end();
    this.#library.svt_receiver_close(this.#pointer);
    for (const { resolve } of this.#running.values()) resolve(null);
    this.#running.clear();
  }

  #takeAll(): void {
    const result = this.#result;
    while (this.#isOpen) {
      this.#library.svt_receiver_take(this.#pointer, ptr(result));
      if (result.getUint32(16, true) === 0) return;
      const [transfer, isFull] = [result.getUint32(0, true), result.getInt32(4, true) === 0];
      if (!isFull) this.#isBroken = true;
      const running = this.#running.get(transfer);
      this.#running.delete(transfer);
      running?.resolve(isFull ? result.getBigUint64(8, true) : null);
    }
  }
}

/** Returns the functions, or null where the native library is not built: everything goes through the link then. */
function bulkLibrary(): BulkFunctions | null {
  if (bound === undefined) bound = existsSync(libraryPath) ? dlopen(libraryPath, functions).symbols : null;
  return bound;
}

function zeroEnded(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
