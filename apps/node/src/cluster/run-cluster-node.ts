/**
 * Runs a node of a cluster, master or worker: enters the cluster, takes the site, opens kernels, joins, and serves what it knows.
 *
 * A node joins only once its worker serves, so that no camera comes to a node that is not ready for it. On a request to end it hands
 * over: its office to the next master, its cameras by leaving, and only then its engine goes.
 */
import { availableParallelism } from "node:os";
import { parseSite } from "@skyvox/cameras";
import { FabricError, isLoopback } from "@skyvox/cluster";
import { SkyvoxError } from "@skyvox/core";
import { buildDashboard } from "@skyvox/dashboard";
import packageJson from "../../package.json";
import { serveApi } from "../api/serve.ts";
import type { NodeConfig } from "../config.ts";
import { freeMemoryBytes } from "../free-memory.ts";
import { liveView } from "../live-view.ts";
import { LOOPBACK } from "../loopback.ts";
import { NodeState } from "../node-state.ts";
import { type OpenedSite, openSite } from "../open-site.ts";
import { RunSummary } from "../run-summary.ts";
import { saveVoxels } from "../save-voxels.ts";
import { sceneTruth } from "../scene-truth.ts";
import { selectKernels } from "../select-kernels.ts";
import { TracksCsv } from "../tracks-csv.ts";
import { wallMs } from "../wall-clock.ts";
import { nodeCapacity } from "./camera-demands.ts";
import { ClusterLink } from "./cluster-link.ts";
import { ClusterMember } from "./cluster-member.ts";
import { readToken } from "./cluster-token.ts";
import { type ClusterEventType, EventLog } from "./event-log.ts";
import type { Home } from "./home-fabric.ts";
import { readSiteParcel, siteSha256, subjects } from "./line-messages.ts";
import { newLife, nodeName } from "./node-name.ts";
import { clusterLimits, seatView } from "./seat-view.ts";
import { SharedRun } from "./shared-run.ts";

/** How long the next leader may take before this one goes all the same. */
const HAND_OVER_MS_MAX = 400;
const SITE_MS_MAX = 1000;
const SITE_RETRY_MS = 50;

/** Events that a person at the terminal is told of. */
const toldEvents: ReadonlySet<ClusterEventType> = new Set<ClusterEventType>([
  ...(["joined", "died", "left", "took-office", "left-office", "engine-moved", "unplaced", "refused"] as const),
]);

/**
 * Runs until it is interrupted.
 *
 * @throws {SkyvoxError} for anything wrong with the input, the token, the engine, the site or the backend.
 */
export async function runClusterNode(config: NodeConfig, interrupted: Promise<void>): Promise<"interrupted"> {
  const beganMs = wallMs();
  const seat = new Seat(config);
  const own = config.site === undefined && config.role === "worker" ? null : await openSite(config.site);
  const dashboard = buildDashboard();
  await using stack = new AsyncDisposableStack();
  const link = stack.use(await seat.enter(interrupted));
  const { site, siteDirectory, sha256 } =
    own === null ? await siteOfLeader(link, interrupted) : { ...own, sha256: siteSha256(own.site) };
  const onNotice = (line: string) => console.error(line);
  const selection = await selectKernels(config.kernels, { trustsCache: true, onNotice });
  const state = new NodeState({ version: packageJson.version, site, selection, truth: sceneTruth(site), wallMs });
  const csv = config.tracks === undefined ? null : stack.use(new TracksCsv(config.tracks));
  const frames = { ok: false, reason: "each node of a cluster reads its own cameras" } as const;
  const summary = stack.use(
    new RunSummary({
      ...{ site, chosen: state.backends(), frames, profile: "balanced", once: false, json: config.json, beganMs },
    }),
  );
  const run = stack.use(
    new SharedRun(
      {
        ...{ site, siteDirectory, siteSha256: sha256, selection, state, onNotice, member: () => seat.member },
        onTracks: (timeNs, updates) => {
          csv?.append(updates);
          summary.frameSet(timeNs, updates);
        },
      },
      { mayLead: config.role === "master" },
    ),
  );
  seat.make(link, run);
  const view = liveView({
    ...{ version: packageJson.version, site, state, run, cluster: seatView({ member: seat.member, link, run, seat }) },
    uptimeS: () => (wallMs() - beganMs) / 1000,
    moreChecks: () => [seat.check()],
  });
  const server = stack.use(serveApi({ view, assets: await dashboard, port: config.port, hostname: LOOPBACK }));
  seat.address = server.url;
  for (const line of seat.lines(link)) console.log(line);
  await Promise.race([run.serving, interrupted]);
  stack.use(seat.member);
  run.start();
  seat.member.start();
  stack.use(link.startPulse());
  summary.serving(server.url);
  await Promise.race([interrupted, run.broken]);
  await seat.handOver(link, run);
  if (config.voxels !== undefined) await saveVoxels(config.voxels, state.voxels());
  summary.print("interrupted", state.counters(), state.backends());
  return "interrupted";
}

