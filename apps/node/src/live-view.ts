/**
 * Shows a running site to the API: the node's state, and what only its worker or its camera process can answer.
 *
 * It holds nothing of its own; every answer is of the moment at which it is asked for.
 */
import { frameProfiles, type Site } from "@skyvox/cameras";
import { secondsFromNs } from "@skyvox/core";
import type { ClusterView } from "./cluster/cluster-view.ts";
import type { NodeState } from "./node-state.ts";
import type { NodeView, ReadyCheck } from "./node-view.ts";
import { encodePng } from "./png.ts";
import type { SiteRun } from "./site-run.ts";

/** What is shown of a run: its worker, its frames and its pictures. */
export type ShownRun = Pick<
  SiteRun,
  "snapshot" | "frames" | "profile" | "opened" | "workerProcessId" | "spareProcessId" | "cameraProcessId"
>;

/** Shows a running site to the API: the node's state plus what only the worker can answer. */
export function liveView(options: {
  readonly version: string;
  readonly site: Site;
  readonly state: NodeState;
  readonly run: ShownRun;
  readonly cluster: ClusterView;
  readonly uptimeS: () => number;
  /** Dependencies beside worker, cameras and tracks. */
  readonly moreChecks?: () => readonly ReadyCheck[];
}): NodeView {
  const { version, site, state, run, cluster, uptimeS, moreChecks = () => [] } = options;
  return {
    version,
    site,
    cluster,
    backends: () => state.backends(),
    uptimeS,
    checks: () => [...readyChecks(run, state), ...moreChecks()],
    hello: () => state.hello(),
    tracks: () => state.tracks(),
    history: (id) => state.history(id),
    cameras: () => state.cameras(),
    evidence: () => state.evidence(),
    past: state.past,
    voxels: () => state.voxels(),
    snapshot: async (camera, widthPx) => {
      const picture = await run.snapshot(camera, widthPx);
      return picture && { png: await encodePng(picture), timeS: secondsFromNs(picture.captureNs) };
    },
    subscribe: (listener) => state.subscribe(listener),
    counters: () => state.counters(),
    frames: () =>
      run.frames && {
        memoryBytes: run.frames.memoryBytes,
        profile: { name: run.profile, ...frameProfiles[run.profile] },
        cameras: run.frames.counters(),
      },
  };
}

/** A worker that has frames reports ten times a second; one that is silent for so long is stuck, or waits for cameras that are. */
const SILENT_MS_MAX = 5000;

/** Worker, cameras and tracks: cameras that have all ended leave nothing to follow, however alive the worker is. */
function readyChecks(run: ShownRun, state: NodeState): readonly ReadyCheck[] {
  const spare = run.spareProcessId === null ? "" : `, process ${run.spareProcessId} stands by`;
  const cameras = state.cameras()?.cameras ?? [];
  const running = cameras.filter((camera) => camera.state === "running");
  const silentMs = state.silentMs();
  const isSilent = running.length > 0 && silentMs !== null && silentMs > SILENT_MS_MAX;
  const silence = isSilent ? `, nothing heard for ${Math.round((silentMs ?? 0) / 1000)} s` : "";
  const reader = running.length === 0 || run.cameraProcessId === null ? "" : `, read by process ${run.cameraProcessId}`;
  const { frameSetsTotal } = state.counters();
  return [
    {
      name: "worker",
      ok: run.opened,
      detail: run.opened ? `process ${run.workerProcessId}${spare}` : "opening sources and kernels",
    },
    {
      name: "cameras",
      ok: running.length > 0 && !isSilent,
      detail:
        cameras.length === 0 ? "no frame yet" : `${running.length} of ${cameras.length} running${reader}${silence}`,
    },
    {
      name: "tracks",
      ok: state.tracks() !== null,
      detail: state.tracks() === null ? "no frame set yet" : `${frameSetsTotal} frame sets so far`,
    },
  ];
}
