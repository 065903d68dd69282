/* Op spots: places that stand out from the ring around them; see packages/kernels/src/ops/spots.ts.
 *
 * Input: deviation and variance that the last frame of mode gaussian left; output: 12 words per spot, by tile of 64 x 64 pixels. A piece
 * of up to 16 tiles of one tile row is searched row by row: the few pixels that may pass are flagged (spot-rows.h), their scores are
 * computed whole, and what is no highest of its neighbours falls out. Pixels that are not flagged have a lower score than any that passes and
 * count as 0. One band of tile rows per thread. */
#include "spot-rows.h"

#include <algorithm>
#include <functional>

namespace skyvox {

constexpr uint32_t tile_side = 1u << SV_SPOT_TILE_SHIFT, chunk_tiles = spot_chunk / tile_side;
/* A spot is higher than its neighbours, so every 2 x 2 pixels hold one at most. */
constexpr uint32_t tile_spots_max = tile_side * tile_side / 4;

/* One row of scores and where they are not 0; one column more on either side. */
struct ScoreRow {
  uint32_t scores[spot_chunk + 2], columns[spot_chunk + 2], count;
};

/* What a thread works in. A key holds score, then the place in its tile counted from the end: the better spot has the higher key. */
struct SpotWork {
  SpotSums sums;
  alignas(8) uint8_t maybe[spot_chunk + 32];
  ScoreRow rows[3];
  uint64_t keys[chunk_tiles][tile_spots_max];
  uint32_t counts[chunk_tiles];
};

size_t spot_scratch_words(int bands) { return sizeof(SpotWork) / sizeof(uint64_t) * static_cast<size_t>(bands); }

static uint16_t upper_half(uint16_t a, uint16_t b) { return static_cast<uint16_t>((uint32_t{a} * b) >> 16); }

void spot_row_scalar(const SpotField &field, SpotSums *sums, uint32_t y, bool first, uint8_t *__restrict maybe) {
  sum_row(field, sums, y, first);
  const uint16_t *variance = field.variance + size_t{y} * field.width + field.x_begin;
  const int16_t *nine = sums->nine, *ends = sums->ends, *three = sums->three;
  const uint16_t scale = field.scale, ratio = field.scaled_ratio, variance_min = static_cast<uint16_t>(field.variance_min_q8);
  const uint16_t most = static_cast<uint16_t>(65535u / scale);
  const size_t count = field.x_end - field.x_begin;
  for (size_t i = 0; i < count; i += 1) {
    const int16_t ring = static_cast<int16_t>(nine[i] + nine[i + 8] + ends[i + 1] + ends[i + 2] + ends[i + 3] + ends[i + 4] + ends[i + 5] +
                                              ends[i + 6] + ends[i + 7]);
    const int16_t sides = static_cast<int16_t>(three[i + 3] + three[i + 5]);
    const int16_t quarter = static_cast<int16_t>((sides >> 2) + (three[i + 4] >> 1) - (ring >> 3));
    const uint16_t size = static_cast<uint16_t>(2 * abs(quarter) + 3);
    const uint16_t scaled = static_cast<uint16_t>((size < most ? size : most) * scale);
    const uint16_t noise = variance[i] > variance_min ? variance[i] : variance_min;
    /* No more than 11/16 of the noise, a quarter of sv_spot_score's variance. */
    const uint16_t quarter_variance = static_cast<uint16_t>((noise >> 1) + (noise >> 3) + (noise >> 4));
    maybe[i] = upper_half(scaled, scaled) >= upper_half(quarter_variance, ratio) ? 1 : 0;
  }
}

/* sv_spot_ring_of, of values put side by side first: so compilers vectorise the sums. */
static sv_spot_ring ring_of(const int16_t *at, size_t stride) {
  constexpr size_t side = 2 * SV_SPOT_REACH + 1, inner = side - 2;
  int16_t values[2 * side + 2 * inner];
  memcpy(values, at - SV_SPOT_REACH * stride - SV_SPOT_REACH, side * sizeof *values);
  memcpy(values + side, at + SV_SPOT_REACH * stride - SV_SPOT_REACH, side * sizeof *values);
  const int16_t *left = at - (SV_SPOT_REACH - 1) * stride - SV_SPOT_REACH;
  for (size_t i = 0; i < inner; i += 1, left += stride) {
    values[2 * side + i] = left[0];
    values[2 * side + inner + i] = left[2 * SV_SPOT_REACH];
  }
  sv_spot_ring ring = {0, 0};
  for (const int16_t value : values) sv_spot_ring_add(&ring, value);
  return ring;
}

/* Finds the spots of one band of tile rows. */
struct SpotSearch {
  const Paths &paths;
  const Camera &camera;
  uint32_t per_tile_max;
  SpotWork *work;
  uint32_t *out;
  uint32_t rows_max;
  SpotField field{};
  uint64_t total = 0;
  bool capped = false;

