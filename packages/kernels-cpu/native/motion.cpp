/* Op motion: background difference and the ordered list of moving pixels; see packages/kernels/src/ops/motion.ts.
 *
 * Input [height, width] uint8; output rows (x | y << 16, difference) by (y, x). Bytes moved per pixel: diff and sigma-delta 3,
 * average 5; for mode gaussian see gaussian.cpp. One band of image rows per thread. The scalar path fills a row of differences with a
 * plain loop, which compilers vectorise for the baseline instruction set, then looks for non-zero words. */
#include "../../kernels/native/motion.h"
#include "gaussian.h"

namespace skyvox {

constexpr uint32_t strip = 1024; /* pixels compared at a time; a multiple of 8 */

/* Differences that pass the threshold, 0 for still pixels; updates the background. */
static void compare(const uint8_t *__restrict pixels, uint16_t *__restrict background16, uint8_t *__restrict background8, int32_t mode,
                    Grey grey, uint32_t count, uint8_t *__restrict moving) {
  for (uint32_t i = 0; i < count; i += 1) {
    const uint32_t b = mode == SV_MOTION_AVERAGE ? background16[i] >> 8 : background8[i];
    const uint32_t difference = sv_difference(pixels[i], b);
    moving[i] = static_cast<uint8_t>(difference > grey.threshold ? difference : 0u);
  }
  if (mode == SV_MOTION_DIFF) memcpy(background8, pixels, count);
  else if (mode == SV_MOTION_SIGMA_DELTA)
    for (uint32_t i = 0; i < count; i += 1) background8[i] = static_cast<uint8_t>(sv_background_sigma_delta(pixels[i], background8[i], grey.step));
  else
    for (uint32_t i = 0; i < count; i += 1) background16[i] = static_cast<uint16_t>(sv_background_average(pixels[i], background16[i]));
}

uint64_t motion_rows_scalar(const Camera &camera, const uint8_t *pixels, int32_t mode, Grey grey, uint32_t row_begin,
                            uint32_t row_end, uint32_t *rows, uint32_t rows_max) {
  const uint32_t width = static_cast<uint32_t>(camera.spec.width);
  alignas(8) uint8_t moving[strip];
  uint64_t total = 0;
  for (uint32_t y = row_begin; y < row_end; y += 1) {
    for (uint32_t x0 = 0; x0 < width; x0 += strip) {
      const uint32_t count = width - x0 < strip ? width - x0 : strip;
      const size_t at = size_t{y} * width + x0;
      compare(pixels + at, camera.background.get() + at, reinterpret_cast<uint8_t *>(camera.background.get()) + at, mode, grey,
              count, moving);
      memset(moving + count, 0, (8 - count % 8) % 8);
      for (uint32_t i = 0; i < count; i += 8) {
        uint64_t eight;
        memcpy(&eight, moving + i, 8);
        if (eight == 0) continue;
        for (uint32_t x = i; x < i + 8; x += 1) {
          if (moving[x] == 0) continue;
          if (total < rows_max) {
            rows[2 * total] = sv_motion_place(x0 + x, y);
            rows[2 * total + 1] = moving[x];
          }
          total += 1;
        }
      }
    }
  }
  return total;
}

static void start_background(Camera *camera, const uint8_t *pixels, int32_t mode) {
  const size_t count = static_cast<size_t>(camera->spec.width) * static_cast<size_t>(camera->spec.height);
  if (mode != SV_MOTION_AVERAGE) memcpy(camera->background.get(), pixels, count);
  else
    for (size_t i = 0; i < count; i += 1) camera->background[i] = static_cast<uint16_t>(pixels[i] << 8);
}

static bool sound(const sv_motion_params &params) {
  const auto within = [](int32_t value, int32_t least, int32_t most) { return value >= least && value <= most; };
  if (!within(params.mode, SV_MOTION_DIFF, SV_MOTION_GAUSSIAN) || !within(params.threshold, 0, 255)) return false;
  if (params.mode != SV_MOTION_GAUSSIAN) return within(params.step, 1, 255);
  return within(params.slow_shift, 1, 12) && within(params.fast_shift, 1, 8) && within(params.hold_shift, 0, 8) &&
         within(params.snr_min_q4, 1, 1 << 14) && within(params.variance_min_q8, 16, 65535);
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_motion(sv_context *context, int32_t handle, const uint8_t *pixels, const sv_motion_params *params) {
  Camera *camera = camera_of(context, handle);
  if (camera == nullptr) return SV_ERROR_ARGUMENT;
  if (!sound(*params))
    return fail(context, SV_ERROR_ARGUMENT, "Cannot find motion: mode %d, threshold %d, step %d, shifts %d, %d and %d, ratio %d, variance %d,"
                " need 0 to 3, 0 to 255, 1 to 255, 1 to 12, 1 to 8 and 0 to 8, 1 to 16384, 16 to 65535", params->mode, params->threshold,
                params->step, params->slow_shift, params->fast_shift, params->hold_shift, params->snr_min_q4, params->variance_min_q8);
  const int32_t mode = params->mode;
  const Grey grey = {static_cast<uint32_t>(params->threshold), static_cast<uint32_t>(params->step)};
  const uint32_t width = static_cast<uint32_t>(camera->spec.width), height = static_cast<uint32_t>(camera->spec.height);
  const bool worth = uint64_t{height} * width >= pixels_worth_threads;
  List &list = camera->motion;
  uint64_t totals[bands_max] = {};
  if (mode == SV_MOTION_GAUSSIAN) {
    const int32_t status = gaussian_frame(context, camera, pixels, *params, worth, totals);
    if (status != SV_OK) return status;
  } else if (camera->mode != mode) {
    start_background(camera, pixels, mode);
  } else {
    for_bands(context, height, worth, [&](uint32_t begin, uint32_t end, int band) {
      totals[band] = context->paths->motion_rows(*camera, pixels, mode, grey, begin, end, list.band_rows(band), list.rows_max);
    });
  }
  camera->mode = mode;
  list.join(totals, context->threads);
  return SV_OK;
}
