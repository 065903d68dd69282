/**
 * The measurement update of a state by a position, in Joseph form.
 *
 * The state has 6 or 9 components and begins with the position. K = P Hᵀ S⁻¹ with H = [I 0]; P⁺ = (I - K H) P (I - K H)ᵀ + K R Kᵀ. The Joseph form stays symmetric and positive definite under
 * rounding where (I - K H) P does not (Bar-Shalom, Li & Kirubarajan 2001, eq. 5.2.3-18). Works in place on pooled arrays.
 */
import { invertInnovation, newInverseCovariance } from "./gate.ts";

const inverse = newInverseCovariance();
const gain = new Float64Array(27);
const innovation = new Float64Array(3);
const partial = new Float64Array(81);

/**
 * Updates state `slot` with measurement `index`.
 *
 * `states` is `[count, size]`, `covariances` `[count, size, size]`; `positions` is `[count, 3]` in metres, `noise` `[count, 9]` in square metres.
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
  size: 6 | 9 = 6,
): void {
  const x = slot * size;
  const p = slot * size * size;
  const r = index * 9;
  invertInnovation(inverse, covariances, slot, noise, index, size);
  for (let axis = 0; axis < 3; axis++) innovation[axis] = positions[index * 3 + axis]! - states[x + axis]!;
  for (let i = 0; i < size; i++) {
    const p0 = covariances[p + i * size]!;
    const p1 = covariances[p + i * size + 1]!;
    const p2 = covariances[p + i * size + 2]!;
    const k0 = p0 * inverse.xx + p1 * inverse.xy + p2 * inverse.xz;
    const k1 = p0 * inverse.xy + p1 * inverse.yy + p2 * inverse.yz;
    const k2 = p0 * inverse.xz + p1 * inverse.yz + p2 * inverse.zz;
    gain[i * 3] = k0;
    gain[i * 3 + 1] = k1;
    gain[i * 3 + 2] = k2;
    states[x + i]! += k0 * innovation[0]! + k1 * innovation[1]! + k2 * innovation[2]!;
  }
  // partial = (I - K H) P
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      let sum = covariances[p + i * size + j]!;
      for (let k = 0; k < 3; k++) sum -= gain[i * 3 + k]! * covariances[p + k * size + j]!;
      partial[i * size + j] = sum;
    }
  }
  // P⁺ = partial (I - K H)ᵀ + K R Kᵀ, upper half computed and mirrored.
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) {
      let sum = partial[i * size + j]!;
      for (let k = 0; k < 3; k++) {
        let noisy = -partial[i * size + k]!;
        for (let m = 0; m < 3; m++) noisy += gain[i * 3 + m]! * noise[r + m * 3 + k]!;
        sum += noisy * gain[j * 3 + k]!;
      }
      covariances[p + i * size + j] = sum;
      covariances[p + j * size + i] = sum;
    }
  }
}
