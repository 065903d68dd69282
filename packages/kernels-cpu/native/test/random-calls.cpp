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

static void camera_round() {
  const sv_camera_spec spec = {between(1, 130), between(1, 24), between(1, 900), between(1, 300), between(1, 60)};
  for (int i = 0; i < 2; i += 1)
    if (sv_camera_open(contexts[i], &spec, &handles[i]) != SV_OK) stop("camera_open");
  std::vector<uint8_t> pixels(static_cast<size_t>(spec.width) * static_cast<size_t>(spec.height));
  const int32_t mode = between(0, 2), busy = between(1, 40);
  for (int frame = 0; frame < 4; frame += 1) {
    for (uint8_t &pixel : pixels) pixel = static_cast<uint8_t>(between(0, 40) < busy ? between(0, 255) : 100);
    const int32_t threshold = between(-2, 260), step = between(0, 256), asked = between(0, 63) == 0 ? 3 : mode, shift = between(-1, 6), least = between(0, 4);
    both("motion", [&](sv_context *context, int32_t camera) {
      return sv_motion(context, camera, pixels.data(), asked, threshold, step);
    });
    compare("motion", SV_TABLE_MOTION);
    both("cells", [&](sv_context *context, int32_t camera) { return sv_cells(context, camera, shift, least); });
    compare("cells", SV_TABLE_CELLS);
    both("blobs", [&](sv_context *context, int32_t camera) { return sv_blobs(context, camera, least); });
    compare("blobs", SV_TABLE_BLOBS);
  }
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
  model.bend_shift = between(0, 6), model.bend_columns = between(0, 4), model.bend_rows = model.bend_columns;
  std::vector<int32_t> bend(static_cast<size_t>(model.bend_columns * model.bend_rows) * 2);
  for (int32_t &value : bend) value = between(-9000, 9000);
  both("set_view", [&](sv_context *context, int32_t grid) { return sv_set_view(context, grid, view, &model, bend.data()); });
}

static void add_rays(int32_t view) {
  const int32_t count = between(0, 30);
  std::vector<uint32_t> points(static_cast<size_t>(count) * 4 + 1);
  for (uint32_t &word : points) word = draw() & 0x1fff;
  if (draw() % 16 == 0) points[points.size() / 2] = ~0u;
  both("rays", [&](sv_context *context, int32_t grid) { return sv_rays(context, grid, view, points.data(), count); });
}

static void two_passes() {
  const int32_t views = between(0, 4), sum = between(0, 9000);
  both("mark", [](sv_context *context, int32_t grid) { return sv_mark(context, grid); });
  compare("marks", SV_TABLE_MARKS);
  both("select", [&](sv_context *context, int32_t grid) { return sv_select(context, grid, views); });
  both("cast", [](sv_context *context, int32_t grid) { return sv_cast(context, grid); });
  both("peaks", [&](sv_context *context, int32_t grid) { return sv_peaks(context, grid, views, static_cast<uint32_t>(sum)); });
  both("voxels", [&](sv_context *context, int32_t grid) { return sv_voxels(context, grid, views, static_cast<uint32_t>(sum)); });
  compare("bricks", SV_TABLE_BRICKS), compare("pool", SV_TABLE_POOL);
  compare("peaks", SV_TABLE_PEAKS), compare("voxels", SV_TABLE_VOXELS);
}

static void grid_round() {
  const int32_t size[3] = {between(1, 50), between(1, 50), between(1, 50)}, dense = between(0, 3) == 0 ? 1 : 0;
  const sv_grid_spec spec = {size[0], size[1], size[2], between(1, 160), between(1, 90), between(1, 40), between(1, 500), dense};
  for (int i = 0; i < 2; i += 1)
    if (sv_grid_open(contexts[i], &spec, &handles[i]) != SV_OK) stop("grid_open");
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
    both("wrong kind", [&](sv_context *context, int32_t grid) { return dense != 0 ? sv_mark(context, grid) : sv_cast_dense(context, grid); });
    if (draw() % 3 != 0) both("clear", [](sv_context *context, int32_t grid) { return sv_clear(context, grid); });
  }
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
  }
  for (sv_context *context : contexts) sv_close(context);
  printf("%u calls agree\n", calls);
  return 0;
}
