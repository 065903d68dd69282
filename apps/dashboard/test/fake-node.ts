/**
 * A node that is only its web server: it serves the built page and plays the small world of `fake-world.ts` to it.
 *
 * By hand: `bun apps/dashboard/test/fake-node.ts 8090`, then open http://127.0.0.1:8090/.
 */
import type { ServerWebSocket } from "bun";
import { buildDashboard, type CamerasMessage, type DashboardFile, type TracksMessage } from "../src/mod.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { explanationAt } from "./fake-explanations.ts";
import { historyAt } from "./fake-history.ts";
import { camerasAt, HELLO, MISSED, snapshotAt, tracksAt, voxelsAt } from "./fake-world.ts";

/** The policy a node sends with the page: nothing inline, nothing from elsewhere. */
export const POLICY = "default-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'";

const TRACKS_HZ = 30;
/** World time at which a node starts, seconds. */
export const START_S = 40;
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
  /** False where targets are where they are and nobody says so. */
  readonly knowsTruth?: boolean;
  /** True where a sixth target flies that has no track. */
  readonly missesOne?: boolean;
  /** Seconds of the world after which the recording ends; endless without. */
  readonly endsAfterS?: number;
  /** World time that the node's history goes back to, seconds. */
  readonly firstS?: number;
  /** The cluster it is part of; alone without. */
  readonly cluster?: FakeCluster;
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
  const timeS = (): number => {
    const flownS = ((performance.now() - startMs) / 1000) * (options.paceOfTime ?? 1);
    return START_S + Math.min(flownS, options.endsAfterS ?? Number.POSITIVE_INFINITY);
  };
  const past = () => ({ firstS: options.firstS ?? 0, lastS: timeS(), step: (at: number) => step(at, options) });
  const ofCluster = options.cluster ?? new FakeCluster(1);
  let refusing = false;
  const server = Bun.serve({
    idleTimeout: 0,
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    fetch(request, self): Response | undefined {
      const url = new URL(request.url);
      if (url.pathname !== "/api/v1/stream") {
        return (
          ofCluster.answer(url.pathname, request.signal) ??
          historyAt(url, past()) ??
          explanationAt(url, timeS()) ??
          snapshot(url, timeS()) ??
          page(files.get(url.pathname))
        );
      }
      if (!refusing && self.upgrade(request)) return undefined;
      return new Response("busy", { status: 503 });
    },
    websocket: {
      open(socket: ServerWebSocket<undefined>) {
        sockets.add(socket);
        socket.send(JSON.stringify({ ...HELLO, hasTruth: options.knowsTruth !== false }));
        if (options.silent) return;
        // As a node does: the state as it stands, which is all there is once a recording has ended.
        for (const message of [report(timeS(), options), step(timeS(), options)]) socket.send(JSON.stringify(message));
      },
      message() {},
      close(socket: ServerWebSocket<undefined>) {
        sockets.delete(socket);
      },
    },
  });
  const timer = options.silent ? undefined : play(sockets, timeS, options);
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
function play(sockets: Sockets, timeS: () => number, options: FakeNodeOptions): ReturnType<typeof setInterval> {
  const { voxelCount = 2_000 } = options;
  let tick = 0;
  let toldEnd = false;
  return setInterval(() => {
    if (sockets.size === 0 || toldEnd) return;
    toldEnd = hasEnded(timeS(), options);
    const messages: unknown[] = [step(timeS(), options)];
    if (tick++ % EVERY_SLOW === 0 || toldEnd) messages.push(report(timeS(), options), voxelsAt(timeS(), voxelCount));
    for (const message of messages) {
      const text = JSON.stringify(message);
      for (const socket of sockets) socket.send(text);
    }
  }, 1000 / TRACKS_HZ);
}

function hasEnded(timeS: number, { endsAfterS = Number.POSITIVE_INFINITY }: FakeNodeOptions): boolean {
  return timeS >= START_S + endsAfterS;
}

function report(timeS: number, options: FakeNodeOptions): CamerasMessage {
  const message = camerasAt(timeS);
  if (!hasEnded(timeS, options)) return message;
  return { ...message, cameras: message.cameras.map((camera) => ({ ...camera, state: "ended" as const })) };
}

function step(timeS: number, { knowsTruth = true, missesOne = false }: FakeNodeOptions): TracksMessage {
  const { truth = [], score, ...rest } = tracksAt(timeS);
  if (!knowsTruth) return rest;
  return { ...rest, truth: missesOne ? [...truth, MISSED] : truth, ...(score && { score }) };
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
  const node = await openFakeNode({
    port: Number(port),
    voxelCount: Number(voxelCount),
    missesOne: true,
    cluster: new FakeCluster(3),
  });
  console.log(node.url);
}
