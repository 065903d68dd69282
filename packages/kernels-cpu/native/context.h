/* What stands behind sv_context on the CPU: cameras, grids, the chosen instruction set and the last error.
 *
 * Ops run when they are called; a submit has nothing left to do. Work is cut into one band per thread, which alone writes its part of the
 * output; only `mark` shares words between threads and sets bits with relaxed atomics then. */
#ifndef SKYVOX_CPU_CONTEXT_H
#define SKYVOX_CPU_CONTEXT_H
#include "../../kernels/native/dda.h"
#include "../../kernels/native/gaussian.h"
#include "../../kernels/native/kernels.h"
#include "../../kernels/native/spots.h"
#include "list.h"

/* SV_INLINE for members. */
#define SV_MEMBER inline __attribute__((always_inline))

namespace skyvox {

constexpr int threads_max = bands_max;
constexpr int cameras_max = 1024;
constexpr int grids_max = 64;
constexpr int views_max = 32;
constexpr int brick_voxels = 512;

/* The background of mode gaussian: memory is taken by the first frame of that mode. */
struct Gaussian {
  Block<uint32_t> mean_q16;
  Block<uint16_t> fast_q8;
  Block<uint16_t> variance_q8[2]; /* [latest] after the last frame and, where spots may ask for it, the other before it */
  Block<int16_t> deviation_q4;    /* of the last frame, where spots may ask for it */
  uint32_t latest = 0, frames = 0, variance_min_q8 = 0;
  bool ready = false;

  bool open(size_t pixels, bool for_spots);
};

struct Camera {
  sv_camera_spec spec{};
  Block<uint16_t> background; /* uint8 in modes diff and sigma-delta */
  Gaussian gaussian;
  int32_t mode = -1; /* of the background; -1 before the first frame */
  List motion, cells, blobs;
  List spots, registered, fused; /* without memory where the camera takes no such ops */
  bool spots_capped = false;
  Block<uint64_t> spot_scratch;           /* see spots.cpp */
  Block<uint32_t> fuse_begin, fuse_order; /* registered rows by line of the picture, see fuse.cpp */
  Block<uint8_t> fuse_joined;             /* of each registered row: near a point */
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

/* A row of table "tiles". */
struct Tile {
  uint32_t xy, z_level, first_brick;

  uint32_t x() const { return xy & 0xffff; }
  uint32_t y() const { return xy >> 16; }
  uint32_t z() const { return z_level & 0xffff; }
  uint32_t level() const { return z_level >> 16; }
};

/* A row of table "segments". */
struct Segment { uint32_t ray, tile; int32_t origin[3]; };

/* The tiles within one brick of the grid: a bit per voxel, one word per x. Those of word x are numbered from first_tile + before[x] on. */
struct Superblock {
  uint32_t brick, first_tile;
  uint16_t before[8];
  uint64_t voxels[8];
};

/* The finer voxels of a grid; without memory where it has none. */
struct Fine {
  Block<uint8_t> levels; /* of each brick of the grid */
  List tiles, segments, selected; /* selected: brick of each slot, as the bricks of all tiles are numbered */
  Block<Superblock> superblocks;
  Block<uint32_t> superblock_of; /* of each brick of the grid, plus one; 0 without a tile */
  Block<uint64_t> has_tiles;     /* a bit per brick of the grid */
  uint32_t superblock_count = 0;
  Block<uint32_t> segment_begin, segment_order; /* segments by tile, see cast-tiles.cpp */
  Block<uint32_t> first_slot;                   /* of each tile */
  Block<uint32_t> slots;                        /* of each brick of the tiles, plus one; its view bits while marking */
  Block<uint32_t> slot_tile;                    /* tile of each slot */
  Block<Voxel> pool;

