/* Op blobs: 8-connected components of the motion list; see packages/kernels/src/ops/blobs.ts.
 *
 * Input: the stored motion rows, ordered by (y, x). Output: 16 words per blob, by first pixel. The list is cut into runs of
 * neighbouring pixels of one row, and union-find works on runs: each looks at the runs of the row above that it touches, which a second
 * finger into the list follows. The root of a blob is its first run, so a last pass over the runs meets the blobs in order. */
#include "../../kernels/native/motion.h"
#include "context.h"

namespace skyvox {

struct Blob {
  uint32_t pixels, low, high, difference_max;
  uint64_t x, y, weight, weighted_x, weighted_y;
  uint32_t still, unused;
};
static_assert(sizeof(Blob) == 64, "a blob is 16 words");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "64-bit sums are written as low word, high word");

static uint32_t root_of(uint32_t *parent, uint32_t i) {
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

static void join(uint32_t *parent, uint32_t a, uint32_t b) {
  a = root_of(parent, a), b = root_of(parent, b);
  if (a < b) parent[b] = a;
  else parent[a] = b;
}

static bool continues(uint32_t place, uint32_t next) { return next == place + 1 && (next & 0xffff) != 0; }

/* Cuts the list into runs of neighbouring pixels of one row: run r holds pixels start[r] to start[r + 1] - 1. */
static uint32_t cut(const uint32_t *rows, uint32_t count, uint32_t *start) {
  uint32_t runs = 0;
  for (uint32_t i = 0; i < count; i += 1)
    if (i == 0 || !continues(rows[2 * size_t{i} - 2], rows[2 * size_t{i}])) start[runs++] = i;
  start[runs] = count;
  return runs;
}

/* Links every run with the runs of the row above that it touches, corners included. */
static void link(const uint32_t *rows, const uint32_t *start, uint32_t runs, uint32_t *parent) {
  uint32_t above = 0; /* first run whose end is not yet left of this one in the row above */
  for (uint32_t r = 0; r < runs; r += 1) {
    const uint32_t first = rows[2 * size_t{start[r]}], last = rows[2 * size_t{start[r + 1]} - 2];
    const uint32_t x = first & 0xffff, y = first >> 16;
    parent[r] = r;
    if (y == 0) continue;
    const uint32_t from = (x > 0 ? x - 1 : 0) | (y - 1) << 16, to = (last & 0xffff) + 1;
    while (rows[2 * size_t{start[above + 1]} - 2] < from) above += 1; /* stops at r at the latest: places ascend */
    for (uint32_t other = above; other < r; other += 1) {
      const uint32_t begin = rows[2 * size_t{start[other]}];
      if (begin >> 16 != y - 1 || (begin & 0xffff) > to) break;
      join(parent, other, r);
    }
  }
}

/* Adds a run: `rows` is its first pixel, `count` its length. */
static void add(Blob *blob, const uint32_t *rows, uint32_t count) {
  const uint32_t place = rows[0], x = place & 0xffff, x_last = x + count - 1;
  const uint64_t y = place >> 16;
  uint64_t weight = 0, moment = 0; /* the moment counts from x */
  uint32_t most = blob->difference_max, still = 0;
  for (uint32_t i = 0; i < count; i += 1) {
    const uint32_t word = rows[2 * size_t{i} + 1], difference = sv_motion_difference(word);
    still += sv_motion_still(word);
    weight += difference, moment += uint64_t{difference} * i;
    most = difference > most ? difference : most;
  }
  const uint32_t min_x = blob->low & 0xffff, max_x = blob->high & 0xffff;
  if (blob->pixels == 0) blob->low = place, blob->high = x_last | (place & 0xffff0000u);
  else {
    blob->low = (x < min_x ? x : min_x) | (blob->low & 0xffff0000u);
    blob->high = (x_last > max_x ? x_last : max_x) | (place & 0xffff0000u); /* y never descends */
  }
  blob->difference_max = most, blob->still += still;
  blob->pixels += count;
  blob->x += uint64_t{count} * (uint64_t{x} + x_last) / 2, blob->y += count * y, blob->weight += weight;
  blob->weighted_x += moment + weight * x, blob->weighted_y += weight * y;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_blobs(sv_context *context, int32_t handle, int32_t pixels_min) {
  Camera *camera = camera_of(context, handle);
  if (camera == nullptr) return SV_ERROR_ARGUMENT;
  if (pixels_min < 1) return fail(context, SV_ERROR_ARGUMENT, "Cannot find blobs: %d pixels, need at least 1", pixels_min);
  const uint32_t *rows = camera->motion.rows.get();
  uint32_t *start = camera->run_start.get(), *parent = camera->run_parent.get(), *pixels = camera->run_pixels.get();
  List &out = camera->blobs;
  out.forget();
  const uint32_t runs = cut(rows, camera->motion.count(), start);
  link(rows, start, runs, parent);
  for (uint32_t r = 0; r < runs; r += 1) pixels[r] = 0;
  for (uint32_t r = 0; r < runs; r += 1) {
    parent[r] = root_of(parent, r);
    pixels[parent[r]] += start[r + 1] - start[r];
  }
  /* From here on the pixel count of a root is the number of its blob plus one, or 0 for a blob that is dropped. */
  for (uint32_t r = 0; r < runs; r += 1) {
    if (parent[r] == r) {
      const bool kept = pixels[r] >= static_cast<uint32_t>(pixels_min);
      pixels[r] = kept && out.total < out.rows_max ? static_cast<uint32_t>(out.total) + 1 : 0;
      if (pixels[r] != 0) memset(out.rows.get() + out.total * 16, 0, sizeof(Blob));
      out.total += kept ? 1 : 0;
    }
    const uint32_t number = pixels[parent[r]];
    if (number == 0) continue;
    add(reinterpret_cast<Blob *>(out.rows.get()) + (number - 1), rows + 2 * size_t{start[r]}, start[r + 1] - start[r]);
  }
  return SV_OK;
}
