/* Launches of a lane, gathered until they are wanted on its stream.
 *
 * To launch a kernel costs the host some microseconds, to launch a graph of a dozen not much more. So launches are gathered, and those
 * that come in the same order as before go out as one graph: what differs in their arguments is written to its nodes first. A series is
 * made a graph when it comes for the second time; short ones and those that do not come back are launched one by one. */
#ifndef SKYVOX_CUDA_LAUNCHES_H
#define SKYVOX_CUDA_LAUNCHES_H
#include "runtime.h"

#include <string.h>

namespace skyvox {

constexpr uint32_t launches_max = 64, arguments_max = 12, argument_bytes_max = 16384, graphs_max = 4;
/* All that a kernel may take. */
constexpr size_t argument_bytes_of_launch = 4096;

struct Launch {
  const void *kernel;
  uint32_t grid, block;
  uint32_t arguments, end; /* bytes of the series */
  uint32_t argument_count;
  uint32_t places[arguments_max];
};

/* Some launches in order, with their arguments. */
struct Series {
  Launch of[launches_max];
  uint32_t count = 0, bytes = 0;
  alignas(16) unsigned char arguments[argument_bytes_max];

  Series() = default;
  Series &operator=(const Series &other) {
    count = other.count, bytes = other.bytes;
    memcpy(of, other.of, count * sizeof *of);
    memcpy(arguments, other.arguments, bytes);
    return *this;
  }

  /* Whether one more launch fits, whatever its arguments. */
  bool has_room() const { return count < launches_max && bytes + argument_bytes_of_launch <= argument_bytes_max; }

  template <class... Params, class... Values>
  void add(void (*kernel)(Params...), uint32_t grid, uint32_t block, const Values &...values) {
    static_assert(sizeof...(Params) <= arguments_max, "room for the places of all arguments");
    static_assert((size_t{0} + ... + (sizeof(Params) + alignof(Params))) <= argument_bytes_of_launch, "room for all arguments");
    Launch *launch = &of[count++];
    *launch = Launch{reinterpret_cast<const void *>(kernel), grid, block, bytes, 0, 0, {}};
    (place(launch, static_cast<Params>(values)), ...);
    launch->end = bytes;
  }

 private:
  template <class Param> void place(Launch *launch, const Param &value) {
    while (bytes % alignof(Param) != 0) arguments[bytes++] = 0;
    memcpy(arguments + bytes, &value, sizeof value);
    launch->places[launch->argument_count++] = bytes;
    bytes += sizeof value;
  }
};

/* A series that has been launched, and its graph from the second time on. */
struct Graph {
  Series series;
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  cudaGraphNode_t nodes[launches_max];
  uint32_t used = 0; /* when: the number of the series of the lane */
};

/* What a lane has gathered and what it has launched before. */
struct Launcher {
  Series pending;
  Graph graphs[graphs_max];
  uint32_t series_count = 0;
};

/* Launches what is pending, in order, on a stream. */
cudaError_t launch_pending(Launcher *launcher, cudaStream_t stream);

/* Frees the graphs. */
cudaError_t close_launcher(Launcher *launcher);

}  // namespace skyvox
#endif
