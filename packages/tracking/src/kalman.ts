/**
 * The measurement update of a six-component state by a position, in Joseph form.
 *
 * K = P Hᵀ S⁻¹ with H = [I 0]; P⁺ = (I - K H) P (I - K H)ᵀ + K R Kᵀ. The Joseph form stays symmetric and positive definite under
 * rounding where (I - K H) P does not (Bar-Shalom, Li & Kirubarajan 2001, eq. 5.2.3-18). Works in place on pooled arrays.
 */
import { invertInnovation, newInverseCovariance } from "./gate.ts";

const inverse = newInverseCovariance();
const gain = new Float64Array(18);
const innovation = new Float64Array(3);
const partial = new Float64Array(36);

/**
 * Updates state `slot` with measurement `index`.
 *
 * `states` is `[count, 6]`, `covariances` `[count, 36]`; `positions` is `[count, 3]` in metres, `noise` `[count, 9]` in square metres.
 * Allocates nothing.
 * @throws {AssertionError} when the innovation covariance is not positive definite.
 */
export function update(
  states: Float64Array,
  covariances: Float64Array,
  slot: number,
  positions: Float64Array,
  noise: Float64Array,
  index: number,
): void {
  const x = slot * 6;
  const p = slot * 36;
  const r = index * 9;
  invertInnovation(inverse, covariances, slot, noise, index);
  for (let axis = 0; axis < 3; axis++) innovation[axis] = positions[index * 3 + axis]! - states[x + axis]!;
  for (let i = 0; i < 6; i++) {
    const p0 = covariances[p + i * 6]!;
    const p1 = covariances[p + i * 6 + 1]!;
    const p2 = covariances[p + i * 6 + 2]!;
    const k0 = p0 * inverse.xx + p1 * inverse.xy + p2 * inverse.xz;
    const k1 = p0 * inverse.xy + p1 * inverse.yy + p2 * inverse.yz;
    const k2 = p0 * inverse.xz + p1 * inverse.yz + p2 * inverse.zz;
    gain[i * 3] = k0;
    gain[i * 3 + 1] = k1;
    gain[i * 3 + 2] = k2;
    states[x + i]! += k0 * innovation[0]! + k1 * innovation[1]! + k2 * innovation[2]!;
  }
  // partial = (I - K H) P
  for (let i = 0; i < 6; i++) {
    for (let j = 0; j < 6; j++) {
      let sum = covariances[p + i * 6 + j]!;
      for (let k = 0; k < 3; k++) sum -= gain[i * 3 + k]! * covariances[p + k * 6 + j]!;
      partial[i * 6 + j] = sum;
    }
  }
  // P⁺ = partial (I - K H)ᵀ + K R Kᵀ, upper half computed and mirrored.
  for (let i = 0; i < 6; i++) {
    for (let j = i; j < 6; j++) {
      let sum = partial[i * 6 + j]!;
      for (let k = 0; k < 3; k++) {
        let noisy = -partial[i * 6 + k]!;
        for (let m = 0; m < 3; m++) noisy += gain[i * 3 + m]! * noise[r + m * 3 + k]!;
        sum += noisy * gain[j * 3 + k]!;
      }
      covariances[p + i * 6 + j] = sum;
      covariances[p + j * 6 + i] = sum;
    }
  }
}
