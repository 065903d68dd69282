/* Op spots: places that stand out from the ring around them; see packages/kernels/src/ops/spots.ts.
 *
 * Input: deviation and variance that the last frame of mode gaussian left; output: 12 words per spot, by tile of 64 x 64 pixels.
 * Launch: a block per tile, which takes the deviations of its tile and 5 pixels around to shared memory, scores pixels and their
 * neighbours there, keeps the highest of them and of those the best; then a thread per 32 pixels writes the rows of the few that stay.
 *
 * The ring's sum is that of two columns of 9 and two rows of 7, which are summed up once for all pixels. It tells the signal; only where
 * that passes the noise that the pixel had over time are the squares of the ring looked at, which can but lower the score. All other
 * pixels have a lower score than any that passes, and count as 0. Bytes moved per pixel: 5 read, 1/8 written. */
#include "camera.h"
#include "../../kernels/native/gaussian.h"

namespace skyvox {

constexpr int32_t score_side = static_cast<int32_t>(spot_tile_side) + 2; /* scores of the tile and one pixel around */
constexpr int32_t field_side = score_side + 2 * SV_SPOT_REACH;           /* deviations that those see */
constexpr uint32_t tile_spots = spot_tile_side * spot_tile_side;
static_assert(score_side % 3 == 0 && field_side * 3 <= static_cast<int32_t>(block_threads), "a thread sums up a third of a line");

struct SpotField {
  const int16_t *deviation;
  const uint16_t *variance;
  int32_t width, height;
  uint32_t variance_min_q8, snr_min_q4, per_tile_max, tile_columns;
};

/* What a block keeps in shared memory. Sums of 9 clamped deviations fit 16 bits. */
struct SpotTile {
  int16_t field[field_side * field_side];
  int16_t down[score_side * field_side];   /* [row of scores][column of field]: 9 one above the other */
  int16_t across[field_side * score_side]; /* [row of field][column of scores]: 7 side by side */
  uint32_t scores[score_side * score_side];
  uint32_t highest[spot_tile_words], kept[spot_tile_words], count;
};

DEVICE size_t pixel_at(const SpotField &field, int32_t x, int32_t y) {
  return static_cast<size_t>(y) * static_cast<size_t>(field.width) + static_cast<size_t>(x);
}

DEVICE uint32_t noise_at(const SpotField &field, int32_t x, int32_t y) {
  return sv_gaussian_noise(field.variance[pixel_at(field, x, y)], field.variance_min_q8);
}

/* Fills the deviations from (x0, y0) on; 0 outside the picture. */
DEVICE void load_field(const SpotField &field, SpotTile *tile, int32_t x0, int32_t y0) {
  for (int32_t i = static_cast<int32_t>(threadIdx.x); i < field_side * field_side; i += static_cast<int32_t>(block_threads)) {
    const int32_t x = x0 + i % field_side, y = y0 + i / field_side;
    const bool inside = x >= 0 && y >= 0 && x < field.width && y < field.height;
    tile->field[i] = inside ? field.deviation[pixel_at(field, x, y)] : static_cast<int16_t>(0);
  }
}

/* Writes sums of `count` clamped deviations in a line that starts at each of `sums` places, one after the other. */
DEVICE void sum_line(const int16_t *from, int32_t from_step, int32_t count, int16_t *to, int32_t to_step, int32_t sums) {
  int32_t sum = 0;
  for (int32_t i = 0; i < count; i += 1) sum += sv_spot_clamp(from[i * from_step]);
  to[0] = static_cast<int16_t>(sum);
  for (int32_t i = 1; i < sums; i += 1) {
    sum += sv_spot_clamp(from[(i + count - 1) * from_step]) - sv_spot_clamp(from[(i - 1) * from_step]);
    to[i * to_step] = static_cast<int16_t>(sum);
  }
}

/* Each thread sums up a third of a column, then a third of a row. */
DEVICE void sum_lines(SpotTile *tile) {
  constexpr int32_t third = score_side / 3, reach = SV_SPOT_REACH;
  const int32_t line = static_cast<int32_t>(threadIdx.x) % field_side, first = static_cast<int32_t>(threadIdx.x) / field_side * third;
  if (first >= score_side) return;
  sum_line(tile->field + first * field_side + line, field_side, 2 * reach + 1, tile->down + first * field_side + line, field_side, third);
  sum_line(tile->field + line * field_side + first + 1, 1, 2 * reach - 1, tile->across + line * score_side + first, 1, third);
}

/* The score of a pixel, or 0 where it is surely below the least. `row` and `column` are those of the scores. */
DEVICE uint32_t score_of(const SpotField &field, const SpotTile *tile, int32_t row, int32_t column, int32_t x, int32_t y) {
  constexpr int32_t reach = SV_SPOT_REACH;
  const int16_t *at = tile->field + (row + reach) * field_side + column + reach;
  const int16_t *down = tile->down + row * field_side + column, *across = tile->across + row * score_side + column;
  const int32_t ring_sum = down[0] + down[2 * reach] + across[0] + across[2 * reach * score_side];
  const int32_t signal = sv_spot_signal(sv_spot_sum(at, field_side), ring_sum);
  const uint32_t noise = noise_at(field, x, y);
  if (sv_spot_score(signal, noise) < field.snr_min_q4) return 0;
  return sv_spot_score(signal, sv_spot_noise(sv_spot_ring_of(at, field_side), noise));
}

/* Scores every pixel that has a score; (x0, y0) is the first pixel of the scores. */
DEVICE void score_pixels(const SpotField &field, SpotTile *tile, int32_t x0, int32_t y0) {
  constexpr int32_t reach = SV_SPOT_REACH;
  for (int32_t i = static_cast<int32_t>(threadIdx.x); i < score_side * score_side; i += static_cast<int32_t>(block_threads)) {
    const int32_t column = i % score_side, row = i / score_side, x = x0 + column, y = y0 + row;
    const bool scored = x >= reach && y >= reach && x < field.width - reach && y < field.height - reach;
    tile->scores[i] = scored ? score_of(field, tile, row, column, x, y) : 0;
  }
}

DEVICE const uint32_t *score_at(const SpotTile *tile, uint32_t place) {
  const int32_t row = static_cast<int32_t>(place / spot_tile_side), column = static_cast<int32_t>(place % spot_tile_side);
  return tile->scores + (row + 1) * score_side + column + 1;
}

/* Whether no neighbour has a higher score, nor one before it the same. */
DEVICE bool is_highest(const uint32_t *at) {
  const uint32_t score = at[0];
  const uint32_t *above = at - score_side, *below = at + score_side;
  const bool before = above[-1] < score && above[0] < score && above[1] < score && at[-1] < score;
  return before && at[1] <= score && below[-1] <= score && below[0] <= score && below[1] <= score;
}

/* Whether fewer than per_tile_max spots of the tile are better: of a higher score, or of the same at a lower place. */
DEVICE bool is_among_best(const SpotTile *tile, uint32_t place, uint32_t per_tile_max) {
  const uint32_t score = *score_at(tile, place);
  uint32_t better = 0;
  for (uint32_t word = 0; word < spot_tile_words; word += 1)
    for (uint32_t mask = tile->highest[word]; mask != 0; mask &= mask - 1) {
      const uint32_t other = word * 32 + lowest_bit(mask), value = *score_at(tile, other);
      if (value > score || (value == score && other < place)) better += 1;
    }
  return better < per_tile_max;
}

/* Writes a bit per pixel of each tile that is a spot and stays. */
__global__ void find_spots(SpotField field, uint32_t *masks, Head *head) {
  __shared__ SpotTile tile;
  const int32_t x0 = static_cast<int32_t>(blockIdx.x % field.tile_columns * spot_tile_side) - 1;
  const int32_t y0 = static_cast<int32_t>(blockIdx.x / field.tile_columns * spot_tile_side) - 1;
  for (uint32_t word = threadIdx.x; word < spot_tile_words; word += block_threads) tile.highest[word] = tile.kept[word] = 0;
  if (threadIdx.x == 0) tile.count = 0;
  load_field(field, &tile, x0 - SV_SPOT_REACH, y0 - SV_SPOT_REACH);
  __syncthreads();
  sum_lines(&tile);
  __syncthreads();
  score_pixels(field, &tile, x0, y0);
  __syncthreads();
  for (uint32_t place = threadIdx.x; place < tile_spots; place += block_threads) {
    const uint32_t *score = score_at(&tile, place);
    if (*score < field.snr_min_q4 || !is_highest(score)) continue;
    set_bits(&tile.highest[place / 32], 1u << (place % 32));
    add(&tile.count, 1u);
  }
  __syncthreads();
  const bool capped = tile.count > field.per_tile_max;
  for (uint32_t place = threadIdx.x; capped && place < tile_spots; place += block_threads)
    if ((tile.highest[place / 32] >> (place % 32) & 1u) != 0 && is_among_best(&tile, place, field.per_tile_max))
      set_bits(&tile.kept[place / 32], 1u << (place % 32));
  __syncthreads();
  uint32_t *out = masks + size_t{blockIdx.x} * spot_tile_words;
  for (uint32_t word = threadIdx.x; word < spot_tile_words; word += block_threads) out[word] = capped ? tile.kept[word] : tile.highest[word];
  if (capped && threadIdx.x == 0) set_bits(&head->flags, SV_SPOTS_CAPPED);
}

__global__ void write_spots(SpotField field, const uint32_t *masks, uint32_t words, Offsets offsets, uint32_t rows_max, uint32_t *rows) {
  for (uint32_t word = thread_index(); word < words; word += thread_count()) {
    uint32_t mask = masks[word];
    if (mask == 0) continue;
    const uint32_t tile = word / spot_tile_words, first = word % spot_tile_words * 32;
    uint32_t at = start_of(offsets, word);
    for (; mask != 0 && at < rows_max; mask &= mask - 1, at += 1) {
      const uint32_t place = first + lowest_bit(mask);
      const uint32_t x = tile % field.tile_columns * spot_tile_side + place % spot_tile_side;
      const uint32_t y = tile / field.tile_columns * spot_tile_side + place / spot_tile_side;
      const int16_t *pixel = field.deviation + size_t{y} * static_cast<size_t>(field.width) + x;
      sv_spot_row(pixel, field.width, noise_at(field, static_cast<int32_t>(x), static_cast<int32_t>(y)), x, y,
                  rows + SV_SPOT_WORDS * size_t{at});
    }
  }
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_spots(sv_context *context, int32_t handle, int32_t snr_min_q4, int32_t per_tile_max) {
  Camera *camera = nullptr;
  if (const int32_t status = use_camera(context, handle, &camera)) return status;
  if (camera->spec.spots_max < 1) return fail(context, SV_ERROR_ARGUMENT,
                                              "Cannot find spots: the camera has no room for any, need spots_max of at least 1");
  if (snr_min_q4 < 1 || snr_min_q4 > 1 << 14 || per_tile_max < 1 || per_tile_max > 1024)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot find spots: ratio %d and %d a tile, need 1 to 16384 and 1 to 1024", snr_min_q4,
                per_tile_max);
  Lane *lane = &camera->lane;
  touch(lane);
  const List &out = camera->spots;
  const Gaussian &gaussian = camera->gaussian;
  ENQUEUE(zero_words(context, lane, head_of(*lane, out), sizeof(Head) / sizeof(uint32_t)));
  /* In the first frame of a background nothing deviates. */
  if (camera->mode != SV_MOTION_GAUSSIAN || gaussian.frames < 2) return SV_OK;
  const uint32_t columns = spot_tiles(camera->spec.width), tiles = columns * spot_tiles(camera->spec.height), words = tiles * spot_tile_words;
  const SpotField field = {gaussian.deviation_q4, gaussian.variance_q8[1 - gaussian.latest], camera->spec.width, camera->spec.height,
                           gaussian.variance_min_q8, static_cast<uint32_t>(snr_min_q4), static_cast<uint32_t>(per_tile_max), columns};
  uint32_t *masks = lane->scratch.items.items;
  RUN_WITH_BARRIERS(find_spots, tiles, field, masks, head_of(*lane, out));
  ENQUEUE(enqueue_scan(context, lane, scan_into(*lane, out, true, {nullptr, words}, words)));
  RUN(write_spots, blocks_over(context, words), field, masks, words, lane->scratch.offsets(), out.rows_max, out.rows);
  return SV_OK;
}
