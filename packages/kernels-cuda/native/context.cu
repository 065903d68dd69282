/* Opening and closing: the context, its device and its errors; submit and fence.
 *
 * At a fence each lane that has worked reports: a kernel of its stream writes what its lists hold and then a sequence number to
 * page-locked memory, which the host reads without a call. An error of the device is final: it is told once with its reason, then the
 * context refuses all work, and closing it makes no call of the runtime any more. What lay on the device is gone with it; a few
 * page-locked pages stay with the process. */
#include "context.h"

#include <new>
#include <stdarg.h>
#include <stdio.h>

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

int32_t fail_device(sv_context *context, cudaError_t error) {
  if (error != cudaErrorMemoryAllocation) return lose_device(context, error);
  cudaGetLastError(); /* an error that is not of the device itself is forgotten by it */
  return fail(context, SV_ERROR_MEMORY, "Cannot take memory of CUDA device %d: too little is left, need smaller or fewer cameras and grids",
              context->device);
}

int32_t lose_device(sv_context *context, cudaError_t error) {
  cudaGetLastError();
  context->lost = true;
  return fail(context, SV_ERROR_DEVICE, "Cannot use CUDA device %d: it answers %s, %d, need it to work", context->device,
              cudaGetErrorName(error), static_cast<int>(error));
}

int32_t enter(sv_context *context) {
  if (context->lost) return fail(context, SV_ERROR_DEVICE, "Cannot use CUDA device %d: it is lost, need the backend opened anew",
                                 context->device);
  TRY(cudaSetDevice(context->device));
  return SV_OK;
}

/* Says in words what the runtime answers where there is nothing to run on. */
static void describe_absence(cudaError_t error, char *text, size_t capacity) {
  const char *what = "CUDA does not start";
  if (error == cudaErrorInsufficientDriver) what = "no CUDA driver";
  if (error == cudaErrorNoDevice) what = "no CUDA device";
  snprintf(text, capacity, "%s (%s, %d)", what, cudaGetErrorName(error), static_cast<int>(error));
}

/* The oldest architecture comes first; older ones run neither machine code nor intermediate code of it. */
constexpr int architectures[] = {__CUDA_ARCH_LIST__};

/* Finds a device that the library holds code for; where there is none, `reason` says why and the status is that of the device. */
static int32_t find_device(int32_t index, cudaDeviceProp *out, char *reason, size_t capacity) {
  int count = 0;
  cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaSuccess && count == 0) error = cudaErrorNoDevice;
  if (error == cudaSuccess && (index < 0 || index >= count)) {
    snprintf(reason, capacity, "no CUDA device %d: there are 0 to %d", index, count - 1);
    return SV_ERROR_DEVICE;
  }
  if (error == cudaSuccess) error = cudaGetDeviceProperties(out, index);
  if (error == cudaSuccess && out->major * 100 + out->minor * 10 < architectures[0]) {
    snprintf(reason, capacity, "no code for CUDA device %d: it is sm_%d%d, older than sm_%d", index, out->major, out->minor,
             architectures[0] / 10);
    return SV_ERROR_DEVICE;
  }
  if (error == cudaSuccess) return SV_OK;
  describe_absence(error, reason, capacity);
  cudaGetLastError();
  return SV_ERROR_DEVICE;
}

static void describe(const cudaDeviceProp &device, sv_device_info *out) {
  out->memory_bytes = device.totalGlobalMem;
  snprintf(out->name, sizeof out->name, "%.80s, sm_%d%d", device.name, device.major, device.minor);
}

/* Does nothing; shows where the library holds no code for a device. */
__global__ void run_nothing() {}

static int32_t start(sv_context *context) {
  TRY(cudaSetDevice(context->device));
  TRY(cudaHostAlloc(&context->read_back, read_back_bytes, cudaHostAllocDefault));
  TRY(cudaLaunchKernel(reinterpret_cast<const void *>(KERNEL(run_nothing)), dim3(1), dim3(1), nullptr, 0, nullptr));
  TRY(cudaStreamSynchronize(nullptr));
  return SV_OK;
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
  cudaDeviceProp device;
  char reason[200];
  if (find_device(index, &device, reason, sizeof reason) != SV_OK) return fail(nullptr, SV_ERROR_DEVICE, "%s", reason);
  describe(device, out);
  return SV_OK;
}

int32_t sv_open(int32_t index, int32_t, int32_t, sv_context **out) {
  cudaDeviceProp device;
  char reason[200];
  if (find_device(index, &device, reason, sizeof reason) != SV_OK)
    return fail(nullptr, SV_ERROR_DEVICE, "Cannot open the cuda kernels: %s, need a device", reason);
  sv_context *context = new (std::nothrow) sv_context;
  if (context == nullptr) return fail(nullptr, SV_ERROR_MEMORY, "Cannot open the cuda kernels: no memory of the host is left, need some");
  context->device = index;
  context->threads_at_once = static_cast<uint32_t>(device.multiProcessorCount) * 2048;
  const int32_t status = start(context);
  if (status != SV_OK) {
    fail(nullptr, status, "%s", context->error);
    sv_close(context);
    return status;
  }
  *out = context;
  return SV_OK;
}

