/**
 * Opens the port: the API, its WebSocket and the dashboard on one server of Bun.
 *
 * It listens on the address it is told, without encryption and without asking who is there: what keeps others out is the loopback
 * address and the guards of `guard.ts`.
 */
import { messageOf, SkyvoxError } from "@skyvox/core";
import type { NodeView } from "../node-view.ts";
import { app } from "./app.ts";
import type { Assets } from "./assets.ts";
import { hostsOf } from "./guard.ts";
import { openMetrics } from "./metrics.ts";
import { openApiDocument } from "./openapi.ts";
import { type StreamClient, StreamHub } from "./stream-hub.ts";

/** A listening API. Disposing it closes every connection, telling stream clients that the node stops. */
export interface ApiServer extends AsyncDisposable {
  /** Address without a slash at its end: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
}

/**
 * Seconds a connection may stay silent. Bun's own 10 s would cut a client that waits between two requests of a slow dashboard; streams
 * have their own limit, see `StreamHub`.
 */
const IDLE_S = 60;
/** Beyond the API's own limit of 1 MB, so that it is the API that refuses; past this one Bun does, with a bare 413. */
const BODY_BYTES_MAX = 64 * 1024 * 1024;

/**
 * Serves the API, the stream and the dashboard.
 *
 * `port` 0 takes any free port. `assets` are the dashboard's files by URL path.
 *
 * @throws {SkyvoxError} "port" when the address cannot be listened on.
 */
export function serveApi(options: {
  readonly view: NodeView;
  readonly assets: Assets;
  readonly port: number;
  readonly hostname: string;
}): ApiServer {
  const { view, assets, hostname } = options;
  const stream = new StreamHub(view);
  const shared = {
    view,
    assets,
    stream,
    metrics: openMetrics(view, stream),
    document: openApiDocument(view.version),
    hosts: hostsOf(hostname),
  };
  const server = listen(options, () =>
    Bun.serve<StreamClient>({
      hostname,
      port: options.port,
      development: false,
      // Without development Bun 1.4.5 would share the port with whoever has it already (SO_REUSEPORT).
      reusePort: false,
      idleTimeout: IDLE_S,
      maxRequestBodySize: BODY_BYTES_MAX,
      websocket: stream.handlers(),
      fetch: (request, server) => app.fetch(request, { ...shared, server }),
    }),
  );
  const port = server.port ?? options.port;
  return {
    url: `http://${addressOf({ hostname, port })}`,
    port,
    async [Symbol.asyncDispose]() {
      stream[Symbol.dispose]();
      await server.stop(true);
    },
  };
}

function listen(
  address: { readonly hostname: string; readonly port: number },
  start: () => Bun.Server<StreamClient>,
): Bun.Server<StreamClient> {
  try {
    return start();
  } catch (error) {
    const [found, wanted] = whyNot(error);
    const message = `Cannot listen on ${addressOf(address)}: ${found}, need ${wanted}`;
    throw new SkyvoxError("port", message, { cause: error });
  }
}

function whyNot(error: unknown): readonly [found: string, wanted: string] {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE") return ["the port is taken", "a free one (--port N, or 0 for any)"];
  if (code === "EACCES") return ["the port is reserved", "one from 1024 on (--port N, or 0 for any)"];
  return [messageOf(error), "an address of this machine"];
}

function addressOf({ hostname, port }: { readonly hostname: string; readonly port: number }): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}
