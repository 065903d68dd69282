/**
 * A camera as kernels see it: integers, quantised once in double precision on the host.
 *
 * A point (u, v), in 1/256 pixel from the centre of the top-left pixel, becomes a direction in four integer steps:
 *   1. U = ((u - principalU) << 4) + bend(u, v), V likewise: offset from the principal point in 1/4096 pixel, distortion removed.
 *      `bend` interpolates the table `bendQ12` bilinearly (below).
 *   2. d_k = c_k + floor((a_k U + b_k V) / 2^fractionBits) for k = x, y, z, the sum taken in 64 bits.
 * |U|, |V| < 2^25 and |a|, |b| < 2^27, so the sum stays under 2^53: exact in float64, int64 and two 32-bit words alike.
 * |d_k| < 2^30; only the ratios of d are used. The fraction of a pixel lost is under 0.02 down to lenses of 2 degrees.
 *
 * Bilinear bend: with s = 8 + bendShift, i = u >> s, j = v >> s, fu = u & (2^s - 1), fv likewise, and n(i, j) the table entry,
 *   top = n(i, j) + (((n(i+1, j) - n(i, j)) * fu + 2^(s-1)) >> s), bottom the same in row j+1,
 *   bend = top + (((bottom - top) * fv + 2^(s-1)) >> s). Neighbouring entries differ by less than 2^17, so i32 holds every product
 *   (s ≤ 13 would need 2^30: the host checks |difference| << s < 2^30).
 *
 * The origin is in voxels from the grid's lower corner, Q11.20, each component in [-2048, 2048).
 */
export interface RayModel {
  readonly originQ20: readonly [number, number, number];
  readonly a: readonly [number, number, number];
  readonly b: readonly [number, number, number];
  readonly c: readonly [number, number, number];
  /** 0 … 30. */
  readonly fractionBits: number;
  /** 1/256 pixel. */
  readonly principalU: number;
  readonly principalV: number;
  /** The table has a node every `2^bendShift` pixels; `[rows, columns, 2]` int32 of (du, dv) in 1/4096 pixel. Empty: no distortion. */
  readonly bendShift: number;
  readonly bendColumns: number;
  readonly bendRows: number;
  readonly bendQ12: Int32Array;
}
