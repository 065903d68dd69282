/* What stands behind sv_context on the CPU: cameras, grids, the chosen instruction set and the last error.
 *
 * Ops run when they are called; a submit has nothing left to do. Work is cut into one band per thread, which alone writes its part of the
 * output; only `mark` shares words between threads and sets bits with relaxed atomics then. */
#ifndef SKYVOX_CPU_CONTEXT_H
#define SKYVOX_CPU_CONTEXT_H
#include "../../kernels/native/dda.h"
#include "../../kernels/native/kernels.h"
#include "list.h"

/* SV_INLINE for members. */
#define SV_MEMBER inline __attribute__((always_inline))

namespace skyvox {

constexpr int threads_max = bands_max;
constexpr int cameras_max = 1024;
constexpr int grids_max = 64;
constexpr int views_max = 32;
constexpr int brick_voxels = 512;

struct Camera {
  sv_camera_spec spec{};
  Block<uint16_t> background; /* uint8 in modes diff and sigma-delta */
  int32_t mode = -1;          /* of the background; -1 before the first frame */
  List motion, cells, blobs;
  Block<uint32_t> column_sums; /* cells: four words per column of the image at shift 0 */
  Block<uint64_t> columns_used;
  Block<uint32_t> run_start, run_parent, run_pixels; /* blobs: a run has at least one motion row */
};

/* Sum and view bits side by side: one voxel is one memory access. */
struct Voxel { uint32_t sum, bits; };

struct Ray { int32_t d[3]; uint32_t weight, view; };

struct View {
  sv_ray_model model{};
  Block<int32_t> bend;
  bool set = false;
};

struct Grid {
  sv_grid_spec spec{};
  int32_t size[3]{}, bricks[3]{};
  uint32_t brick_count = 0;
  View views[views_max];
  Block<Ray> rays;
  Block<uint32_t> order, order_scratch; /* rays by place in the picture, see order.h */
  uint32_t ray_count = 0;
  bool ordered = false;
  uint64_t weight_total = 0;
  Block<uint32_t> marks;
  bool marked = false;
  Block<uint32_t> slots; /* of each brick, plus one; 0 without a slot */
  List selected;         /* brick of each slot */
  Block<Voxel> pool;
  Block<uint32_t> dense;
  bool densely_cast = false;
  List peaks, voxels;
};

/* What a motion frame is compared with: both in grey levels, 0 to 255. */
struct Grey {
  uint32_t threshold, step;
};

/* The ops that have a path per instruction set. Each call is the work of one thread. */
struct Paths {
  const char *name;
  uint64_t (*motion_rows)(const Camera &camera, const uint8_t *pixels, int32_t mode, Grey grey, uint32_t row_begin,
                          uint32_t row_end, uint32_t *rows, uint32_t rows_max);
  /* Marks bricks for rays [begin, end) of grid.order; `shared`: other threads mark at the same time. */
  void (*mark_rays)(const Grid &grid, uint32_t begin, uint32_t end, bool shared);
  /* Adds all rays to the voxels of slots [slot_begin, slot_end), and to no other. */
  void (*cast_rays)(const Grid &grid, uint32_t slot_begin, uint32_t slot_end);
};
extern const Paths scalar_paths;
#if defined(__x86_64__)
extern const Paths avx2_paths;
#endif

}  // namespace skyvox

struct sv_context {
  int threads = 1;
  const skyvox::Paths *paths = nullptr;
  uint32_t sequence = 0;
  skyvox::Camera *cameras[skyvox::cameras_max]{};
  skyvox::Grid *grids[skyvox::grids_max]{};
  char error[256]{};
};

namespace skyvox {

/* Notes why a call fails and returns its code. */
int32_t fail(sv_context *context, int32_t code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The camera or grid of a handle, or null with the error noted. */
Camera *camera_of(sv_context *context, int32_t handle);
Grid *grid_of(sv_context *context, int32_t handle);
/* As grid_of, but only for a grid opened with (or without) `dense`. */
Grid *grid_of_kind(sv_context *context, int32_t handle, bool dense);

/* Waking threads costs 10 to 50 us: work below these sizes stays on the calling thread. It is cut into the same bands. */
constexpr uint64_t pixels_worth_threads = uint64_t{1} << 20;
constexpr uint32_t rays_worth_threads = 1024, slots_worth_threads = 256;

/* Runs work(begin, end, band) on one equal part of [0, count) per thread; one after the other where `worth` is false. */
template <class Work> void for_bands(const sv_context *context, uint32_t count, bool worth, const Work &work) {
  const int bands = context->threads;
#pragma omp parallel for num_threads(bands) schedule(static, 1) if (worth && bands > 1)
  for (int band = 0; band < bands; band += 1) {
    const uint64_t begin = uint64_t{count} * static_cast<uint64_t>(band) / static_cast<uint64_t>(bands);
    const uint64_t end = uint64_t{count} * static_cast<uint64_t>(band + 1) / static_cast<uint64_t>(bands);
    work(static_cast<uint32_t>(begin), static_cast<uint32_t>(end), band);
  }
}

/* Runs work(begin, end, shared) on pieces of the rays, handed to whichever thread is free: rays differ much in length. `shared`:
 * others work at the same time. */
template <class Work> void for_rays(const sv_context *context, uint32_t count, const Work &work) {
  constexpr uint32_t piece = 512;
  if (context->threads == 1 || count < rays_worth_threads) {
    work(0u, count, false);
    return;
  }
  const int pieces = static_cast<int>((uint64_t{count} + piece - 1) / piece);
#pragma omp parallel for num_threads(context->threads) schedule(dynamic, 1)
  for (int index = 0; index < pieces; index += 1) {
    const uint32_t begin = static_cast<uint32_t>(index) * piece;
    work(begin, count - begin < piece ? count : begin + piece, true);
  }
}

inline uint32_t brick_index(const Grid &grid, uint32_t bx, uint32_t by, uint32_t bz) {
  return (bx * static_cast<uint32_t>(grid.bricks[1]) + by) * static_cast<uint32_t>(grid.bricks[2]) + bz;
}

/* The axes in the order of dda.h for a dominant axis: k, then the others ascending; strides of bricks and of voxels in one. */
template <int K> struct Axes {
  static constexpr int k = K, j = K == 0 ? 1 : 0, l = K == 2 ? 1 : 2;
  static constexpr int k_shift = 6 - 3 * k, j_shift = 6 - 3 * j, l_shift = 6 - 3 * l;
};

template <int K> SV_INLINE bool start(sv_walk *walk, const Grid &grid, const Ray &ray) {
  using A = Axes<K>;
  const int32_t *origin = grid.views[ray.view].model.origin;
  return sv_walk_start(walk, ray.d[A::k], ray.d[A::j], ray.d[A::l], origin[A::k], origin[A::j], origin[A::l], grid.size[A::k]) != 0;
}

}  // namespace skyvox
#endif
