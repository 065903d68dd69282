/**
 * Entry of the worker process: one per GPU, or one per machine on the CPU. It opens the sources and a kernel backend, plays the sources
 * through the line and reports over IPC. A crash in native code ends this process and no other; the node starts another.
 */

import { FrameSetAssembler, type FrameSource, openSource } from "@skyvox/cameras";
import { type CameraId, messageOf, type Observation, SkyvoxError } from "@skyvox/core";
import { openLine } from "@skyvox/reconstruction";
import { VoxelGrid } from "@skyvox/voxels";
import { Player } from "./play.ts";
import { openKernels } from "./select-kernels.ts";
import { shrink } from "./shrink.ts";
import type { FromWorker, StartMessage, ToWorker } from "./worker-messages.ts";
import { WorkerReport } from "./worker-report.ts";

let player: Player | null = null;
/** The node may ask for the end before there is a player to tell. */
let stopped = false;

function send(message: FromWorker): void {
  process.send?.(message);
}

async function work(start: StartMessage): Promise<void> {
  await using disposables = new AsyncDisposableStack();
  const kernels = disposables.use(await openKernels(start.backend, { threads: start.threads }));
  // Sources ask other programs and wait; the line works its lens tables out meanwhile.
  const opening = Promise.allSettled(
    start.site.cameras.map((camera) => openSource(camera, { siteDirectory: start.siteDirectory })),
  );
  const line = disposables.use(openLine(start.site, kernels));
  const sources = takeOpened(await opening, disposables);
  const assembler = new FrameSetAssembler<Observation>({
    cameras: line.cameras.map((camera) => camera.id),
    ...(start.site.options.frameSet.gateMs === undefined ? {} : { gateMs: start.site.options.frameSet.gateMs }),
    deadlineMs: start.pace === "real-time" ? start.site.options.frameSet.deadlineMs : null,
  });
  const grid = new VoxelGrid({
    sizeVoxels: line.volume.sizeVoxels,
    halfLifeS: VOXEL_HALF_LIFE_S,
    bricksMax: VOXEL_BRICKS_MAX,
  });
  const report = new WorkerReport({ send, grid, sources, assembler, pace: start.pace });
  player = new Player({
    line,
    sources,
    assembler,
    pace: start.pace,
    lastsNs: start.lastsNs,
    onObservation: (observation) => report.observation(observation),
    onEnd: (camera) => report.end(camera),
    onFrameSet: (set, result, cost) => report.frameSet(set, result, cost),
  });
  if (stopped) player.stop();
  const timeline = await player.begin(start.timeline);
  send({ type: "opened", device: kernels.device, timeline });
  report.begin(timeline);
  await player.run();
  report.finish();
}

/** Takes all sources that opened, so that none is left behind. @throws what the first one that did not open threw. */
function takeOpened(opened: readonly PromiseSettledResult<FrameSource>[], owner: AsyncDisposableStack): FrameSource[] {
  const sources = opened.flatMap((result) => (result.status === "fulfilled" ? [owner.use(result.value)] : []));
  const failure = opened.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return sources;
}

/** Time in which the evidence shown for a voxel fades to half. */
const VOXEL_HALF_LIFE_S = 0.4;
/** Bricks of evidence kept at most; 4 KB each. */
const VOXEL_BRICKS_MAX = 2048;

function snapshot(request: number, cameraId: CameraId, widthPx: number): void {
  const picture = player?.picture(cameraId) ?? null;
  send({
    type: "snapshot",
    request,
    picture: picture && { ...shrink(picture, widthPx), captureNs: picture.captureNs },
  });
}

process.on("message", (message: ToWorker) => {
  if (message.type === "snapshot") snapshot(message.request, message.cameraId, message.widthPx);
  if (message.type === "stop") {
    stopped = true;
    player?.stop();
  }
  if (message.type === "start") {
    work(message).then(
      () => send({ type: "ended" }),
      (error: unknown) => {
        if (!(error instanceof SkyvoxError)) throw error;
        send({ type: "failed", code: error.code, message: messageOf(error) });
      },
    );
  }
});
// Ctrl-C and a request to terminate reach the whole process group: the node decides when the worker ends. A node that is gone ends it at once.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => process.exit(0));
