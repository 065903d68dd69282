/* Op motion: background difference and the ordered list of moving pixels; see packages/kernels/src/ops/motion.ts.
 *
 * Input [height, width] uint8, from the host or where it lies on the device; output rows (x | y << 16, difference) by (y, x).
 * Launch: a thread per 16 pixels compares, a block per tile of 32,768 pixels lists. Bytes moved per pixel: diff and sigma-delta 3,
 * average 5 (mode gaussian: gaussian.cu), and 1/4 for a bit per pixel; only pixels that move cost more. */
#include "motion.h"

namespace skyvox {

constexpr uint32_t thread_pixels = 16;

DEVICE uint32_t byte_of(uint32_t word, uint32_t index) { return (word >> (8 * index)) & 255u; }

struct Grey { uint32_t threshold, step; };

/* The background of 16 pixels: bytes, or Q8.8 in mode average. */
template <int MODE> struct Levels {
  static constexpr uint32_t vectors = MODE == SV_MOTION_AVERAGE ? 2 : 1;
  uint32_t words[4 * vectors];
};

template <uint32_t VECTORS> DEVICE void load_words(const uint4 *from, uint32_t *words) {
#pragma unroll
  for (uint32_t i = 0; i < VECTORS; i += 1) {
    const uint4 vector = from[i];
    words[4 * i] = vector.x, words[4 * i + 1] = vector.y, words[4 * i + 2] = vector.z, words[4 * i + 3] = vector.w;
  }
}

template <uint32_t VECTORS> DEVICE void store_words(uint4 *to, const uint32_t *words) {
#pragma unroll
  for (uint32_t i = 0; i < VECTORS; i += 1) to[i] = uint4{words[4 * i], words[4 * i + 1], words[4 * i + 2], words[4 * i + 3]};
}

template <int MODE> __global__ void compare_pixels(const uint4 *frame, uint4 *background, uint32_t threads, Grey grey, Moved moved) {
  const uint32_t thread = thread_index();
  if (thread >= threads) return;
  constexpr uint32_t vectors = Levels<MODE>::vectors;
  uint32_t pixels[4], next[4] = {};
  Levels<MODE> levels, updated = {};
  load_words<1>(frame + thread, pixels);
  load_words<vectors>(background + vectors * thread, levels.words);
  uint32_t mask = 0;
#pragma unroll
  for (uint32_t i = 0; i < thread_pixels; i += 1) {
    const uint32_t c = byte_of(pixels[i / 4], i % 4);
    uint32_t b;
    if (MODE == SV_MOTION_AVERAGE) {
      const uint32_t q8 = levels.words[i / 2] >> (16 * (i % 2)) & 0xffffu;
      b = q8 >> 8;
      updated.words[i / 2] |= sv_background_average(c, q8) << (16 * (i % 2));
    } else {
      b = byte_of(levels.words[i / 4], i % 4);
      next[i / 4] |= (MODE == SV_MOTION_DIFF ? sv_background_diff(c) : sv_background_sigma_delta(c, b, grey.step)) << (8 * (i % 4));
    }
    const uint32_t difference = sv_difference(c, b);
    if (difference <= grey.threshold) continue;
    mask |= 1u << i;
    moved.words[thread * thread_pixels + i] = static_cast<uint16_t>(difference);
  }
  store_words<vectors>(background + vectors * thread, MODE == SV_MOTION_AVERAGE ? updated.words : next);
  note<uint16_t>(moved, thread, mask);
}

/* The first frame of a mode becomes its background. */
__global__ void start_average(const uint8_t *frame, uint16_t *background, uint32_t pixels) {
  for (uint32_t i = thread_index(); i < pixels; i += thread_count()) background[i] = static_cast<uint16_t>(frame[i] << 8);
}

constexpr uint32_t thread_words = tile_mask_words / block_threads, run_threads = 16, runs = block_threads / run_threads;

/* Two sums over the threads of a block, in shared memory. */
struct Sums { uint32_t of[block_threads], runs_of[runs]; };

/* Notes `value` of this thread. Barriers follow: before finish_sum, and before sum_before and sum_of. */
DEVICE void begin_sum(Sums *sums, uint32_t value) { sums->of[threadIdx.x] = value; }
DEVICE void finish_sum(Sums *sums) {
  if (threadIdx.x >= runs) return;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < run_threads; i += 1) sum += sums->of[threadIdx.x * run_threads + i];
  sums->runs_of[threadIdx.x] = sum;
}
/* Sum of all threads, and of those before this one. */
DEVICE uint32_t sum_of(const Sums &sums) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < runs; i += 1) sum += sums.runs_of[i];
  return sum;
}
DEVICE uint32_t sum_before(const Sums &sums) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < threadIdx.x / run_threads; i += 1) sum += sums.runs_of[i];
  for (uint32_t i = threadIdx.x / run_threads * run_threads; i < threadIdx.x; i += 1) sum += sums.of[i];
  return sum;
}

