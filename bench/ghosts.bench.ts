/**
 * The bearing tracker on the scene ghosts are counted on: ghosts, what is found, errors, and time per step beside what was promised.
 *
 * A ghost is a confirmed track that is farther than 5 m from every target in any frame; each id counts once. Doubles are confirmed tracks
 * beyond one per target. "birth" is a step of a tracker that has no track and sees false bearings alone: sorting, hashing and the
 * whole search among them, which is all that is left once tracks have claimed their own. Times are medians over the second
 * half of the frames. What two cameras alone would make of the false bearings is told by the seeds.
 */
import { type Clock, cameraId, distance, systemClock, type TrackUpdate, type Vec3 } from "@skyvox/core";
import { BearingTracker } from "@skyvox/tracking";
import { cameraNameOf, type GhostSceneOptions, ghostScene } from "./ghost-scene.ts";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  type BenchRow,
  type BenchTarget,
  digestOf,
  median,
} from "./harness.ts";
import { targets } from "./targets.ts";

export const bench: Bench = {
  name: "ghosts",
  subject: "tracking",
  async run({ small }: BenchOptions): Promise<BenchResult> {
    const scene: GhostSceneOptions = {
      targetCount: small ? 20 : 200,
      cameraCount: small ? 6 : 10,
      falsePerCamera: small ? 100 : 1000,
      poseSigmaRad: (0.005 * Math.PI) / 180,
      frameCount: small ? 6 : 100,
      seed: 1,
    };
    const followed = follow(scene);
    const birthMs = follow({ ...scene, targetCount: 0, frameCount: small ? 6 : 60 }).stepMs;
    const frames = scene.frameCount;
    return {
      rows: rowsOf(followed, birthMs, scene),
      targets: small ? [] : targetsOf(followed, birthMs, frames),
      leftOut: [
        "MATLAB and Stone Soup: neither begins tracks from bearings of ten cameras with a thousand false ones each",
      ],
      digest: digestOf(Float64Array.from(followed.errorsM)),
    };
  },
};

interface Followed {
  readonly stepMs: number;
  readonly ghostIds: number;
  readonly doubles: number;
  /** Mean share of the targets that have a confirmed track, after the first frame. */
  readonly foundShare: number;
  readonly switches: number;
  /** Distance of every target's track in every frame, metres. */
  readonly errorsM: readonly number[];
}

/** Runs a new tracker over a scene. */
function follow(scene: GhostSceneOptions, clock: Clock = systemClock): Followed {
  const cameras = Array.from({ length: scene.cameraCount }, (_, index) => cameraId(cameraNameOf(index)));
  const tracker = new BearingTracker(cameras, {
    detectionProbability: 0.95,
    accelerationMps2: 2,
    speedMps: 15,
    rangeMinM: 20,
    missCorrelationS: 0.1,
  });
  const ms: number[] = [];
  const count = new GhostCount();
  for (const { timeNs, views, truth } of ghostScene(scene)) {
    const beforeNs = clock.nowNs();
    const updates = tracker.step(timeNs, views);
    ms.push(Number(clock.nowNs() - beforeNs) / 1e6);
    count.take(updates, truth);
  }
  const steady = ms.slice(ms.length >> 1);
  return { stepMs: median(steady), ...count.result(scene.frameCount * scene.targetCount) };
}

/** Sets confirmed tracks against the truth, frame by frame. */
class GhostCount {
  readonly #ghosts = new Set<number>();
  readonly #ids = new Map<number, number>();
  readonly #errorsM: number[] = [];
  #doubles = 0;
  #found = 0;
  #switches = 0;

  take(updates: readonly TrackUpdate[], truth: readonly Vec3[]): void {
    const owners = new Map<number, number>();
    for (const { id, state, positionEnuM } of updates) {
      if (state !== "confirmed" && state !== "coasting") continue;
      const distances = truth.map((at) => distance(at, positionEnuM));
      const nearest = distances.reduce((best, value, index) => (value < (distances[best] ?? 0) ? index : best), 0);
      const offM = distances[nearest] ?? Number.POSITIVE_INFINITY;
      if (offM > GHOST_M) {
        this.#ghosts.add(id);
        continue;
      }
      if (owners.has(nearest)) this.#doubles++;
      else this.#errorsM.push(offM);
      owners.set(nearest, id);
    }
    this.#found += owners.size;
    for (const [target, id] of owners) {
      if ((this.#ids.get(target) ?? id) !== id) this.#switches++;
      this.#ids.set(target, id);
    }
  }

  result(places: number): Omit<Followed, "stepMs"> {
    return {
      ghostIds: this.#ghosts.size,
      doubles: this.#doubles,
      foundShare: places === 0 ? 0 : this.#found / places,
      switches: this.#switches,
      errorsM: this.#errorsM,
    };
  }
}

function rowsOf(followed: Followed, birthMs: number, scene: GhostSceneOptions): BenchRow[] {
  const { errorsM, foundShare, ghostIds, doubles, switches, stepMs } = followed;
  const rmsM = Math.sqrt(errorsM.reduce((sum, value) => sum + value * value, 0) / Math.max(1, errorsM.length));
  const counts = `${ghostIds} ghosts, ${doubles} doubles, ${switches} switches in ${scene.frameCount} frames`;
  return [
    { name: "step", median: stepMs, unit: "ms", note: `${scene.targetCount} tracks, ${scene.cameraCount} cameras` },
    {
      name: "birth among false bearings alone",
      median: birthMs,
      unit: "ms",
      note: `${scene.falsePerCamera} per camera`,
    },
    { name: "targets with a confirmed track", median: 100 * foundShare, unit: "%", note: counts },
    { name: "position rms", median: rmsM, unit: "m" },
  ];
}

function targetsOf({ ghostIds }: Followed, birthMs: number, frames: number): BenchTarget[] {
  const per100 = Math.max(MEASURABLE, (100 * ghostIds) / frames);
  const { per100Frames, birthMs: birthMsMax } = targets.ghosts;
  return [
    { name: "confirmed ghosts per 100 frames", achieved: per100, wanted: per100Frames, unit: "", better: "lower" },
    { name: "birth", achieved: birthMs, wanted: birthMsMax, unit: "ms", better: "lower" },
  ];
}

const GHOST_M = 5;
/** What no ghost at all is told as: a target is never set against nothing. */
const MEASURABLE = 0.01;
