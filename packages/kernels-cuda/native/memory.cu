/* Memory of the host that is page-locked where it lies, so that uploads copy from there without a stop; see upload in lane.cu.
 *
 * What the driver refuses for its own reasons (too little may be locked, memory that is locked already or of a kind it cannot lock) leaves
 * the device as it is. Pages stay locked for the process, so they are unlocked before the memory goes. */
#include "context.h"

namespace skyvox {

/* Whether an error tells of the memory and not of the device. */
static bool is_refusal(cudaError_t error) {
  switch (error) {
    case cudaErrorMemoryAllocation:
    case cudaErrorInvalidValue:
    case cudaErrorOperatingSystem:
    case cudaErrorHostMemoryAlreadyRegistered:
    case cudaErrorHostMemoryNotRegistered:
    case cudaErrorNotPermitted:
    case cudaErrorNotSupported: return true;
    default: return false;
  }
}

static int32_t refuse(sv_context *context, cudaError_t error, const char *what) {
  cudaGetLastError();
  return fail(context, SV_ERROR_CAPACITY, "Cannot %s memory for CUDA device %d: it answers %s, %d, need memory that may be page-locked",
              what, context->device, cudaGetErrorName(error), static_cast<int>(error));
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_lock_memory(sv_context *context, void *memory, uint64_t bytes) {
  if (const int32_t status = enter(context)) return status;
  const cudaError_t error = cudaHostRegister(memory, static_cast<size_t>(bytes), cudaHostRegisterDefault);
  if (is_refusal(error)) return refuse(context, error, "lock");
  TRY(error);
  return SV_OK;
}

int32_t sv_unlock_memory(sv_context *context, void *memory) {
  if (context->lost) return SV_OK;
  if (const int32_t status = enter(context)) return status;
  TRY(cudaDeviceSynchronize());
  const cudaError_t error = cudaHostUnregister(memory);
  if (is_refusal(error)) return refuse(context, error, "unlock");
  TRY(error);
  return SV_OK;
}
