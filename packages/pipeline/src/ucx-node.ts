/**
 * One UCX worker of this process with its progress thread: peers, messages, fetches, registered memory.
 *
 * The thread writes a byte to a socket when something happened; Bun's loop then takes the events and hands each to the peer it is of. All
 * calls return at once. Memory is registered by whole ArrayBuffers, once, so that a pool is registered with its first slot; of those that
 * nothing uses at the moment the oldest is given up when the table is full.
 */
import { type Pointer, ptr, read } from "bun:ffi";
import { assert, SkyvoxError } from "@skyvox/core";
import { EVENT_BYTES, regionLayout, type UcxFunctions, ucxLibrary, ucxText } from "./ucx-library.ts";

/** Hears of one peer. */
export interface UcxPeer {
  /** A message; borrowed until it returns. */
  onMessage(bytes: Uint8Array): void;
  /** A fetch is over: null when the bytes are there, else why not. */
  onFetched(request: number, fault: string | null): void;
  /** The last thing that is heard: nothing touches the memory of its fetches any more. */
  onGone(why: string): void;
}

/** Takes a peer that connected. */
export type UcxAccept = (peer: number, address: string) => UcxPeer;

/** Where bytes are that a peer may fetch. */
export interface UcxRegion {
  readonly address: bigint;
  readonly rkey: Uint8Array;
  readonly index: number;
  uses: number;
}

/** One fetch. */
export interface UcxFetch {
  readonly peer: number;
  readonly request: number;
  readonly target: Uint8Array;
  readonly address: bigint;
  readonly rkey: Uint8Array;
}

const REGIONS_MAX = 64;
/** Longest message, as in `native/ucx/ucx.h`: one of the link with its header. */
const MESSAGE_BYTES_MAX = 73_728;
const eventTypes = { accepted: 1, message: 2, fetched: 3, gone: 4 } as const;

/** A worker with its thread. Disposing it ends its peers; it takes at most half a second. */
export class UcxNode implements Disposable {
  /** Port that is listened on, 0 where nobody listens. */
  readonly port: number;
  readonly #library: UcxFunctions;
  readonly #handle: Pointer;
  readonly #peers = new Map<number, UcxPeer>();
  readonly #regions = new Map<ArrayBufferLike, UcxRegion>();
  readonly #accept: UcxAccept | undefined;
  readonly #event = new Int32Array(new ArrayBuffer(EVENT_BYTES));
  readonly #eventAt = ptr(this.#event);
  readonly #payload = new Uint8Array(new ArrayBuffer(MESSAGE_BYTES_MAX));
  readonly #payloadAt = ptr(this.#payload);
  #wake: { end(): void } | undefined;
  #isOpen = true;

