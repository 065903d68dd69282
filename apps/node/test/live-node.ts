/**
 * A node that runs live, and what tests ask of it: its stream, its backends, its worker, and which tracks are on which target of the
 * simulated scene.
 */

import { distance } from "@skyvox/core";
import type { CamerasMessage, StreamMessage, TracksMessage } from "@skyvox/dashboard";
import type { Backends } from "../src/node-view.ts";
import { type Environment, lineMatching, startNode } from "./run-node.ts";

/** A GPU simulated in software takes a minute to be ready. */
const LASTS_MS_MAX = 240_000;

/** A live node on a free port. Disposing it asks it to terminate. */
export interface LiveNode extends AsyncDisposable {
  readonly url: string;
  readonly child: ReturnType<typeof startNode>;
}

/** Starts a node and waits until it serves. */
export async function liveNode(flags: readonly string[], environment: Environment = {}): Promise<LiveNode> {
  const child = startNode(["--role", "master", "--port", "0", ...flags], LASTS_MS_MAX, environment);
  const [, url = ""] = await lineMatching(child.stdout, /dashboard (http:\S+)\n/);
  return {
    url,
    child,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}

/** Reads messages of tracks until one is as wanted; what else must hold may be asked of the node meanwhile. */
export async function tracksWhere(
  url: string,
  wanted: (message: TracksMessage) => boolean | Promise<boolean>,
): Promise<TracksMessage> {
  return await messageWhere(url, async (message) =>
    message.type === "tracks" && (await wanted(message)) ? message : null,
  );
}

/** Reads messages of cameras until one is as wanted. */
export async function camerasWhere(url: string, wanted: (message: CamerasMessage) => boolean): Promise<CamerasMessage> {
  return await messageWhere(url, async (message) => (message.type === "cameras" && wanted(message) ? message : null));
}

async function messageWhere<T>(url: string, choose: (message: StreamMessage) => Promise<T | null>): Promise<T> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/stream`);
  try {
    return await new Promise((resolve, reject) => {
      socket.onmessage = async ({ data }) => {
        const chosen = await choose(JSON.parse(String(data)) as StreamMessage);
        if (chosen !== null) resolve(chosen);
      };
      socket.onclose = ({ reason }) => reject(new Error(`the stream closed: ${reason}`));
    });
  } finally {
    socket.close();
  }
}

/** The processes of a node's worker and of the one that stands by. */
export interface Workers {
  readonly processId: number;
  readonly spareProcessId: number | null;
}

/** What the node says of its worker, and of another that stands by. */
export async function workerOf(url: string): Promise<Workers> {
  const ready = (await (await fetch(`${url}/readyz`)).json()) as { checks: { name: string; detail: string }[] };
  const detail = ready.checks.find(({ name }) => name === "worker")?.detail ?? "";
  const [, worker, spare] = /^process (\d+)(?:, process (\d+) stands by)?$/.exec(detail) ?? [];
  return { processId: Number(worker), spareProcessId: spare === undefined ? null : Number(spare) };
}

/** The process that reads the sources. */
export async function cameraProcessOf(url: string): Promise<number> {
  const ready = (await (await fetch(`${url}/readyz`)).json()) as { checks: { name: string; detail: string }[] };
  const detail = ready.checks.find(({ name }) => name === "cameras")?.detail ?? "";
  return Number(/read by process (\d+)$/.exec(detail)?.[1]);
}

/** The confirmed tracks that are on a target of the simulated scene, within half a metre: its name by the track's id. */
export function followed({ tracks, truth = [] }: TracksMessage): Map<number, string> {
  const names = new Map<number, string>();
  for (const { id, state, positionM } of tracks) {
    const target = truth.find((target) => distance(target.positionM, positionM) < 0.5);
    if (state === "confirmed" && target !== undefined) names.set(id, target.name);
  }
  return names;
}

/** Waits until a worker stands by, and returns its process. */
export async function spareOf(url: string): Promise<number> {
  let spare: number | null = null;
  await tracksWhere(url, async () => {
    spare ??= (await workerOf(url)).spareProcessId;
    return spare !== null;
  });
  return spare ?? Number.NaN;
}

/** Waits until all but one of the demo's six targets, which hovers now and then, are followed and a worker stands by. */
export async function followingWithSpare(url: string): Promise<TracksMessage> {
  return await tracksWhere(
    url,
    async (message) => followed(message).size >= 5 && (await workerOf(url)).spareProcessId !== null,
  );
}

/**
 * Counts the tracks that go on under their ids, each on its target. A track whose target is not seen for two seconds ends, and its id is
 * not used again: one that goes on later than that was taken over in time.
 */
export async function countGoneOn(url: string, before: TracksMessage): Promise<number> {
  const count = (message: TracksMessage) => {
    const now = followed(message);
    return [...followed(before)].filter(([id, name]) => now.get(id) === name).length;
  };
  const isTakenOver = ({ timeS }: TracksMessage) => timeS > before.timeS + 2.5;
  const isLate = ({ timeS }: TracksMessage) => timeS > before.timeS + 10;
  return count(await tracksWhere(url, (message) => isTakenOver(message) && (count(message) >= 4 || isLate(message))));
}

/** What the node says of its backends. */
export async function backendsOf(url: string): Promise<Backends> {
  return (await (await fetch(`${url}/api/v1/backends`)).json()) as Backends;
}
