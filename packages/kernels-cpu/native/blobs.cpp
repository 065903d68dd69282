/* Op blobs: 8-connected components of the motion list; see packages/kernels/src/ops/blobs.ts.
 *
 * Input: the stored motion rows, ordered by (y, x). Output: 16 words per blob, by first pixel. Union-find over the list itself:
 * each pixel looks left and at up to three pixels of the row above, which a second finger into the list follows. The root of a
 * blob is its first pixel, so a last pass over the list meets the blobs in order. */
#include "context.h"

namespace skyvox {

struct Blob {
  uint32_t pixels, low, high, difference_max;
  uint64_t x, y, weight, weighted_x, weighted_y, unused;
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

/* Links every pixel with its neighbours to the left and above. */
static void link(const uint32_t *rows, uint32_t count, uint32_t *parent) {
  uint32_t above = 0; /* first pixel of the row above not yet left of x - 1 */
  for (uint32_t i = 0; i < count; i += 1) {
    const uint32_t place = rows[2 * size_t{i}], x = place & 0xffff, y = place >> 16;
    parent[i] = i;
    if (i > 0 && x > 0 && rows[2 * size_t{i} - 2] == place - 1) join(parent, i - 1, i);
    if (y == 0) continue;
    const uint32_t from = (x > 0 ? x - 1 : 0) | (y - 1) << 16, to = x + 1;
    while (rows[2 * size_t{above}] < from) above += 1; /* stops at i at the latest: places ascend */
    for (uint32_t j = above; j < i; j += 1) {
      const uint32_t other = rows[2 * size_t{j}];
      if (other >> 16 != y - 1 || (other & 0xffff) > to) break;
      join(parent, j, i);
    }
  }
}

static void add(Blob *blob, uint32_t place, uint32_t difference) {
  const uint64_t x = place & 0xffff, y = place >> 16;
  const uint32_t min_x = blob->low & 0xffff, max_x = blob->high & 0xffff;
  if (blob->pixels == 0) blob->low = blob->high = place;
  else {
    blob->low = (x < min_x ? static_cast<uint32_t>(x) : min_x) | (blob->low & 0xffff0000u);
    blob->high = (x > max_x ? static_cast<uint32_t>(x) : max_x) | (place & 0xffff0000u); /* y never descends */
  }
  if (difference > blob->difference_max) blob->difference_max = difference;
  blob->pixels += 1;
  blob->x += x, blob->y += y, blob->weight += difference;
  blob->weighted_x += difference * x, blob->weighted_y += difference * y;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_blobs(sv_context *context, int32_t handle, int32_t pixels_min) {
  Camera *camera = camera_of(context, handle);
  if (camera == nullptr) return SV_ERROR_ARGUMENT;
  if (pixels_min < 1) return fail(context, SV_ERROR_ARGUMENT, "Cannot find blobs: %d pixels, need at least 1", pixels_min);
  const uint32_t count = camera->motion.count(), *rows = camera->motion.rows.get();
  uint32_t *parent = camera->parent.get(), *pixels = camera->blob_pixels.get();
  List &out = camera->blobs;
  out.forget();
  out.produced = true;
  link(rows, count, parent);
  for (uint32_t i = 0; i < count; i += 1) pixels[i] = 0;
  for (uint32_t i = 0; i < count; i += 1) {
    parent[i] = root_of(parent, i);
    pixels[parent[i]] += 1;
  }
  /* From here on the pixel count of a root is the number of its blob plus one, or 0 for a blob that is dropped. */
  for (uint32_t i = 0; i < count; i += 1) {
    if (parent[i] == i) {
      const bool kept = pixels[i] >= static_cast<uint32_t>(pixels_min);
      pixels[i] = kept && out.total < out.rows_max ? static_cast<uint32_t>(out.total) + 1 : 0;
      if (pixels[i] != 0) memset(out.rows.get() + out.total * 16, 0, sizeof(Blob));
      out.total += kept ? 1 : 0;
    }
    const uint32_t number = pixels[parent[i]];
    if (number != 0) add(reinterpret_cast<Blob *>(out.rows.get()) + (number - 1), rows[2 * size_t{i}], rows[2 * size_t{i} + 1]);
  }
  return SV_OK;
}
