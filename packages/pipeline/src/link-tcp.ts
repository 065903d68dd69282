/**
 * Link over TCP, through Bun's sockets: everywhere available, reliable, in order. Large transfers under XXH3 go beside them
 * (`link-bulk.ts`), where the peer can be reached on a second port.
 *
 * The end of the peer's process closes the connection: the kernel does that whatever kills it. A cable that is pulled shows only to
 * who listens for heartbeats above.
 */
import { messageOf } from "@skyvox/core";
import type { Socket, TCPSocketListener } from "bun";
import type { Link, LinkTraits } from "./link.ts";
import type { ConnectOptions, EndOptions, ListenOptions } from "./link-address.ts";
import { type BulkAddresses, BulkSideWay } from "./link-bulk.ts";
import { LinkError } from "./link-error.ts";
import { StreamCarrier } from "./link-stream.ts";

/** What TCP promises. */
export const tcpTraits: LinkTraits = {
  isReliable: true,
  isOrdered: true,
  messageBytesMax: 2 ** 20,
  transferBytesMax: 2 ** 30,
  peerDeath: "atOnce",
};

/**
 * Opens a link to a listener.
 *
 * @throws {LinkError} when nobody listens, or what listens does not speak this version.
 */
export async function connectTcp({ hostname, port, ...rest }: ConnectOptions): Promise<Link> {
  let socket: Socket<StreamCarrier> | undefined;
  const carrier = carrierOf({ ...rest, peer: `${hostname}:${port}` }, () => socket);
  const { session } = carrier;
  try {
    socket = await Bun.connect({ hostname, port, data: carrier, socket: handlers });
  } catch (error) {
    const found = messageOf(error);
    throw new LinkError("lost", session.name, `Cannot connect to ${session.name}: ${found}, need a listener`, {
      cause: error,
    });
  }
  await session.greeted;
  return session;
}

/** Takes links until it is disposed; links that it gave out stay open. */
export class TcpListener implements Disposable {
  readonly #server: TCPSocketListener<StreamCarrier>;
  readonly #strangers = new Set<StreamCarrier>();

  /** @throws when the address cannot be listened on. */
  constructor({ hostname, port, onRefused, ...rest }: ListenOptions) {
    const open = (socket: Socket<StreamCarrier>): void => {
      const peer = `${socket.remoteAddress}:${socket.remotePort}`;
      const carrier = carrierOf({ ...rest, peer }, () => socket);
      socket.data = carrier;
      this.#strangers.add(carrier);
      carrier.session.greeted.catch(onRefused).finally(() => this.#strangers.delete(carrier));
      handlers.open(socket);
    };
    this.#server = Bun.listen<StreamCarrier>({ hostname, port, socket: { ...handlers, open } });
  }

  /** The port that was taken. */
  get port(): number {
    return this.#server.port;
  }

  [Symbol.dispose](): void {
    this.#server.stop();
    for (const stranger of this.#strangers) stranger.session.terminate();
  }
}

function carrierOf(
  options: EndOptions & { readonly peer: string },
  socketOf: () => Socket<StreamCarrier> | undefined,
): StreamCarrier {
  const addresses = (): BulkAddresses | null => {
    const socket = socketOf();
    return socket === undefined ? null : { local: socket.localAddress, remote: socket.remoteAddress };
  };
  const side = options.checksum === "xxh3" ? { side: new BulkSideWay(addresses) } : {};
  return new StreamCarrier({ ...options, kind: "tcp", traits: tcpTraits }, side);
}

const handlers = {
  binaryType: "uint8array",
  open: (socket: Socket<StreamCarrier>) => {
    socket.setNoDelay(true);
    socket.data.opened({ write: (bytes) => socket.write(bytes), end: () => socket.end() });
  },
  data: (socket: Socket<StreamCarrier>, chunk: Uint8Array) => {
    const pending = socket.data.arrived(chunk);
    if (pending === undefined) return;
    socket.pause();
    pending.then(() => socket.resume());
  },
  drain: (socket: Socket<StreamCarrier>) => socket.data.pump(),
  close: (socket: Socket<StreamCarrier>, error?: Error) =>
    socket.data.ended(error === undefined ? "the connection ended" : messageOf(error)),
  error: (socket: Socket<StreamCarrier>, error: Error) => {
    socket.data.session.terminate();
    throw error;
  },
} as const;
