/**
 * How well a calibration knows each camera: covariances of the dense unknowns, the path integrated out.
 *
 * The inverse of the Schur complement at the solution, with the weights of the loss and the worth of views as they stand there (so correlated labels do not
 * count as independent). Sigmas of noise are those the residuals showed. Held values have covariance zero. What nothing fixes comes out huge, not hidden.
 */
import { assert, factorCholesky, invertCholesky, solveCholesky } from "@skyvox/core";
import { type BundleCamera, type BundleProblem, freeParts } from "./bundle-problem.ts";
import { BundleSystem, layOut } from "./bundle-system.ts";
import { addTerms, TermScratch } from "./bundle-terms.ts";
import { STEP_LENS, STEP_LINE_TIME } from "./camera-state.ts";

/** Covariance of one camera's step, `[size, size]` row-major: turn (camera axes, radians), centre (metres), lens, line time, clock. */
export interface StepCovariance {
  readonly size: number;
  readonly values: Float64Array;
}

/** Returns the covariance of every camera, or null where the equations are singular: something is not fixed at all. */
export function stepCovariances(problem: BundleProblem): StepCovariance[] | null {
  const layout = layOut(problem);
  const system = new BundleSystem(layout.count, problem.pathFree ? problem.path.control.length : 0);
  addTerms(problem, layout, system, new TermScratch());
  const information = system.information(0);
  const m = layout.count;
  if (information === null || !factorCholesky(information, m)) return null;
  const inverse = new Float64Array(m * m);
  invertCholesky(information, m, inverse);
  return layout.cameras.map((places) => {
    const size = places.length;
    const values = new Float64Array(size * size);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const [a, b] = [places[row]!, places[column]!];
        if (a >= 0 && b >= 0) values[row * size + column] = inverse[a * m + b]!;
      }
    }
    return { size, values };
  });
}

/**
 * Returns the `[6, 6]` covariance of a camera's pose that stands for all it does not know: turn (camera axes, radians), then centre (metres).
 *
 * Alone, a pose is poorly known where the lens can make up for it (a turn against the principal point); what is seen is not. So every error of
 * pose and lens is laid on the pose that moves the camera's views most like it: A Σ Aᵀ with A = (JₚᵀWJₚ)⁻¹ JₚᵀWJ over the views.
 */
export function poseCovariance(problem: BundleProblem, index: number, covariance: StepCovariance): Float64Array {
  const camera = problem.cameras[index];
  assert(camera !== undefined, "the camera is one of the problem's");
  const information = viewInformation(problem, camera);
  const pose = information.subarray(0, STEP_LENS * STEP_LINE_TIME);
  const factor = new Float64Array(STEP_LENS * STEP_LENS);
  for (let row = 0; row < STEP_LENS; row++) {
    for (let column = 0; column < STEP_LENS; column++)
      factor[row * STEP_LENS + column] = pose[row * STEP_LINE_TIME + column]!;
  }
  const out = new Float64Array(STEP_LENS * STEP_LENS);
  if (!factorCholesky(factor, STEP_LENS)) return out.fill(Number.NaN);
  // Columns of A, one per value of pose and lens.
  const a = Array.from({ length: STEP_LINE_TIME }, (_, column) => {
    const x = Float64Array.from({ length: STEP_LENS }, (__, row) => pose[row * STEP_LINE_TIME + column]!);
    solveCholesky(factor, STEP_LENS, x);
    return x;
  });
  for (let i = 0; i < STEP_LINE_TIME; i++) {
    for (let j = 0; j < STEP_LINE_TIME; j++) {
      const value = covariance.values[i * covariance.size + j]!;
      for (let row = 0; row < STEP_LENS; row++) {
        for (let column = 0; column < STEP_LENS; column++) {
          out[row * STEP_LENS + column]! += a[i]![row]! * value * a[j]![column]!;
        }
      }
    }
  }
  return out;
}

/** JᵀWJ of one camera's views by pose and lens, `[15, 15]`, both triangles, the path held. */
function viewInformation(problem: BundleProblem, camera: BundleCamera): Float64Array {
  const free = freeParts(camera.state, ["pose", "lens"]);
  const alone: BundleProblem = {
    ...problem,
    cameras: [{ ...camera, free, priors: [] }],
    pathFree: false,
    control: null,
  };
  const layout = layOut(alone);
  const system = new BundleSystem(layout.count, 0);
  addTerms(alone, layout, system, new TermScratch());
  const m = layout.count;
  return system.dense.map((_, at) => {
    const [row, column] = [Math.floor(at / m), at % m];
    return row >= column ? system.dense[at]! : system.dense[column * m + row]!;
  });
}

/** Returns one standard deviation of value `place`. */
export function sigmaOf({ size, values }: StepCovariance, place: number): number {
  return Math.sqrt(values[place * size + place]!);
}
