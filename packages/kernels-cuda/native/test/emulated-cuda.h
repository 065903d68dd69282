/* CUDA as runtime.h needs it, on one thread of the CPU: for tests only, slow, and no measure of speed.
 *
 * A kernel without barriers is a plain loop over blocks and threads. In one with barriers each thread of a block is a fiber, and all
 * take turns at __syncthreads(). Copies and launches are done when the call returns. The order of blocks and threads turns round from
 * launch to launch, since nothing may depend on it; memory comes filled with rubbish. A barrier that not all threads of a block reach
 * ends the program. What this cannot show: races of threads that really run at once, words of shared memory read before they are written. */
#ifndef SKYVOX_EMULATED_CUDA_H
#define SKYVOX_EMULATED_CUDA_H
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <functional>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#define __global__ static
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __shared__ static
#define __grid_constant__
/* The architectures that code is made for, 100 * major + 10 * minor. */
#define __CUDA_ARCH_LIST__ 750

struct alignas(8) uint2 { uint32_t x, y; };
struct alignas(16) uint4 { uint32_t x, y, z, w; };
struct EmulatedIndex { uint32_t x; };
static EmulatedIndex threadIdx, blockIdx, blockDim, gridDim;

template <class Word> static Word atomicAdd(Word *to, Word value) { const Word old = *to; *to = old + value; return old; }
static inline uint32_t atomicOr(uint32_t *to, uint32_t value) { const uint32_t old = *to; *to = old | value; return old; }
static inline uint32_t atomicMin(uint32_t *to, uint32_t value) { const uint32_t old = *to; if (value < old) *to = value; return old; }
static inline uint32_t atomicMax(uint32_t *to, uint32_t value) { const uint32_t old = *to; if (value > old) *to = value; return old; }
static inline uint32_t atomicCAS(uint32_t *to, uint32_t expected, uint32_t value) {
  const uint32_t old = *to;
  if (old == expected) *to = value;
  return old;
}
static inline int __ffs(int bits) { return __builtin_ffs(bits); }
static inline int __clz(int bits) { return bits == 0 ? 32 : __builtin_clz(static_cast<unsigned>(bits)); }
static inline int __popc(int bits) { return __builtin_popcount(static_cast<unsigned>(bits)); }
static inline void __threadfence_system() {}