int32_t sv_close(sv_context *context) {
  for (Camera *camera : context->cameras) {
    if (camera != nullptr) close_lane(context, &camera->lane);
    delete camera;
  }
  for (Grid *grid : context->grids)
    if (grid != nullptr) close_grid(context, grid);
  if (context->read_back != nullptr && !context->lost) cudaFreeHost(context->read_back);
  delete context;
  return SV_OK;
}

int32_t sv_describe(sv_context *context, sv_device_info *out) {
  cudaDeviceProp device;
  if (const int32_t status = enter(context)) return status;
  TRY(cudaGetDeviceProperties(&device, context->device));
  describe(device, out);
  return SV_OK;
}

int32_t sv_last_error(sv_context *context, char *text, int32_t capacity) {
  if (capacity <= 0) return SV_ERROR_ARGUMENT;
  snprintf(text, static_cast<size_t>(capacity), "%s", context == nullptr ? open_error : context->error);
  return SV_OK;
}

namespace skyvox {

/* The rows of one list. */
struct Ahead { const uint32_t *rows; uint32_t row_words; int32_t head; };

/* The last kernel of a lane before a fence: heads, the first rows of one list, then the sequence number. Launch: one block. */
__global__ void report_lane(const Head *heads, Ahead ahead, Report *report, uint32_t sequence) {
  for (int32_t i = static_cast<int32_t>(threadIdx.x); i < heads_max; i += static_cast<int32_t>(block_threads)) report->heads[i] = heads[i];
  if (ahead.rows != nullptr) {
    const uint32_t rows_max = rows_ahead_words / ahead.row_words, found = heads[ahead.head].count;
    const uint32_t words = (found < rows_max ? found : rows_max) * ahead.row_words;
    for (uint32_t i = threadIdx.x; i < words; i += block_threads) report->rows[i] = ahead.rows[i];
  }
  __threadfence_system();
  __syncthreads();
  if (threadIdx.x == 0) store(&report->reached, sequence);
}

static int32_t join_lane(sv_context *context, Lane *lane) {
  if (!lane->busy) return SV_OK;
  const Ahead ahead = {lane->read.rows, lane->read.row_words, lane->read.head};
  RUN_WITH_BARRIERS(report_lane, 1, lane->heads, ahead, lane->report, context->sequence);
  ENQUEUE(flush(context, lane));
  lane->ahead = lane->read.rows;
  lane->busy = lane->stale = false;
  lane->submitted_before = lane->submitted;
  lane->submitted = context->sequence;
  return SV_OK;
}

/* Calls visit(lane) for each lane until one returns another status than SV_OK. */
template <class Visit> static int32_t for_lanes(sv_context *context, const Visit &visit) {
  for (Camera *camera : context->cameras)
    if (camera != nullptr)
      if (const int32_t status = visit(&camera->lane)) return status;
  for (Grid *grid : context->grids)
    if (grid != nullptr)
      if (const int32_t status = visit(&grid->lane)) return status;
  return SV_OK;
}

/* The last sequence whose work in a lane is done, as far as its report tells. */
static uint32_t reached_by(const sv_context *context, const Lane &lane) {
  const uint32_t reached = load_acquired(&lane.report->reached);
  if (reached == lane.submitted) return context->sequence;
  return reached == lane.submitted_before ? lane.submitted - 1 : reached;
}

}  // namespace skyvox

int32_t sv_submit(sv_context *context, uint32_t *sequence) {
  if (const int32_t status = enter(context)) return status;
  for (Grid *grid : context->grids)
    if (grid != nullptr)
      if (const int32_t status = direct_points(context, grid)) return status;
  context->sequence += 1;
  if (const int32_t status = for_lanes(context, [&](Lane *lane) { return join_lane(context, lane); })) return status;
  *sequence = context->sequence;
  return SV_OK;
}

int32_t sv_fence(sv_context *context, uint32_t *completed) {
  if (const int32_t status = enter(context)) return status;
  *completed = context->sequence;
  return for_lanes(context, [&](Lane *lane) -> int32_t {
    const uint32_t reached = reached_by(context, *lane);
    if (reached == context->sequence) return SV_OK;
    if (static_cast<int32_t>(reached - *completed) < 0) *completed = reached;
    /* A device that is lost never writes the number: whether it still works must be asked for. */
    const cudaError_t state = cudaStreamQuery(lane->stream);
    if (state != cudaErrorNotReady) TRY(state);
    return SV_OK;
  });
}