  uint32_t width() const { return static_cast<uint32_t>(camera.spec.width); }
  uint32_t height() const { return static_cast<uint32_t>(camera.spec.height); }
  const int16_t *at(uint32_t x, uint32_t y) const { return field.deviation + size_t{y} * width() + x; }
  uint32_t noise_at(uint32_t x, uint32_t y) const {
    return sv_gaussian_noise(field.variance[size_t{y} * width() + x], field.variance_min_q8);
  }

  /* Fills a row of scores, whose column i is pixel x0 - 1 + i. */
  void score_row(ScoreRow *row, uint32_t x0, uint32_t y, bool first) {
    for (uint32_t i = 0; i < row->count; i += 1) row->scores[row->columns[i]] = 0;
    row->count = 0;
    const uint32_t count = field.x_end - field.x_begin, offset = field.x_begin + 1 - x0;
    paths.spot_row(field, &work->sums, y, first, work->maybe);
    memset(work->maybe + count, 0, 8);
    for (uint32_t i = 0; i < count; i += 8) {
      uint64_t eight;
      memcpy(&eight, work->maybe + i, 8);
      if (eight == 0) continue;
      for (uint32_t j = i; j < i + 8; j += 1) {
        if (work->maybe[j] == 0) continue;
        const uint32_t x = field.x_begin + j, score = score_at(x, y);
        if (score < field.snr_min_q4) continue;
        row->scores[j + offset] = score;
        row->columns[row->count++] = j + offset;
      }
    }
  }

  uint32_t score_at(uint32_t x, uint32_t y) const {
    const int32_t stride = camera.spec.width;
    const sv_spot_ring ring = ring_of(at(x, y), width());
    return sv_spot_score(sv_spot_signal(sv_spot_sum(at(x, y), stride), ring.sum), sv_spot_noise(ring, noise_at(x, y)));
  }

  /* Lists what is highest in the row at y of the piece that starts at x0 and has `columns` pixels a row. */
  void list_row(const ScoreRow &above, const ScoreRow &row, const ScoreRow &below, uint32_t columns, uint32_t y) {
    for (uint32_t i = 0; i < row.count; i += 1) {
      const uint32_t c = row.columns[i], score = row.scores[c];
      if (c == 0 || c > columns) continue;
      const uint32_t before = std::max({above.scores[c - 1], above.scores[c], above.scores[c + 1], row.scores[c - 1]});
      const uint32_t after = std::max({below.scores[c - 1], below.scores[c], below.scores[c + 1], row.scores[c + 1]});
      if (before >= score || after > score) continue;
      const uint32_t x = c - 1, tile = x / tile_side, place = y % tile_side * tile_side + x % tile_side;
      work->keys[tile][work->counts[tile]++] = uint64_t{score} << 12 | (tile_side * tile_side - 1 - place);
    }
  }

  /* Searches the piece of tiles from (x0, y0) on. */
  void search_piece(uint32_t x0, uint32_t y0) {
    const uint32_t reach = SV_SPOT_REACH, columns = std::min(spot_chunk, width() - x0), tiles = (columns - 1) / tile_side + 1;
    memset(work->counts, 0, sizeof work->counts);
    field.x_begin = std::max(x0, reach + 1) - 1;
    field.x_end = std::min(x0 + columns + 1, width() - reach);
    const uint32_t begin = std::max(y0, reach + 1) - 1, end = std::min(y0 + tile_side + 1, height() - reach);
    for (ScoreRow &row : work->rows) row.count = 0, memset(row.scores, 0, sizeof row.scores);
    if (field.x_begin >= field.x_end) return;
    /* Row y is listed when y + 1 has its scores; past the end all scores are 0. */
    for (uint32_t y = begin; y <= end; y += 1) {
      ScoreRow *row = &work->rows[y % 3];
      if (y < end) score_row(row, x0, y, y == begin);
      else memset(row->scores, 0, sizeof row->scores);
      if (y > begin && y - 1 >= y0 && y - 1 < y0 + tile_side) list_row(work->rows[(y + 1) % 3], work->rows[(y + 2) % 3], *row, columns, y - 1);
    }
    for (uint32_t tile = 0; tile < tiles; tile += 1) write_tile(work->keys[tile], work->counts[tile], x0 + tile * tile_side, y0);
  }

