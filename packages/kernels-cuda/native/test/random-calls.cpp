/* Random calls of the C ABI on the emulated device, under AddressSanitizer and UndefinedBehaviorSanitizer.
 *
 * Usage: random-calls SEED ROUNDS. Each round opens a camera and grids of random size and limits twice, makes the same calls on both,
 * arguments out of range among them, and compares status and tables. The emulation turns the order of blocks and threads round from
 * launch to launch; the two start each call with opposite orders, so what depends on the order differs.
 * Ends with 1 and a line where they differ; the sanitizers end it themselves. Limits are small, so that lists overflow often. */
#include "../library.cu"

#include <stdio.h>
#include <vector>

static uint64_t state;

/* xorshift64*, Vigna 2016. */
static uint32_t draw() {
  state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
  return static_cast<uint32_t>((state * 0x2545f4914f6cdd1dull) >> 32);
}
static int32_t between(int32_t low, int32_t high) { return low + static_cast<int32_t>(draw() % static_cast<uint32_t>(high - low + 1)); }

static sv_context *contexts[2];
static int32_t handles[2];
static uint32_t calls;

static void stop(const char *what) {
  printf("%s differs after %u calls\n", what, calls);
  exit(1);
}

/* Makes one call on both contexts, in opposite orders of threads; both must answer the same. */
template <class Call> static int32_t both(const char *what, const Call &call) {
  emulated_backward = false;
  const int32_t first = call(contexts[0], handles[0]);
  emulated_backward = true;
  const int32_t second = call(contexts[1], handles[1]);
  calls += 2;
  if (first != second) stop(what);
  return first;
}

static std::vector<uint32_t> read(int which, int32_t table, bool half, sv_table *found) {
  if (sv_read(contexts[which], table, handles[which], nullptr, 0, found) != SV_OK) stop("read");
  const uint32_t capacity = half ? found->count / 2 : found->count;
  std::vector<uint32_t> rows(size_t{capacity} * found->row_words + 1);
  sv_table copied;
  if (sv_read(contexts[which], table, handles[which], rows.data(), capacity, &copied) != SV_OK || copied.count != capacity) stop("read");
  rows.resize(size_t{capacity} * found->row_words);
  return rows;
}

/* Compares tables; every third read takes fewer rows than there are. */
static void compare(const char *what, int32_t table) {
  const bool half = draw() % 3 == 0;
  sv_table first, second;
  const std::vector<uint32_t> a = read(0, table, half, &first), b = read(1, table, half, &second);
  calls += 4;
  if (memcmp(&first, &second, sizeof first) != 0 || a != b) stop(what);
}

/* Submits now and then; a fence is passed at once here. */
static void submit() {
  if (draw() % 2 == 0) return;
  both("submit", [](sv_context *context, int32_t) {
    uint32_t sequence = 0, completed = 0;
    const int32_t status = sv_submit(context, &sequence);
    return sv_fence(context, &completed) != SV_OK || completed != sequence ? -1 : status;
  });
}

static sv_motion_params random_motion(int32_t mode) {
  const int32_t asked = between(0, 63) == 0 ? between(-1, 4) : mode;
  return {asked, between(-2, 260), between(0, 256), between(0, 13), between(0, 9), between(-1, 9), between(0, 600), between(10, 3000)};
}

static std::vector<uint32_t> random_points(int32_t count, uint32_t mask) {
  std::vector<uint32_t> points(static_cast<size_t>(count) * 4 + 1);
  for (uint32_t &word : points) word = draw() & mask;
  if (draw() % 16 == 0) points[points.size() / 2] = ~0u;
  return points;
}

static std::vector<int32_t> random_nodes(sv_bend_shape *shape) {
  *shape = {between(0, 6), between(0, 4), 0};
  shape->rows = shape->columns;
  std::vector<int32_t> nodes(static_cast<size_t>(shape->columns * shape->rows) * 2 + 1);
  for (int32_t &value : nodes) value = between(-9000, 9000);
  return nodes;
}

static void two_cameras() {
  sv_bend_shape shape;
  const std::vector<int32_t> nodes = random_nodes(&shape);
  const int32_t count = between(0, 40), gate = between(-1, 2000), gain = between(-1, 260);
  const std::vector<uint32_t> theirs = random_points(count, 0x1fff), ours = random_points(count, 0x1fff);
  both("register", [&](sv_context *context, int32_t camera) { return sv_register(context, camera, theirs.data(), count, &shape,
                                                                                 nodes.data()); });
  both("fuse", [&](sv_context *context, int32_t camera) { return sv_fuse(context, camera, ours.data(), count, gate, gain); });
  compare("registered", SV_TABLE_REGISTERED), compare("fused", SV_TABLE_FUSED);
}

static void camera_round() {
  const int32_t most = between(0, 60);
  const sv_camera_spec spec = {between(1, 130), between(1, 24), between(1, 900), between(1, 300), between(1, 60), most, between(0, 30)};
  both("camera_open", [&](sv_context *context, int32_t) { return sv_camera_open(context, &spec, &handles[context == contexts[1]]); });
  std::vector<uint8_t> pixels(static_cast<size_t>(spec.width) * static_cast<size_t>(spec.height));
  const int32_t mode = between(0, 3), busy = between(1, 40);
  for (int frame = 0; frame < 4; frame += 1) {
    for (uint8_t &pixel : pixels) pixel = static_cast<uint8_t>(between(0, 40) < busy ? between(0, 255) : 100);
    const int32_t shift = between(-1, 6), least = between(0, 4), ratio = between(0, 40), cap = between(0, 9);
    const sv_motion_params params = random_motion(mode);
    both("motion", [&](sv_context *context, int32_t camera) { return sv_motion(context, camera, pixels.data(), &params); });
    both("cells", [&](sv_context *context, int32_t camera) { return sv_cells(context, camera, shift, least); });
    both("blobs", [&](sv_context *context, int32_t camera) { return sv_blobs(context, camera, least); });
    both("spots", [&](sv_context *context, int32_t camera) { return sv_spots(context, camera, ratio, cap); });
    submit();
    compare("motion", SV_TABLE_MOTION), compare("cells", SV_TABLE_CELLS), compare("blobs", SV_TABLE_BLOBS), compare("spots",
                                                                                                                    SV_TABLE_SPOTS);
  }
  two_cameras();
  both("camera_close", [](sv_context *context, int32_t camera) { return sv_camera_close(context, camera); });
  both("closed camera", [](sv_context *context, int32_t camera) { return sv_blobs(context, camera, 1); });
}

