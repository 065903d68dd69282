/**
 * First poses and clocks from nothing but what the cameras saw: pairs, then a tree of clocks, then camera after camera.
 *
 * Every pair is searched for its time offset (`pair-search.ts`); the clearest ones tie all clocks to one camera's. The pair with the
 * clearest geometry starts the scene (its baseline has length `BASELINE_M`, as nothing tells the scale), the path between them is intersected, and every
 * further camera is resected against the path so far, each time with a bundle adjustment of poses and clocks.
 */
import { dot, identity3, type Mat3, normalize, type Prng, transformTransposed3, type Vec3 } from "@skyvox/core";
import { solveBundle } from "./bundle.ts";
import type { LinearPrior } from "./bundle-problem.ts";
import { type CameraInput, refusal, viewsOf } from "./calibration-input.ts";
import { bundleCameraOf, type CameraEstimate, createEstimate } from "./camera-estimate.ts";
import { centreOf, STEP_CENTRE } from "./camera-state.ts";
import { poseFromEssential } from "./epipolar.ts";
import { knownByViews, spanOf } from "./known-times.ts";
import type { LinearClock } from "./linear-clock.ts";
import { contrast, fitPairAt, type PairFit, searchPair } from "./pair-search.ts";
import { pathFromSights, placeSights } from "./path-from-sights.ts";
import { type SightTrack, sightTrack } from "./sight-track.ts";
import { MARGIN_S, type Note } from "./start-from-control.ts";
import { type PathSpan, poseAtClock } from "./time-search.ts";

/** First poses, clocks and path in a frame and scale of their own. */
export interface ViewsStart {
  readonly estimates: readonly CameraEstimate[];
  readonly span: PathSpan;
  /** Camera in whose frame and time all stands. */
  readonly root: number;
}

/** How a start is made. */
export interface StartOptions {
  readonly stepS: number;
  readonly jerkSigma: number;
}

/** Length of the first baseline until the scale is known, metres. */
const BASELINE_M = 30;
const GROWTH_VIEWS_MAX = 400;
/** Mean truncated error of sights from which a camera does not fit. */
const SCORE_MAX = 0.6;
const GROWTH_ITERATIONS = 15;

/**
 * Starts from views alone.
 *
 * @throws {SkyvoxError} "calibration" for cameras that share no clear geometry with the others.
 */
export function startFromViews(
  cameras: readonly CameraInput[],
  options: StartOptions,
  prng: Prng,
  onProgress: Note,
): ViewsStart {
  const tracks = cameras.map((camera) => sightTrack(viewsOf(camera), camera.intrinsics));
  const ties = findTies(cameras, tracks, onProgress);
  const first = firstPair(ties);
  if (first === null)
    throw refusal(
      "s",
      "no two of them agree on one geometry at any time offset",
      "cameras that saw one moving target at the same time",
    );
  const clocks = treeOfClocks(cameras, ties, first.a);
  const estimates: (CameraEstimate | null)[] = cameras.map(() => null);
  const here = { cameraFromEnu: identity3, cameraInEnuM: [0, 0, 0] as Vec3 };
  estimates[first.a] = createEstimate(cameras[first.a]!, here, clocks[first.a]!);
  const { cameraFromEnu, cameraInEnuM } = first.pose;
  const there: Vec3 = [cameraInEnuM[0] * BASELINE_M, cameraInEnuM[1] * BASELINE_M, cameraInEnuM[2] * BASELINE_M];
  estimates[first.b] = createEstimate(cameras[first.b]!, { cameraFromEnu, cameraInEnuM: there }, clocks[first.b]!);
  onProgress(`cameras "${cameras[first.a]!.id}" and "${cameras[first.b]!.id}" start the scene`);
  const baseline = { root: first.a, other: first.b };
  let span = growPath(estimates, baseline, options);
  for (;;) {
    const next = nextCamera(cameras, tracks, clocks, estimates, span, prng);
    if (next === null) break;
    estimates[next.index] = next.estimate;
    onProgress(
      `camera "${cameras[next.index]!.id}": joins with ${(100 * (1 - next.score)).toFixed(0)} % of what it saw`,
    );
    span = growPath(estimates, baseline, options);
  }
  const all = estimates.map((estimate, index) => {
    if (estimate === null)
      throw refusal(
        ` "${cameras[index]!.id}"`,
        "what it saw does not fit the path of the others",
        "labels and lens that belong together",
      );
    return estimate;
  });
  return { estimates: all, span, root: first.a };
}