/** What a node is in its cluster, before and while it is a member. */
class Seat {
  readonly events = new EventLog();
  readonly #config: NodeConfig;
  readonly #self: ReturnType<typeof nodeName>;
  readonly #life = newLife();
  #member: ClusterMember | null = null;
  /** Where the API listens; empty before it does. */
  address = "";
  /** How often another node's engine had to take over. */
  moves = 0;

  constructor(config: NodeConfig) {
    this.#config = config;
    this.#self = nodeName(config["node-id"]);
    this.events.subscribe(({ type, text }) => {
      if (toldEvents.has(type)) console.error(text);
    });
  }

  get member(): ClusterMember {
    if (this.#member === null) throw new SkyvoxError("usage", "Cannot speak for a node: it is no member yet, need one");
    return this.#member;
  }

  enter(interrupted: Promise<void>): Promise<ClusterLink> {
    const { cluster: clusterId, role, listen, join = null } = this.#config;
    const token = readToken(
      { file: this.#config["token-file"], variable: this.#config["token-env"] },
      isLoopback(listen),
    );
    const { "tls-cert": certFile, "tls-key": keyFile, "tls-ca": caFile = null } = this.#config;
    const tls = certFile === undefined || keyFile === undefined ? null : { certFile, keyFile, caFile };
    return ClusterLink.open(
      {
        ...{ tls, caFile },
        ...{ clusterId, self: this.#self, life: this.#life, role, token, listen, join },
        beaconPort: this.#config["beacon-port"],
        homes: () => this.#member?.homes() ?? [],
        onHome: (home, why) => this.#noteHome(home, why),
        onRefused: (line) => this.events.add("refused", null, line),
      },
      interrupted,
    );
  }

  /** Makes the member, which joins when it is started. */
  make(link: ClusterLink, run: SharedRun): void {
    const { cluster: clusterId, role } = this.#config;
    const home = link.fabric.home;
    this.#member = new ClusterMember({
      ...{ clusterId, self: this.#self, life: this.#life, role, fabric: link.fabric, events: this.events },
      ...{ engineHosts: home === null ? [] : [home.host], othersMayLead: true },
      capacity: nodeCapacity({ cores: availableParallelism(), freeBytes: freeMemoryBytes() }),
      card: () => {
        link.announce({ address: this.address, epoch: run.epoch });
        return { version: packageJson.version, address: this.address, engineUrl: link.engineUrl, ...run.card };
      },
      onTookOffice: (owner) => run.takeOffice(owner),
      onLeftOffice: () => run.leaveOffice(),
      onGranted: (cameras) => run.grant(cameras),
      onNodes: () => run.noteNodes(),
      onGone: (cameras) => run.silence(cameras),
    });
  }

  /** What a person at the terminal reads at the start. */
  lines(link: ClusterLink): string[] {
    const { engine, kind } = link.fabric.describe();
    const { cluster, role } = this.#config;
    return [
      `cluster   ${cluster}: node "${this.#self}", ${role}`,
      `fabric    ${kind}, ${engine} at ${link.fabric.home?.url} of "${link.fabric.home?.host}"`,
      ...clusterLimits(link).map((limit) => `          limit: ${limit}`),
    ];
  }

  check(): { readonly name: string; readonly ok: boolean; readonly detail: string } {
    const { master } = this.member.status;
    return {
      name: "cluster",
      ok: master !== null,
      detail: master === null ? "nobody leads" : `"${master.holder}" leads under epoch ${master.epoch}`,
    };
  }

  /** Lets the office and the cameras go, and waits until another node leads, where one can. */
  async handOver(link: ClusterLink, run: SharedRun): Promise<void> {
    const led = run.leadership?.epoch ?? null;
    const others = this.member.status.members.some(({ state }) => state === "healthy");
    this.member[Symbol.dispose]();
    await link.fabric.flush();
    if (led !== null && others) await Promise.race([run.nextLeader(led), Bun.sleep(HAND_OVER_MS_MAX)]);
  }

  #noteHome({ host, url }: Home, why: string | null): void {
    this.#member?.cluster.setEngineHosts([host]);
    if (why === null) return;
    this.moves += 1;
    this.events.add("engine-moved", host, `the engine of "${host}" at ${url} is in use: ${why}`);
  }
}

/** Asks whoever leads for the site, for as long as it takes. */
async function siteOfLeader(
  { fabric }: ClusterLink,
  interrupted: Promise<void>,
): Promise<OpenedSite & { readonly sha256: string }> {
  let isOver = false;
  void interrupted.then(() => {
    isOver = true;
  });
  while (!isOver) {
    try {
      const told = readSiteParcel(await fabric.request(subjects.site, new Uint8Array(), SITE_MS_MAX));
      if (told !== null) {
        const site = parseSite(told.site, "the leader's site");
        return { site, siteDirectory: process.cwd(), sha256: told.siteSha256 };
      }
    } catch (error) {
      if (!(error instanceof FabricError)) throw error;
    }
    await Bun.sleep(SITE_RETRY_MS);
  }
  throw new SkyvoxError("usage", "Cannot run a site: interrupted before a leader told of it, need one");
}
