/**
 * Runs one seed: a world, its episodes of faults, and after each the check that it became whole in time.
 */
import { createPrng } from "@skyvox/core";
import type { Scheduler } from "@skyvox/processor";
import { beginFault, ENGINE_REMADE_MS } from "./fault-effects.ts";
import { drawEpisodes, type Episode, type Fault, RECOVERY_MS } from "./faults.ts";
import { Breach } from "./invariants.ts";
import type { PlantedBug } from "./planted-bugs.ts";
import { World } from "./world.ts";

/** From the start to a whole cluster: a claim, the warm-up of engine hosts that have just started, and the quiet of a first master. */
const START_MS_MAX = 5000;
/** From the kill of a node that is not the master to all cameras in use elsewhere. */
const NODE_RECOVERY_MS_MAX = 1500;
/** From the kill of the master's node to all of its cameras in use elsewhere. */
const MASTER_RECOVERY_MS_MAX = 1500;
/** From the kill of the master to the next one in office. */
const TAKEOVER_MS_MAX = 1000;
const STEP_MS = 10;

/** What came of a run. */
export interface SeedResult {
  readonly seed: number;
  /** Null where all held. */
  readonly breach: string | null;
  readonly story: readonly string[];
  readonly faults: readonly Fault[];
  /** Milliseconds to recover from the single kill of a node, by whether it led. */
  readonly nodeRecoveriesMs: readonly number[];
  readonly masterRecoveriesMs: readonly number[];
  readonly takeoversMs: readonly number[];
  /** Tasks that masters took, and those that were completed; the others came to a stated end. */
  readonly tasks: { readonly accepted: number; readonly completed: number };
}

/** What is run: the program, or the program with a planted bug. */
export interface Program {
  readonly planted: PlantedBug | null;
  readonly Scheduler: typeof Scheduler;
}

/** The faults of a seed, by episode. */
export function episodesOf(seed: number): Episode[] {
  return drawEpisodes(createPrng(seed).fork("faults"), { nodes: shapeOf(seed).nodes, startMs: START_MS_MAX });
}

/** Runs a seed with its faults or a part of them. */
export function runSeed(seed: number, program: Program, episodes: readonly Episode[] = episodesOf(seed)): SeedResult {
  const world = new World({ seed, ...shapeOf(seed), ...program });
  const times = { nodeRecoveriesMs: [] as number[], masterRecoveriesMs: [] as number[], takeoversMs: [] as number[] };
  let breach: string | null = null;
  try {
    awaitWhole(world, START_MS_MAX, "after the start");
    for (const episode of episodes) runEpisode(world, episode, times);
  } catch (error) {
    if (!(error instanceof Breach)) throw error;
    breach = error.message;
    world.tasks.client.tellHistory(breach);
    world.tell(`BREACH ${breach}`);
  }
  const { story, tasks } = world;
  return {
    seed,
    breach,
    story,
    faults: episodes.flatMap(({ faults }) => faults),
    tasks: tasks.client.counts,
    ...times,
  };
}

/** Three to six nodes, the engine on one of them or on three. */
function shapeOf(seed: number): { nodes: number; engineHosts: number } {
  const prng = createPrng(seed).fork("shape");
  return { nodes: 3 + prng.int(4), engineHosts: prng.int(3) === 0 ? 1 : 3 };
}

type Times = { nodeRecoveriesMs: number[]; masterRecoveriesMs: number[]; takeoversMs: number[] };

function runEpisode(world: World, episode: Episode, times: Times): void {
  const { client } = world.tasks;
  client.isSubmitting = true;
  const [only] = episode.faults;
  if (episode.isSingle && only?.kind === "kill") {
    runSingle(world, only, times);
    world.runUntil(episode.endMs);
  } else {
    for (const fault of episode.faults) {
      world.runUntil(fault.atMs);
      beginFault(world, fault);
    }
    world.runUntil(episode.endMs + 1);
  }
  client.isSubmitting = false;
  awaitWhole(world, episode.endMs + RECOVERY_MS, "after all faults had ended");
  world.runUntil(episode.endMs + RECOVERY_MS);
}

/** One node dies on a calm network; the others must have its cameras within the limit. */
function runSingle(world: World, fault: Extract<Fault, { kind: "kill" }>, times: Times): void {
  world.runUntil(fault.atMs);
  const wasMaster = world.process(fault.node)?.node.office != null;
  const hostsEngineAlone = world.store.hosts.length === 1 && world.process(fault.node)?.name === world.store.hosts[0];
  beginFault(world, fault);
  if (wasMaster) {
    const tookMs = waitFor(world, fault.atMs + TAKEOVER_MS_MAX + (hostsEngineAlone ? ENGINE_REMADE_MS : 0), () =>
      world.processes.some(({ node }) => node.office !== null) ? null : "nobody leads",
    );
    times.takeoversMs.push(tookMs - fault.atMs);
  }
  const limitMs = wasMaster || hostsEngineAlone ? MASTER_RECOVERY_MS_MAX : NODE_RECOVERY_MS_MAX;
  const wholeMs = waitFor(world, fault.atMs + limitMs, () => world.missing());
  (wasMaster || hostsEngineAlone ? times.masterRecoveriesMs : times.nodeRecoveriesMs).push(wholeMs - fault.atMs);
}

/** Waits until the cluster is whole and every task has come to its end. */
function awaitWhole(world: World, untilMs: number, when: string): void {
  const missing = () => {
    const what = world.missing() ?? world.tasks.client.whatIsLost();
    return what === null ? null : `${what} ${when}`;
  };
  waitFor(world, untilMs, missing);
}

/** Runs the world until nothing is missing; returns the time of that. */
function waitFor(world: World, untilMs: number, missing: () => string | null): number {
  for (;;) {
    const what = missing();
    if (what === null) return world.nowMs;
    if (world.nowMs >= untilMs) throw new Breach(`not whole in time: ${what}`);
    world.runUntil(Math.min(untilMs, world.nowMs + STEP_MS));
  }
}
