/**
 * The line to the node: one WebSocket, opened again with growing pauses, and what it said since the page last looked.
 *
 * Frame sets queue up to QUEUE_MAX and then drop the oldest; of voxels and cameras only the newest is kept, for each replaces the one
 * before. So a page in a background tab holds a bounded amount. The file reads no clock and opens no socket itself: see `StreamPorts`.
 */
import type { CamerasMessage, HelloMessage, StreamMessage, TracksMessage, VoxelsMessage } from "../messages.ts";

/** Connection as a person should see it; `waiting` has a pause that ends at `retryAtMs`, `stalled` is open but silent. */
export type LinkState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "stalled" }
  | { readonly kind: "waiting"; readonly retryAtMs: number; readonly attempt: number };

/** What a socket tells; after `close` it may tell no more. */
export interface SocketEvents {
  readonly opened: () => void;
  readonly told: (data: unknown) => void;
  readonly closed: () => void;
}

/** The world outside: a clock, a timer, chance and sockets. */
export interface StreamPorts {
  nowMs(): number;
  random(): number;
  /** Calls back once after a delay; the returned function calls it off. */
  after(delayMs: number, call: () => void): () => void;
  /** Opens a socket; the returned function closes it. */
  open(events: SocketEvents): () => void;
}

const PAUSE_MS_MIN = 250;
const PAUSE_MS_MAX = 8_000;
const STALLED_MS = 3_000;
/** An attempt that is neither open nor refused by then is given up. */
const OPEN_MS_MAX = 6_000;
export const QUEUE_MAX = 300;

/** The stream of one page. */
export class Stream implements Disposable {
  state: LinkState = { kind: "connecting" };
  /** Frame sets that were dropped because the page did not look for too long. */
  dropped = 0;
  private readonly ports: StreamPorts;
  private closeSocket: () => void = () => {};
  /** Counts sockets, so that a late word of an old one is not taken for the new one's. */
  private generation = 0;
  private attempt = 0;
  private lastMessageMs = 0;
  private cancelTimer: () => void = () => {};
  private disposed = false;
  private hello: HelloMessage | null = null;
  private tracks: TracksMessage[] = [];
  private voxels: VoxelsMessage | null = null;
  private cameras: CamerasMessage | null = null;

  constructor(ports: StreamPorts) {
    this.ports = ports;
    this.connect();
  }

  /** Hands over what was said since the last call: `hello` first, then cameras, frame sets in order, voxels. */
  drain(take: (message: StreamMessage) => void): void {
    const { hello, cameras, tracks, voxels } = this;
    this.hello = null;
    this.cameras = null;
    this.voxels = null;
    this.tracks = [];
    if (hello) take(hello);
    if (cameras) take(cameras);
    for (const message of tracks) take(message);
    if (voxels) take(voxels);
    if (this.state.kind === "live" && this.ports.nowMs() - this.lastMessageMs > STALLED_MS)
      this.state = { kind: "stalled" };
  }

  /** Ends a pause at once; without one nothing happens. */
  retryNow(): void {
    if (this.state.kind === "waiting") this.connect();
  }

  [Symbol.dispose](): void {
    this.disposed = true;
    this.cancelTimer();
    this.drop();
  }

  private connect(): void {
    if (this.disposed) return;
    this.cancelTimer();
    this.state = { kind: "connecting" };
    this.cancelTimer = this.ports.after(OPEN_MS_MAX, () => this.pause());
    const generation = ++this.generation;
    const ifCurrent = (call: () => void): void => {
      if (generation === this.generation) call();
    };
    this.closeSocket = this.ports.open({
      opened: () => ifCurrent(() => this.cancelTimer()),
      told: (data) => ifCurrent(() => this.receive(data)),
      closed: () => ifCurrent(() => this.pause()),
    });
  }

  private receive(data: unknown): void {
    const message = parse(data);
    // A node of another version is on the other side: try again later rather than show half of what it says.
    if (!message) {
      this.pause();
      return;
    }
    this.lastMessageMs = this.ports.nowMs();
    this.attempt = 0;
    this.state = { kind: "live" };
    if (message.type === "tracks") this.queue(message);
    else if (message.type === "voxels") this.voxels = message;
    else if (message.type === "cameras") this.cameras = message;
    else {
      this.hello = message;
      this.tracks = [];
      this.voxels = null;
      this.cameras = null;
    }
  }

  private queue(message: TracksMessage): void {
    this.tracks.push(message);
    if (this.tracks.length <= QUEUE_MAX) return;
    this.tracks.shift();
    this.dropped++;
  }

  private pause(): void {
    this.drop();
    if (this.disposed) return;
    this.cancelTimer();
    const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** this.attempt) * (0.8 + 0.4 * this.ports.random());
    this.attempt = Math.min(this.attempt + 1, 16);
    this.state = { kind: "waiting", retryAtMs: this.ports.nowMs() + pauseMs, attempt: this.attempt };
    this.cancelTimer = this.ports.after(pauseMs, () => this.connect());
  }

  private drop(): void {
    this.generation++;
    this.closeSocket();
    this.closeSocket = () => {};
  }
}

const TYPES: ReadonlySet<unknown> = new Set(["hello", "tracks", "voxels", "cameras"]);

function parse(data: unknown): StreamMessage | null {
  if (typeof data !== "string") return null;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  return isMessage(value) ? value : null;
}

/** Trusts the rest of a message by its type: both ends come from the same build. */
function isMessage(value: unknown): value is StreamMessage {
  return typeof value === "object" && value !== null && "type" in value && TYPES.has(value.type);
}
