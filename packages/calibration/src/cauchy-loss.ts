/**
 * Cauchy's loss: what an observation costs by the square `s` of its distance in sigmas, so that what is far off counts little.
 *
 * ρ(s) = c² ln(1 + s / c²) and ρ'(s) = 1 / (1 + s / c²), the weight of iterated reweighting. With c = 2 an observation at 2 sigma counts
 * half and one at 20 sigma a hundredth. Labels by hand and by detectors have tails that a quadratic loss would follow.
 * Barron 2019, arXiv 1701.03077, alpha = 0.
 */

/** Distance in sigmas at which an observation counts half. */
const LOSS_SCALE = 2;
const SCALE_SQUARE = LOSS_SCALE * LOSS_SCALE;

/** Returns the cost of a squared distance in sigmas. */
export function lossOf(square: number): number {
  return SCALE_SQUARE * Math.log1p(square / SCALE_SQUARE);
}

/** Returns the weight at a squared distance in sigmas, in (0, 1]. */
export function lossWeight(square: number): number {
  return 1 / (1 + square / SCALE_SQUARE);
}
