/* Mode gaussian of op motion; see gaussian.cpp. */
#ifndef SKYVOX_CPU_GAUSSIAN_H
#define SKYVOX_CPU_GAUSSIAN_H
#include "context.h"

namespace skyvox {

/* Takes one frame in; notes how many pixels of each band move, whose rows lie in its place of camera->motion. Changes nothing where
 * it fails. */
int32_t gaussian_frame(sv_context *context, Camera *camera, const uint8_t *pixels, const sv_motion_params &params, bool worth_threads,
                       uint64_t *band_totals);

}  // namespace skyvox
#endif
