/* Mode gaussian of op motion: a background of mean and variance; see packages/kernels/src/ops/gaussian.ts.
 *
 * Input [height, width] uint8; output a bit per pixel and the second word of the rows that motion.cu lists. Launch: a thread per 8 pixels.
 * Bytes moved per pixel: 17, or 19 where spots may ask for the deviation.
 *
 * Op spots needs the variance from before the update. So the variance of such a camera has two places, and every frame writes the one
 * that it does not read; where no spots are asked for, both are the same. */
#include "../../kernels/native/gaussian.h"

#include "motion.h"

namespace skyvox {

constexpr uint32_t gaussian_pixels = 8;

/* The background as vectors: 8 pixels are two of the mean and one of everything else. `deviation` may be null. */
struct GaussianField {
  uint4 *mean, *fast, *updated, *deviation;
  const uint4 *variance;
};

DEVICE uint32_t half_of(uint32_t word, uint32_t index) { return (word >> (16 * index)) & 0xffffu; }

/* What two neighbouring pixels leave, one half of each word each. */
struct Pair { uint32_t mean[2], fast, variance, deviation, mask; };

DEVICE Pair take_pair(const sv_gaussian_frame &frame, uint32_t pixels, uint32_t mean_0, uint32_t mean_1, uint32_t fast, uint32_t variance,
                      uint16_t *words) {
  Pair pair = {};
#pragma unroll
  for (uint32_t i = 0; i < 2; i += 1) {
    sv_gaussian_pixel pixel = {i == 0 ? mean_0 : mean_1, half_of(variance, i), half_of(fast, i)};
    const sv_gaussian_found found = sv_gaussian_step(&frame, (pixels >> (8 * i)) & 255u, &pixel);
    pair.mean[i] = pixel.mean_q16;
    pair.fast |= pixel.fast_q8 << (16 * i);
    pair.variance |= pixel.variance_q8 << (16 * i);
    pair.deviation |= (static_cast<uint32_t>(found.deviation_q4) & 0xffffu) << (16 * i);
    if (!found.moving) continue;
    pair.mask |= 1u << i;
    words[i] = static_cast<uint16_t>(sv_gaussian_word(&found));
  }
  return pair;
}

__global__ void compare_gaussian(const uint2 *pixels, GaussianField field, sv_gaussian_frame frame, uint32_t threads, Moved moved) {
  const uint32_t thread = thread_index();
  if (thread >= threads) return;
  uint16_t *words = moved.words + size_t{thread} * gaussian_pixels;
  const uint2 eight = pixels[thread];
  const uint4 low = field.mean[2 * thread], high = field.mean[2 * thread + 1], fast = field.fast[thread], variance = field.variance[thread];
  const Pair a = take_pair(frame, eight.x, low.x, low.y, fast.x, variance.x, words);
  const Pair b = take_pair(frame, eight.x >> 16, low.z, low.w, fast.y, variance.y, words + 2);
  const Pair c = take_pair(frame, eight.y, high.x, high.y, fast.z, variance.z, words + 4);
  const Pair d = take_pair(frame, eight.y >> 16, high.z, high.w, fast.w, variance.w, words + 6);
  field.mean[2 * thread] = uint4{a.mean[0], a.mean[1], b.mean[0], b.mean[1]};
  field.mean[2 * thread + 1] = uint4{c.mean[0], c.mean[1], d.mean[0], d.mean[1]};
  field.fast[thread] = uint4{a.fast, b.fast, c.fast, d.fast};
  field.updated[thread] = uint4{a.variance, b.variance, c.variance, d.variance};
  if (field.deviation != nullptr) field.deviation[thread] = uint4{a.deviation, b.deviation, c.deviation, d.deviation};
  note<uint8_t>(moved, thread, a.mask | b.mask << 2 | c.mask << 4 | d.mask << 6);
}

__global__ void start_gaussian(const uint8_t *pixels, uint32_t *mean_q16, uint16_t *fast_q8, uint16_t *variance_q8,
                               uint32_t variance_min_q8, uint32_t count) {
  for (uint32_t i = thread_index(); i < count; i += thread_count()) {
    const sv_gaussian_pixel pixel = sv_gaussian_start(pixels[i], variance_min_q8);
    mean_q16[i] = pixel.mean_q16;
    fast_q8[i] = static_cast<uint16_t>(pixel.fast_q8);
    variance_q8[i] = static_cast<uint16_t>(pixel.variance_q8);
  }
}

static int32_t open_gaussian(sv_context *context, Camera *camera) {
  Gaussian *gaussian = &camera->gaussian;
  if (gaussian->mean_q16 != nullptr) return SV_OK;
  const size_t pixels = camera->pixels_padded;
  const int32_t blocks = camera->lane.block_count;
  Gaussian taken;
  Taking taking = {context, &camera->lane};
  taking(&taken.mean_q16, pixels);
  taking(&taken.fast_q8, pixels);
  taking(&taken.variance_q8[0], pixels);
  taken.variance_q8[1] = taken.variance_q8[0];
  if (camera->spec.spots_max > 0) {
    taking(&taken.variance_q8[1], pixels);
    taking(&taken.deviation_q4, pixels);
  }
  if (taking.status == SV_OK) *gaussian = taken;
  else drop_blocks(context, &camera->lane, blocks);
  return taking.status;
}

int32_t enqueue_gaussian(sv_context *context, Camera *camera, const uint8_t *frame, const sv_motion_params &params) {
  if (const int32_t status = open_gaussian(context, camera)) return status;
  Gaussian *gaussian = &camera->gaussian;
  Lane *lane = &camera->lane;
  gaussian->variance_min_q8 = static_cast<uint32_t>(params.variance_min_q8);
  if (camera->mode != SV_MOTION_GAUSSIAN) {
    gaussian->latest = 0, gaussian->frames = 1;
    RUN(start_gaussian, blocks_over(context, camera->pixels), frame, gaussian->mean_q16, gaussian->fast_q8, gaussian->variance_q8[0],
        gaussian->variance_min_q8, camera->pixels);
    return SV_OK;
  }
  const uint32_t threads = (camera->pixels + gaussian_pixels - 1) / gaussian_pixels, other = 1 - gaussian->latest;
  const GaussianField field = {reinterpret_cast<uint4 *>(gaussian->mean_q16), reinterpret_cast<uint4 *>(gaussian->fast_q8),
                               reinterpret_cast<uint4 *>(gaussian->variance_q8[other]), reinterpret_cast<uint4 *>(gaussian->deviation_q4),
                               reinterpret_cast<const uint4 *>(gaussian->variance_q8[gaussian->latest])};
  RUN(compare_gaussian, blocks_of(threads), reinterpret_cast<const uint2 *>(frame), field, sv_gaussian_frame_of(&params, gaussian->frames),
      threads, camera->moved);
  gaussian->latest = other;
  if (gaussian->frames < SV_GAUSSIAN_FRAMES_MAX) gaussian->frames += 1;
  return SV_OK;
}

}  // namespace skyvox