/* The masks of a tile, and how many of its pixels moved before each word. */
struct TileMasks { uint32_t masks[tile_mask_words], starts[tile_mask_words]; };

/* The pixel of the tile that moved as its `row`th. */
DEVICE uint32_t moved_pixel(const TileMasks &tile, uint32_t row) {
  uint32_t word = 0;
  for (uint32_t step = tile_mask_words / 2; step > 0; step /= 2)
    if (tile.starts[word + step] <= row) word += step;
  uint32_t mask = tile.masks[word];
  for (uint32_t i = tile.starts[word]; i < row; i += 1) mask &= mask - 1;
  return word * 32 + lowest_bit(mask);
}

DEVICE void write_motion_head(Head *head, uint32_t total, uint32_t rows_max) {
  head->total = total;
  head->count = total < rows_max ? total : rows_max;
  head->status = total > rows_max ? SV_MOTION_OVERFLOW : 0;
}

/* The first frame of a mode lists nothing. */
__global__ void list_none(Head *head) { write_motion_head(head, 0, 0); }

/* A block per tile: pixels moved in tiles before it are summed up, then its threads write a row each. */
__global__ void list_moved(Moved moved, uint32_t width, uint32_t rows_max, uint32_t *rows, Head *head) {
  __shared__ TileMasks in_tile;
  __shared__ Sums earlier, here;
  const uint32_t thread = threadIdx.x, tile = blockIdx.x, found = moved.tile_counts[tile];
  const bool is_last = tile + 1 == gridDim.x;
  if (thread == 0) moved.next_counts[tile] = 0;
  if (found == 0 && !is_last) return;
  uint32_t before = 0;
  for (uint32_t i = thread; i < tile; i += block_threads) before += moved.tile_counts[i];
  const uint4 words = reinterpret_cast<const uint4 *>(moved.masks)[tile * block_threads + thread];
  const uint32_t masks[thread_words] = {words.x, words.y, words.z, words.w};
  uint32_t count = 0;
#pragma unroll
  for (uint32_t mask : masks) count += bit_count(mask);
  begin_sum(&earlier, before);
  begin_sum(&here, count);
  __syncthreads();
  finish_sum(&earlier);
  finish_sum(&here);
  __syncthreads();
  const uint32_t base = sum_of(earlier);
  uint32_t at = sum_before(here);
#pragma unroll
  for (uint32_t i = 0; i < thread_words; i += 1) {
    const uint32_t word = thread * thread_words + i;
    in_tile.masks[word] = masks[i], in_tile.starts[word] = at;
    if (masks[i] != 0) moved.first[tile * tile_mask_words + word] = base + at;
    at += bit_count(masks[i]);
  }
  __syncthreads();
  for (uint32_t row = thread; row < found && base + row < rows_max; row += block_threads) {
    const uint32_t pixel = tile * tile_pixels + moved_pixel(in_tile, row);
    reinterpret_cast<uint2 *>(rows)[base + row] = uint2{sv_motion_place(pixel % width, pixel / width), moved.words[pixel]};
  }
  if (is_last && thread == 0) write_motion_head(head, base + found, rows_max);
}

static bool sound(const sv_motion_params &params) {
  const auto within = [](int32_t value, int32_t least, int32_t most) { return value >= least && value <= most; };
  if (!within(params.mode, SV_MOTION_DIFF, SV_MOTION_GAUSSIAN) || !within(params.threshold, 0, 255)) return false;
  if (params.mode != SV_MOTION_GAUSSIAN) return within(params.step, 1, 255);
  return within(params.slow_shift, 1, 12) && within(params.fast_shift, 1, 8) && within(params.hold_shift, 0, 8) &&
         within(params.snr_min_q4, 1, 1 << 14) && within(params.variance_min_q8, 16, 65535);
}

/* Brings the frame to the device, or finds it there. One that lies there is read in place where whole vectors hold it, and copied where
 * not, as is one on another device. */
