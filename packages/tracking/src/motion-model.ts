/**
 * Nearly constant velocity: each axis drifts by white acceleration of density q = accelerationMps2² · 1 s (m²/s³).
 *
 * Over dt the velocity so gains a variance of q dt (after one second: accelerationMps2²) and the position q dt³/3 (Bar-Shalom,
 * Li & Kirubarajan 2001, eq. 6.2.2-11). State `[e, n, u, ve, vn, vu]` in metres and metres per second, covariance `[6, 6]` row-major.
 */

/**
 * Moves one state and its covariance forward in place.
 *
 * `states` is `[count, 6]` and `covariances` `[count, 36]` float64; `slot` selects the row. Allocates nothing.
 */
export function predict(
  states: Float64Array,
  covariances: Float64Array,
  slot: number,
  motion: { readonly elapsedS: number; readonly accelerationMps2: number },
): void {
  const dt = motion.elapsedS;
  const q = motion.accelerationMps2 * motion.accelerationMps2;
  const x = slot * 6;
  for (let axis = 0; axis < 3; axis++) states[x + axis]! += dt * states[x + axis + 3]!;
  const p = slot * 36;
  // Blocks: P = [[A, B], [Bᵀ, D]]. Forward: A + dt (B + Bᵀ) + dt² D, B + dt D, D; each from the old values, so A before B.
  for (let i = 0; i < 3; i++) {
    for (let j = i; j < 3; j++) {
      const cross = covariances[p + i * 6 + j + 3]! + covariances[p + j * 6 + i + 3]!;
      const moved = covariances[p + i * 6 + j]! + dt * (cross + dt * covariances[p + (i + 3) * 6 + j + 3]!);
      covariances[p + i * 6 + j] = moved;
      covariances[p + j * 6 + i] = moved;
    }
  }
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      const moved = covariances[p + i * 6 + j + 3]! + dt * covariances[p + (i + 3) * 6 + j + 3]!;
      covariances[p + i * 6 + j + 3] = moved;
      covariances[p + (j + 3) * 6 + i] = moved;
    }
  }
  for (let i = 0; i < 3; i++) {
    covariances[p + i * 7]! += (q * dt * dt * dt) / 3;
    covariances[p + i * 6 + i + 3]! += (q * dt * dt) / 2;
    covariances[p + (i + 3) * 6 + i]! += (q * dt * dt) / 2;
    covariances[p + (i + 3) * 7]! += q * dt;
  }
}
