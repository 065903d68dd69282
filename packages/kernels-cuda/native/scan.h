/* Where each of many items starts in a list, given how many rows each brings: the ordered append of every op.
 *
 * Lists are filled in three steps: rows are counted per item, the counts are summed up, and each item writes its rows from its place on.
 * An item is a number of rows, or a word whose set bits are rows. So the order of a list is that of its items, whatever the order of
 * threads. Sums end at 2^32 - 1 and stay there. */
#ifndef SKYVOX_CUDA_SCAN_H
#define SKYVOX_CUDA_SCAN_H
#include "../../kernels/native/register.h"
#include "runtime.h"

namespace skyvox {

/* What is known of a list on the device: rows stored, rows found, status bits; flags are status bits that a scan leaves alone. */
struct Head { uint32_t count, total, status, flags; };

/* Items that one block sums up. */
constexpr uint32_t chunk_shift = 13, chunk_items = 1u << chunk_shift;

/* Sums of all items before one: those of its chunk, and of the chunks before. */
struct Offsets { uint32_t *within, *chunks; };

DEVICE uint32_t start_of(const Offsets &offsets, uint32_t item) {
  return sv_saturating_add(offsets.chunks[item >> chunk_shift], offsets.within[item]);
}

/* A number known when work is enqueued, or that many times one that only the device knows. */
struct Length { const uint32_t *device; uint32_t factor; };

DEVICE uint32_t length_of(const Length &length) { return length.device == nullptr ? length.factor : *length.device * length.factor; }

/* One scan. Where there is a head it gets count, total and status; `base` rows of the list come before those of the items. */
struct Scan {
  const uint32_t *items;
  bool bits; /* an item is a word of bits */
  Length length;
  uint32_t length_max;
  Offsets offsets;
  Head *head;
  uint32_t limit, overflow_bit, base;
};

}  // namespace skyvox
#endif
