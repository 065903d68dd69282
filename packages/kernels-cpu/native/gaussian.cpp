/* Mode gaussian of op motion: a background of mean and variance; see packages/kernels/src/ops/gaussian.ts.
 *
 * Input [height, width] uint8; output rows (x | y << 16, difference | still << 8) by (y, x). Bytes moved per pixel: 17, or 19 where
 * spots may ask for the deviation. Pixels are taken as one line; each thread has a band of whole rows.
 *
 * Op spots needs the variance from before the update. So the variance of such a camera has two places, and every frame writes the one
 * that it does not read; where no spots are asked for, both are the same. */
#include "gaussian.h"

#include "../../kernels/native/motion.h"

namespace skyvox {

bool Gaussian::open(size_t pixels, bool for_spots) {
  if (ready) return true;
  ready = mean_q16.allocate(pixels) && fast_q8.allocate(pixels) && variance_q8[0].allocate(pixels) &&
          (!for_spots || (variance_q8[1].allocate(pixels) && deviation_q4.allocate(pixels)));
  if (ready) return true;
  mean_q16.release(), fast_q8.release(), variance_q8[0].release(), variance_q8[1].release(), deviation_q4.release();
  return false;
}

static void start(Gaussian *gaussian, const uint8_t *pixels, size_t count, uint32_t variance_min_q8) {
  for (size_t i = 0; i < count; i += 1) {
    const sv_gaussian_pixel pixel = sv_gaussian_start(pixels[i], variance_min_q8);
    gaussian->mean_q16[i] = pixel.mean_q16;
    gaussian->fast_q8[i] = static_cast<uint16_t>(pixel.fast_q8);
    gaussian->variance_q8[0][i] = static_cast<uint16_t>(pixel.variance_q8);
  }
  gaussian->latest = 0;
}

uint64_t gaussian_pixels_scalar(const GaussianPart &part) {
  const Gaussian &gaussian = part.camera.gaussian;
  const uint32_t width = static_cast<uint32_t>(part.camera.spec.width);
  const bool for_spots = gaussian.deviation_q4.get() != nullptr;
  const uint16_t *variance = gaussian.variance_q8[gaussian.latest].get();
  uint16_t *updated = gaussian.variance_q8[for_spots ? 1 - gaussian.latest : gaussian.latest].get();
  uint64_t total = 0;
  for (uint32_t i = part.begin; i < part.end; i += 1) {
    sv_gaussian_pixel pixel = {gaussian.mean_q16[i], variance[i], gaussian.fast_q8[i]};
    const sv_gaussian_found found = sv_gaussian_step(&part.frame, part.pixels[i], &pixel);
    gaussian.mean_q16[i] = pixel.mean_q16;
    gaussian.fast_q8[i] = static_cast<uint16_t>(pixel.fast_q8);
    updated[i] = static_cast<uint16_t>(pixel.variance_q8);
    if (for_spots) gaussian.deviation_q4[i] = static_cast<int16_t>(found.deviation_q4);
    if (!found.moving) continue;
    if (total < part.rows_max) {
      part.rows[2 * total] = sv_motion_place(i % width, i / width);
      part.rows[2 * total + 1] = sv_gaussian_word(&found);
    }
    total += 1;
  }
  return total;
}

int32_t gaussian_frame(sv_context *context, Camera *camera, const uint8_t *pixels, const sv_motion_params &params, bool worth_threads,
                       uint64_t *band_totals) {
  Gaussian &gaussian = camera->gaussian;
  const uint32_t width = static_cast<uint32_t>(camera->spec.width), height = static_cast<uint32_t>(camera->spec.height);
  if (!gaussian.open(size_t{width} * height, camera->spec.spots_max > 0))
    return fail(context, SV_ERROR_MEMORY, "Cannot find motion in mode gaussian: out of memory for %u x %u pixels", width, height);
  gaussian.variance_min_q8 = static_cast<uint32_t>(params.variance_min_q8);
  if (camera->mode != SV_MOTION_GAUSSIAN) {
    start(&gaussian, pixels, size_t{width} * height, gaussian.variance_min_q8);
    gaussian.frames = 1;
    return SV_OK;
  }
  const sv_gaussian_frame frame = sv_gaussian_frame_of(&params, gaussian.frames);
  const List &list = camera->motion;
  for_bands(context, height, worth_threads, [&](uint32_t begin, uint32_t end, int band) {
    const GaussianPart part = {*camera, pixels, frame, begin * width, end * width, list.band_rows(band), list.rows_max};
    band_totals[band] = context->paths->gaussian_pixels(part);
  });
  if (gaussian.deviation_q4.get() != nullptr) gaussian.latest = 1 - gaussian.latest;
  if (gaussian.frames < SV_GAUSSIAN_FRAMES_MAX) gaussian.frames += 1;
  return SV_OK;
}

}  // namespace skyvox
