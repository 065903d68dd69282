/**
 * Entry of the worker process: one per GPU, or one per machine on the CPU. It opens a kernel backend, plays the frames of the cameras
 * through the line and reports over IPC. A crash in native code ends this process and no other; the node starts another.
 */

import {
  type CameraSource,
  cameraIntrinsics,
  cameraPose,
  FrameSetAssembler,
  type FrameSource,
  frameProfiles,
  givesPictures,
  openObservations,
  openSharedSource,
  openSource,
  type Site,
} from "@skyvox/cameras";
import { type CameraId, messageOf, type Observation, SkyvoxError } from "@skyvox/core";
import { buildRayModel, type Kernels } from "@skyvox/kernels";
import type { SharedSegment } from "@skyvox/pipeline";
import { lineVolume, openLine } from "@skyvox/reconstruction";
import { VoxelGrid } from "@skyvox/voxels";
import { BearingViews, tracksByBearings } from "./bearing-views.ts";
import { type LineServer, serveLine } from "./cluster/serve-line.ts";
import { attachFramePools, lockFramePools } from "./frame-pools.ts";
import { Player } from "./play.ts";
import { KERNEL_THREADS, openKernels } from "./select-kernels.ts";
import { VOXEL_BRICKS_MAX, VOXEL_HALF_LIFE_S } from "./voxel-limits.ts";
import type { FromWorker, PrepareMessage, ServeMessage, StartMessage, ToWorker } from "./worker-messages.ts";
import { WorkerReport } from "./worker-report.ts";

/** A site whose sources and kernels are being opened. */
interface Prepared extends PrepareMessage {
  /** Those that this process reads itself: observations, and pictures where they do not come from another. */
  readonly sources: Promise<PromiseSettledResult<CameraSource>[]>;
  /** Null where they could not be opened. */
  readonly opened: Promise<Opened | null>;
}

/** Open kernels, and the cameras' shared memory, mapped and locked for them; none where this process reads the sources itself. */
interface Opened extends Disposable {
  readonly kernels: Kernels;
  readonly segments: readonly SharedSegment[];
}

let prepared: Prepared | null = null;
let player: Player | null = null;
/** Null unless this process serves a cluster. */
let server: LineServer | null = null;
/** The node may ask for the end before there is a player to tell. */
let stopped = false;

function send(message: FromWorker): void {
  process.send?.(message);
}

function prepare(message: PrepareMessage): Prepared {
  const { site, siteDirectory } = message;
  // A backend that refuses says so again when the run is started.
  const opened = open(message, message.kernels).catch(() => null);
  const own = site.cameras.filter((camera) => message.frames === null || !givesPictures(camera));
  const sources = Promise.allSettled<CameraSource>(
    own.map((camera) => (givesPictures(camera) ? openSource : openObservations)(camera, { siteDirectory })),
  );
  // Sources ask other programs and wait; the lenses are tabulated meanwhile.
  const tables = tabulateLenses(site);
  void Promise.allSettled([sources, tables, opened]).then(() => send({ type: "prepared" }));
  return { ...message, sources, opened };
}

/** Has the tables of the cameras' lenses made, which the line then finds. A lens that has none is refused when the line is opened. */
async function tabulateLenses(site: Site): Promise<void> {
  const grid = lineVolume(site);
  for (const camera of site.cameras) {
    buildRayModel({ intrinsics: cameraIntrinsics(camera), pose: cameraPose(camera), grid });
  }
}

