/**
 * What becomes of tracks when another worker takes over: how many keep both their id and their target, with one hypothesis and with several.
 *
 * The next worker's first picture becomes its background with the targets in it, so each target shows twice until that has faded. Frames are
 * rendered once and go through a line that runs on and, from every instant and gap, through one that begins there; both give a tracker its
 * detections. A track is on a target where it is confirmed within half a metre of it. Nothing here is timed: every run gives the same.
 */
import { type FrameSet, FrameSetAssembler, type Site, siteFromScene } from "@skyvox/cameras";
import { type Frame, type Observation, secondsFromNs, type TrackUpdate } from "@skyvox/core";
import type { KernelsAdapter } from "@skyvox/kernels";
import { observe, openLine, type Reconstruction, reconstruct } from "@skyvox/reconstruction";
import { demoScene, truthAt } from "@skyvox/scene";
import { Tracker, type TrackerOptions } from "@skyvox/tracking";
import { type Bench, type BenchOptions, type BenchResult, digestOf } from "./harness.ts";
import { renderedFrames } from "./rendered-frames.ts";

const GAPS_S = [0.23, 0.6, 1.2];
/** From here on, every so often, so many times. */
const INSTANTS = { firstS: 1.2, everyS: 0.45, count: 16 };
/** Tracks are looked at so long after the next worker's first picture. */
const SETTLED_S = 2.6;
const ON_TARGET_M = 0.5;
const HYPOTHESES = [1, 20];
const FALSE_DETECTIONS_PER_SET = 0.2;
const scene = demoScene(1);

export const bench: Bench = {
  name: "takeover",
  subject: "tracking",
  async run({ small, adapter }: BenchOptions): Promise<BenchResult> {
    const { firstS, everyS, count } = INSTANTS;
    const instants = small ? [firstS] : Array.from({ length: count }, (_, i) => firstS + i * everyS);
    const gaps = small ? [0.1] : GAPS_S;
    const settledS = small ? 0.5 : SETTLED_S;
    const lastS = Math.max(...instants) + Math.max(...gaps) + settledS;
    const site = siteFromScene(scene, `scene:demo?seed=1&frames=${Math.ceil(30 * lastS)}`);
    const frames = await renderedFrames(site);
    const steady = await reconstructed(site, frames, adapter);
    const rows = [];
    for (const gapS of gaps) {
      const counts = HYPOTHESES.map(() => ({ kept: 0, followed: 0 }));
      for (const atS of instants) {
        const next = frames.filter((frame) => isWithin(timeOf(frame.captureNs), atS + gapS, settledS));
        const takenOver = await reconstructed(site, next, adapter);
        const before = steady.filter(({ timeNs }) => timeOf(timeNs) <= atS);
        for (const [index, hypothesesMax] of HYPOTHESES.entries()) {
          const found = follow(site, hypothesesMax, before, takenOver);
          counts[index]!.kept += found.kept;
          counts[index]!.followed += found.followed;
        }
      }
      rows.push(
        ...counts.map(({ kept, followed }, index) => ({
          ...{ name: `kept over ${gapS} s, hypotheses ${HYPOTHESES[index]}`, median: kept, unit: "tracks" },
          note: `of ${followed}`,
        })),
      );
    }
    const all = steady.flatMap(({ detections }) => detections.flatMap(({ positionEnuM }) => [...positionEnuM]));
    return { rows, targets: [], digest: digestOf(Float64Array.from(all)) };
  },
};

function isWithin(timeS: number, fromS: number, lengthS: number): boolean {
  return timeS >= fromS && timeS <= fromS + lengthS;
}

function timeOf(timeNs: bigint): number {
  return secondsFromNs(timeNs);
}

/** Plays frames through a line of its own, whose background begins with the first of them. */
async function reconstructed(site: Site, frames: readonly Frame[], adapter: KernelsAdapter): Promise<Reconstruction[]> {
  using kernels = await adapter.open({ threads: 1 });
  using line = openLine(site, kernels);
  const cameras = line.cameras.map(({ id }) => id);
  const assembler = new FrameSetAssembler<Observation>({ cameras, deadlineMs: null });
  const found: Reconstruction[] = [];
  const take = async (sets: readonly FrameSet<Observation>[]): Promise<void> => {
    for (const set of sets) found.push(await reconstruct(line, set));
  };
  for (const frame of frames) await take(assembler.push(frame.captureNs, await observe(line, frame)));
  await take(assembler.finish());
  return found;
}

/** What the node tells its tracker of such a site. */
function trackerOptionsOf({ volume: { minM, maxM }, options: { target } }: Site): Partial<TrackerOptions> {
  const volumeM3 = (maxM[0] - minM[0]) * (maxM[1] - minM[1]) * (maxM[2] - minM[2]);
  return {
    clutterPerM3: FALSE_DETECTIONS_PER_SET / volumeM3,
    speedMps: target.speedMps,
    accelerationMps2: target.accelerationMps2,
  };
}

/** Counts the tracks on targets before, and those of them that are on the same target under the same id at the end. */
function follow(
  site: Site,
  hypothesesMax: number,
  before: readonly Reconstruction[],
  after: readonly Reconstruction[],
): { readonly kept: number; readonly followed: number } {
  const tracker = new Tracker({ ...trackerOptionsOf(site), hypothesesMax });
  const play = (sets: readonly Reconstruction[]): Map<number, string> => {
    let followed = new Map<number, string>();
    for (const { timeNs, detections } of sets) followed = onTargets(tracker.step(timeNs, detections), timeOf(timeNs));
    return followed;
  };
  const [was, is] = [play(before), play(after)];
  return { kept: [...was].filter(([id, name]) => is.get(id) === name).length, followed: was.size };
}

function onTargets(tracks: readonly TrackUpdate[], timeS: number): Map<number, string> {
  const names = new Map<number, string>();
  const targets = truthAt(scene, timeS);
  for (const { id, state, positionEnuM: at } of tracks) {
    const target = targets.find(
      ({ positionEnuM: of }) => Math.hypot(of[0] - at[0], of[1] - at[1], of[2] - at[2]) < ON_TARGET_M,
    );
    if (state === "confirmed" && target !== undefined) names.set(id, target.name);
  }
  return names;
}