/* A camera within 40 voxels of the grid that looks anywhere; the bend is any table of small values. */
static void place_view(int32_t view, const int32_t *size) {
  sv_ray_model model = {};
  for (int k = 0; k < 3; k += 1) {
    model.origin[k] = between(-40, size[k] + 40) * (1 << 20) + between(0, (1 << 20) - 1);
    model.a[k] = between(-(1 << 26), 1 << 26), model.b[k] = between(-(1 << 26), 1 << 26);
    model.c[k] = draw() % 8 == 0 ? 0 : between(-(1 << 29), 1 << 29);
  }
  model.fraction_bits = between(16, 31), model.principal_u = between(-4000, 4000), model.principal_v = between(-4000, 4000);
  const std::vector<int32_t> bend = random_nodes(&model.bend);
  both("set_view", [&](sv_context *context, int32_t grid) { return sv_set_view(context, grid, view, &model, bend.data()); });
}

static void add_rays(int32_t view) {
  const int32_t count = between(0, 30);
  const std::vector<uint32_t> points = random_points(count, 0x1fff);
  both("rays", [&](sv_context *context, int32_t grid) { return sv_rays(context, grid, view, points.data(), count); });
}

static void search(int32_t views, uint32_t sum) {
  both("peaks", [&](sv_context *context, int32_t grid) { return sv_peaks(context, grid, views, sum); });
  both("voxels", [&](sv_context *context, int32_t grid) { return sv_voxels(context, grid, views, sum); });
  compare("peaks", SV_TABLE_PEAKS), compare("voxels", SV_TABLE_VOXELS);
}

static void two_passes() {
  const int32_t views = between(0, 4);
  both("mark", [](sv_context *context, int32_t grid) { return sv_mark(context, grid); });
  both("select", [&](sv_context *context, int32_t grid) { return sv_select(context, grid, views); });
  both("cast", [](sv_context *context, int32_t grid) { return sv_cast(context, grid); });
  submit();
  compare("marks", SV_TABLE_MARKS), compare("bricks", SV_TABLE_BRICKS), compare("pool", SV_TABLE_POOL);
  both("refine", [&](sv_context *context, int32_t grid) { return sv_refine(context, grid, views); });
  both("cast_tiles", [&](sv_context *context, int32_t grid) { return sv_cast_tiles(context, grid, views); });
  compare("tiles", SV_TABLE_TILES), compare("segments", SV_TABLE_SEGMENTS);
  compare("tileBricks", SV_TABLE_TILE_BRICKS), compare("tilePool", SV_TABLE_TILE_POOL);
  search(views, static_cast<uint32_t>(between(0, 9000)));
}

static void grid_round() {
  const int32_t size[3] = {between(1, 50), between(1, 50), between(1, 50)}, dense = between(0, 3) == 0 ? 1 : 0;
  sv_grid_spec spec = {size[0], size[1], size[2], between(1, 160), between(1, 90), between(1, 40), between(1, 500), dense, 0, 0, 0, 0};
  std::vector<uint8_t> levels(7 * 7 * 7);
  for (uint8_t &level : levels) level = static_cast<uint8_t>(between(1, 4));
  if (dense == 0 && draw() % 2 == 0) {
    spec.tiles_max = between(1, 60), spec.segments_max = between(1, 400);
    spec.marks_max = between(1, 20000), spec.tile_bricks_max = between(1, 90);
  }
  both("grid_open", [&](sv_context *context, int32_t) { return sv_grid_open(context, &spec, levels.data(),
                                                                            &handles[context == contexts[1]]); });
  for (int step = 0; step < 3; step += 1) {
    for (int32_t view = between(-1, 3); view < 33; view += between(1, 12)) {
      place_view(view, size);
      add_rays(view);
    }
    compare("rays", SV_TABLE_RAYS);
    if (dense != 0) {
      both("cast_dense", [](sv_context *context, int32_t grid) { return sv_cast_dense(context, grid); });
      compare("dense", SV_TABLE_DENSE);
    } else {
      two_passes();
    }
    both("wrong kind", [&](sv_context *context, int32_t grid) { return dense != 0 ? sv_mark(context, grid) : sv_cast_dense(context,
                                                                                                                           grid); });
    if (draw() % 3 != 0) both("clear", [](sv_context *context, int32_t grid) { return sv_clear(context, grid); });
  }
  both("grid_close", [](sv_context *context, int32_t grid) { return sv_grid_close(context, grid); });
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  state = strtoull(arguments[1], nullptr, 10) * 2 + 1;
  const int rounds = atoi(arguments[2]);
  for (sv_context *&context : contexts)
    if (sv_open(0, 0, SV_ISA_AUTO, &context) != SV_OK) return 1;
  for (int round = 0; round < rounds; round += 1) {
    camera_round();
    grid_round();
  }
  for (sv_context *context : contexts) sv_close(context);
  free(emulated_block.stacks);
  printf("%u calls agree\n", calls);
  return 0;
}
