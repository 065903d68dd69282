/**
 * Link over UCX: InfiniBand, RoCE and what else it finds, and TCP where there is nothing better.
 *
 * Frames are active messages. A transfer is fetched by the receiver with one-sided GETs straight into its slot, several parts at a time, and
 * hashed part by part as they land; the sender's loop has no share in it. Nothing holds back a sender of active messages, so the receiver
 * gives credit for what it has taken, and what has no credit yet counts as queued.
 *
 * Peers must be trusted: whoever connects may read the memory of this process. What ran here is TCP; RDMA needs hardware to be claimed.
 */
import { assert, messageOf } from "@skyvox/core";
import type { Link, LinkTraits } from "./link.ts";
import type { ConnectOptions, ListenOptions } from "./link-address.ts";
import { LinkError } from "./link-error.ts";
import { encodeFrame, HEADER_BYTES, readHeader } from "./link-frame.ts";
import { type Carrier, LinkSession, type Pull, QUEUE_BYTES_MAX, type SessionOptions } from "./link-session.ts";
import { UcxNode, type UcxPeer, type UcxRegion } from "./ucx-node.ts";

/** What UCX promises. */
export const ucxTraits: LinkTraits = {
  isReliable: true,
  isOrdered: true,
  messageBytesMax: 2 ** 16,
  transferBytesMax: 2 ** 30,
  peerDeath: "atOnce",
};

/** A part is hashed while the next ones are on their way. */
const PART_BYTES = 4 * 2 ** 20;
const PARTS_AT_ONCE = 4;
const CREDIT_BYTES = QUEUE_BYTES_MAX / 8;
const ADDRESS_BYTES = 8;

/**
 * Opens a link to a listener, with a worker of its own that ends with it.
 *
 * @throws {LinkError} when nobody listens, or what listens does not speak this version.
 * @throws {SkyvoxError} code "io" when UCX is missing.
 */
export async function connectUcx({ hostname, port, ...rest }: ConnectOptions): Promise<Link> {
  const node = await UcxNode.open({ hostname, port: 0 });
  const { promise, resolve } = Promise.withResolvers<LinkSession>();
  try {
    node.connect(hostname, port, (peer) => {
      const options = { ...rest, kind: "ucx", peer: `${hostname}:${port}`, traits: ucxTraits } as const;
      const carrier = new UcxCarrier(node, peer, options, () => node[Symbol.dispose]());
      resolve(carrier.session);
      return carrier;
    });
  } catch (error) {
    node[Symbol.dispose]();
    throw new LinkError("lost", `ucx ${hostname}:${port}`, messageOf(error), { cause: error });
  }
  const session = await promise;
  session.greet();
  await session.greeted;
  return session;
}

/** Takes links until it is disposed; links that it gave out stay open, and the worker lives as long as one of them does. */
export class UcxListener implements Disposable {
  readonly #node: UcxNode;
  readonly #carriers = new Set<UcxCarrier>();
  #isListening = true;

  /**
   * Starts to listen.
   *
   * @throws {SkyvoxError} code "io" when UCX is missing, "port" when it cannot listen there.
   */
  static async open({ hostname, port, onRefused, ...rest }: ListenOptions): Promise<UcxListener> {
    let listener: UcxListener | undefined;
    const node: UcxNode = await UcxNode.open({
      ...{ hostname, port },
      accept: (peer, address) => {
        assert(listener !== undefined, "events are taken after the node is open");
        const options = { ...rest, kind: "ucx", peer: address, traits: ucxTraits } as const;
        return listener.#take(node, peer, options, onRefused);
      },
    });
    listener = new UcxListener(node);
    return listener;
  }

  private constructor(node: UcxNode) {
    this.#node = node;
  }

  /** The port that was taken. */
  get port(): number {
    return this.#node.port;
  }

