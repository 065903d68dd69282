/**
 * Sends the node's messages to its WebSocket clients, and keeps a slow one from costing memory.
 *
 * Each message becomes text once, however many clients there are. What a client has not read yet waits in its socket: past
 * `WAITING_BYTES_SOFT` it gets no more voxels and cameras (the next one replaces them anyway), past `WAITING_BYTES_MAX` it is closed with
 * code 1013, so that it connects again and starts from the present. The hub listens to the node only while somebody listens to the hub.
 */
import type { StreamMessage } from "@skyvox/dashboard";
import type { NodeView } from "../node-view.ts";

export const streamTopics = ["tracks", "voxels", "cameras"] as const;
export type StreamTopic = (typeof streamTopics)[number];

/** What the hub keeps of one connection: the topics it asked for. */
export interface StreamClient {
  readonly topics: ReadonlySet<StreamTopic>;
}

type Socket = Bun.ServerWebSocket<StreamClient>;

/** Clients served at once; one more is refused. */
export const STREAM_CLIENTS_MAX = 64;
const WAITING_BYTES_SOFT = 512 * 1024;
/** A full list of voxels (about 1 MB) and a second of tracks fit in. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
/** Seconds without a sign of life, pings included, after which a client counts as gone. */
const IDLE_S = 30;
const RECEIVED_BYTES_MAX = 1024;

const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;
const GOING_AWAY = 1001;

/** Fans the node's messages out to WebSocket clients. Owns its subscription to the view and, while open, the sockets. */
export class StreamHub implements Disposable {
  readonly #view: NodeView;
  readonly #sockets = new Set<Socket>();
  readonly #dropped: Record<StreamTopic, number> = { tracks: 0, voxels: 0, cameras: 0 };
  #closedSlow = 0;
  #unsubscribe: (() => void) | null = null;

  constructor(view: NodeView) {
    this.#view = view;
  }

  get clientCount(): number {
    return this.#sockets.size;
  }

  /** Messages not sent to slow clients since start. */
  get droppedTotal(): Readonly<Record<StreamTopic, number>> {
    return this.#dropped;
  }

  get closedSlowTotal(): number {
    return this.#closedSlow;
  }

  /** Returns what `Bun.serve` calls for its sockets. */
  handlers(): Bun.WebSocketHandler<StreamClient> {
    return {
      maxPayloadLength: RECEIVED_BYTES_MAX,
      backpressureLimit: WAITING_BYTES_MAX,
      idleTimeout: IDLE_S,
      sendPings: true,
      open: (socket) => this.#open(socket),
      message: (socket) => socket.close(POLICY_VIOLATION, "The stream takes no messages"),
      close: (socket) => this.#close(socket),
    };
  }

  [Symbol.dispose](): void {
    for (const socket of [...this.#sockets]) socket.close(GOING_AWAY, "The node stops");
  }

  #open(socket: Socket): void {
    socket.send(JSON.stringify(this.#view.hello()));
    // The state as it stands: a client of a node whose recording has ended would otherwise never see any.
    for (const message of [this.#view.cameras(), this.#view.tracks()]) {
      if (message !== null && socket.data.topics.has(message.type)) socket.send(JSON.stringify(message));
    }
    this.#sockets.add(socket);
    this.#unsubscribe ??= this.#view.subscribe((message) => this.#broadcast(message));
  }

  #close(socket: Socket): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }

  #broadcast(message: StreamMessage): void {
    const wanting = [...this.#sockets].filter(({ data }) => message.type === "hello" || data.topics.has(message.type));
    if (wanting.length === 0) return;
    const text = JSON.stringify(message);
    for (const socket of wanting) this.#send(socket, message.type, text);
  }

  #send(socket: Socket, type: StreamMessage["type"], text: string): void {
    const waitingBytes = socket.getBufferedAmount();
    if (waitingBytes > WAITING_BYTES_SOFT && (type === "voxels" || type === "cameras")) {
      this.#dropped[type] += 1;
    } else if (waitingBytes > WAITING_BYTES_MAX) {
      this.#closedSlow += 1;
      if (type !== "hello") this.#dropped[type] += 1;
      socket.close(TRY_AGAIN_LATER, `Read too slowly: ${waitingBytes} bytes wait, need at most ${WAITING_BYTES_MAX}`);
    } else {
      socket.send(text);
    }
  }
}
