import type { Site } from "@skyvox/cameras";
import { secondsFromNs } from "@skyvox/core";
import type { NodeState } from "./node-state.ts";
import type { NodeView } from "./node-view.ts";
import { encodePng } from "./png.ts";
import type { SiteRun } from "./site-run.ts";

/** Shows a running site to the API: the node's state plus what only the worker can answer. */
export function liveView(options: {
  readonly version: string;
  readonly site: Site;
  readonly state: NodeState;
  readonly run: SiteRun;
  readonly uptimeS: () => number;
}): NodeView {
  const { version, site, state, run, uptimeS } = options;
  return {
    version,
    site,
    backends: () => state.backends(),
    uptimeS,
    checks: () => [
      {
        name: "worker",
        ok: run.opened,
        detail: run.opened
          ? `process ${run.workerProcessId}${run.hasSpare ? ", another stands by" : ""}`
          : "opening sources and kernels",
      },
      {
        name: "tracks",
        ok: state.tracks() !== null,
        detail: state.tracks() === null ? "no frame set yet" : `${state.counters().frameSetsTotal} frame sets so far`,
      },
    ],
    hello: () => state.hello(),
    tracks: () => state.tracks(),
    history: (id) => state.history(id),
    cameras: () => state.cameras(),
    voxels: () => state.voxels(),
    snapshot: async (camera, widthPx) => {
      const picture = await run.snapshot(camera, widthPx);
      return picture && { png: await encodePng(picture), timeS: secondsFromNs(picture.captureNs) };
    },
    subscribe: (listener) => state.subscribe(listener),
    counters: () => state.counters(),
  };
}