enum cudaError_t { cudaSuccess = 0, cudaErrorInvalidValue = 1, cudaErrorMemoryAllocation = 2, cudaErrorInsufficientDriver = 35,
                   cudaErrorNoDevice = 100, cudaErrorInvalidDevice = 101, cudaErrorOperatingSystem = 304, cudaErrorNotReady = 600,
                   cudaErrorIllegalAddress = 700, cudaErrorHostMemoryAlreadyRegistered = 712, cudaErrorHostMemoryNotRegistered = 713,
                   cudaErrorNotPermitted = 800, cudaErrorNotSupported = 801 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
enum cudaMemoryType { cudaMemoryTypeUnregistered, cudaMemoryTypeHost, cudaMemoryTypeDevice, cudaMemoryTypeManaged };
enum { cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2, cudaHostAllocDefault = 0, cudaHostAllocMapped = 2, cudaHostRegisterDefault = 0 };
using cudaStream_t = int *;
using cudaEvent_t = int *;
struct cudaDeviceProp { char name[256]; size_t totalGlobalMem; int major, minor, multiProcessorCount; };
struct cudaPointerAttributes { cudaMemoryType type; int device; };

/* Lets the call of the runtime that comes after `calls` others fail with an error, from then on; where memory is short, the call that
 * takes some after `calls` others that do, once. Counts all calls. */
static struct { int32_t calls = -1; cudaError_t error = cudaSuccess; } emulated_failure;
extern "C" __attribute__((visibility("default"))) void emulated_cuda_fail(int32_t calls, int32_t error) {
  emulated_failure.calls = calls, emulated_failure.error = static_cast<cudaError_t>(error);
}
static uint32_t emulated_calls;
extern "C" __attribute__((visibility("default"))) uint32_t emulated_cuda_calls() { return emulated_calls; }
static inline cudaError_t emulated_call(bool takes_memory = false) {
  emulated_calls += 1;
  if (emulated_failure.calls < 0) return cudaSuccess;
  if (emulated_failure.error == cudaErrorMemoryAllocation && !takes_memory) return cudaSuccess;
  if (emulated_failure.calls > 0) return emulated_failure.calls -= 1, cudaSuccess;
  if (emulated_failure.error == cudaErrorMemoryAllocation) emulated_failure.calls = -1;
  return emulated_failure.error;
}

static inline cudaError_t emulated_allocate(void **out, size_t bytes) {
  if (const cudaError_t error = emulated_call(true)) return error;
  if (posix_memalign(out, 256, bytes) != 0) return cudaErrorMemoryAllocation;
  memset(*out, 0xa5, bytes);
  return cudaSuccess;
}
template <class Item> static cudaError_t cudaMalloc(Item **out,
                                                    size_t bytes) { return emulated_allocate(reinterpret_cast<void **>(out), bytes); }
template <class Item> static cudaError_t cudaHostAlloc(Item **out, size_t bytes, unsigned) { return cudaMalloc(out, bytes); }
static inline cudaError_t emulated_free(void *block) { free(block); return emulated_call(); }
static inline cudaError_t cudaFree(void *block) { return emulated_free(block); }
static inline cudaError_t cudaFreeHost(void *block) { return emulated_free(block); }
static inline cudaError_t cudaHostGetDevicePointer(void **out, void *host, unsigned) { *out = host; return emulated_call(); }
static inline cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind, cudaStream_t) {
  if (const cudaError_t error = emulated_call()) return error;
  memcpy(to, from, bytes);
  return cudaSuccess;
}
static inline cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t) {
  if (const cudaError_t error = emulated_call()) return error;
  memset(to, value, bytes);
  return cudaSuccess;
}
/* What all memory is said to be that ops are handed. */
static cudaMemoryType emulated_memory = cudaMemoryTypeUnregistered;
extern "C" __attribute__((visibility("default"))) void emulated_cuda_memory(int32_t type) { emulated_memory = static_cast<cudaMemoryType>(type); }
/* Memory that is page-locked where it lies: its end by its start. */
static inline std::map<uintptr_t, uintptr_t> &emulated_locks() {
  static std::map<uintptr_t, uintptr_t> locks;
  return locks;
}
/* Whether some of [from, to) is locked. */
static inline bool emulated_locked(uintptr_t from, uintptr_t to) {
  for (const auto &[start, end] : emulated_locks())
    if (from < end && start < to) return true;
  return false;
}
static inline cudaError_t cudaHostRegister(void *memory, size_t bytes, unsigned) {
  if (const cudaError_t error = emulated_call(true)) return error;
  const uintptr_t from = reinterpret_cast<uintptr_t>(memory);
  if (emulated_locked(from, from + bytes)) return cudaErrorHostMemoryAlreadyRegistered;
  emulated_locks()[from] = from + bytes;
  return cudaSuccess;
}
static inline cudaError_t cudaHostUnregister(void *memory) {
  if (const cudaError_t error = emulated_call()) return error;
  return emulated_locks().erase(reinterpret_cast<uintptr_t>(memory)) == 1 ? cudaSuccess : cudaErrorHostMemoryNotRegistered;
}
static inline cudaError_t cudaPointerGetAttributes(cudaPointerAttributes *out, const void *memory) {
  const uintptr_t at = reinterpret_cast<uintptr_t>(memory);
  out->type = emulated_locked(at, at + 1) ? cudaMemoryTypeHost : emulated_memory, out->device = 0;
  return emulated_call();
}
static inline cudaError_t cudaDeviceSynchronize() { return emulated_call(); }
static inline cudaError_t cudaSetDevice(int) { return emulated_call(); }
static inline cudaError_t cudaGetDeviceCount(int *out) { *out = 1; return emulated_call(); }
static inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp *out, int) {
  *out = cudaDeviceProp{"emulated on the CPU", size_t{1} << 30, 9, 0, 1};
  return emulated_call();
}
static inline cudaError_t cudaGetLastError() { return cudaSuccess; }
static inline const char *cudaGetErrorName(cudaError_t error) { return error == cudaErrorIllegalAddress ? "cudaErrorIllegalAddress" : "cudaErrorEmulated"; }
static inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t *out, unsigned) { *out = nullptr; return emulated_call(); }
static inline cudaError_t cudaStreamDestroy(cudaStream_t) { return emulated_call(); }
static inline cudaError_t cudaStreamSynchronize(cudaStream_t) { return emulated_call(); }
static inline cudaError_t cudaStreamQuery(cudaStream_t) { return emulated_call(); }
static inline cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned) { return emulated_call(); }
static inline cudaError_t cudaEventCreateWithFlags(cudaEvent_t *out, unsigned) { *out = nullptr; return emulated_call(); }
static inline cudaError_t cudaEventDestroy(cudaEvent_t) { return emulated_call(); }
static inline cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t) { return emulated_call(); }
static inline cudaError_t cudaEventSynchronize(cudaEvent_t) { return emulated_call(); }

