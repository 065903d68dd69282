/* What a row of pixels is searched for spots with: running sums over columns, plain loops compiled once for every instruction set.
 *
 * Each row costs a few additions per pixel: the sum over 9 rows moves on by the row that enters and the row that leaves, and the ring
 * is the 9-row sums at its two sides and 7 columns of its ends. All of that fits 16 bits: the ring's sum is at most 32 * 1023.
 * Columns are counted in size_t: an index that may wrap keeps compilers from vectorising.
 *
 * Then pixels are flagged where a bound of their signal passes the noise they had over time, in 16 bits too (spots.cpp, spots-avx2.cpp).
 * A quarter of the signal is off by less than 3/2, so twice its size and 3 are no less than half the size of the signal. The square of
 * that is compared with ratio * variance / 4, both times 4^k (SpotField::scale is 2^k) to keep as many bits as 16 hold. The score itself,
 * with the noise of the ring, which can only lower it, is computed of flagged pixels alone. Bytes read per pixel: 4. */
#ifndef SKYVOX_CPU_SPOT_ROWS_H
#define SKYVOX_CPU_SPOT_ROWS_H
#include "context.h"

namespace skyvox {
namespace {

SV_INLINE int16_t clamped(int16_t deviation) { return static_cast<int16_t>(sv_spot_clamp(deviation)); }

/* Sums nine rows, the last of them `bottom`. */
inline void sum_rows(const int16_t *bottom, size_t width, size_t count, int16_t *__restrict nine) {
  for (size_t i = 0; i < count; i += 1) nine[i] = 0;
  for (uint32_t row = 0; row < 9; row += 1, bottom -= width)
    for (size_t i = 0; i < count; i += 1) nine[i] = static_cast<int16_t>(nine[i] + clamped(bottom[i]));
}

inline void move_sums(const int16_t *enters, const int16_t *leaves, size_t count, int16_t *__restrict nine) {
  for (size_t i = 0; i < count; i += 1) nine[i] = static_cast<int16_t>(nine[i] + clamped(enters[i]) - clamped(leaves[i]));
}

/* `at` is the row at hand. */
inline void sum_columns(const int16_t *at, size_t width, size_t count, int16_t *__restrict ends, int16_t *__restrict three) {
  const int16_t *top = at - SV_SPOT_REACH * width, *bottom = at + SV_SPOT_REACH * width;
  const int16_t *above = at - width, *below = at + width;
  for (size_t i = 0; i < count; i += 1) ends[i] = static_cast<int16_t>(clamped(top[i]) + clamped(bottom[i]));
  for (size_t i = 0; i < count; i += 1) three[i] = static_cast<int16_t>(above[i] + 2 * at[i] + below[i]);
}

/* Moves the sums on by a row, or makes them. Rows of a piece lie far apart: the next one is asked for ahead. */
SV_INLINE void sum_row(const SpotField &field, SpotSums *sums, uint32_t y, bool first) {
  const size_t width = field.width, columns = field.x_end - field.x_begin + 2 * SV_SPOT_REACH;
  const int16_t *at = field.deviation + y * width + field.x_begin - SV_SPOT_REACH;
  const int16_t *bottom = at + SV_SPOT_REACH * width;
  if (y + SV_SPOT_REACH + 1 < field.height)
    for (size_t i = 0; i < columns; i += 32) __builtin_prefetch(bottom + width + i);
  if (first) sum_rows(bottom, width, columns, sums->nine);
  else move_sums(bottom, bottom - 9 * width, columns, sums->nine);
  sum_columns(at, width, columns, sums->ends, sums->three);
}

}  // namespace
}  // namespace skyvox
#endif
