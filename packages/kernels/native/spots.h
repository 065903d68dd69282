/* Spots: how much a pixel stands out from the ring around it; the arithmetic of src/ops/spots.ts.
 *
 * Input: deviations from the slow mean in 1/16 grey level, row by row, and the noise of the pixel in Q8. The signal is the 3 x 3 sum
 * with weights 1 2 1 less 16 times the mean of the ring, the 32 pixels at a distance of exactly 4. A pixel nearer than that to the
 * edge of the picture has no score. `at` points to the pixel at hand, `stride` is the pixels of a row. */
#ifndef SKYVOX_SPOTS_H
#define SKYVOX_SPOTS_H
#include "motion.h"
#include "portable.h"

#define SV_SPOT_REACH 4
#define SV_SPOT_TILE_SHIFT 6
#define SV_SPOT_WORDS 12
/* A ring sees deviations of at most this: the sum of 32 squares stays below 2^25. */
#define SV_SPOT_RING_MAX 1023

SV_INLINE int32_t sv_spot_clamp(int32_t deviation) {
  if (deviation > SV_SPOT_RING_MAX) return SV_SPOT_RING_MAX;
  return deviation < -SV_SPOT_RING_MAX ? -SV_SPOT_RING_MAX : deviation;
}

/* Sum and sum of squares over the ring. */
typedef struct { int32_t sum, squares; } sv_spot_ring;

SV_INLINE void sv_spot_ring_add(sv_spot_ring *ring, int32_t deviation) {
  const int32_t value = sv_spot_clamp(deviation);
  ring->sum += value;
  ring->squares += value * value;
}

SV_INLINE sv_spot_ring sv_spot_ring_of(const int16_t *at, int32_t stride) {
  const int16_t *top = at - SV_SPOT_REACH * (int64_t)stride, *bottom = at + SV_SPOT_REACH * (int64_t)stride;
  sv_spot_ring ring = {0, 0};
  for (int32_t i = -SV_SPOT_REACH; i <= SV_SPOT_REACH; i += 1) {
    sv_spot_ring_add(&ring, top[i]);
    sv_spot_ring_add(&ring, bottom[i]);
  }
  for (int32_t i = 1 - SV_SPOT_REACH; i < SV_SPOT_REACH; i += 1) {
    sv_spot_ring_add(&ring, at[i * (int64_t)stride - SV_SPOT_REACH]);
    sv_spot_ring_add(&ring, at[i * (int64_t)stride + SV_SPOT_REACH]);
  }
  return ring;
}

/* The 3 x 3 sum with weights 1 2 1 on both axes. */
SV_INLINE int32_t sv_spot_sum(const int16_t *at, int32_t stride) {
  const int16_t *above = at - stride, *below = at + stride;
  const int32_t corners = above[-1] + above[1] + below[-1] + below[1], sides = above[0] + below[0] + at[-1] + at[1];
  return corners + 2 * sides + 4 * at[0];
}

/* 16 times the mean of the ring is half its sum. */
SV_INLINE int32_t sv_spot_signal(int32_t sum, int32_t ring_sum) { return sum - (ring_sum >> 1); }

/* The variance of the ring or that of the pixel over time, the larger; Q8. */
SV_INLINE uint32_t sv_spot_noise(sv_spot_ring ring, uint32_t pixel_noise_q8) {
  const uint32_t over_ring = (uint32_t)(ring.squares - ((ring.sum * ring.sum) >> 5)) >> 5;
  const uint32_t noise = over_ring > pixel_noise_q8 ? over_ring : pixel_noise_q8;
  return noise < 65535u ? noise : 65535u;
}

/* Square of the signal-to-noise ratio in 1/16. The variance of the signal is 44 times that of a pixel: 36 of the weights squared and
 * 256 / 32 of the mean of the ring. */
SV_INLINE uint32_t sv_spot_score(int32_t signal, uint32_t noise_q8) {
  const uint32_t size = sv_magnitude(signal), capped = size < 65535u ? size : 65535u, variance = (44u * noise_q8) >> 4;
  return capped * capped / (variance > 1u ? variance : 1u);
}

/* Writes the row of a spot at (x, y). */
SV_INLINE void sv_spot_row(const int16_t *at, int32_t stride, uint32_t pixel_noise_q8, uint32_t x, uint32_t y, uint32_t *row) {
  const sv_spot_ring ring = sv_spot_ring_of(at, stride);
  const uint32_t noise = sv_spot_noise(ring, pixel_noise_q8);
  const int32_t signal = sv_spot_signal(sv_spot_sum(at, stride), ring.sum), mean = ring.sum >> 5;
  uint32_t sw = 0, swx = 0, swy = 0;
  for (int32_t dy = -1; dy <= 1; dy += 1)
    for (int32_t dx = -1; dx <= 1; dx += 1) {
      const int32_t over = at[dy * (int64_t)stride + dx] - mean, weight = signal < 0 ? -over : over;
      if (weight <= 0) continue;
      sw += (uint32_t)weight;
      swx += (uint32_t)(weight * dx);
      swy += (uint32_t)(weight * dy);
    }
  row[0] = sv_motion_place(x, y);
  row[1] = (uint32_t)signal;
  row[2] = (uint32_t)sv_spot_signal(sv_spot_sum(at - 1, stride), ring.sum);
  row[3] = (uint32_t)sv_spot_signal(sv_spot_sum(at + 1, stride), ring.sum);
  row[4] = (uint32_t)sv_spot_signal(sv_spot_sum(at - stride, stride), ring.sum);
  row[5] = (uint32_t)sv_spot_signal(sv_spot_sum(at + stride, stride), ring.sum);
  row[6] = noise;
  row[7] = sv_spot_score(signal, noise);
  row[8] = sw, row[9] = swx, row[10] = swy, row[11] = 0;
}

#endif