/* Fibers of one block: each runs to its next barrier, then the next one does. A fiber is begun once by ucontext, serves all launches and
 * is switched by _setjmp, which makes no system call. */
constexpr uint32_t emulated_threads_max = 1024;
constexpr size_t emulated_stack_bytes = size_t{64} << 10;
static struct {
  ucontext_t first;
  jmp_buf scheduler, fibers[emulated_threads_max];
  bool begun[emulated_threads_max], done[emulated_threads_max];
  char *stacks;
  void (*body)(const void *);
  const void *kernel;
} emulated_block;

static inline void __syncthreads() {
  if (_setjmp(emulated_block.fibers[threadIdx.x]) == 0) _longjmp(emulated_block.scheduler, 1);
}

static inline void emulated_fiber() {
  for (;;) {
    emulated_block.body(emulated_block.kernel);
    emulated_block.done[threadIdx.x] = true;
    __syncthreads();
  }
}

/* Runs thread threadIdx.x to its next barrier or to its end. */
static __attribute__((noinline)) void emulated_resume() {
  const uint32_t thread = threadIdx.x;
  if (_setjmp(emulated_block.scheduler) != 0) return;
  if (emulated_block.begun[thread]) _longjmp(emulated_block.fibers[thread], 1);
  emulated_block.begun[thread] = true;
  if (emulated_block.stacks == nullptr) emulated_block.stacks = static_cast<char *>(malloc(emulated_stack_bytes * emulated_threads_max));
  getcontext(&emulated_block.first);
  emulated_block.first.uc_stack.ss_sp = emulated_block.stacks + emulated_stack_bytes * thread;
  emulated_block.first.uc_stack.ss_size = emulated_stack_bytes;
  makecontext(&emulated_block.first, emulated_fiber, 0);
  setcontext(&emulated_block.first);
}

/* Number `i` of `count` in the order of this launch. */
static bool emulated_backward;
static inline uint32_t emulated_turn(uint32_t i, uint32_t count) { return emulated_backward ? count - 1 - i : i; }

template <class Kernel> static cudaError_t emulated_launch(uint32_t grid, uint32_t block, bool barriers, const Kernel &kernel) {
  if (grid == 0 || block == 0 || block > emulated_threads_max) abort();
  if (const cudaError_t error = emulated_call()) return error;
  emulated_backward = !emulated_backward;
  gridDim.x = grid, blockDim.x = block;
  emulated_block.body = [](const void *body) { (*static_cast<const Kernel *>(body))(); };
  emulated_block.kernel = &kernel;
  for (uint32_t i = 0; i < grid; i += 1) {
    blockIdx.x = emulated_turn(i, grid);
    for (uint32_t t = 0; t < block; t += 1) {
      if (barriers) emulated_block.done[t] = false;
      else threadIdx.x = emulated_turn(t, block), kernel();
    }
    for (uint32_t running = barriers ? block : 0; running > 0;) {
      running = 0;
      for (uint32_t t = 0; t < block; t += 1) {
        const uint32_t thread = emulated_turn(t, block);
        if (emulated_block.done[thread]) continue;
        threadIdx.x = thread;
        emulated_resume();
        running += emulated_block.done[thread] ? 0 : 1;
      }
      /* A barrier that some threads of the block have gone past the end without. */
      if (running != 0 && running != block) abort();
    }
  }
  return cudaSuccess;
}