/** A prior that keeps the distance between two cameras as it is while the first is held. */
export function baselinePrior(held: Vec3, other: Vec3): LinearPrior {
  const direction = normalize([other[0] - held[0], other[1] - held[1], other[2] - held[2]]);
  const length = Math.hypot(other[0] - held[0], other[1] - held[1], other[2] - held[2]);
  return {
    places: [STEP_CENTRE, STEP_CENTRE + 1, STEP_CENTRE + 2],
    factors: direction,
    wanted: dot(direction, other),
    sigma: length * 1e-5,
  };
}

interface Tie {
  readonly a: number;
  readonly b: number;
  readonly fit: PairFit;
}

function findTies(cameras: readonly CameraInput[], tracks: readonly SightTrack[], onProgress: Note): Tie[] {
  const ties: Tie[] = [];
  for (let a = 0; a < cameras.length; a++) {
    for (let b = a + 1; b < cameras.length; b++) {
      const [from, to] = [cameras[a]!, cameras[b]!];
      const given = from.clock !== null && to.clock !== null ? relativeClock(from.clock, to.clock) : null;
      const fit = given === null ? searchPair(tracks[a]!, tracks[b]!) : fitPairAt(tracks[a]!, tracks[b]!, given);
      if (fit === null || !fit.isClear || fit.fit.score > SCORE_MAX) continue;
      ties.push({ a, b, fit });
      onProgress(
        `cameras "${from.id}" and "${to.id}": ${fit.clock.offsetS.toFixed(2)} s apart, ${(100 * contrast(fit)).toFixed(0)} % clear`,
      );
    }
  }
  return ties;
}

/** b's nominal time in a's nominal time. */
function relativeClock(a: LinearClock, b: LinearClock): LinearClock {
  return { offsetS: (b.offsetS - a.offsetS) / a.rate, rate: b.rate / a.rate };
}

interface FirstPair extends Tie {
  readonly pose: { readonly cameraFromEnu: Mat3; readonly cameraInEnuM: Vec3 };
}

/** The pair with most common sights, clearest geometry and widest angle between its sight lines. */
function firstPair(ties: readonly Tie[]): FirstPair | null {
  let best: FirstPair | null = null;
  let bestRating = 0;
  for (const tie of ties) {
    const { fit } = tie;
    const pose = poseFromEssential(fit.fit.essential, fit.pairs);
    if (pose === null) continue;
    const angle = medianAngle(pose.cameraFromEnu, fit);
    const rating = contrast(fit) * Math.min(1, angle / WIDE_ANGLE_RAD) * Math.sqrt(fit.pairs.first.length);
    if (rating <= bestRating) continue;
    bestRating = rating;
    best = { ...tie, pose };
  }
  return best;
}

const WIDE_ANGLE_RAD = 0.5;

function medianAngle(secondFromFirst: Mat3, { pairs }: PairFit): number {
  const angles: number[] = [];
  for (let i = 0; i < pairs.first.length; i += 2) {
    const one = normalize([pairs.first[i]!, pairs.first[i + 1]!, 1]);
    const two = normalize(transformTransposed3(secondFromFirst, [pairs.second[i]!, pairs.second[i + 1]!, 1]));
    angles.push(Math.acos(Math.max(-1, Math.min(1, dot(one, two)))));
  }
  return angles.sort((a, b) => a - b)[angles.length >> 1] ?? 0;
}

