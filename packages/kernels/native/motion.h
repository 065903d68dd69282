/* Motion of one pixel: the arithmetic of src/ops/motion.ts.
 *
 * Input: c, the pixel, and the background of one mode. Output: difference to the background before its update, and the update.
 * Bytes moved per pixel: diff 2 (read c, write b), but 3 in practice as b is read too; sigma-delta 3; average 5. */
#ifndef SKYVOX_MOTION_H
#define SKYVOX_MOTION_H
#include "kernels.h"
#include "portable.h"

SV_INLINE uint32_t sv_difference(uint32_t c, uint32_t b) { return c > b ? c - b : b - c; }

/* Previous frame. */
SV_INLINE uint32_t sv_background_diff(uint32_t c) { return c; }

/* At most `step` grey levels toward the picture per frame. */
SV_INLINE uint32_t sv_background_sigma_delta(uint32_t c, uint32_t b, uint32_t step) {
  return c > b ? b + (c - b < step ? c - b : step) : b - (b - c < step ? b - c : step);
}

/* Mean over 16 frames in Q8.8. Started at c << 8 it never passes 255 << 8 by more than 15, so 16 bits hold it. */
SV_INLINE uint32_t sv_background_average(uint32_t c, uint32_t q8) { return (q8 + 16u * c - (q8 >> 4)) & 0xffffu; }

/* First word of a motion row. */
SV_INLINE uint32_t sv_motion_place(uint32_t x, uint32_t y) { return x | (y << 16); }

/* What the second word holds: the difference, and in mode gaussian 1 for a pixel that has stood still for a while. */
SV_INLINE uint32_t sv_motion_difference(uint32_t word) { return word & 255u; }
SV_INLINE uint32_t sv_motion_still(uint32_t word) { return (word >> 8) & 1u; }

#endif
