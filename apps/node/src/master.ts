/**
 * The role "master" on one machine: opens the site, chooses kernels, runs the worker, keeps the tracks and serves them. `--once` plays
 * recorded sources to their end and prints a summary instead of serving.
 */
import { frameProfiles, type Site } from "@skyvox/cameras";
import { nsFromSeconds, type TrackUpdate } from "@skyvox/core";
import { buildDashboard } from "@skyvox/dashboard";
import packageJson from "../package.json";
import type { Assets } from "./api/assets.ts";
import { serveApi } from "./api/serve.ts";
import { loneCluster, loneWhy } from "./cluster/lone-cluster.ts";
import type { NodeConfig } from "./config.ts";
import { FramePools, planFramePools } from "./frame-pools.ts";
import { liveView } from "./live-view.ts";
import { LOOPBACK } from "./loopback.ts";
import { NodeState } from "./node-state.ts";
import { openSite } from "./open-site.ts";
import { RunSummary } from "./run-summary.ts";
import { saveVoxels } from "./save-voxels.ts";
import { sceneTruth } from "./scene-truth.ts";
import { selectKernels } from "./select-kernels.ts";
import { SiteRun } from "./site-run.ts";
import { TracksCsv } from "./tracks-csv.ts";
import { wallMs } from "./wall-clock.ts";

/**
 * Runs until the sources end (`--once`, `--max-seconds`) or until `interrupted` resolves.
 *
 * @throws {SkyvoxError} for anything wrong with the input, the backend or the port; what was written until then stays readable.
 */
export async function runMaster(config: NodeConfig, interrupted: Promise<void>): Promise<"ended" | "interrupted"> {
  const beganMs = wallMs();
  const { site, siteDirectory } = await openSite(config.site);
  const dashboard = config.once ? null : buildDashboard();
  const onNotice = (line: string) => console.error(line);
  const selection = await selectKernels(config.kernels, { trustsCache: true, onNotice });
  await using disposables = new AsyncDisposableStack();
  const state = new NodeState({
    version: packageJson.version,
    site,
    selection,
    truth: sceneTruth(site),
    wallMs,
  });
  const csv = config.tracks === undefined ? null : disposables.use(new TracksCsv(config.tracks));
  const { once, json } = config;
  const { profile } = config;
  const { slots } = frameProfiles[profile];
  const plan = planFramePools(site, slots);
  const summary = disposables.use(
    new RunSummary({ site, chosen: state.backends(), frames: plan, profile, once, json, beganMs }),
  );
  const run = disposables.use(
    new SiteRun({
      site,
      siteDirectory,
      selection,
      frames: plan.ok ? new FramePools(site, slots) : null,
      profile,
      selectAgain: () => selectKernels(config.kernels, { trustsCache: false, onNotice }),
      pace: config.once ? "as-fast-as-possible" : "real-time",
      lastsNs: config["max-seconds"] === undefined ? null : nsFromSeconds(config["max-seconds"]),
      state,
      onTracks: (timeNs: bigint, updates: readonly TrackUpdate[]) => {
        csv?.append(updates);
        summary.frameSet(timeNs, updates);
      },
      onNotice,
    }),
  );
  if (dashboard !== null) {
    const assets = await dashboard;
    summary.serving(serveAlone({ config, site, state, run, assets, beganMs, stack: disposables }));
  }
  const outcome = await endOf(run, interrupted, config);
  if (config.voxels !== undefined) await saveVoxels(config.voxels, state.voxels());
  summary.print(outcome, state.counters(), state.backends());
  return outcome;
}

/** Serves the API and the dashboard of a node that is alone. */
function serveAlone({
  config,
  site,
  state,
  run,
  assets,
  beganMs,
  stack,
}: {
  readonly config: NodeConfig;
  readonly site: Site;
  readonly state: NodeState;
  readonly run: SiteRun;
  readonly assets: Assets;
  readonly beganMs: number;
  /** Owns what is opened here. */
  readonly stack: AsyncDisposableStack;
}): string {
  let address = "";
  const alone = stack.use(
    loneCluster({
      site,
      why: loneWhy(config),
      worker: () => ({
        ...{ processId: run.workerProcessId, state: run.opened ? "running" : "opening" },
        ...{ backend: state.backends().runs.backend, device: state.backends().runs.device },
        restarts: state.counters().workerRestartsTotal,
      }),
      address: () => address,
      nodeId: config["node-id"],
    }),
  );
  const uptimeS = () => (wallMs() - beganMs) / 1000;
  const view = liveView({ version: packageJson.version, site, state, run, cluster: alone.view, uptimeS });
  const server = stack.use(serveApi({ view, assets, port: config.port, hostname: LOOPBACK }));
  address = server.url;
  for (const line of alone.lines) console.log(line);
  return server.url;
}

/** Waits for the sources' end or the interruption. A live run goes on serving what it has when recorded sources end. */
async function endOf(run: SiteRun, interrupted: Promise<void>, config: NodeConfig): Promise<"ended" | "interrupted"> {
  const lastsUntilInterrupted = !config.once && config["max-seconds"] === undefined;
  const ended = run.ended.then(() =>
    lastsUntilInterrupted ? interrupted.then(() => "interrupted" as const) : ("ended" as const),
  );
  const outcome = await Promise.race([ended, interrupted.then(() => "interrupted" as const)]);
  if (outcome === "interrupted") {
    run.stop();
    await run.ended;
  }
  return outcome;
}
