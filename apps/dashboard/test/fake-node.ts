/**
 * A node that is only its web server: it serves the built page and plays the small world of `fake-world.ts` to it.
 *
 * By hand: `bun apps/dashboard/test/fake-node.ts 8090`, then open http://127.0.0.1:8090/.
 */
import type { ServerWebSocket } from "bun";
import { buildDashboard, type DashboardFile } from "../src/mod.ts";
import { camerasAt, HELLO, snapshotAt, tracksAt, voxelsAt } from "./fake-world.ts";

/** The policy a node sends with the page: nothing inline, nothing from elsewhere. */
export const POLICY = "default-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'";

const TRACKS_HZ = 30;
const EVERY_SLOW = 3;

/** A running server and what a test may do to it. */
export interface FakeNode extends Disposable {
  readonly url: string;
  /** Closes all streams; `refusing` keeps new ones out until it is set again. */
  dropStreams(options: { refusing: boolean }): void;
  readonly streamCount: number;
}

/** How the small world is played. */
export interface FakeNodeOptions {
  readonly voxelCount?: number;
  readonly port?: number;
  /** Says hello and no more. */
  readonly silent?: boolean;
  /** Seconds of the world per second. */
  readonly paceOfTime?: number;
}

type Sockets = Set<ServerWebSocket<undefined>>;

/** Starts the server on a loopback port. */
export async function openFakeNode(options: FakeNodeOptions = {}): Promise<FakeNode> {
  const files = await buildDashboard();
  const sockets: Sockets = new Set();
  const startMs = performance.now();
  const timeS = (): number => 40 + ((performance.now() - startMs) / 1000) * (options.paceOfTime ?? 1);
  let refusing = false;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    fetch(request, self): Response | undefined {
      const url = new URL(request.url);
      if (url.pathname !== "/api/v1/stream") return snapshot(url, timeS()) ?? page(files.get(url.pathname));
      if (!refusing && self.upgrade(request)) return undefined;
      return new Response("busy", { status: 503 });
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
  const timer = options.silent ? undefined : play(sockets, timeS, options.voxelCount ?? 2_000);
  return {
    url: `http://127.0.0.1:${server.port}/`,
    dropStreams(drop) {
      refusing = drop.refusing;
      for (const socket of sockets) socket.close();
    },
    get streamCount() {
      return sockets.size;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      void server.stop(true);
    },
  };
}

/** Sends frame sets at their rate, and with every third one what the cameras and the voxels are like. */
function play(sockets: Sockets, timeS: () => number, voxelCount: number): ReturnType<typeof setInterval> {
  let tick = 0;
  return setInterval(() => {
    if (sockets.size === 0) return;
    const messages: unknown[] = [tracksAt(timeS())];
    if (tick++ % EVERY_SLOW === 0) messages.push(camerasAt(timeS()), voxelsAt(timeS(), voxelCount));
    for (const message of messages) {
      const text = JSON.stringify(message);
      for (const socket of sockets) socket.send(text);
    }
  }, 1000 / TRACKS_HZ);
}

function snapshot(url: URL, timeS: number): Response | null {
  const camera = /^\/api\/v1\/cameras\/([^/]+)\/snapshot\.png$/.exec(url.pathname)?.[1];
  if (camera === undefined) return null;
  const widthPx = Math.min(960, Number(url.searchParams.get("width") ?? 480));
  const png = snapshotAt(decodeURIComponent(camera), timeS, widthPx);
  if (!png) return new Response("no such camera", { status: 404 });
  return new Response(png, { headers: { "content-type": "image/png", "skyvox-time-s": timeS.toFixed(4) } });
}

function page(file: DashboardFile | undefined): Response {
  if (!file) return new Response("not found", { status: 404 });
  const headers = {
    "content-type": file.type,
    "content-encoding": "gzip",
    etag: file.etag,
    "content-security-policy": POLICY,
  };
  return new Response(new Uint8Array(file.gzip), { headers });
}

if (import.meta.main) {
  const [port = "8090", voxelCount = "2000"] = process.argv.slice(2);
  const node = await openFakeNode({ port: Number(port), voxelCount: Number(voxelCount) });
  console.log(node.url);
}
