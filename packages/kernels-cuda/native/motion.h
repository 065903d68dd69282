/* What the modes of op motion share; see motion.cu. */
#ifndef SKYVOX_CUDA_MOTION_H
#define SKYVOX_CUDA_MOTION_H
#include "../../kernels/native/motion.h"
#include "camera.h"

namespace skyvox {

/* Notes the moving pixels of one thread: `count` a bit each, from pixel `count` * thread on. `Mask` has that many bits. */
template <class Mask> DEVICE void note(const Moved &moved, uint32_t thread, uint32_t mask) {
  constexpr uint32_t count = 8 * sizeof(Mask);
  reinterpret_cast<Mask *>(moved.masks)[thread] = static_cast<Mask>(mask);
  if (mask != 0) add(&moved.tile_counts[thread / (tile_pixels / count)], bit_count(mask));
}

/* Mode gaussian: takes one frame in and notes what moves, or makes it the background. See gaussian.cu. */
int32_t enqueue_gaussian(sv_context *context, Camera *camera, const uint8_t *frame, const sv_motion_params &params);

}  // namespace skyvox
#endif
