/**
 * A node that is only its web server: it serves the built page and plays the small world of `fake-world.ts` to it.
 *
 * By hand: `bun apps/dashboard/test/fake-node.ts 8090`, then open http://127.0.0.1:8090/.
 */
import type { ServerWebSocket } from "bun";
import { buildDashboard } from "../src/mod.ts";
import { camerasAt, HELLO, snapshotAt, tracksAt, voxelsAt } from "./fake-world.ts";

/** The policy a node sends with the page: nothing inline, nothing from elsewhere. */
export const POLICY = "default-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'";

const TRACKS_HZ = 30;
const EVERY_SLOW = 3;

export interface FakeNode extends Disposable {
  readonly url: string;
  /** Closes all streams; `refusing` keeps new ones out until it is set again. */
  dropStreams(options: { refusing: boolean }): void;
  readonly streamCount: number;
  readonly snapshotCount: number;
}

/** Starts the server on a loopback port. */
export async function openFakeNode(
  options: { voxelCount?: number; port?: number; silent?: boolean } = {},
): Promise<FakeNode> {
  const files = await buildDashboard();
  const sockets = new Set<ServerWebSocket<undefined>>();
  const startMs = performance.now();
  const timeS = (): number => 40 + (performance.now() - startMs) / 1000;
  let refusing = false;
  let snapshotCount = 0;
  let tick = 0;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    fetch(request, self): Response | undefined {
      const url = new URL(request.url);
      if (url.pathname === "/api/v1/stream") {
        if (!refusing && self.upgrade(request)) return undefined;
        return new Response("busy", { status: 503 });
      }
      const camera = /^\/api\/v1\/cameras\/([^/]+)\/snapshot\.png$/.exec(url.pathname)?.[1];
      if (camera !== undefined) {
        snapshotCount++;
        const now = timeS();
        const png = snapshotAt(
          decodeURIComponent(camera),
          now,
          Math.min(960, Number(url.searchParams.get("width") ?? 480)),
        );
        if (!png) return new Response("no such camera", { status: 404 });
        return new Response(png, { headers: { "content-type": "image/png", "skyvox-time-s": now.toFixed(4) } });
      }
      const file = files.get(url.pathname);
      if (!file) return new Response("not found", { status: 404 });
      const headers = {
        "content-type": file.type,
        "content-encoding": "gzip",
        etag: file.etag,
        "content-security-policy": POLICY,
      };
      return new Response(new Uint8Array(file.gzip), { headers });
    },
    websocket: {
      open(socket: ServerWebSocket<undefined>) {
        sockets.add(socket);
        socket.send(JSON.stringify(HELLO));
      },
      message() {},
      close(socket: ServerWebSocket<undefined>) {
        sockets.delete(socket);
      },
    },
  });
  const timer = setInterval(() => {
    if (sockets.size === 0 || options.silent) return;
    const messages: unknown[] = [tracksAt(timeS())];
    if (tick++ % EVERY_SLOW === 0) messages.push(camerasAt(timeS()), voxelsAt(timeS(), options.voxelCount ?? 2_000));
    for (const message of messages) {
      const text = JSON.stringify(message);
      for (const socket of sockets) socket.send(text);
    }
  }, 1000 / TRACKS_HZ);
  return {
    url: `http://127.0.0.1:${server.port}/`,
    dropStreams(drop) {
      refusing = drop.refusing;
      for (const socket of sockets) socket.close();
    },
    get streamCount() {
      return sockets.size;
    },
    get snapshotCount() {
      return snapshotCount;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      void server.stop(true);
    },
  };
}

if (import.meta.main) {
  const node = await openFakeNode({
    port: Number(process.argv[2] ?? 8090),
    voxelCount: Number(process.argv[3] ?? 2_000),
  });
  console.log(node.url);
}
