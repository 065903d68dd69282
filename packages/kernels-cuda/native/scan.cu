/* The sums of scan.h.
 *
 * Input: one word per item; output: one word per item and one per chunk of 2^13. Launch: a block of 1,024 threads per chunk, each of which
 * sums up to 8 items in a row in shared memory, then one block for the chunks where there are several. 8 bytes moved per item. */
#include "context.h"

namespace skyvox {

constexpr uint32_t scan_threads = 1024, group_threads = 32;

/* Where an item stands in shared memory: with a gap after every 32, since threads that each walk a run of items would meet in few banks. */
DEVICE uint32_t spread(uint32_t item) { return item + item / 32; }

/* Sum of `value` over the threads before this one, and over all of the block. Every thread calls it. */
DEVICE uint32_t block_sum(uint32_t value, uint32_t *all) {
  __shared__ uint32_t values[scan_threads + scan_threads / group_threads], groups[scan_threads / group_threads];
  const uint32_t thread = threadIdx.x, group = thread / group_threads;
  values[spread(thread)] = value;
  __syncthreads();
  if (thread < scan_threads / group_threads) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < group_threads; i += 1) sum = sv_saturating_add(sum, values[spread(thread * group_threads + i)]);
    groups[thread] = sum;
  }
  __syncthreads();
  uint32_t before = 0, sum = 0;
  for (uint32_t i = 0; i < scan_threads / group_threads; i += 1) {
    if (i == group) before = sum;
    sum = sv_saturating_add(sum, groups[i]);
  }
  for (uint32_t i = group * group_threads; i < thread; i += 1) before = sv_saturating_add(before, values[spread(i)]);
  *all = sum;
  return before;
}

DEVICE void write_head(const Scan &scan, uint32_t found) {
  if (scan.head == nullptr) return;
  const uint32_t total = sv_saturating_add(scan.base, found);
  scan.head->total = total;
  scan.head->count = total < scan.limit ? total : scan.limit;
  scan.head->status = total > scan.limit ? scan.overflow_bit : 0;
}

/* Items of one thread: an equal share of those of the block. */
struct Share { uint32_t begin, end; };

DEVICE Share share_of(uint32_t count) {
  const uint32_t each = (count + scan_threads - 1) / scan_threads, begin = threadIdx.x * each;
  return {begin < count ? begin : count, begin + each < count ? begin + each : count};
}

__global__ void scan_chunks(Scan scan) {
  __shared__ uint32_t sums[chunk_items + chunk_items / 32];
  const uint32_t length = length_of(scan.length), begin = blockIdx.x << chunk_shift;
  const uint32_t left = begin < length ? length - begin : 0, count = left < chunk_items ? left : chunk_items;
  for (uint32_t i = threadIdx.x; i < count; i += scan_threads) {
    const uint32_t item = scan.items[begin + i];
    sums[spread(i)] = scan.bits ? bit_count(item) : item;
  }
  __syncthreads();
  const Share share = share_of(count);
  uint32_t sum = 0, all;
  for (uint32_t i = share.begin; i < share.end; i += 1) sum = sv_saturating_add(sum, sums[spread(i)]);
  uint32_t before = block_sum(sum, &all);
  for (uint32_t i = share.begin; i < share.end; i += 1) {
    const uint32_t item = sums[spread(i)];
    sums[spread(i)] = before;
    before = sv_saturating_add(before, item);
  }
  __syncthreads();
  for (uint32_t i = threadIdx.x; i < count; i += scan_threads) scan.offsets.within[begin + i] = sums[spread(i)];
  if (threadIdx.x != 0) return;
  scan.offsets.chunks[blockIdx.x] = gridDim.x > 1 ? all : 0;
  if (gridDim.x == 1) write_head(scan, all);
}

__global__ void scan_totals(Scan scan, uint32_t chunks) {
  const Share share = share_of(chunks);
  uint32_t sum = 0, all;
  for (uint32_t i = share.begin; i < share.end; i += 1) sum = sv_saturating_add(sum, scan.offsets.chunks[i]);
  uint32_t before = block_sum(sum, &all);
  for (uint32_t i = share.begin; i < share.end; i += 1) {
    const uint32_t chunk = scan.offsets.chunks[i];
    scan.offsets.chunks[i] = before;
    before = sv_saturating_add(before, chunk);
  }
  if (threadIdx.x == 0) write_head(scan, all);
}

int32_t enqueue_scan(sv_context *context, Lane *lane, const Scan &scan) {
  const uint32_t chunks = scan.length_max == 0 ? 1 : ((scan.length_max - 1) >> chunk_shift) + 1;
  ENQUEUE(gather(context, lane, KERNEL_WITH_BARRIERS(scan_chunks), chunks, scan_threads, scan));
  return chunks == 1 ? SV_OK : gather(context, lane, KERNEL_WITH_BARRIERS(scan_totals), 1, scan_threads, scan, chunks);
}

}  // namespace skyvox
