/**
 * Projects points of the world to pixels together with every derivative a calibration needs, into a scratch that is used again.
 *
 * The model is that of `camera-model.ts` of `@skyvox/core` (pinhole, Brown-Conrady), here with derivatives by the point in the camera
 * frame (and through it by pose, place and time) and by the nine numbers of the lens. Tests hold both against each other.
 */
import { LENS_LENGTH, STEP_CENTRE, STEP_LENS } from "./camera-state.ts";

/** Results of {@link projectWithDerivatives}; valid until the next call. */
export class ProjectionScratch {
  u = 0;
  v = 0;
  /** `[3]` the point in the camera frame, metres. */
  readonly point = new Float64Array(3);
  /** `[2, 3]` derivatives of the pixel by the point in the camera frame. */
  readonly byPoint = new Float64Array(6);
  /** `[2, 3]` derivatives of the pixel by the point in the world. */
  readonly byWorld = new Float64Array(6);
  /** `[2, 9]` derivatives of the pixel by the lens. */
  readonly byLens = new Float64Array(2 * LENS_LENGTH);
}

/** Points nearer to the camera's plane than this share of their distance count as behind it. */
const DEPTH_SHARE_MIN = 0.02;
/** Slope of the bent radius by the straight one below which the polynomial is about to fold back. */
const RADIAL_SLOPE_MIN = 0.05;

/**
 * Projects a point and fills the scratch.
 *
 * @param rotation `[3, 3]` cameraFromEnu. @param values of a `CameraState`. @param point `[3]` in the world, metres.
 * @returns false behind the camera and past the fold of the lens; the scratch then holds nothing of use.
 */
export function projectWithDerivatives(
  rotation: Float64Array,
  values: Float64Array,
  point: Float64Array,
  out: ProjectionScratch,
): boolean {
  const dx = point[0]! - values[STEP_CENTRE]!;
  const dy = point[1]! - values[STEP_CENTRE + 1]!;
  const dz = point[2]! - values[STEP_CENTRE + 2]!;
  const px = rotation[0]! * dx + rotation[1]! * dy + rotation[2]! * dz;
  const py = rotation[3]! * dx + rotation[4]! * dy + rotation[5]! * dz;
  const pz = rotation[6]! * dx + rotation[7]! * dy + rotation[8]! * dz;
  if (!(pz > DEPTH_SHARE_MIN * Math.sqrt(px * px + py * py + pz * pz))) return false;
  out.point[0] = px;
  out.point[1] = py;
  out.point[2] = pz;
  if (!bend(values, px / pz, py / pz, 1 / pz, out)) return false;
  const { byPoint: d, byWorld: w } = out;
  for (let row = 0; row < 6; row += 3) {
    const a = d[row]!;
    const b = d[row + 1]!;
    const c = d[row + 2]!;
    w[row] = a * rotation[0]! + b * rotation[3]! + c * rotation[6]!;
    w[row + 1] = a * rotation[1]! + b * rotation[4]! + c * rotation[7]!;
    w[row + 2] = a * rotation[2]! + b * rotation[5]! + c * rotation[8]!;
  }
  return true;
}

/** Bends normalised coordinates `[x, y]` of a point at depth `1 / inverseDepth`, with derivatives. */
function bend(values: Float64Array, x: number, y: number, inverseDepth: number, out: ProjectionScratch): boolean {
  const fx = values[STEP_LENS]!;
  const fy = values[STEP_LENS + 1]!;
  const k1 = values[STEP_LENS + 4]!;
  const k2 = values[STEP_LENS + 5]!;
  const p1 = values[STEP_LENS + 6]!;
  const p2 = values[STEP_LENS + 7]!;
  const k3 = values[STEP_LENS + 8]!;
  const r2 = x * x + y * y;
  if (!(1 + r2 * (3 * k1 + r2 * (5 * k2 + r2 * 7 * k3)) > RADIAL_SLOPE_MIN)) return false;
  const radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
  const slope = 2 * (k1 + r2 * (2 * k2 + 3 * k3 * r2));
  const bentX = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x);
  const bentY = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y;
  out.u = fx * bentX + values[STEP_LENS + 2]!;
  out.v = fy * bentY + values[STEP_LENS + 3]!;
  const xx = radial + x * x * slope + 2 * p1 * y + 6 * p2 * x;
  const xy = x * y * slope + 2 * p1 * x + 2 * p2 * y;
  const yy = radial + y * y * slope + 6 * p1 * y + 2 * p2 * x;
  const { byPoint: d, byLens: l } = out;
  d[0] = fx * xx * inverseDepth;
  d[1] = fx * xy * inverseDepth;
  d[2] = -fx * (xx * x + xy * y) * inverseDepth;
  d[3] = fy * xy * inverseDepth;
  d[4] = fy * yy * inverseDepth;
  d[5] = -fy * (xy * x + yy * y) * inverseDepth;
  l.fill(0);
  l[0] = bentX;
  l[2] = 1;
  l[4] = fx * x * r2;
  l[5] = l[4]! * r2;
  l[6] = 2 * fx * x * y;
  l[7] = fx * (r2 + 2 * x * x);
  l[8] = l[5]! * r2;
  l[LENS_LENGTH + 1] = bentY;
  l[LENS_LENGTH + 3] = 1;
  l[LENS_LENGTH + 4] = fy * y * r2;
  l[LENS_LENGTH + 5] = l[LENS_LENGTH + 4]! * r2;
  l[LENS_LENGTH + 6] = fy * (r2 + 2 * y * y);
  l[LENS_LENGTH + 7] = 2 * fy * x * y;
  l[LENS_LENGTH + 8] = l[LENS_LENGTH + 5]! * r2;
  return true;
}
