/* What stands behind sv_context on a CUDA device: lanes of work, the cameras and grids that own them, and the last error.
 *
 * Each camera and each grid is a lane: a stream, its memory, and what is uploaded and read back for it. Lanes wait for each other only
 * at the fence. Ops enqueue and return; how many rows a list has is known on the device alone until the table is read. */
#ifndef SKYVOX_CUDA_CONTEXT_H
#define SKYVOX_CUDA_CONTEXT_H
#include "../../kernels/native/kernels.h"
#include "launches.h"
#include "scan.h"

namespace skyvox {

constexpr int32_t cameras_max = 1024, grids_max = 64, views_max = 32;
/* Bytes that one copy back to the host takes at most. */
constexpr size_t read_back_bytes = size_t{4} << 20;
constexpr uint32_t brick_voxels = 512, brick_words = brick_voxels / 32;

/* Page-locked memory from which one upload at a time is copied. */
struct Stage {
  void *memory = nullptr;
  size_t capacity = 0;
  cudaEvent_t copied = nullptr;
  bool waits = false; /* for `copied` */
};

/* Device memory that grows to what a call brings. */
template <class Item> struct Growing {
  Item *items = nullptr;
  size_t capacity = 0;
};

/* Words for one scan at a time: its items and its offsets. */
struct Scratch {
  Growing<uint32_t> items, within, chunks;
  Offsets offsets() const { return {within.items, chunks.items}; }
};

constexpr int32_t heads_max = 8, blocks_max = 128;
/* Words of rows that come along with a fence. */
constexpr uint32_t rows_ahead_words = 1u << 14;

/* What the host sees of a lane without a call: page-locked, written by the device at each fence. */
struct Report {
  Head heads[heads_max];
  uint32_t reached; /* sequence of the fence */
  uint32_t rows[rows_ahead_words];
};

/* A list of bounded length; its head is that of the lane with the number `head`. */
struct List {
  uint32_t *rows = nullptr;
  uint32_t row_words = 0, rows_max = 0, overflow_bit = 0;
  int32_t head = 0;
};

struct Lane {
  cudaStream_t stream = nullptr;
  Launcher launcher; /* before anything else is asked of the stream, what is pending there is launched: see flush */
  void *blocks[blocks_max]{}; /* device memory, freed with the lane */
  int32_t block_count = 0;
  Stage stages[2];
  uint32_t stage = 0;
  Scratch scratch;
  Head *heads = nullptr;    /* of its lists, on the device */
  Report *report = nullptr; /* as of the last fence */
  bool busy = false;        /* has work that no fence covers yet */
  bool stale = false;       /* the report is older than the work enqueued */
  uint32_t submitted = 0, submitted_before = 0; /* sequence of the last fence that covers work of it, and of the one before */
  List read;                  /* the list that was read last: its rows come along with the next fence */
  uint32_t *ahead = nullptr;  /* the list whose rows are in the report */
};

/* Which pixels of the last frame moved: a bit per pixel, and by word of 32 bits where its pixels stand in the list. */
struct Moved {
  uint32_t *masks, *first;
  uint16_t *words; /* second word of the row of each pixel that moved */
  uint32_t *tile_counts, *next_counts; /* how many moved, by tile; those of the next frame are 0 */
};

/* The background of mode gaussian; memory is taken by the first frame of that mode. */
struct Gaussian {
  uint32_t *mean_q16 = nullptr;
  uint16_t *fast_q8 = nullptr;
  uint16_t *variance_q8[2]{}; /* [latest] after the last frame and, where spots may ask for it, the other before it */
  int16_t *deviation_q4 = nullptr;
  uint32_t latest = 0, frames = 0, variance_min_q8 = 0;
};

enum { HEAD_MOTION, HEAD_CELLS, HEAD_BLOBS, HEAD_SPOTS, HEAD_REGISTERED, HEAD_FUSED };

struct Camera {
  Lane lane;
  sv_camera_spec spec{};
  uint32_t pixels = 0, pixels_padded = 0; /* to whole tiles of motion; what is past the picture never moves */
  uint8_t *frame = nullptr;
  uint16_t *background = nullptr; /* uint8 in modes diff and sigma-delta */
  int32_t mode = -1;              /* of the background; -1 before the first frame */
  Gaussian gaussian;
  Moved moved{};
  List motion, cells, blobs, spots, registered, fused;
  uint32_t *list_a = nullptr, *list_b = nullptr; /* a word per row of motion: cells, blobs */
  uint32_t *cell_sums = nullptr;                 /* see cells.cu */
  Growing<uint32_t> points;
  Growing<int32_t> nodes;
  uint32_t *fuse_lines = nullptr, *fuse_order = nullptr, *fuse_joined = nullptr; /* see fuse.cu */
};

/* Sum and view bits side by side: both are in one sector of memory. */
struct alignas(8) Voxel { uint32_t sum, bits; };

struct Ray { int32_t d[3]; uint32_t weight, view; };

/* A row of table "tiles", and of table "segments". */
struct Tile { uint32_t xy, z_level, first_brick; };
struct Segment { uint32_t ray, tile; int32_t origin[3]; };

struct View {
  sv_ray_model model{};
  Growing<int32_t> bend;
  bool set = false;
};

/* Where each view stands; handed to kernels by value. */
struct Origins { int32_t of[views_max][3]; };

/* A box of voxels and its bricks. */
struct Size { int32_t voxels[3], bricks[3]; };

/* Bricks with a slot of voxels each. */
struct Pool {
  List selected;             /* brick of each slot */
  uint32_t *slots = nullptr; /* of each brick, plus one; 0 without a slot */
  Voxel *voxels = nullptr;
};

/* The finer voxels of a grid; without memory where it has none. See refine.cu. */
struct Fine {
  uint8_t *levels = nullptr; /* of each brick of the grid */
  List tiles, segments;
  uint32_t *superblocks = nullptr;   /* brick of each slot the pool had */
  uint32_t *superblock_of = nullptr; /* of each brick of the grid, plus one; 0 without a tile */
  uint32_t *tile_bits = nullptr;     /* brick_words per superblock */
  Offsets tile_offsets{};            /* of each word of tile_bits */
  uint32_t *used = nullptr;          /* superblocks, and bricks of all kept tiles */
  Pool pool;                         /* slots hold view bits while marking */
  uint32_t *slot_tile = nullptr;     /* tile of each slot */
};

enum { HEAD_BRICKS, HEAD_PEAKS, HEAD_VOXELS, HEAD_TILES, HEAD_SEGMENTS, HEAD_TILE_BRICKS };

struct Grid {
  Lane lane;
  sv_grid_spec spec{};
  Size size{};
  uint32_t brick_count = 0;
  View views[views_max];
  uint4 *gathered = nullptr; /* points of the rays, page-locked; see rays.cu */
  uint4 *points = nullptr;   /* the same on the device */
  cudaEvent_t points_copied = nullptr;
  bool points_wait = false; /* for `points_copied`, before `gathered` is written anew */
  Ray *rays = nullptr;
  uint32_t ray_count = 0, directed_count = 0; /* rays added; those of them that the device has or is about to make */
  uint64_t weight_total = 0;
  uint32_t *marks = nullptr;
  bool marked = false;
  Pool pool;
  uint32_t *dense = nullptr;
  bool densely_cast = false;
  List peaks, voxels;
  Fine fine;
};

}  // namespace skyvox