async function work(prepared: Prepared, start: StartMessage): Promise<void> {
  const { site } = prepared;
  await using disposables = new AsyncDisposableStack();
  const { kernels, segments } = disposables.use(await takeOpened(prepared, start));
  const line = disposables.use(openLine(site, kernels));
  const own = takeSources(await prepared.sources, disposables);
  const shared = prepared.frames === null ? [] : openShared(prepared, segments, disposables);
  const order = new Map(site.cameras.map(({ id }, index) => [id, index]));
  const sources = [...own, ...shared].sort((a, b) => order.get(a.cameraId)! - order.get(b.cameraId)!);
  const assembler = new FrameSetAssembler<Observation>({
    cameras: line.cameras.map((camera) => camera.id),
    ...(site.options.frameSet.gateMs === undefined ? {} : { gateMs: site.options.frameSet.gateMs }),
    deadlineMs: start.pace === "real-time" ? site.options.frameSet.deadlineMs : null,
  });
  const grid = new VoxelGrid({
    sizeVoxels: line.volume.lattice.sizeVoxels,
    halfLifeS: VOXEL_HALF_LIFE_S,
    bricksMax: VOXEL_BRICKS_MAX,
  });
  const views = tracksByBearings(site) ? new BearingViews(site) : null;
  const report = new WorkerReport({ send, grid, sources, assembler, pace: start.pace, views });
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

/** Takes the kernels that were prepared, or opens those that the run starts on instead. @throws {SkyvoxError} "backend" as they refuse. */
async function takeOpened(prepared: Prepared, { kernels }: StartMessage): Promise<Opened> {
  const opened = await prepared.opened;
  if (opened?.kernels.backend === kernels.backend) return opened;
  opened?.[Symbol.dispose]();
  return await open(prepared, kernels);
}

async function open({ site, frames }: PrepareMessage, wanted: PrepareMessage["kernels"]): Promise<Opened> {
  using stack = new DisposableStack();
  const kernels = stack.use(await openKernels(wanted, { threads: KERNEL_THREADS }));
  const segments = frames === null ? [] : attachFramePools(site, frames).map((segment) => stack.use(segment));
  const refusal = lockFramePools(kernels, segments, stack);
  if (refusal !== null) send({ type: "notice", line: `frames take the longer way to the device: ${refusal}` });
  const owned = stack.move();
  return { kernels, segments, [Symbol.dispose]: () => owned.dispose() };
}

/** Opens the worker's end of the cameras' frames: only now, since whoever opens it must also take what comes. */
function openShared(
  { site, profile }: PrepareMessage,
  segments: readonly SharedSegment[],
  owner: AsyncDisposableStack,
): FrameSource[] {
  const cameras = site.cameras.filter(givesPictures);
  return segments.map((segment, index) =>
    owner.use(openSharedSource(cameras[index]!, segment, frameProfiles[profile])),
  );
}

/** Takes all sources that opened, so that none is left behind. @throws what the first one that did not open threw. */
function takeSources<Source extends AsyncDisposable>(
  opened: readonly PromiseSettledResult<Source>[],
  owner: AsyncDisposableStack,
): Source[] {
  const sources = opened.flatMap((result) => (result.status === "fulfilled" ? [owner.use(result.value)] : []));
  const failure = opened.find((result) => result.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return sources;
}

function snapshot(request: number, cameraId: CameraId, widthPx: number): void {
  send({ type: "snapshot", request, picture: (server ?? player)?.picture(cameraId, widthPx) ?? null });
}

/** Serves a cluster until the node ends this process. */
async function serve(message: ServeMessage): Promise<void> {
  const kernels = await openKernels(message.kernels, { threads: KERNEL_THREADS });
  server = await serveLine(message, kernels, send);
  send({ type: "serving", device: kernels.device });
}

function sayFailed(error: unknown): void {
  if (!(error instanceof SkyvoxError)) throw error;
  send({ type: "failed", code: error.code, message: messageOf(error) });
}

process.on("message", (message: ToWorker) => {
  if (message.type === "snapshot") snapshot(message.request, message.cameraId, message.widthPx);
  if (message.type === "stop") {
    stopped = true;
    player?.stop();
  }
  if (message.type === "prepare") prepared = prepare(message);
  if (message.type === "serve") serve(message).catch(sayFailed);
  server?.take(message);
  if (message.type === "start" && prepared !== null) {
    work(prepared, message).then(() => send({ type: "ended" }), sayFailed);
  }
});
// Ctrl-C and a request to terminate reach the whole process group: the node decides when the worker ends. A node that is gone ends it at once.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => process.exit(0));