  /**
   * Opens a worker; with `accept` it listens, port 0 takes a free one.
   *
   * @throws {SkyvoxError} code "io" when UCX is missing, or "port" when it cannot listen there.
   */
  static async open(options: {
    readonly hostname: string;
    readonly port: number;
    readonly accept?: UcxAccept;
  }): Promise<UcxNode> {
    const { hostname, port, accept } = options;
    const library = ucxLibrary();
    const [wake, bound, handle] = [new Int32Array(1), new Int32Array(1), new BigUint64Array(1)];
    const wanted = accept === undefined ? -1 : port;
    const status = library.sv_ucx_open(ptr(zeroEnded(hostname)), wanted, ptr(wake), ptr(bound), ptr(handle));
    if (status !== 0) {
      const found = ucxText(library, status);
      throw new SkyvoxError("port", `Cannot open ucx ${hostname}:${port}: ${found}, need a free port and a transport`);
    }
    const node = new UcxNode(library, read.ptr(ptr(handle)) as Pointer, bound[0]!, accept);
    // Bun's types know no descriptor; it goes before the path.
    const socket = { fd: wake[0]!, unix: "", socket: { data: () => node.#takeAll() } };
    node.#wake = await Bun.connect(socket);
    return node;
  }

  private constructor(library: UcxFunctions, handle: Pointer, port: number, accept: UcxAccept | undefined) {
    this.#library = library;
    this.#handle = handle;
    this.port = port;
    this.#accept = accept;
  }

  /**
   * Starts to connect; what comes of it is heard by the peer.
   *
   * @throws {SkyvoxError} code "io" when the address makes no sense.
   */
  connect(hostname: string, port: number, peerOf: (peer: number) => UcxPeer): void {
    const index = new Int32Array(1);
    const status = this.#library.sv_ucx_connect(this.#handle, ptr(zeroEnded(hostname)), port, ptr(index));
    if (status !== 0) {
      const found = ucxText(this.#library, status);
      throw new SkyvoxError("io", `Cannot connect to ucx ${hostname}:${port}: ${found}, need an address`);
    }
    this.#peers.set(index[0]!, peerOf(index[0]!));
  }

  /** Sends a message; it is copied. */
  send(peer: number, bytes: Uint8Array): void {
    assert(bytes.length <= MESSAGE_BYTES_MAX, `a message has at most ${MESSAGE_BYTES_MAX} bytes`);
    this.#check(this.#library.sv_ucx_send(this.#handle, peer, ptr(bytes), bytes.length));
  }

  /** Fetches bytes of a peer; `target` lies in shared memory and is borrowed until `onFetched`. */
  fetch({ peer, request, target, address, rkey }: UcxFetch): void {
    const at = new BigUint64Array([address]);
    const { sv_ucx_fetch } = this.#library;
    this.#check(sv_ucx_fetch(this.#handle, peer, request, ptr(target), target.length, ptr(at), ptr(rkey), rkey.length));
  }

  /** Leaves a peer when what was sent is out; without patience after 50 ms at the latest. */
  leave(peer: number, isPatient: boolean): void {
    if (this.#peers.has(peer)) this.#check(this.#library.sv_ucx_leave(this.#handle, peer, isPatient ? 1 : 0));
  }

  /**
   * Registers the ArrayBuffer that bytes lie in, unless it is, and holds it until `unshare`.
   *
   * @throws {SkyvoxError} code "capacity" when all regions are in use, or the memory cannot be pinned.
   */
  share(buffer: ArrayBufferLike): UcxRegion {
    let region = this.#regions.get(buffer);
    if (region === undefined) {
      if (this.#regions.size >= REGIONS_MAX) this.#giveUpOldest();
      region = this.#register(buffer);
    }
    // The order of the map is that of the last use.
    this.#regions.delete(buffer);
    this.#regions.set(buffer, region);
    region.uses++;
    return region;
  }

  /** Says that one use of a region is over. */
  unshare(region: UcxRegion): void {
    region.uses--;
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#wake?.end();
    this.#library.sv_ucx_close(this.#handle);
    this.#regions.clear();
    for (const peer of this.#peers.values()) peer.onGone("the worker was closed");
  }

  #register(buffer: ArrayBufferLike): UcxRegion {
    const bytes = new Uint8Array(buffer);
    const out = new Uint8Array(new ArrayBuffer(regionLayout.byteLength));
    const status = this.#library.sv_ucx_share(this.#handle, ptr(bytes), bytes.length, ptr(out));
    if (status !== 0) {
      const found = ucxText(this.#library, status);
      throw new SkyvoxError(
        "capacity",
        `Cannot register ${bytes.length} bytes: ${found}, need memory that may be locked`,
      );
    }
    const view = new DataView(out.buffer);
    const rkeyEnd = regionLayout.rkey + view.getUint32(regionLayout.rkeyLength, true);
    return {
      address: view.getBigUint64(regionLayout.address, true),
      rkey: out.slice(regionLayout.rkey, rkeyEnd),
      index: view.getInt32(regionLayout.index, true),
      uses: 0,
    };
  }

  #giveUpOldest(): void {
    for (const [buffer, region] of this.#regions) {
      if (region.uses > 0) continue;
      this.#check(this.#library.sv_ucx_unshare(this.#handle, region.index));
      this.#regions.delete(buffer);
      return;
    }
    throw new SkyvoxError("capacity", `Cannot register memory: ${REGIONS_MAX} regions in use, need one that is not`);
  }

  #takeAll(): void {
    while (this.#isOpen) {
      this.#library.sv_ucx_take(this.#handle, this.#eventAt, this.#payloadAt, MESSAGE_BYTES_MAX);
      const [type = 0, peer = 0, request = 0, status = 0, length = 0] = this.#event;
      if (type === 0) return;
      this.#hear({ type, peer, request: request >>> 0, status, payload: this.#payload.subarray(0, length) });
    }
  }

  #hear(event: { type: number; peer: number; request: number; status: number; payload: Uint8Array }): void {
    const { type, peer, request, status, payload } = event;
    if (type === eventTypes.accepted) {
      assert(this.#accept !== undefined, "only who listens is connected to");
      this.#peers.set(peer, this.#accept(peer, new TextDecoder().decode(payload)));
      return;
    }
    const known = this.#peers.get(peer);
    if (type === eventTypes.message) known?.onMessage(payload);
    if (type === eventTypes.fetched) known?.onFetched(request, status === 0 ? null : ucxText(this.#library, status));
    if (type !== eventTypes.gone) return;
    this.#peers.delete(peer);
    known?.onGone(status === 0 ? "the connection ended" : ucxText(this.#library, status));
  }

  #check(status: number): void {
    assert(status === 0, "the worker takes commands");
  }
}

function zeroEnded(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
