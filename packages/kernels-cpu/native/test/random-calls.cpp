/* Random calls of the C ABI under AddressSanitizer and UndefinedBehaviorSanitizer.
 *
 * Usage: random-calls SEED ROUNDS. Each round opens a camera and a grid of random size and limits on the scalar path with one thread
 * and on the best path with three, makes the same calls on both, arguments out of range among them, and compares status and tables.
 * Ends with 1 and a line where they differ; the sanitizers end it themselves. Limits are small, so that lists overflow often. */
#include "../../../kernels/native/kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Makes one call on both contexts; both must answer the same. */
template <class Call> static int32_t both(const char *what, const Call &call) {
  const int32_t first = call(contexts[0], handles[0]), second = call(contexts[1], handles[1]);
  calls += 2;
  if (first != second) stop(what);
  return first;
}

static std::vector<uint32_t> read(int which, int32_t table, sv_table *found) {
  if (sv_read(contexts[which], table, handles[which], nullptr, 0, found) != SV_OK) stop("read");
  std::vector<uint32_t> rows(size_t{found->count} * found->row_words + 1);
  /* Every third read takes fewer rows than there are. */
  const uint32_t capacity = draw() % 3 == 0 ? found->count / 2 : found->count;
  state += 1;
  sv_table copied;
  if (sv_read(contexts[which], table, handles[which], rows.data(), capacity, &copied) != SV_OK || copied.count != capacity) stop("read");
  rows.resize(size_t{capacity} * found->row_words);
  return rows;
}

static void compare(const char *what, int32_t table) {
  sv_table first, second;
  const uint64_t before = state;
  const std::vector<uint32_t> a = read(0, table, &first);
  state = before;
  const std::vector<uint32_t> b = read(1, table, &second);
  calls += 4;
  if (memcmp(&first, &second, sizeof first) != 0 || a != b) stop(what);
}

/* A table of columns by rows nodes of small values, or of a shape that is refused. */
static sv_bend_shape random_shape(std::vector<int32_t> *nodes, int32_t shift_max) {
  const int32_t columns = between(0, 4);
  nodes->resize(static_cast<size_t>(columns * columns) * 2);
  for (int32_t &value : *nodes) value = between(-9000, 9000);
  return {between(0, shift_max), columns, columns};
}

static std::vector<uint32_t> random_points(int32_t count, uint32_t mask) {
  std::vector<uint32_t> points(static_cast<size_t>(count) * 4 + 1);
  for (uint32_t &word : points) word = draw() & mask;
  if (draw() % 16 == 0) points[points.size() / 4 * 2] = ~0u;
  return points;
}

static void fuse_points(bool may) {
  const int32_t others = between(-1, 40), own = between(-1, 40), gate = between(0, 7) == 0 ? 1 << 20 : between(-1, 700), gain = between(-1, 256);
  const uint32_t mask = draw() % 4 == 0 ? 0x1fffff : 0x3fff;
  const std::vector<uint32_t> registered = random_points(others < 0 ? 0 : others, mask), points = random_points(own < 0 ? 0 : own, mask);
  std::vector<int32_t> nodes;
  const sv_bend_shape shape = random_shape(&nodes, 8);
  const int32_t status = both("register", [&](sv_context *context, int32_t camera) {
    return sv_register(context, camera, registered.data(), others, &shape, nodes.data());
  });
  if (!may && status == SV_OK) stop("register without room");
  compare("registered", SV_TABLE_REGISTERED);
  both("fuse", [&](sv_context *context, int32_t camera) { return sv_fuse(context, camera, points.data(), own, gate, gain); });
  compare("fused", SV_TABLE_FUSED);
}

static sv_motion_params random_motion(int32_t mode) {
  const int32_t asked = between(0, 31) == 0 ? between(-1, 4) : mode, ratio = between(0, 3) == 0 ? 16384 : between(0, 300);
  const int32_t least = between(0, 7) == 0 ? 65535 : between(15, 300);
  return {asked, between(-1, 90), between(0, 256), between(0, 12), between(1, 9), between(-1, 8), ratio, least};
}

