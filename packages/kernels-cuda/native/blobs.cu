/* Op blobs: 8-connected components of the motion list; see packages/kernels/src/ops/blobs.ts.
 *
 * Input: the stored motion rows and the masks of op motion, in which a pixel finds its neighbours; output: 16 words per blob, by first
 * pixel. Union-find over the list: a pixel points to an earlier one of its blob, at last to the first, whatever the order of threads
 * (Komura 2015). Pixels side by side in one word of the masks are a run, which points to its first pixel from the start and is summed
 * up at once. Launch: a thread per motion row. Bytes moved: about 50 per motion row. */
#include "motion.h"

namespace skyvox {

struct MotionList {
  const uint32_t *rows;
  const Head *head;
  Moved moved;
  uint32_t width;
};

struct Pixel { uint32_t x, y, at; };

DEVICE Pixel pixel_of(const MotionList &list, uint32_t index) {
  const uint32_t place = list.rows[2 * size_t{index}], x = place & 0xffffu, y = place >> 16;
  return {x, y, y * list.width + x};
}

/* Pixels of the run before this one. */
DEVICE uint32_t run_before(const MotionList &list, const Pixel &pixel) {
  const uint32_t bit = pixel.at % 32, gaps = ~list.moved.masks[pixel.at / 32] & bits_below(bit);
  const uint32_t left = gaps == 0 ? bit : bit - (32 - static_cast<uint32_t>(__clz(static_cast<int>(gaps))));
  return left < pixel.x ? left : pixel.x;
}

/* Pixels of the run from its first one on; those past the list are not seen. */
DEVICE uint32_t run_length(const MotionList &list, uint32_t index, const Pixel &pixel) {
  const uint32_t gaps = ~(list.moved.masks[pixel.at / 32] >> (pixel.at % 32)), in_word = gaps == 0 ? 32 : lowest_bit(gaps);
  const uint32_t in_row = list.width - pixel.x, in_list = list.head->count - index, most = in_row < in_list ? in_row : in_list;
  return in_word < most ? in_word : most;
}

__global__ void start_blobs(MotionList list, uint32_t *parent, uint32_t *sizes, uint32_t *kept, uint32_t words) {
  for (uint32_t word = thread_index(); word < words; word += thread_count()) kept[word] = 0;
  for (uint32_t i = thread_index(); i < list.head->count; i += thread_count()) {
    parent[i] = i - run_before(list, pixel_of(list, i));
    sizes[i] = 0;
  }
}

DEVICE uint32_t root_of(const uint32_t *parent, uint32_t index) {
  uint32_t above = load(&parent[index]);
  while (above != index) {
    index = above;
    above = load(&parent[index]);
  }
  return index;
}

/* Makes two pixels one blob. Where another thread has lowered the parent meanwhile, what it pointed to is joined too. */
DEVICE void join(uint32_t *parent, uint32_t a, uint32_t b) {
  for (;;) {
    a = root_of(parent, a), b = root_of(parent, b);
    if (a == b) return;
    if (a < b) {
      const uint32_t lower = a;
      a = b, b = lower;
    }
    const uint32_t before = lower_to(&parent[a], b);
    if (before == a) return;
    a = before;
  }
}

/* Joins each pixel with those before it that no other pixel of its run joins it with. */
__global__ void join_neighbours(MotionList list, uint32_t *parent) {
  for (uint32_t i = thread_index(); i < list.head->count; i += thread_count()) {
    const Pixel pixel = pixel_of(list, i);
    const bool left_exists = pixel.x > 0, right_exists = pixel.x + 1 < list.width;
    const bool left = left_exists && has_moved(list.moved, pixel.at - 1);
    if (left && pixel.at % 32 == 0) join(parent, i, i - 1);
    if (pixel.y == 0) continue;
    const uint32_t above = pixel.at - list.width;
    const bool up_left = left_exists && has_moved(list.moved, above - 1);
    if (has_moved(list.moved, above)) {
      if (!left || !up_left) join(parent, i, moved_index(list.moved, above));
      continue;
    }
    if (up_left && !left) join(parent, i, moved_index(list.moved, above - 1));
    if (!right_exists || !has_moved(list.moved, above + 1)) continue;
    const bool right = i + 1 < list.head->count && has_moved(list.moved, pixel.at + 1);
    if (!right) join(parent, i, moved_index(list.moved, above + 1));
  }
}

/* Points every pixel to the first of its blob and counts the pixels there. */
__global__ void size_blobs(MotionList list, uint32_t *parent, uint32_t *sizes) {
  for (uint32_t i = thread_index(); i < list.head->count; i += thread_count()) {
    const uint32_t root = root_of(parent, i);
    store(&parent[i], root);
    const Pixel pixel = pixel_of(list, i);
    if (run_before(list, pixel) == 0) add(&sizes[root], run_length(list, i, pixel));
  }
}

/* A bit per row of the list that is the first of a blob with enough pixels. */
__global__ void keep_blobs(const Head *list, const uint32_t *parent, const uint32_t *sizes, uint32_t pixels_min, uint32_t *kept) {
  for (uint32_t i = thread_index(); i < list->count; i += thread_count())
    if (parent[i] == i && sizes[i] >= pixels_min) set_bits(&kept[i / 32], 1u << (i % 32));
}

/* Turns the size of each first pixel into the number of its blob plus one, or 0 where it has no row, and starts the rows. */
__global__ void start_rows(MotionList list, const uint32_t *parent, uint32_t *sizes, const uint32_t *kept, Offsets offsets,
                           uint32_t rows_max, uint32_t *rows) {
  for (uint32_t i = thread_index(); i < list.head->count; i += thread_count()) {
    if (parent[i] != i) continue;
    const uint32_t mask = kept[i / 32], number = sv_saturating_add(start_of(offsets, i / 32), bit_count(mask & bits_below(i % 32)));
    const bool has_row = (mask >> (i % 32) & 1u) != 0 && number < rows_max;
    sizes[i] = has_row ? number + 1 : 0;
    if (!has_row) continue;
    uint32_t *row = rows + 16 * size_t{number};
    for (uint32_t word = 0; word < 16; word += 1) row[word] = 0;
    /* The first pixel has the least y, so the least of this word is that of x. */
    row[1] = list.rows[2 * size_t{i}] | 0xffffu;
  }
}

/* Raises each half of a word to that of `value` where it is higher. */
DEVICE void raise_halves(uint32_t *word, uint32_t value) {
  for (uint32_t seen = load(word);;) {
    const uint32_t low = value & 0xffffu, high = value >> 16, seen_low = seen & 0xffffu, seen_high = seen >> 16;
    const uint32_t raised = (low > seen_low ? low : seen_low) | (high > seen_high ? high : seen_high) << 16;
    if (raised == seen) return;
    const uint32_t before = exchange_if(word, seen, raised);
    if (before == seen) return;
    seen = before;
  }
}

__global__ void sum_blobs(MotionList list, const uint32_t *parent, const uint32_t *numbers, uint32_t *rows) {
  for (uint32_t i = thread_index(); i < list.head->count; i += thread_count()) {
    const Pixel pixel = pixel_of(list, i);
    const uint32_t number = numbers[parent[i]];
    if (number == 0 || run_before(list, pixel) != 0) continue;
    uint32_t *row = rows + 16 * size_t{number - 1};
    const uint32_t length = run_length(list, i, pixel), x_last = pixel.x + length - 1;
    uint32_t most = 0, still = 0, weight = 0;
    uint64_t moment = 0;
    for (uint32_t k = 0; k < length; k += 1) {
      const uint32_t word = list.rows[2 * size_t{i + k} + 1], difference = sv_motion_difference(word);
      most = difference > most ? difference : most;
      still += sv_motion_still(word);
      weight += difference;
      moment += uint64_t{difference} * (pixel.x + k);
    }
    uint64_t *sums = reinterpret_cast<uint64_t *>(row + 4);
    add(&row[0], length);
    lower_to(&row[1], (row[1] & 0xffff0000u) | pixel.x);
    raise_halves(&row[2], x_last | pixel.y << 16);
    raise_to(&row[3], most);
    add(&sums[0], uint64_t{length} * (uint64_t{pixel.x} + x_last) / 2);
    add(&sums[1], uint64_t{length} * pixel.y);
    add(&sums[2], uint64_t{weight});
    add(&sums[3], moment);
    add(&sums[4], uint64_t{weight} * pixel.y);
    if (still != 0) add(&row[14], still);
  }
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_blobs(sv_context *context, int32_t handle, int32_t pixels_min) {
  Camera *camera = nullptr;
  if (const int32_t status = use_camera(context, handle, &camera)) return status;
  if (pixels_min < 1) return fail(context, SV_ERROR_ARGUMENT, "Cannot find blobs: %d pixels, need at least 1", pixels_min);
  Lane *lane = &camera->lane;
  touch(lane);
  const MotionList list = {camera->motion.rows, head_of(*lane, camera->motion), camera->moved, static_cast<uint32_t>(camera->spec.width)};
  const uint32_t motion_max = camera->motion.rows_max, words = (motion_max - 1) / 32 + 1, blocks = blocks_over(context, motion_max);
  uint32_t *parent = camera->list_a, *sizes = camera->list_b, *kept = lane->scratch.items.items;
  const List &out = camera->blobs;
  RUN(start_blobs, blocks, list, parent, sizes, kept, words);
  RUN(join_neighbours, blocks, list, parent);
  RUN(size_blobs, blocks, list, parent, sizes);
  RUN(keep_blobs, blocks, list.head, parent, sizes, static_cast<uint32_t>(pixels_min), kept);
  ENQUEUE(enqueue_scan(context, lane, scan_into(*lane, out, true, {nullptr, words}, words)));
  RUN(start_rows, blocks, list, parent, sizes, kept, lane->scratch.offsets(), out.rows_max, out.rows);
  RUN(sum_blobs, blocks, list, parent, sizes, out.rows);
  return SV_OK;
}
