/* Motion of one pixel in mode gaussian: the arithmetic of src/ops/motion.ts.
 *
 * State per pixel: a slow mean (Q8.16), its variance (Q8, square grey levels) and a fast mean (Q8.8). A step moves each mean and the
 * variance from where it is toward a value of its own range, and never past it: (way + half) >> shift lies between 0 and the way.
 * So the means stay within 0 to 255 grey levels and the variance within 16 bits. Bytes moved per pixel: 19 (read c 1, means 6,
 * variance 2; written means 6, variance 2, deviation 2). */
#ifndef SKYVOX_GAUSSIAN_H
#define SKYVOX_GAUSSIAN_H
#include "kernels.h"
#include "motion.h"
#include "portable.h"

/* Frames counted at most: past the longest slow_shift nothing changes. */
#define SV_GAUSSIAN_FRAMES_MAX (1u << 20)

/* What is the same for all pixels of a frame. */
typedef struct {
  uint32_t threshold;           /* grey levels */
  uint32_t shift, shift_moving; /* of the slow mean: of a still and of a moving pixel; the first is that of the variance too */
  uint32_t fast_shift;
  uint32_t snr_min_q4, variance_min_q8;
} sv_gaussian_frame;

typedef struct { uint32_t mean_q16, variance_q8, fast_q8; } sv_gaussian_pixel;

/* difference in grey levels, deviation in 1/16 of them; `still`: the fast mean has caught up with the picture. */
typedef struct {
  uint32_t difference;
  int32_t deviation_q4;
  int moving, still;
} sv_gaussian_found;

/* `frames`: how many this background has seen, at least 1. Early frames count for more, so that it settles quickly. */
SV_INLINE sv_gaussian_frame sv_gaussian_frame_of(const sv_motion_params *params, uint32_t frames) {
  sv_gaussian_frame frame;
  uint32_t bits = 0;
  while (frames >> bits != 0) bits += 1;
  frame.threshold = (uint32_t)params->threshold;
  frame.shift = bits < (uint32_t)params->slow_shift ? bits : (uint32_t)params->slow_shift;
  frame.shift_moving = frame.shift + (uint32_t)params->hold_shift;
  frame.fast_shift = (uint32_t)params->fast_shift;
  frame.snr_min_q4 = (uint32_t)params->snr_min_q4;
  frame.variance_min_q8 = (uint32_t)params->variance_min_q8;
  return frame;
}

SV_INLINE sv_gaussian_pixel sv_gaussian_start(uint32_t c, uint32_t variance_min_q8) {
  sv_gaussian_pixel pixel;
  pixel.mean_q16 = c << 16, pixel.variance_q8 = variance_min_q8, pixel.fast_q8 = c << 8;
  return pixel;
}

/* What op spots takes for the noise of a pixel: of the variance before the update. */
SV_INLINE uint32_t sv_gaussian_noise(uint32_t variance_q8, uint32_t variance_min_q8) {
  return variance_q8 > variance_min_q8 ? variance_q8 : variance_min_q8;
}

SV_INLINE int32_t sv_part_of_way(int32_t way, uint32_t shift) { return (way + (1 << (shift - 1))) >> shift; }

SV_INLINE sv_gaussian_found sv_gaussian_step(const sv_gaussian_frame *frame, uint32_t c, sv_gaussian_pixel *pixel) {
  const int32_t way = (int32_t)(c << 16) - (int32_t)pixel->mean_q16, fast_way = (int32_t)(c << 8) - (int32_t)pixel->fast_q8;
  sv_gaussian_found found;
  found.deviation_q4 = (way + (1 << 11)) >> 12;
  found.difference = (sv_magnitude(way) + (1u << 15)) >> 16;
  found.still = sv_magnitude(fast_way) <= frame->threshold << 8;
  const uint32_t square = (uint32_t)(found.deviation_q4 * found.deviation_q4);
  const uint32_t noise = sv_gaussian_noise(pixel->variance_q8, frame->variance_min_q8);
  found.moving = found.difference > frame->threshold && 16u * square > noise * frame->snr_min_q4;
  pixel->mean_q16 += (uint32_t)sv_part_of_way(way, found.moving ? frame->shift_moving : frame->shift);
  if (!found.moving) {
    const int32_t to = square < 65535u ? (int32_t)square : 65535;
    pixel->variance_q8 += (uint32_t)sv_part_of_way(to - (int32_t)pixel->variance_q8, frame->shift);
  }
  pixel->fast_q8 += (uint32_t)sv_part_of_way(fast_way, frame->fast_shift);
  return found;
}

/* Second word of a motion row. */
SV_INLINE uint32_t sv_gaussian_word(const sv_gaussian_found *found) { return found->difference | (found->still ? 256u : 0u); }

#endif