  const Tile &tile(uint32_t index) const { return reinterpret_cast<const Tile *>(tiles.rows.get())[index]; }
  const Segment &segment(uint32_t index) const { return reinterpret_cast<const Segment *>(segments.rows.get())[index]; }
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
  Fine fine;
};

/* What a motion frame is compared with: both in grey levels, 0 to 255. */
struct Grey {
  uint32_t threshold, step;
};

/* Pixels [begin, end) of a picture in mode gaussian, and where their motion rows go. */
struct GaussianPart {
  const Camera &camera;
  const uint8_t *pixels;
  sv_gaussian_frame frame;
  uint32_t begin, end;
  uint32_t *rows;
  uint32_t rows_max;
};

/* Pixels [x_begin, x_end) of the rows that op spots looks at; see spots.cpp. */
struct SpotField {
  const int16_t *deviation;
  const uint16_t *variance;
  uint32_t width, height, x_begin, x_end, snr_min_q4, variance_min_q8;
  uint16_t scale, scaled_ratio; /* see spot-rows.h */
};

/* Sums over columns from 4 left of x_begin to 4 right of x_end, with room for whole vectors: of the 9 rows around the row at hand, of the
 * first and the last of them, and of the 3 around it with weights 1 2 1. Deviations of the first two are clamped as the ring does. */
constexpr uint32_t spot_chunk = 1024, spot_columns = spot_chunk + 32 + 2 * SV_SPOT_REACH;
struct SpotSums {
  alignas(32) int16_t nine[spot_columns], ends[spot_columns], three[spot_columns];
};

/* The ops that have a path per instruction set. Each call is the work of one thread. */
struct Paths {
  const char *name;
  uint64_t (*motion_rows)(const Camera &camera, const uint8_t *pixels, int32_t mode, Grey grey, uint32_t row_begin,
                          uint32_t row_end, uint32_t *rows, uint32_t rows_max);
  /* Returns how many pixels move, past rows_max too. */
  uint64_t (*gaussian_pixels)(const GaussianPart &part);
  /* Moves the sums on by a row, or makes them; then flags the pixels of a row that may be spots; up to 31 flags past the end are
   * overwritten. See spot-rows.h. */
  void (*spot_row)(const SpotField &field, SpotSums *sums, uint32_t y, bool first, uint8_t *maybe);
  /* Marks bricks for rays [begin, end) of grid.order; `shared`: other threads mark at the same time. */
  void (*mark_rays)(const Grid &grid, uint32_t begin, uint32_t end, bool shared);
  /* Adds all rays to the voxels of slots [slot_begin, slot_end), and to no other. */
  void (*cast_rays)(const Grid &grid, uint32_t slot_begin, uint32_t slot_end);
  /* Adds all segments of a tile to the voxels of its slots. */
  void (*cast_tile)(const Grid &grid, uint32_t tile);
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

/* Whether a table of nodes may be read; see sv_bend_shape. */
bool sound(const sv_bend_shape &shape);

/* Words of Camera::spot_scratch. */
size_t spot_scratch_words(int bands);

/* The camera or grid of a handle, or null with the error noted. */
Camera *camera_of(sv_context *context, int32_t handle);
Grid *grid_of(sv_context *context, int32_t handle);
/* As grid_of, but only for a grid opened with (or without) `dense`, or only for one with finer voxels. */
Grid *grid_of_kind(sv_context *context, int32_t handle, bool dense);
Grid *fine_grid_of(sv_context *context, int32_t handle);

/* Waking threads costs 10 to 50 us: work below these sizes stays on the calling thread. It is cut into the same bands. */
constexpr uint64_t pixels_worth_threads = uint64_t{1} << 20;
constexpr uint32_t rays_worth_threads = 1024, slots_worth_threads = 256, bricks_worth_threads = 1u << 16;
constexpr uint32_t rays_piece = 512, tiles_piece = 4;

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

/* Runs work(begin, end, shared) on pieces of [0, count), handed to whichever thread is free: for items that differ much in length.
 * `shared`: others work at the same time. */
template <class Work> void for_pieces(const sv_context *context, uint32_t count, uint32_t piece, bool worth, const Work &work) {
  if (context->threads == 1 || !worth) {
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
