/**
 * How far views are from where a path should have been seen, and what that says of their noise: its size and how long it lasts.
 *
 * Labels are smooth: the error of one frame is nearly that of the next, so a thousand frames hold far fewer independent looks. The integrated
 * autocorrelation time τ = Δ (1 + 2 Σ ρ_k) tells how many (Sokal 1997, "Monte Carlo Methods in Statistical Mechanics", section 3); views closer than
 * τ count for less, in the adjustment and in every sigma that comes out of it.
 */
import type { Views } from "./bundle-problem.ts";
import { type CameraState, captureTimeS } from "./camera-state.ts";
import { type PathSpline, positionAt } from "./path-spline.ts";
import { ProjectionScratch, projectWithDerivatives } from "./projection.ts";

/** Errors of views, projected minus seen, pixels; infinite where the path is behind the camera or past the fold of its lens. */
export interface ViewErrors {
  readonly du: Float64Array;
  readonly dv: Float64Array;
}

/** Noise of a camera's views. */
export interface ViewNoise {
  /** One standard deviation per axis, pixels, from the median length. */
  readonly sigmaPx: number;
  /** Integrated autocorrelation time, seconds. */
  readonly lastsS: number;
}

/** The median length of a two-dimensional normal vector in sigmas of one axis. */
const RAYLEIGH_MEDIAN = Math.sqrt(2 * Math.log(2));
/** Errors count in the correlation up to this many sigmas. */
const CLIP_SIGMAS = 3;
const CORRELATION_MIN = 0.1;
const LAST_MAX_S = 10;

/** Returns the errors of views against a path. */
export function viewErrors(state: CameraState, views: Views, path: PathSpline): ViewErrors {
  const scratch = new ProjectionScratch();
  const count = views.nominalS.length;
  const du = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const dv = du.slice();
  for (let i = 0; i < count; i++) {
    const point = Float64Array.from(positionAt(path, captureTimeS(state, views.nominalS[i]!, views.vPx[i]!)));
    if (!projectWithDerivatives(state.cameraFromEnu, state.values, point, scratch)) continue;
    du[i] = scratch.u - views.uPx[i]!;
    dv[i] = scratch.v - views.vPx[i]!;
  }
  return { du, dv };
}

/** Returns the lengths of errors, rising, pixels. */
export function errorLengths({ du, dv }: ViewErrors): Float64Array {
  return du.map((value, i) => Math.hypot(value, dv[i]!)).sort();
}

/** Estimates the noise of views that rise in time. */
export function viewNoise(views: Views, errors: ViewErrors): ViewNoise {
  const lengths = errorLengths(errors);
  const sigmaPx = lengths[lengths.length >> 1]! / RAYLEIGH_MEDIAN;
  const clip = CLIP_SIGMAS * sigmaPx;
  const clipped = [errors.du, errors.dv].map((axis) => axis.map((value) => Math.max(-clip, Math.min(clip, value))));
  const stepS = medianStep(views.nominalS);
  let sum = 0.5;
  for (let lag = 1; lag * stepS < LAST_MAX_S; lag++) {
    const rho = correlationAt(views.nominalS, clipped, lag, stepS);
    if (!(rho > CORRELATION_MIN)) break;
    sum += rho;
  }
  return { sigmaPx, lastsS: 2 * sum * stepS };
}

/** Correlation of errors `lag` views apart, over neighbours that are not parted by a gap. */
function correlationAt(nominalS: Float64Array, axes: readonly Float64Array[], lag: number, stepS: number): number {
  let product = 0;
  let square = 0;
  for (const values of axes) {
    for (let i = 0; i + lag < values.length; i++) {
      if (nominalS[i + lag]! - nominalS[i]! > 1.5 * lag * stepS) continue;
      product += values[i]! * values[i + lag]!;
      square += (values[i]! * values[i]! + values[i + lag]! * values[i + lag]!) / 2;
    }
  }
  return product / square;
}

function medianStep(nominalS: Float64Array): number {
  const steps = nominalS.slice(1).map((timeS, i) => timeS - nominalS[i]!);
  return steps.sort()[steps.length >> 1] ?? 1;
}