/* Kernels by their address, which is all that the runtime is handed: what binds one to a copy of its arguments, and whether it has
 * barriers. */
struct EmulatedKernel { std::function<std::function<void()>(void **)> bind; bool barriers; };
static inline std::map<const void *, EmulatedKernel> &emulated_kernels() {
  static std::map<const void *, EmulatedKernel> kernels;
  return kernels;
}
template <class... Params, size_t... I>
static std::function<void()> emulated_bind(void (*kernel)(Params...), void **arguments, std::index_sequence<I...>) {
  (void)arguments;
  return [kernel, values = std::tuple<Params...>(*static_cast<Params *>(arguments[I])...)] { std::apply(kernel, values); };
}
template <class... Params> static auto emulated_know(void (*kernel)(Params...), bool barriers) {
  const auto bind = [kernel](void **arguments) { return emulated_bind(kernel, arguments, std::index_sequence_for<Params...>{}); };
  emulated_kernels()[reinterpret_cast<const void *>(kernel)] = {bind, barriers};
  return kernel;
}
#define KERNEL(kernel) emulated_know(kernel, false)
#define KERNEL_WITH_BARRIERS(kernel) emulated_know(kernel, true)

struct dim3 {
  uint32_t x;
  dim3() : x(1) {}
  explicit dim3(uint32_t x_) : x(x_) {}
};
struct cudaKernelNodeParams { void *func; dim3 gridDim, blockDim; unsigned sharedMemBytes; void **kernelParams, **extra; };
struct EmulatedNode { std::function<void()> run; uint32_t grid, block; bool barriers; };
using cudaGraph_t = std::vector<EmulatedNode> *;
using cudaGraphExec_t = std::vector<EmulatedNode> *;
using cudaGraphNode_t = size_t;

static inline EmulatedNode emulated_node(const void *kernel, dim3 grid, dim3 block, void **arguments) {
  const EmulatedKernel &known = emulated_kernels().at(kernel);
  return {known.bind(arguments), grid.x, block.x, known.barriers};
}
static inline cudaError_t emulated_run(const EmulatedNode &node) {
  return emulated_launch(node.grid, node.block, node.barriers, node.run);
}
static inline cudaError_t cudaLaunchKernel(const void *kernel, dim3 grid, dim3 block, void **arguments, size_t, cudaStream_t) {
  return emulated_run(emulated_node(kernel, grid, block, arguments));
}
static inline cudaError_t cudaGraphCreate(cudaGraph_t *out, unsigned) {
  if (const cudaError_t error = emulated_call()) return error;
  *out = new std::vector<EmulatedNode>;
  return cudaSuccess;
}
static inline cudaError_t cudaGraphAddKernelNode(cudaGraphNode_t *out, cudaGraph_t graph, const cudaGraphNode_t *, size_t,
                                                 const cudaKernelNodeParams *node) {
  if (const cudaError_t error = emulated_call()) return error;
  *out = graph->size();
  graph->push_back(emulated_node(node->func, node->gridDim, node->blockDim, node->kernelParams));
  return cudaSuccess;
}
static inline cudaError_t cudaGraphInstantiate(cudaGraphExec_t *out, cudaGraph_t graph, unsigned long long) {
  if (const cudaError_t error = emulated_call(true)) return error;
  *out = new std::vector<EmulatedNode>(*graph);
  return cudaSuccess;
}
static inline cudaError_t cudaGraphExecKernelNodeSetParams(cudaGraphExec_t graph, cudaGraphNode_t at, const cudaKernelNodeParams *node) {
  if (const cudaError_t error = emulated_call()) return error;
  (*graph)[at] = emulated_node(node->func, node->gridDim, node->blockDim, node->kernelParams);
  return cudaSuccess;
}
static inline cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t) {
  if (const cudaError_t error = emulated_call()) return error;
  for (const EmulatedNode &node : *graph)
    if (const cudaError_t error = emulated_run(node)) return error;
  return cudaSuccess;
}
static inline cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) { delete graph; return emulated_call(); }
static inline cudaError_t cudaGraphDestroy(cudaGraph_t graph) { delete graph; return emulated_call(); }

#endif
