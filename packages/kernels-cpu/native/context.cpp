/* Opening and closing: the context, its instruction set, its cameras and its errors; submit and fence.
 *
 * All memory of a camera is taken when it is opened, but for a background of mode gaussian. Whoever fails to get some says so by
 * status; nothing throws. Ops have run when they return, so a fence is always passed. */
#include "context.h"

#include <new>
#include <omp.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

namespace skyvox {

/* Why the last sv_open or sv_probe failed; there is no context yet to hold it. */
static char open_error[256];

int32_t fail(sv_context *context, int32_t code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(context == nullptr ? open_error : context->error, sizeof open_error, format, arguments);
  va_end(arguments);
  return code;
}

Camera *camera_of(sv_context *context, int32_t handle) {
  if (handle >= 0 && handle < cameras_max && context->cameras[handle] != nullptr) return context->cameras[handle];
  fail(context, SV_ERROR_ARGUMENT, "Cannot find the camera: handle %d is not open, need an open one", handle);
  return nullptr;
}

static const Paths *paths_of(int32_t isa) {
#if defined(__x86_64__)
  if (isa != SV_ISA_SCALAR && __builtin_cpu_supports("avx2")) return &avx2_paths;
#endif
  return isa == SV_ISA_AVX2 ? nullptr : &scalar_paths;
}

static int all_threads() { return omp_get_num_procs() < threads_max ? omp_get_num_procs() : threads_max; }

static uint64_t memory_bytes() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

static void describe(sv_device_info *out, const char *name, int threads) {
  snprintf(out->name, sizeof out->name, "%s, %d %s", name, threads, threads == 1 ? "thread" : "threads");
}

static bool camera_fill(Camera *camera, const sv_camera_spec &spec, int bands) {
  camera->spec = spec;
  const size_t width = static_cast<size_t>(spec.width), pixels = width * static_cast<size_t>(spec.height);
  const uint32_t motion_max = static_cast<uint32_t>(spec.motion_max), spots_max = static_cast<uint32_t>(spec.spots_max);
  const uint32_t fused_max = static_cast<uint32_t>(spec.fused_max);
  if (spots_max > 0 && !(camera->spots.open(SV_SPOT_WORDS, spots_max, SV_SPOTS_OVERFLOW, bands) &&
                         camera->spot_scratch.allocate(spot_scratch_words(bands))))
    return false;
  if (fused_max > 0 && !(camera->registered.open(4, fused_max, SV_FUSED_OVERFLOW, 1) && camera->fused.open(4, fused_max, SV_FUSED_OVERFLOW, 1) &&
                         camera->fuse_begin.allocate(static_cast<size_t>(spec.height) + 1) && camera->fuse_order.allocate(fused_max) &&
                         camera->fuse_joined.allocate(fused_max)))
    return false;
  return camera->background.allocate(pixels) && camera->motion.open(2, motion_max, SV_MOTION_OVERFLOW, bands) &&
         camera->cells.open(4, static_cast<uint32_t>(spec.cells_max), SV_CELLS_OVERFLOW, 1) &&
         camera->blobs.open(16, static_cast<uint32_t>(spec.blobs_max), SV_BLOBS_OVERFLOW, 1) &&
         camera->column_sums.allocate(width * 4) && camera->columns_used.allocate(width / 64 + 1) &&
         camera->run_start.allocate(motion_max + 1) && camera->run_parent.allocate(motion_max) && camera->run_pixels.allocate(motion_max);
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_abi_describe(sv_abi *out) {
  out->version = SV_ABI_VERSION;
  out->camera_spec = sizeof(sv_camera_spec);
  out->grid_spec = sizeof(sv_grid_spec);
  out->ray_model = sizeof(sv_ray_model);
  out->table = sizeof(sv_table);
  out->device_info = sizeof(sv_device_info);
  out->motion_params = sizeof(sv_motion_params);
  return SV_OK;
}

int32_t sv_probe(int32_t index, sv_device_info *out) {
  if (index != 0) return fail(nullptr, SV_ERROR_DEVICE, "Cannot probe the cpu kernels: device %d, need device 0", index);
  out->memory_bytes = memory_bytes();
  describe(out, paths_of(SV_ISA_AUTO)->name, all_threads());
  return SV_OK;
}

int32_t sv_open(int32_t index, int32_t threads, int32_t isa, sv_context **out) {
  if (index != 0) return fail(nullptr, SV_ERROR_DEVICE, "Cannot open the cpu kernels: device %d, need device 0", index);
  if (threads < 0 || threads > threads_max)
    return fail(nullptr, SV_ERROR_ARGUMENT, "Cannot open the cpu kernels: %d threads, need 0 (all) to %d", threads, threads_max);
  const Paths *paths = paths_of(isa);
  if (paths == nullptr) return fail(nullptr, SV_ERROR_DEVICE, "Cannot open the cpu kernels: no AVX2 here, need it or the scalar path");
  sv_context *context = new (std::nothrow) sv_context;
  if (context == nullptr) return fail(nullptr, SV_ERROR_MEMORY, "Cannot open the cpu kernels: out of memory");
  context->threads = threads == 0 ? all_threads() : threads;
  context->paths = paths;
  *out = context;
  return SV_OK;
}

int32_t sv_close(sv_context *context) {
  for (Camera *camera : context->cameras) delete camera;
  for (Grid *grid : context->grids) delete grid;
  delete context;
  return SV_OK;
}

int32_t sv_describe(sv_context *context, sv_device_info *out) {
  out->memory_bytes = memory_bytes();
  describe(out, context->paths->name, context->threads);
  return SV_OK;
}

int32_t sv_last_error(sv_context *context, char *text, int32_t capacity) {
  if (capacity <= 0) return SV_ERROR_ARGUMENT;
  snprintf(text, static_cast<size_t>(capacity), "%s", context == nullptr ? open_error : context->error);
  return SV_OK;
}

/* The device is the host. */
int32_t sv_lock_memory(sv_context *, void *, uint64_t) { return SV_OK; }

int32_t sv_unlock_memory(sv_context *, void *) { return SV_OK; }

int32_t sv_camera_open(sv_context *context, const sv_camera_spec *spec, int32_t *out) {
  if (spec->width < 1 || spec->width > 65535 || spec->height < 1 || spec->height > 65535)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot open a camera: %d x %d pixels, need 1 to 65535 each", spec->width, spec->height);
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
  if (camera == nullptr || !camera_fill(camera, *spec, context->threads)) {
    delete camera;
    return fail(context, SV_ERROR_MEMORY, "Cannot open a camera of %d x %d pixels: out of memory", spec->width, spec->height);
  }
  context->cameras[handle] = camera;
  *out = handle;
  return SV_OK;
}

int32_t sv_camera_close(sv_context *context, int32_t handle) {
  Camera *camera = camera_of(context, handle);
  if (camera == nullptr) return SV_ERROR_ARGUMENT;
  delete camera;
  context->cameras[handle] = nullptr;
  return SV_OK;
}

int32_t sv_submit(sv_context *context, uint32_t *sequence) {
  context->sequence += 1;
  *sequence = context->sequence;
  return SV_OK;
}

int32_t sv_fence(sv_context *context, uint32_t *completed) {
  *completed = context->sequence;
  return SV_OK;
}