  /* Writes the best spots of one tile by place. */
  void write_tile(uint64_t *keys, uint32_t count, uint32_t x0, uint32_t y0) {
    constexpr uint64_t place_mask = tile_side * tile_side - 1;
    if (count > per_tile_max) {
      std::nth_element(keys, keys + per_tile_max, keys + count, std::greater<uint64_t>());
      std::sort(keys, keys + per_tile_max, [](uint64_t a, uint64_t b) { return (a & place_mask) > (b & place_mask); });
      count = per_tile_max;
      capped = true;
    }
    for (uint32_t i = 0; i < count; i += 1, total += 1) {
      if (total >= rows_max) continue;
      const uint32_t place = static_cast<uint32_t>(place_mask - (keys[i] & place_mask));
      const uint32_t x = x0 + place % tile_side, y = y0 + place / tile_side;
      sv_spot_row(at(x, y), camera.spec.width, noise_at(x, y), x, y, out + total * SV_SPOT_WORDS);
    }
  }

  void search(uint32_t tile_row_begin, uint32_t tile_row_end) {
    for (uint32_t tile_row = tile_row_begin; tile_row < tile_row_end; tile_row += 1)
      for (uint32_t x0 = 0; x0 < width(); x0 += spot_chunk) search_piece(x0, tile_row * tile_side);
  }
};

}  // namespace skyvox

using namespace skyvox;

int32_t sv_spots(sv_context *context, int32_t handle, int32_t snr_min_q4, int32_t per_tile_max) {
  Camera *camera = camera_of(context, handle);
  if (camera == nullptr) return SV_ERROR_ARGUMENT;
  if (camera->spec.spots_max < 1)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot find spots: the camera has no room for any, need spots_max of at least 1");
  if (snr_min_q4 < 1 || snr_min_q4 > 1 << 14 || per_tile_max < 1 || per_tile_max > 1024)
    return fail(context, SV_ERROR_ARGUMENT, "Cannot find spots: ratio %d and %d a tile, need 1 to 16384 and 1 to 1024", snr_min_q4,
                per_tile_max);
  List &list = camera->spots;
  const Gaussian &gaussian = camera->gaussian;
  camera->spots_capped = false;
  list.forget();
  const uint32_t width = static_cast<uint32_t>(camera->spec.width), height = static_cast<uint32_t>(camera->spec.height);
  const uint32_t reach = 2 * SV_SPOT_REACH;
  /* In the first frame of a background nothing deviates. */
  if (camera->mode != SV_MOTION_GAUSSIAN || gaussian.frames < 2 || width <= reach || height <= reach) return SV_OK;
  SpotField field = {};
  field.deviation = gaussian.deviation_q4.get(), field.variance = gaussian.variance_q8[1 - gaussian.latest].get();
  field.width = width, field.height = height;
  field.snr_min_q4 = static_cast<uint32_t>(snr_min_q4), field.variance_min_q8 = gaussian.variance_min_q8;
  field.scale = 1;
  while (4u * field.scale * field.scale * field.snr_min_q4 < 65536u) field.scale = static_cast<uint16_t>(2 * field.scale);
  field.scaled_ratio = static_cast<uint16_t>(field.scale * field.scale * field.snr_min_q4);
  uint64_t totals[bands_max] = {};
  bool capped[bands_max] = {};
  const bool worth = uint64_t{height} * width >= pixels_worth_threads;
  for_bands(context, (height - 1) / tile_side + 1, worth, [&](uint32_t begin, uint32_t end, int band) {
    SpotWork *work = reinterpret_cast<SpotWork *>(camera->spot_scratch.get()) + band;
    SpotSearch search = {*context->paths, *camera, static_cast<uint32_t>(per_tile_max), work, list.band_rows(band), list.rows_max, field};
    search.search(begin, end);
    totals[band] = search.total, capped[band] = search.capped;
  });
  list.join(totals, context->threads);
  for (int band = 0; band < context->threads; band += 1) camera->spots_capped = camera->spots_capped || capped[band];
  return SV_OK;
}
