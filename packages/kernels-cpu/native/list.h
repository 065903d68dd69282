/* An ordered table of bounded length, filled by bands of work in parallel.
 *
 * Each band writes its rows to a place of its own (band 0 in the table itself) and counts on past the limit; `join` then moves
 * the rows together in the order of the bands. So the order, the rows kept and the total do not depend on the number of bands. */
#ifndef SKYVOX_CPU_LIST_H
#define SKYVOX_CPU_LIST_H
#include "../../kernels/native/kernels.h"
#include "memory.h"

namespace skyvox {

constexpr int bands_max = 64;

struct List {
  Block<uint32_t> rows;
  Block<uint32_t> scratch; /* rows of bands 1 ..., `rows_max` each */
  uint32_t row_words = 0, rows_max = 0, overflow_bit = 0;
  uint64_t total = 0;

  bool open(uint32_t words, uint32_t most, uint32_t bit, int bands) {
    row_words = words, rows_max = most, overflow_bit = bit;
    return rows.allocate(size_t{words} * most) && scratch.allocate(size_t{words} * most * static_cast<size_t>(bands - 1));
  }

  uint32_t count() const { return total < rows_max ? static_cast<uint32_t>(total) : rows_max; }
  uint32_t status() const { return total > rows_max ? overflow_bit : 0; }

  uint32_t *band_rows(int band) const {
    return band == 0 ? rows.get() : scratch.get() + size_t{row_words} * rows_max * static_cast<size_t>(band - 1);
  }

  void join(const uint64_t *band_totals, int bands) {
    total = band_totals[0];
    for (int band = 1; band < bands; band += 1) {
      const uint32_t at = count(), room = rows_max - at;
      const uint32_t kept = band_totals[band] < room ? static_cast<uint32_t>(band_totals[band]) : room;
      memcpy(rows.get() + size_t{row_words} * at, band_rows(band), size_t{row_words} * kept * sizeof(uint32_t));
      total += band_totals[band];
    }
  }

  void forget() { total = 0; }
};

}  // namespace skyvox
#endif