  [Symbol.dispose](): void {
    this.#isListening = false;
    for (const carrier of this.#carriers) if (!carrier.isGreeted) carrier.session.terminate();
    this.#endIfIdle();
  }

  #take(
    node: UcxNode,
    peer: number,
    options: Omit<SessionOptions, "carrier">,
    onRefused: (fault: LinkError) => void,
  ): UcxPeer {
    const carrier = new UcxCarrier(node, peer, options, () => {
      this.#carriers.delete(carrier);
      this.#endIfIdle();
    });
    this.#carriers.add(carrier);
    carrier.session.greeted.then(() => {
      carrier.isGreeted = true;
    }, onRefused);
    carrier.session.greet();
    if (!this.#isListening) carrier.session.terminate();
    return carrier;
  }

  #endIfIdle(): void {
    if (!this.#isListening && this.#carriers.size === 0) this.#node[Symbol.dispose]();
  }
}

/** A transfer that is on its way in. */
interface Running {
  readonly pull: Pull;
  readonly region: UcxRegion;
  readonly done: PromiseWithResolvers<bigint>;
  /** Lengths of the parts that have landed, by offset, and wait for those before them. */
  readonly landed: Map<number, number>;
  askedBytes: number;
  inFlight: number;
  fault: LinkError | undefined;
}

class UcxCarrier implements Carrier, UcxPeer {
  readonly session: LinkSession;
  isGreeted = false;
  readonly #node: UcxNode;
  readonly #peer: number;
  readonly #onOver: () => void;
  readonly #running = new Set<Running>();
  readonly #requests = new Map<
    number,
    { readonly running: Running; readonly offset: number; readonly length: number }
  >();
  readonly #announced = new Map<number, UcxRegion>();
  /** Frames that wait for the taker of the one before. */
  readonly #waiting: Uint8Array[] = [];
  #isWaiting = false;
  #isGone = false;
  #nextRequest = 0;
  #postedBytes = 0;
  #creditedBytes = 0;
  #takenBytes = 0;
  #reportedBytes = 0;

  constructor(node: UcxNode, peer: number, options: Omit<SessionOptions, "carrier">, onOver: () => void) {
    this.#node = node;
    this.#peer = peer;
    this.#onOver = onOver;
    this.session = new LinkSession({ ...options, carrier: this });
  }

  get queuedBytes(): number {
    return this.#postedBytes - this.#creditedBytes;
  }

  post(frame: Uint8Array): void {
    if (this.#isGone) return;
    this.#postedBytes += frame.length;
    this.#node.send(this.#peer, frame);
  }

  announce(transfer: number, bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0) return NOTHING;
    const region = this.#node.share(bytes.buffer);
    this.#announced.set(transfer, region);
    const ticket = new Uint8Array(ADDRESS_BYTES + region.rkey.length);
    new DataView(ticket.buffer).setBigUint64(0, region.address + BigInt(bytes.byteOffset), true);
    ticket.set(region.rkey, ADDRESS_BYTES);
    return ticket;
  }

  letGo(transfer: number): void {
    const region = this.#announced.get(transfer);
    if (region !== undefined) this.#node.unshare(region);
    this.#announced.delete(transfer);
  }

  view(): null {
    return null;
  }

  fetch(pull: Pull): Promise<bigint> {
    if (pull.target.length === 0) return Promise.resolve(pull.fill.finish());
    if (pull.ticket.length <= ADDRESS_BYTES) {
      const fault = new LinkError(
        "protocol",
        this.session.name,
        `Cannot fetch from ${this.session.name}: no address, need one`,
      );
      this.session.fail("protocol", "an offer without an address", "one");
      return Promise.reject(fault);
    }
    const region = this.#node.share(pull.target.buffer);
    const done = Promise.withResolvers<bigint>();
    const running: Running = { pull, region, done, landed: new Map(), askedBytes: 0, inFlight: 0, fault: undefined };
    this.#running.add(running);
    this.#ask(running);
    return done.promise;
  }

  abandon(error: LinkError): void {
    for (const running of this.#running) {
      running.fault ??= error;
      this.#settle(running);
    }
  }

  serve(): void {
    this.session.fail("protocol", "a pull", "fetches that need no help");
  }

  finish(): void {
    // Who closes waits for the peer to leave, as its last frames and the end of the connection may overtake one another.
    if (!this.session.isOpen) this.#node.leave(this.#peer, true);
  }

  cut(): void {
    this.#node.leave(this.#peer, false);
  }