struct sv_context {
  int32_t device = 0;
  uint32_t threads_at_once = 0; /* what a launch over a list of unknown length takes */
  uint32_t sequence = 0;
  void *read_back = nullptr; /* page-locked */
  bool lost = false;
  skyvox::Camera *cameras[skyvox::cameras_max]{};
  skyvox::Grid *grids[skyvox::grids_max]{};
  char error[256]{};
};

namespace skyvox {

/* Ends an op where a call of the runtime fails. */
#define TRY(call)                                                                  \
  do {                                                                             \
    const cudaError_t error_ = (call);                                             \
    if (error_ != cudaSuccess) return ::skyvox::fail_device(context, error_);      \
  } while (0)

/* Ends an op where a part of it fails. */
#define ENQUEUE(call)                                       \
  do {                                                      \
    if (const int32_t status_ = (call)) return status_;     \
  } while (0)

/* Gathers a launch for the stream of `lane`, in blocks of block_threads or on one thread. */
#define RUN(kernel, blocks, ...) ENQUEUE(gather(context, lane, KERNEL(kernel), blocks, block_threads, __VA_ARGS__))
#define RUN_WITH_BARRIERS(kernel, blocks, ...) \
  ENQUEUE(gather(context, lane, KERNEL_WITH_BARRIERS(kernel), blocks, block_threads, __VA_ARGS__))
#define RUN_ONE(kernel, ...) ENQUEUE(gather(context, lane, KERNEL(kernel), 1, 1, __VA_ARGS__))

/* Launches what a lane has gathered; called before anything else is asked of its stream. Ops that were gathered have been promised, so
 * where this fails the device counts as lost. */
int32_t flush(sv_context *context, Lane *lane);

/* Adds a launch to those of a lane. */
template <class Kernel, class... Values>
int32_t gather(sv_context *context, Lane *lane, Kernel kernel, uint32_t grid, uint32_t block, const Values &...values) {
  Series *pending = &lane->launcher.pending;
  if (!pending->has_room()) ENQUEUE(flush(context, lane));
  pending->add(kernel, grid, block, values...);
  return SV_OK;
}

/* Adds the launch that sets words of the device to 0. */
int32_t zero_words(sv_context *context, Lane *lane, void *words, size_t count);

/* Adds the launches of a scan. */
int32_t enqueue_scan(sv_context *context, Lane *lane, const Scan &scan);

/* Notes why a call fails and returns its code. */
int32_t fail(sv_context *context, int32_t code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Notes that the device is lost, or only short of memory; returns the code. */
int32_t fail_device(sv_context *context, cudaError_t error);
/* Notes that the device is lost. */
int32_t lose_device(sv_context *context, cudaError_t error);

/* Makes the device of a context that of this thread, or refuses where it is lost. */
int32_t enter(sv_context *context);

/* The camera or grid of a handle with the device ready; notes why not. */
int32_t use_camera(sv_context *context, int32_t handle, Camera **out);
int32_t use_grid(sv_context *context, int32_t handle, Grid **out);
/* As use_grid, but only for a grid opened with (or without) `dense`, or only for one with finer voxels. */
int32_t use_grid_of_kind(sv_context *context, int32_t handle, bool dense, Grid **out);
int32_t use_fine_grid(sv_context *context, int32_t handle, Grid **out);

/* Frees a grid and all it holds. */
void close_grid(sv_context *context, Grid *grid);

/* Sends what rays were added since to the device; called before an op that takes rays. */
int32_t direct_points(sv_context *context, Grid *grid);

/* Whether a table of nodes may be read; see sv_bend_shape. */
bool sound(const sv_bend_shape &shape);
int32_t sound_views(sv_context *context, int32_t views_min, const char *verb);

int32_t open_lane(sv_context *context, Lane *lane);
/* Frees all of a lane; leaves the device alone where it is lost. */
void close_lane(sv_context *context, Lane *lane);

/* Takes zeroed device memory for a lane. */
int32_t take_bytes(sv_context *context, Lane *lane, size_t bytes, void **out);
template <class Item> int32_t take(sv_context *context, Lane *lane, size_t count, Item **out) {
  void *memory = nullptr;
  const int32_t status = take_bytes(context, lane, count * sizeof(Item), &memory);
  *out = static_cast<Item *>(memory);
  return status;
}

/* Takes several blocks; the first that fails is the status, and those after it are left out. */
struct Taking {
  sv_context *context;
  Lane *lane;
  int32_t status = SV_OK;

  template <class Item> void operator()(Item **out, size_t count) {
    if (status == SV_OK) status = take(context, lane, count, out);
  }
};

/* Frees the blocks that were taken last, until `blocks` are left. */
void drop_blocks(sv_context *context, Lane *lane, int32_t blocks);

/* Makes room for `bytes`, whose contents are then any; frees what was there. Where memory is short, what was there stays. */
int32_t grow_bytes(sv_context *context, Lane *lane, size_t bytes, void **memory, size_t *capacity);
template <class Item> int32_t grow(sv_context *context, Lane *lane, size_t count, Growing<Item> *block) {
  void *memory = block->items;
  const int32_t status = grow_bytes(context, lane, count * sizeof(Item), &memory, &block->capacity);
  block->items = static_cast<Item *>(memory);
  return status;
}

/* Makes room for a scan over `items` items. */
int32_t grow_scratch(sv_context *context, Lane *lane, size_t items);

int32_t open_list(sv_context *context, Lane *lane, List *list, uint32_t row_words, int32_t rows_max, uint32_t overflow_bit, int32_t head);

/* Copies from the host in stream order: from page-locked memory where it lies, read until the next fence, or from a copy made at once. */
int32_t upload(sv_context *context, Lane *lane, void *device, const void *host, size_t bytes);
int32_t upload_copy(sv_context *context, Lane *lane, void *device, const void *host, size_t bytes);

/* Notes that work is enqueued; called before the first launch of an op. */
void touch(Lane *lane);

inline Head *head_of(const Lane &lane, const List &list) { return lane.heads + list.head; }

/* A scan over the scratch of a lane that makes the head of a list. */
Scan scan_into(const Lane &lane, const List &list, bool bits, Length length, uint32_t length_max);

/* Blocks for one thread per item, and for a loop over as many items as a list may have. */
inline uint32_t blocks_of(uint32_t items) { return items == 0 ? 1 : (items - 1) / block_threads + 1; }
inline uint32_t blocks_over(const sv_context *context, uint64_t items_max) {
  const uint64_t items = items_max < context->threads_at_once ? items_max : context->threads_at_once;
  return blocks_of(static_cast<uint32_t>(items));
}

}  // namespace skyvox
#endif
