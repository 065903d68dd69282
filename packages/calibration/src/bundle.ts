/**
 * Bundle adjustment: cameras, clocks and path moved together until they explain what was seen and measured.
 *
 * Levenberg-Marquardt with Marquardt's scaling on the normal equations of `bundle-terms.ts`, solved by the Schur complement of
 * `bundle-system.ts`. A step is taken when it lowers the cost; damping falls threefold then and rises fourfold otherwise. Freedoms that nothing fixes
 * (the gauge) are left where they are by the damping. Deterministic: no clock, no randomness.
 */
import { assertProblem, type BundleProblem } from "./bundle-problem.ts";
import { BundleSystem, type DenseLayout, layOut } from "./bundle-system.ts";
import { addTerms, TermScratch } from "./bundle-terms.ts";
import { assignCameraState, copyCameraState, moveCameraState } from "./camera-state.ts";

/** How far a solve may go. */
export interface BundleOptions {
  readonly iterationsMax: number;
  /** Ends when a step lowers the cost by less than this share. */
  readonly gainMin: number;
  /** Told after every step that was taken. */
  readonly onStep?: (step: { readonly iteration: number; readonly cost: number }) => void;
}

/** What a solve usually needs. */
export const defaultBundleOptions: BundleOptions = { iterationsMax: 100, gainMin: 1e-7 };

/** How a solve ended. */
export interface BundleResult {
  readonly startCost: number;
  readonly cost: number;
  readonly iterations: number;
  /** False where the iterations ran out. */
  readonly converged: boolean;
}

const DAMPING_START = 1e-3;
const DAMPING_MIN = 1e-9;
const DAMPING_MAX = 1e8;

/** Moves the states and the path of a problem to a minimum of its cost, in place. */
export function solveBundle(problem: BundleProblem, options: BundleOptions = defaultBundleOptions): BundleResult {
  assertProblem(problem);
  const layout = layOut(problem);
  const system = new BundleSystem(layout.count, problem.pathFree ? problem.path.control.length : 0);
  const scratch = new TermScratch();
  const denseStep = new Float64Array(system.denseCount);
  const pathStep = new Float64Array(system.pathCount);
  let damping = DAMPING_START;
  let cost = addTerms(problem, layout, null, scratch);
  const startCost = cost;
  for (let iteration = 1; iteration <= options.iterationsMax; iteration++) {
    system.clear();
    addTerms(problem, layout, system, scratch);
    const before = snapshot(problem);
    let gain = 0;
    while (damping < DAMPING_MAX) {
      const solved = system.solve(damping, denseStep, pathStep);
      if (solved) moveProblem(problem, layout, denseStep, pathStep);
      const trial = solved ? addTerms(problem, layout, null, scratch) : Number.POSITIVE_INFINITY;
      if (trial < cost) {
        gain = (cost - trial) / cost;
        cost = trial;
        damping = Math.max(DAMPING_MIN, damping / 3);
        break;
      }
      restore(problem, before);
      damping *= 4;
    }
    if (gain > 0) options.onStep?.({ iteration, cost });
    if (gain < options.gainMin) return { startCost, cost, iterations: iteration, converged: true };
  }
  return { startCost, cost, iterations: options.iterationsMax, converged: false };
}

/** Everything that a step moves. */
interface Snapshot {
  readonly cameras: BundleProblem["cameras"][number]["state"][];
  readonly control: Float64Array;
}

function snapshot(problem: BundleProblem): Snapshot {
  return {
    cameras: problem.cameras.map(({ state }) => copyCameraState(state)),
    control: problem.pathFree ? problem.path.control.slice() : problem.path.control,
  };
}

function restore(problem: BundleProblem, from: Snapshot): void {
  for (const [index, { state }] of problem.cameras.entries()) assignCameraState(state, from.cameras[index]!);
  if (problem.pathFree) problem.path.control.set(from.control);
}

function moveProblem(
  problem: BundleProblem,
  layout: DenseLayout,
  denseStep: Float64Array,
  pathStep: Float64Array,
): void {
  for (const [index, { state }] of problem.cameras.entries()) {
    const places = layout.cameras[index]!;
    moveCameraState(
      state,
      Float64Array.from(places, (place) => (place < 0 ? 0 : denseStep[place]!)),
    );
  }
  for (let i = 0; i < pathStep.length; i++) problem.path.control[i]! += pathStep[i]!;
}