static void camera_round() {
  const bool wide = draw() % 4 == 0;
  sv_camera_spec spec = {between(1, 130), between(1, 24), between(1, 900), between(1, 300), between(1, 60), between(0, 90), between(0, 30)};
  if (wide) spec.width = between(1000, 1200), spec.height = between(1, 150);
  for (int i = 0; i < 2; i += 1)
    if (sv_camera_open(contexts[i], &spec, &handles[i]) != SV_OK) stop("camera_open");
  std::vector<uint8_t> pixels(static_cast<size_t>(spec.width) * static_cast<size_t>(spec.height));
  const int32_t mode = between(0, 1) == 0 ? SV_MOTION_GAUSSIAN : between(0, 2), busy = between(1, 40);
  for (int frame = 0; frame < 6; frame += 1) {
    for (uint8_t &pixel : pixels) pixel = static_cast<uint8_t>(between(0, 40) < busy ? between(0, 255) : 100);
    const sv_motion_params params = random_motion(mode);
    const int32_t shift = between(-1, 6), least = between(0, 4), ratio = between(0, 200), per_tile = between(0, 1) == 0 ? 1024 : between(0, 5);
    both("motion", [&](sv_context *context, int32_t camera) { return sv_motion(context, camera, pixels.data(), &params); });
    compare("motion", SV_TABLE_MOTION);
    both("cells", [&](sv_context *context, int32_t camera) { return sv_cells(context, camera, shift, least); });
    compare("cells", SV_TABLE_CELLS);
    both("blobs", [&](sv_context *context, int32_t camera) { return sv_blobs(context, camera, least); });
    compare("blobs", SV_TABLE_BLOBS);
    both("spots", [&](sv_context *context, int32_t camera) { return sv_spots(context, camera, ratio, per_tile); });
    compare("spots", SV_TABLE_SPOTS);
    fuse_points(spec.fused_max > 0);
  }
  both("camera_close", [](sv_context *context, int32_t camera) { return sv_camera_close(context, camera); });
  both("closed camera", [](sv_context *context, int32_t camera) { return sv_blobs(context, camera, 1); });
}

/* A camera within 40 voxels of the grid that looks anywhere, mostly at its middle; the bend is any table of small values. */
static void place_view(int32_t view, const int32_t *size) {
  sv_ray_model model = {};
  const bool aimed = draw() % 4 != 0;
  for (int k = 0; k < 3; k += 1) {
    model.origin[k] = between(-40, size[k] + 40) * (1 << 20) + between(0, (1 << 20) - 1);
    model.a[k] = between(-(1 << 26), 1 << 26), model.b[k] = between(-(1 << 26), 1 << 26);
    model.c[k] = aimed ? ((size[k] << 19) - model.origin[k]) * 4 : draw() % 8 == 0 ? 0 : between(-(1 << 29), 1 << 29);
  }
  model.fraction_bits = between(16, 31), model.principal_u = between(-4000, 4000), model.principal_v = between(-4000, 4000);
  std::vector<int32_t> bend;
  model.bend = random_shape(&bend, 6);
  both("set_view", [&](sv_context *context, int32_t grid) { return sv_set_view(context, grid, view, &model, bend.data()); });
}

static void add_rays(int32_t view) {
  const int32_t count = between(0, 30);
  const std::vector<uint32_t> points = random_points(count, 0x1fff);
  both("rays", [&](sv_context *context, int32_t grid) { return sv_rays(context, grid, view, points.data(), count); });
}

static void find_voxels() {
  const int32_t views = between(0, 3), sum = draw() % 4 == 0 ? between(0, 9000) : 1;
  both("peaks", [&](sv_context *context, int32_t grid) { return sv_peaks(context, grid, views, static_cast<uint32_t>(sum)); });
  both("voxels", [&](sv_context *context, int32_t grid) { return sv_voxels(context, grid, views, static_cast<uint32_t>(sum)); });
  compare("peaks", SV_TABLE_PEAKS), compare("voxels", SV_TABLE_VOXELS);
}

static void two_passes() {
  const int32_t views = draw() % 4 == 0 ? between(0, 4) : between(1, 2);
  both("mark", [](sv_context *context, int32_t grid) { return sv_mark(context, grid); });
  compare("marks", SV_TABLE_MARKS);
  both("select", [&](sv_context *context, int32_t grid) { return sv_select(context, grid, views); });
  both("cast", [](sv_context *context, int32_t grid) { return sv_cast(context, grid); });
  compare("bricks", SV_TABLE_BRICKS), compare("pool", SV_TABLE_POOL);
}

/* Also on a grid without finer voxels, which refuses them. */
static void two_finer_passes() {
  const int32_t views = draw() % 4 == 0 ? between(0, 3) : between(1, 2), tile_views = between(0, 2);
  both("refine", [&](sv_context *context, int32_t grid) { return sv_refine(context, grid, views); });
  if (draw() % 4 == 0) find_voxels();
  both("cast_tiles", [&](sv_context *context, int32_t grid) { return sv_cast_tiles(context, grid, tile_views); });
  compare("tiles", SV_TABLE_TILES), compare("segments", SV_TABLE_SEGMENTS);
  compare("tile bricks", SV_TABLE_TILE_BRICKS), compare("tile pool", SV_TABLE_TILE_POOL);
}

/* Some views are set, and rays of some are added; rays of others are refused. */
static void add_views(const int32_t *size) {
  for (int32_t view = between(-1, 3); view < 33; view += between(1, 9)) {
    place_view(view, size);
    add_rays(view);
  }
  compare("rays", SV_TABLE_RAYS);
}