static int32_t bring_frame(sv_context *context, Camera *camera, const uint8_t *pixels, const uint8_t **frame) {
  cudaPointerAttributes attributes = {};
  TRY(cudaPointerGetAttributes(&attributes, pixels));
  *frame = camera->frame;
  if (attributes.type != cudaMemoryTypeDevice) return upload(context, &camera->lane, camera->frame, pixels, camera->pixels);
  const bool whole_vectors = reinterpret_cast<uintptr_t>(pixels) % sizeof(uint4) == 0 && camera->pixels % thread_pixels == 0;
  if (attributes.device == context->device && whole_vectors) *frame = pixels;
  else {
    ENQUEUE(flush(context, &camera->lane));
    TRY(cudaMemcpyAsync(camera->frame, pixels, camera->pixels, cudaMemcpyDeviceToDevice, camera->lane.stream));
  }
  return SV_OK;
}

/* Compares a frame with a background of grey levels, or makes it one. */
static int32_t enqueue_grey(sv_context *context, Camera *camera, const uint8_t *frame, const sv_motion_params &params) {
  Lane *lane = &camera->lane;
  if (camera->mode != params.mode) {
    /* The last thread looks at pixels past the picture too: what an earlier mode left there must not move. */
    ENQUEUE(flush(context, lane));
    TRY(cudaMemsetAsync(camera->background, 0, camera->pixels_padded * sizeof(uint16_t), lane->stream));
    if (params.mode == SV_MOTION_AVERAGE)
      RUN(start_average, blocks_over(context, camera->pixels), frame, camera->background, camera->pixels);
    else TRY(cudaMemcpyAsync(camera->background, frame, camera->pixels, cudaMemcpyDeviceToDevice, lane->stream));
    return SV_OK;
  }
  const Grey grey = {static_cast<uint32_t>(params.threshold), static_cast<uint32_t>(params.step)};
  /* A frame in place has no padding: threads past it have none either. */
  const uint32_t threads = (camera->pixels + thread_pixels - 1) / thread_pixels, blocks = blocks_of(threads);
  const uint4 *from = reinterpret_cast<const uint4 *>(frame);
  uint4 *background = reinterpret_cast<uint4 *>(camera->background);
  if (params.mode == SV_MOTION_DIFF) RUN(compare_pixels<SV_MOTION_DIFF>, blocks, from, background, threads, grey, camera->moved);
  else if (params.mode == SV_MOTION_SIGMA_DELTA)
    RUN(compare_pixels<SV_MOTION_SIGMA_DELTA>, blocks, from, background, threads, grey, camera->moved);
  else RUN(compare_pixels<SV_MOTION_AVERAGE>, blocks, from, background, threads, grey, camera->moved);
  return SV_OK;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_motion(sv_context *context, int32_t handle, const uint8_t *pixels, const sv_motion_params *params) {
  Camera *camera = nullptr;
  if (const int32_t status = use_camera(context, handle, &camera)) return status;
  if (!sound(*params))
    return fail(context, SV_ERROR_ARGUMENT, "Cannot find motion: mode %d, threshold %d, step %d, shifts %d, %d and %d, ratio %d, variance %d,"
                " need 0 to 3, 0 to 255, 1 to 255, 1 to 12, 1 to 8 and 0 to 8, 1 to 16384, 16 to 65535", params->mode, params->threshold,
                params->step, params->slow_shift, params->fast_shift, params->hold_shift, params->snr_min_q4, params->variance_min_q8);
  Lane *lane = &camera->lane;
  touch(lane);
  const uint8_t *frame = nullptr;
  if (const int32_t status = bring_frame(context, camera, pixels, &frame)) return status;
  const bool starts = camera->mode != params->mode;
  const int32_t status = params->mode == SV_MOTION_GAUSSIAN ? enqueue_gaussian(context, camera, frame, *params)
                                                            : enqueue_grey(context, camera, frame, *params);
  if (status != SV_OK) return status;
  camera->mode = params->mode;
  const List &list = camera->motion;
  if (starts) {
    RUN_ONE(list_none, head_of(*lane, list));
    return SV_OK;
  }
  Moved *moved = &camera->moved;
  RUN_WITH_BARRIERS(list_moved, camera->pixels_padded / tile_pixels, *moved, static_cast<uint32_t>(camera->spec.width), list.rows_max,
                    list.rows, head_of(*lane, list));
  uint32_t *counted = moved->tile_counts;
  moved->tile_counts = moved->next_counts, moved->next_counts = counted;
  return SV_OK;
}