  onMessage(bytes: Uint8Array): void {
    if (this.#isWaiting) this.#waiting.push(bytes.slice());
    else this.#take(bytes, false);
  }

  onFetched(request: number, fault: string | null): void {
    const part = this.#requests.get(request);
    assert(part !== undefined, "only what was asked for is fetched");
    this.#requests.delete(request);
    const { running, offset, length } = part;
    running.inFlight--;
    if (fault === null) {
      this.#land(running, offset, length);
    } else {
      this.session.lost(`a fetch failed (${fault})`);
      this.cut();
    }
    this.#settle(running);
  }

  onGone(why: string): void {
    this.#isGone = true;
    this.session.lost(why);
    for (const region of this.#announced.values()) this.#node.unshare(region);
    this.#announced.clear();
    this.#onOver();
  }

  #ask(running: Running): void {
    const { target, ticket } = running.pull;
    const address = new DataView(ticket.buffer, ticket.byteOffset).getBigUint64(0, true);
    while (running.inFlight < PARTS_AT_ONCE && running.askedBytes < target.length) {
      const offset = running.askedBytes;
      const part = target.subarray(offset, offset + PART_BYTES);
      const request = this.#nextRequest++ >>> 0;
      this.#requests.set(request, { running, offset, length: part.length });
      running.inFlight++;
      running.askedBytes += part.length;
      const rkey = ticket.subarray(ADDRESS_BYTES);
      this.#node.fetch({ peer: this.#peer, request, target: part, address: address + BigInt(offset), rkey });
    }
  }

  #land(running: Running, offset: number, length: number): void {
    const { fill } = running.pull;
    running.landed.set(offset, length);
    if (running.fault === undefined) this.#ask(running);
    for (;;) {
      const next = running.landed.get(fill.filledBytes);
      if (next === undefined) return;
      fill.advance(next);
    }
  }

  #settle(running: Running): void {
    const { fill, target } = running.pull;
    const isFull = fill.filledBytes === target.length;
    if (running.inFlight > 0 || (running.fault === undefined && !isFull)) return;
    if (!this.#running.delete(running)) return;
    this.#node.unshare(running.region);
    if (running.fault === undefined) running.done.resolve(fill.finish());
    else running.done.reject(running.fault);
  }

  #take(bytes: Uint8Array, isOwn: boolean): void {
    const pending = this.#frame(bytes, isOwn);
    if (pending === undefined) return;
    this.#isWaiting = true;
    pending.then(() => this.#goOn());
  }

  #goOn(): void {
    this.#isWaiting = false;
    while (!this.#isWaiting) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#take(next, true);
    }
  }

  #frame(bytes: Uint8Array, isOwn: boolean): Promise<void> | undefined {
    if (!this.session.isOpen) return undefined;
    if (bytes.length < HEADER_BYTES) {
      this.session.fail("protocol", `a frame of ${bytes.length} bytes`, "a header");
      return undefined;
    }
    const result = readHeader(bytes);
    if (!result.ok) {
      this.session.fail(result.fault, result.found, result.need);
      return undefined;
    }
    const { header } = result;
    const payload = bytes.subarray(HEADER_BYTES);
    if (payload.length !== header.payloadBytes) {
      this.session.fail("protocol", `${payload.length} bytes behind a header`, `${header.payloadBytes}`);
      return undefined;
    }
    if (header.type === "credit") {
      this.#creditedBytes = Math.max(this.#creditedBytes, Math.min(header.sequence, this.#postedBytes));
      this.session.drained();
      return undefined;
    }
    // The buffer of the node is used again for the next event, while a taker may go on with its message.
    const isMessage = header.type === "message";
    const pending = this.session.receive(header, isMessage && !isOwn ? payload.slice() : payload) ?? undefined;
    if (pending === undefined) this.#taken(bytes.length);
    return pending?.then(() => this.#taken(bytes.length));
  }

  #taken(byteLength: number): void {
    this.#takenBytes += byteLength;
    if (this.#takenBytes - this.#reportedBytes < CREDIT_BYTES || this.#isGone) return;
    this.#reportedBytes = this.#takenBytes;
    this.#node.send(this.#peer, encodeFrame({ type: "credit", checksumKind: "xxh3", sequence: this.#takenBytes }));
  }
}

const NOTHING = new Uint8Array();