/* Opens the grid on both sides; levels of superblocks are 0 to 4, or one of them is refused. */
static void open_grid(const int32_t *size, int32_t dense) {
  sv_grid_spec spec = {size[0], size[1], size[2], between(1, 160), between(1, 90), between(1, 40), between(1, 500), dense, 0, 0, 0, 0};
  std::vector<uint8_t> levels;
  if (dense == 0 && draw() % 3 != 0) {
    spec.tiles_max = between(1, 900), spec.segments_max = between(1, 900);
    spec.marks_max = between(1, 40000), spec.tile_bricks_max = between(1, 200);
    levels.resize(static_cast<size_t>((size[0] + 7) / 8 * ((size[1] + 7) / 8) * ((size[2] + 7) / 8)));
    const int32_t highest = between(0, 4);
    for (uint8_t &level : levels) level = static_cast<uint8_t>(between(draw() % 4 == 0 ? 0 : highest, highest));
    sv_grid_spec wrong = spec;
    wrong.marks_max = 0;
    both("no marks", [&](sv_context *context, int32_t) { int32_t unused; return sv_grid_open(context, &wrong, levels.data(), &unused); });
    std::vector<uint8_t> too_high = levels;
    too_high.back() = 5;
    both("level 5", [&](sv_context *context, int32_t) { int32_t unused; return sv_grid_open(context, &spec, too_high.data(), &unused); });
  }
  for (int i = 0; i < 2; i += 1)
    if (sv_grid_open(contexts[i], &spec, levels.data(), &handles[i]) != SV_OK) stop("grid_open");
}

static void grid_round() {
  const int32_t size[3] = {between(1, 50), between(1, 50), between(1, 50)}, dense = between(0, 3) == 0 ? 1 : 0;
  open_grid(size, dense);
  for (int step = 0; step < 3; step += 1) {
    add_views(size);
    if (dense != 0) {
      both("cast_dense", [](sv_context *context, int32_t grid) { return sv_cast_dense(context, grid); });
      compare("dense", SV_TABLE_DENSE);
    } else {
      two_passes();
      two_finer_passes();
      find_voxels();
    }
    both("wrong kind", [&](sv_context *context, int32_t grid) { return dense != 0 ? sv_mark(context, grid) : sv_cast_dense(context, grid); });
    if (draw() % 3 != 0) both("clear", [](sv_context *context, int32_t grid) { return sv_clear(context, grid); });
  }
  both("grid_close", [](sv_context *context, int32_t grid) { return sv_grid_close(context, grid); });
}

/* More rays, tiles and segments than stay on the calling thread, all through the middle of the grid. */
static void busy_round() {
  const std::vector<uint8_t> levels(27, static_cast<uint8_t>(between(2, 4)));
  const sv_grid_spec spec = {24, 24, 24, 3000, 27, 4000, 60000, 0, 4000, between(1000, 20000), 300000, between(300, 1200)};
  for (int i = 0; i < 2; i += 1)
    if (sv_grid_open(contexts[i], &spec, levels.data(), &handles[i]) != SV_OK) stop("grid_open");
  for (int32_t view = 0; view < 3; view += 1) {
    sv_ray_model model = {};
    for (int k = 0; k < 3; k += 1) {
      model.origin[k] = k == view ? -(3 << 20) : 12 << 20, model.c[k] = k == view ? 1 << 28 : 0;
      model.a[k] = k == (view + 1) % 3 ? 1 << 14 : 0, model.b[k] = k == (view + 2) % 3 ? 1 << 14 : 0;
    }
    model.principal_u = model.principal_v = 1 << 12;
    both("set_view", [&](sv_context *context, int32_t grid) { return sv_set_view(context, grid, view, &model, nullptr); });
    const std::vector<uint32_t> points = random_points(900, 0x1fff);
    both("rays", [&](sv_context *context, int32_t grid) { return sv_rays(context, grid, view, points.data(), 900); });
  }
  compare("rays", SV_TABLE_RAYS);
  two_passes();
  two_finer_passes();
  find_voxels();
  both("grid_close", [](sv_context *context, int32_t grid) { return sv_grid_close(context, grid); });
}

int main(int count, char **arguments) {
  if (count != 3) return 2;
  state = strtoull(arguments[1], nullptr, 10) * 2 + 1;
  const int rounds = atoi(arguments[2]);
  if (sv_open(0, 1, SV_ISA_SCALAR, &contexts[0]) != SV_OK || sv_open(0, 3, SV_ISA_AUTO, &contexts[1]) != SV_OK) return 1;
  for (int round = 0; round < rounds; round += 1) {
    camera_round();
    grid_round();
    if (round % 8 == 0) busy_round();
  }
  for (sv_context *context : contexts) sv_close(context);
  printf("%u calls agree\n", calls);
  return 0;
}