/** Clocks of all cameras in the root's nominal time, over the clearest ties (Prim's tree). */
function treeOfClocks(cameras: readonly CameraInput[], ties: readonly Tie[], root: number): LinearClock[] {
  const clocks: (LinearClock | null)[] = cameras.map((_, index) =>
    index === root ? (cameras[root]!.clock ?? { offsetS: 0, rate: 1 }) : null,
  );
  const ordered = ties.toSorted((p, q) => contrast(q.fit) - contrast(p.fit));
  for (;;) {
    const tie = ordered.find(({ a, b }) => (clocks[a] === null) !== (clocks[b] === null));
    if (tie === undefined) break;
    const { offsetS, rate } = tie.fit.clock;
    const [known, isForward] = clocks[tie.a] === null ? [clocks[tie.b]!, false] : [clocks[tie.a]!, true];
    if (isForward) clocks[tie.b] = { offsetS: known.offsetS + known.rate * offsetS, rate: known.rate * rate };
    else clocks[tie.a] = { offsetS: known.offsetS - (known.rate * offsetS) / rate, rate: known.rate / rate };
  }
  return clocks.map((clock, index) => {
    if (clock === null)
      throw refusal(
        ` "${cameras[index]!.id}"`,
        "it shares no clear geometry with any other camera",
        "one that saw the target together with others for a while",
      );
    return clock;
  });
}

/** Intersects the path of all placed cameras and adjusts poses and clocks with it. */
function growPath(
  estimates: readonly (CameraEstimate | null)[],
  { root, other }: { readonly root: number; readonly other: number },
  options: StartOptions,
): PathSpan {
  const placed = estimates.flatMap((estimate, index) => (estimate === null ? [] : [{ estimate, index }]));
  const sights = placed.map(({ estimate }) => placeSights(estimate));
  const { fromS, toS } = spanOf(sights);
  const path = pathFromSights(sights, { fromS: fromS - MARGIN_S, toS: toS + MARGIN_S, stepS: options.stepS });
  if (path === null) throw refusal("s", "no two of them see the target at once", "cameras that see it together");
  const isKnown = knownByViews(sights, { fromS, toS }, 2);
  const prior = baselinePrior(centreOf(estimates[root]!.state), centreOf(estimates[other]!.state));
  const cameras = placed.map(({ estimate, index }) => {
    const camera = bundleCameraOf(estimate, {
      parts: index === root ? [] : ["pose", "clock"],
      viewsMax: GROWTH_VIEWS_MAX,
      keep: isKnown,
    });
    return index === other ? { ...camera, priors: [...camera.priors, prior] } : camera;
  });
  solveBundle(
    { cameras, path, pathFree: true, jerkSigma: options.jerkSigma, control: null },
    { iterationsMax: GROWTH_ITERATIONS, gainMin: 1e-3 },
  );
  return { path, fromS, toS, isKnown };
}

/** Resects every camera not yet placed and returns the one that fits best, or null. */
function nextCamera(
  cameras: readonly CameraInput[],
  tracks: readonly SightTrack[],
  clocks: readonly LinearClock[],
  estimates: readonly (CameraEstimate | null)[],
  span: PathSpan,
  prng: Prng,
): { index: number; estimate: CameraEstimate; score: number } | null {
  let best: { index: number; estimate: CameraEstimate; score: number } | null = null;
  for (const [index, camera] of cameras.entries()) {
    if (estimates[index] !== null) continue;
    const found = poseAtClock(tracks[index]!, span, clocks[index]!, prng);
    if (found === null || found.score > Math.min(SCORE_MAX, best?.score ?? 1)) continue;
    best = { index, estimate: createEstimate(camera, found.pose, clocks[index]!), score: found.score };
  }
  return best;
}
