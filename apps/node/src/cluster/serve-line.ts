/**
 * What the worker process of a node of a cluster does: it observes the cameras it is told and reconstructs the frame sets it is given.
 */
import { type CameraId, systemClock } from "@skyvox/core";
import type { Kernels } from "@skyvox/kernels";
import { WorkerLoop } from "@skyvox/processor";
import { EnvelopeWriter, encodeObservation } from "@skyvox/protocol";
import { openLine, reconstruct } from "@skyvox/reconstruction";
import { VoxelGrid } from "@skyvox/voxels";
import { warmUpReconstruct } from "../camera-start.ts";
import type { TimedPicture } from "../shrink.ts";
import { VOXEL_BRICKS_MAX, VOXEL_HALF_LIFE_S } from "../voxel-limits.ts";
import type { FromWorker, ServeMessage, ToWorker } from "../worker-messages.ts";
import { CameraWatch } from "./camera-watch.ts";
import { decodeTask, encodeAnswer, type Finding, type LineTask, RECONSTRUCT } from "./line-task.ts";
import { SourceShelf } from "./source-shelf.ts";
import { Turn } from "./turn.ts";

/** How often figures of cameras and voxels are told. */
const REPORT_MS = 100;

/** A worker that serves; dispose it to end it. */
export interface LineServer extends AsyncDisposable {
  take(message: ToWorker): void;
  picture(camera: CameraId, widthPx: number): TimedPicture | null;
}

/** Opens the line on these kernels and the sources that are kept, and begins to serve. Borrows the kernels. */
export async function serveLine(
  { site, siteDirectory }: ServeMessage,
  kernels: Kernels,
  send: (message: FromWorker) => void,
): Promise<LineServer> {
  const stack = new AsyncDisposableStack();
  const shelf = stack.use(new SourceShelf(site, siteDirectory));
  await shelf.prepare();
  const line = stack.use(openLine(site, kernels));
  await warmUpReconstruct(line);
  const turn = new Turn();
  // Names this life of this process; whoever counts gaps tells senders apart by it.
  const writer = new EnvelopeWriter({ sender: crypto.getRandomValues(new BigUint64Array(1))[0]! });
  const onCannotOpen = (cameraId: CameraId, why: string) => send({ type: "cannot-open", cameraId, why });
  const watch = stack.use(
    new CameraWatch({
      ...{ site, shelf, line, turn, onCannotOpen },
      onObservation: (observation) =>
        send({ type: "observation", bytes: writer.wrap("observation", encodeObservation(observation)) }),
    }),
  );
  const grid = new VoxelGrid({
    sizeVoxels: line.volume.lattice.sizeVoxels,
    halfLifeS: VOXEL_HALF_LIFE_S,
    bricksMax: VOXEL_BRICKS_MAX,
  });
  let lastNs: bigint | null = null;
  const findIn = async (payload: unknown): Promise<Finding> => {
    const { set } = payload as Extract<LineTask, { type: "assign" }>;
    return await turn.take(async () => {
      const begunMs = performance.now();
      const { timeNs, detections, voxels, rayCount } = await reconstruct(line, set);
      if (lastNs === null || timeNs > lastNs) grid.update(timeNs, voxels);
      lastNs = lastNs === null || timeNs > lastNs ? timeNs : lastNs;
      const reconstructMs = performance.now() - begunMs;
      return { timeNs, detections, rayCount, reconstructMs, observeMs: watch.takeObserveMs() };
    });
  };
  const replies = new Map<string, string>();
  const loop = new WorkerLoop({
    ...{ lanes: 1, handlers: new Map([[RECONSTRUCT, findIn]]), clock: systemClock },
    send: (answer) => {
      const replyTo = replyOf(replies, answer);
      if (replyTo === null) return;
      const bytes = encodeAnswer(
        answer.type === "completed" ? { ...answer, value: answer.value as Finding, replyTo } : { ...answer, replyTo },
      );
      send({ type: "answer", bytes });
    },
  });
  const timer = setInterval(() => {
    send({ type: "cameras", cameras: watch.reports() });
    if (lastNs === null) return;
    const { xyz: indices, evidence } = grid.snapshot(lastNs);
    const { memoryBytes, evictedBrickCount: evictedCount } = grid;
    send({ type: "voxels", timeNs: lastNs, indices, evidence, memoryBytes, evictedCount });
  }, REPORT_MS);
  stack.defer(() => clearInterval(timer));
  return {
    take(message) {
      if (message.type === "watch") watch.watch(new Set(message.cameras), message.timeline);
      if (message.type === "find-start") {
        void shelf.firstCaptureNs(onCannotOpen).then((startNs) => send({ type: "start-found", startNs }));
      }
      if (message.type === "task") takeTask(message.bytes, loop, replies);
    },
    picture: (camera, widthPx) => watch.picture(camera, widthPx),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Attempts whose answer is still to come, and where it goes. */
const REPLIES_MAX = 256;

function takeTask(bytes: Uint8Array, loop: WorkerLoop, replies: Map<string, string>): void {
  const task = decodeTask(bytes);
  if (task === null) return;
  if (task.type === "abort") {
    loop.take(task);
    return;
  }
  replies.set(attemptOf(task.key), task.replyTo);
  replies.set("last", task.replyTo);
  for (const [oldest] of replies) {
    if (replies.size <= REPLIES_MAX) break;
    replies.delete(oldest);
  }
  const { key } = task;
  loop.take({
    type: "assign",
    key,
    task: { type: RECONSTRUCT, payload: task, cameraId: null },
    dependencyValues: [],
  });
}

type LoopAnswer = Parameters<ConstructorParameters<typeof WorkerLoop>[0]["send"]>[0];

/** A refusal for a later owner is told to whoever asked last. */
function replyOf(replies: Map<string, string>, answer: LoopAnswer): string | null {
  if (answer.type === "fenced") return replies.get("last") ?? null;
  const name = attemptOf(answer.key);
  const replyTo = replies.get(name) ?? null;
  replies.delete(name);
  return replyTo;
}

function attemptOf({ taskId, attempt, epoch }: { taskId: string; attempt: number; epoch: number }): string {
  return `${epoch} ${attempt} ${taskId}`;
}
