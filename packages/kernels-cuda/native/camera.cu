/* Opening and closing a camera.
 *
 * All memory of a camera is taken when it is opened, but for a background of mode gaussian. Pictures are padded to whole tiles of op
 * motion; what is past the picture is 0 in every frame and every background, so it never moves. */
#include "camera.h"

#include <new>

namespace skyvox {

int32_t use_camera(sv_context *context, int32_t handle, Camera **out) {
  if (const int32_t status = enter(context)) return status;
  if (handle < 0 || handle >= cameras_max || context->cameras[handle] == nullptr)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot find the camera: handle %d is not open, need an open one", handle);
  *out = context->cameras[handle];
  return SV_OK;
}

static int32_t fill(sv_context *context, Camera *camera, const sv_camera_spec &spec) {
  Lane *lane = &camera->lane;
  camera->spec = spec;
  camera->pixels = static_cast<uint32_t>(spec.width) * static_cast<uint32_t>(spec.height);
  camera->pixels_padded = (camera->pixels + tile_pixels - 1) / tile_pixels * tile_pixels;
  if (const int32_t status = open_lane(context, lane)) return status;
  const uint32_t words = camera->pixels_padded / 32, motion_max = static_cast<uint32_t>(spec.motion_max);
  Taking taking = {context, lane};
  taking(&camera->frame, camera->pixels_padded);
  taking(&camera->background, camera->pixels_padded);
  taking(&camera->moved.masks, words);
  taking(&camera->moved.first, words);
  taking(&camera->moved.words, camera->pixels_padded);
  taking(&camera->moved.tile_counts, camera->pixels_padded / tile_pixels);
  taking(&camera->moved.next_counts, camera->pixels_padded / tile_pixels);
  taking(&camera->list_a, motion_max);
  taking(&camera->list_b, motion_max);
  taking(&camera->cell_sums, size_t{motion_max} * cell_words);
  if (spec.fused_max > 0) {
    taking(&camera->fuse_lines, static_cast<size_t>(spec.height));
    taking(&camera->fuse_order, static_cast<size_t>(spec.fused_max));
    taking(&camera->fuse_joined, static_cast<size_t>(spec.fused_max));
  }
  const auto list = [&](List *of, uint32_t row_words, int32_t rows_max, uint32_t bit, int32_t head) {
    if (taking.status == SV_OK && rows_max > 0) taking.status = open_list(context, lane, of, row_words, rows_max, bit, head);
  };
  list(&camera->motion, 2, spec.motion_max, SV_MOTION_OVERFLOW, HEAD_MOTION);
  list(&camera->cells, 4, spec.cells_max, SV_CELLS_OVERFLOW, HEAD_CELLS);
  list(&camera->blobs, 16, spec.blobs_max, SV_BLOBS_OVERFLOW, HEAD_BLOBS);
  list(&camera->spots, SV_SPOT_WORDS, spec.spots_max, SV_SPOTS_OVERFLOW, HEAD_SPOTS);
  list(&camera->registered, 4, spec.fused_max, SV_FUSED_OVERFLOW, HEAD_REGISTERED);
  list(&camera->fused, 4, spec.fused_max, SV_FUSED_OVERFLOW, HEAD_FUSED);
  const size_t spot_words = spec.spots_max > 0 ? size_t{spot_tiles(spec.width)} * spot_tiles(spec.height) * spot_tile_words : 0;
  const size_t most = words > motion_max ? words : motion_max;
  if (taking.status == SV_OK) taking.status = grow_scratch(context, lane, most > spot_words ? most : spot_words);
  return taking.status;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_camera_open(sv_context *context, const sv_camera_spec *spec, int32_t *out) {
  if (const int32_t status = enter(context)) return status;
  const bool size_ok = spec->width >= 1 && spec->width <= 65535 && spec->height >= 1 && spec->height <= 65535;
  if (!size_ok || int64_t{spec->width} * spec->height >= int64_t{1} << 31)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a camera: %d x %d pixels, need 1 to 65535 each and fewer than 2^31", spec->width,
                spec->height);
  if (spec->motion_max < 1 || spec->cells_max < 1 || spec->blobs_max < 1)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a camera: limits %d, %d and %d, need at least 1 each", spec->motion_max,
                spec->cells_max, spec->blobs_max);
  if (spec->spots_max < 0 || spec->fused_max < 0)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a camera: %d spots and %d fused points, need at least 0 each", spec->spots_max,
                spec->fused_max);
  int32_t handle = 0;
  while (handle < cameras_max && context->cameras[handle] != nullptr) handle += 1;
  if (handle == cameras_max)
    return fail(context, SV_ERROR_CAPACITY, "Cannot open a camera: %d are open, need fewer than %d", handle, cameras_max);
  Camera *camera = new (std::nothrow) Camera;
  if (camera == nullptr) return fail(context, SV_ERROR_MEMORY, "Cannot open a camera: no memory of the host is left, need some");
  const int32_t status = fill(context, camera, *spec);
  if (status != SV_OK) {
    close_lane(context, &camera->lane);
    delete camera;
    return status;
  }
  context->cameras[handle] = camera;
  *out = handle;
  return SV_OK;
}

int32_t sv_camera_close(sv_context *context, int32_t handle) {
  Camera *camera = nullptr;
  if (const int32_t status = use_camera(context, handle, &camera)) return status;
  close_lane(context, &camera->lane);
  delete camera;
  context->cameras[handle] = nullptr;
  return SV_OK;
}
