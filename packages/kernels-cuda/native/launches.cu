/* Launching what a lane has gathered: see launches.h.
 *
 * A graph keeps the series that it was launched with last. Only launches that differ from it in size or arguments are written to its
 * nodes; a graph that is under way keeps what it was launched with. */
#include "launches.h"

namespace skyvox {

/* Below so many a graph saves nothing. */
constexpr uint32_t graph_launches_min = 4;

/* Where the arguments of a launch lie, as the runtime takes them. */
struct Pointers {
  void *of[arguments_max];

  Pointers(Series *series, const Launch &launch) {
    for (uint32_t i = 0; i < launch.argument_count; i += 1) of[i] = series->arguments + launch.places[i];
  }
};

static cudaError_t launch_each(Series *series, cudaStream_t stream) {
  for (uint32_t i = 0; i < series->count; i += 1) {
    const Launch &launch = series->of[i];
    Pointers pointers(series, launch);
    const cudaError_t error = cudaLaunchKernel(launch.kernel, dim3(launch.grid), dim3(launch.block), pointers.of, 0, stream);
    if (error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

static bool same_kernels(const Series &a, const Series &b) {
  if (a.count != b.count) return false;
  for (uint32_t i = 0; i < a.count; i += 1)
    if (a.of[i].kernel != b.of[i].kernel) return false;
  return true;
}

static bool same_launch(const Series &a, const Series &b, uint32_t i) {
  const Launch &x = a.of[i], &y = b.of[i];
  return x.grid == y.grid && x.block == y.block && memcmp(a.arguments + x.arguments, b.arguments + y.arguments, x.end - x.arguments) == 0;
}

static cudaKernelNodeParams parameters_of(const Launch &launch, Pointers *pointers) {
  cudaKernelNodeParams parameters = {};
  parameters.func = const_cast<void *>(launch.kernel);
  parameters.gridDim = dim3(launch.grid), parameters.blockDim = dim3(launch.block);
  parameters.kernelParams = pointers->of;
  return parameters;
}

static cudaError_t close_graph(Graph *graph) {
  cudaError_t error = cudaSuccess;
  if (graph->executable != nullptr) error = cudaGraphExecDestroy(graph->executable);
  if (graph->graph != nullptr && error == cudaSuccess) error = cudaGraphDestroy(graph->graph);
  graph->executable = nullptr, graph->graph = nullptr;
  return error;
}

/* Makes a graph of the series of `graph`, one launch after the other; none where memory is short. */
static cudaError_t make_graph(Graph *graph) {
  Series *series = &graph->series;
  cudaError_t error = cudaGraphCreate(&graph->graph, 0);
  for (uint32_t i = 0; i < series->count && error == cudaSuccess; i += 1) {
    Pointers pointers(series, series->of[i]);
    const cudaKernelNodeParams parameters = parameters_of(series->of[i], &pointers);
    error = cudaGraphAddKernelNode(&graph->nodes[i], graph->graph, i == 0 ? nullptr : &graph->nodes[i - 1], i == 0 ? 0 : 1, &parameters);
  }
  if (error == cudaSuccess) error = cudaGraphInstantiate(&graph->executable, graph->graph, 0);
  if (error != cudaErrorMemoryAllocation) return error;
  cudaGetLastError();
  graph->executable = nullptr;
  return close_graph(graph);
}

/* Writes to the nodes of a graph what is other than when it was launched last. */
static cudaError_t update_graph(Graph *graph, Series *pending) {
  for (uint32_t i = 0; i < pending->count; i += 1) {
    if (same_launch(graph->series, *pending, i)) continue;
    Pointers pointers(pending, pending->of[i]);
    const cudaKernelNodeParams parameters = parameters_of(pending->of[i], &pointers);
    const cudaError_t error = cudaGraphExecKernelNodeSetParams(graph->executable, graph->nodes[i], &parameters);
    if (error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

/* The series of the same kernels, or the place of the one that was used longest ago. */
static Graph *find_graph(Launcher *launcher, bool *known) {
  Graph *oldest = &launcher->graphs[0];
  for (Graph &graph : launcher->graphs) {
    *known = same_kernels(graph.series, launcher->pending);
    if (*known) return &graph;
    if (graph.used < oldest->used) oldest = &graph;
  }
  return oldest;
}

static cudaError_t launch_series(Launcher *launcher, cudaStream_t stream) {
  Series *pending = &launcher->pending;
  if (pending->count < graph_launches_min) return launch_each(pending, stream);
  bool known = false;
  Graph *graph = find_graph(launcher, &known);
  graph->used = launcher->series_count += 1;
  cudaError_t error = known ? cudaSuccess : close_graph(graph);
  if (error == cudaSuccess && known && graph->executable != nullptr) error = update_graph(graph, pending);
  graph->series = *pending;
  if (error != cudaSuccess) return error;
  if (known && graph->executable == nullptr) error = make_graph(graph);
  if (error != cudaSuccess) return error;
  return graph->executable == nullptr ? launch_each(pending, stream) : cudaGraphLaunch(graph->executable, stream);
}

cudaError_t launch_pending(Launcher *launcher, cudaStream_t stream) {
  const cudaError_t error = launch_series(launcher, stream);
  launcher->pending.count = launcher->pending.bytes = 0;
  return error;
}

cudaError_t close_launcher(Launcher *launcher) {
  cudaError_t error = cudaSuccess;
  for (Graph &graph : launcher->graphs)
    if (error == cudaSuccess) error = close_graph(&graph);
  return error;
}

}  // namespace skyvox
