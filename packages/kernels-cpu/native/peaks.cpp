/* Op peaks: local maxima of the voxels with enough views and weight; see packages/kernels/src/ops/peaks.ts.
 *
 * Input: the pool, or that of the tiles; output: 16 words per peak, by pool address. 8 bytes read per voxel of the pool; the 26 neighbours are looked at
 * only for voxels that count, and most of those are refuted by one of the first. */
#include "voxel.h"

namespace skyvox {

struct Found {
  const Voxel *voxel; /* null without a slot */
  uint64_t address;
};

struct Moments { uint64_t count, weight, x, y, z; };

/* Where the voxels of a slot lie in space, and the slots of the bricks around it. */
struct Surroundings {
  const Voxel *pool;
  Place corner; /* in voxels of the level, from the corner of the grid */
  uint32_t level = 0;
  uint32_t slots[27]; /* plus one, as in Grid::slots; index 9 * (x + 1) + 3 * (y + 1) + z + 1 */

  Surroundings(const Grid &grid, uint32_t slot) : pool(pool_of(grid)) {
    if (is_fine(grid)) look_in_tiles(grid, slot);
    else look_in_grid(grid, slot);
  }

  void look_in_grid(const Grid &grid, uint32_t slot) {
    const Place brick = brick_of(grid, slot);
    corner = {brick.x * 8, brick.y * 8, brick.z * 8};
    for (int32_t n = 0; n < 27; n += 1) {
      const uint32_t x = brick.x + static_cast<uint32_t>(n / 9 - 1), y = brick.y + static_cast<uint32_t>(n / 3 % 3 - 1);
      const uint32_t z = brick.z + static_cast<uint32_t>(n % 3 - 1);
      const bool inside = x < static_cast<uint32_t>(grid.bricks[0]) && y < static_cast<uint32_t>(grid.bricks[1]) &&
                          z < static_cast<uint32_t>(grid.bricks[2]);
      slots[n] = inside ? grid.slots[brick_index(grid, x, y, z)] : 0;
    }
  }

  /* Across a face of the tile lies the tile of the next voxel of the grid; one of another level has no neighbours of this one's size. */
  void look_in_tiles(const Grid &grid, uint32_t slot) {
    const Fine &fine = grid.fine;
    const Tile &tile = fine.tile(fine.slot_tile[slot]);
    const Place brick = tile_brick_of(fine, slot);
    level = tile.level();
    const uint32_t shift = sv_level_shift(level), side = sv_tile_side(level);
    corner = {(tile.x() << shift) + brick.x * 8, (tile.y() << shift) + brick.y * 8, (tile.z() << shift) + brick.z * 8};
    for (int32_t n = 0; n < 27; n += 1) {
      /* Counted from one tile before, so that nothing is negative. */
      const uint32_t x = brick.x + side + static_cast<uint32_t>(n / 9) - 1, y = brick.y + side + static_cast<uint32_t>(n / 3 % 3) - 1;
      const uint32_t z = brick.z + side + static_cast<uint32_t>(n % 3) - 1;
      const bool is_here = x / side == 1 && y / side == 1 && z / side == 1;
      const uint32_t other = is_here ? fine.slot_tile[slot] + 1
                                     : tile_at(grid, tile.x() + x / side - 1, tile.y() + y / side - 1, tile.z() + z / side - 1);
      const bool same = other != 0 && fine.tile(other - 1).level() == level;
      slots[n] = same ? fine.slots[tile_brick(fine.tile(other - 1), x % side, y % side, z % side)] : 0;
    }
  }

  /* x, y, z relative to the brick: -1 ... 8. */
  Found at(int32_t x, int32_t y, int32_t z) const {
    const uint32_t slot = slots[((x >> 3) + 1) * 9 + ((y >> 3) + 1) * 3 + (z >> 3) + 1];
    if (slot == 0) return {nullptr, 0};
    const uint64_t address = uint64_t{slot - 1} * brick_voxels + static_cast<uint64_t>((x & 7) << 6 | (y & 7) << 3 | (z & 7));
    return {pool + address, address};
  }
};

static bool is_peak(const Surroundings &around, const Evidence &evidence, int32_t x, int32_t y, int32_t z) {
  const Found self = around.at(x, y, z);
  for (int32_t n = 0; n < 27; n += 1) {
    if (n == 13) continue;
    const Found other = around.at(x + n / 9 - 1, y + n / 3 % 3 - 1, z + n % 3 - 1);
    if (other.voxel == nullptr || other.voxel->sum < self.voxel->sum || !evidence.counts(*other.voxel)) continue;
    if (other.voxel->sum > self.voxel->sum || other.address < self.address) return false;
  }
  return true;
}

static Moments moments_of(const Surroundings &around, const Evidence &evidence, int32_t x, int32_t y, int32_t z) {
  Moments moments = {};
  for (int32_t n = 0; n < 27; n += 1) {
    const int32_t dx = n / 9 - 1, dy = n / 3 % 3 - 1, dz = n % 3 - 1;
    const Found other = around.at(x + dx, y + dy, z + dz);
    if (other.voxel == nullptr || !evidence.counts(*other.voxel)) continue;
    const uint64_t sum = other.voxel->sum;
    moments.count += 1;
    moments.weight += sum;
    moments.x += sum * static_cast<uint64_t>(int64_t{dx});
    moments.y += sum * static_cast<uint64_t>(int64_t{dy});
    moments.z += sum * static_cast<uint64_t>(int64_t{dz});
  }
  return moments;
}

static void write_sum(uint32_t *words, uint64_t sum) {
  words[0] = static_cast<uint32_t>(sum);
  words[1] = static_cast<uint32_t>(sum >> 32);
}

static uint64_t peaks_of(const Grid &grid, const Evidence &evidence, uint32_t begin, uint32_t end, uint32_t *rows, uint32_t rows_max) {
  uint64_t total = 0;
  for (uint32_t slot = begin; slot < end; slot += 1) {
    const Voxel *voxels = pool_of(grid) + size_t{slot} * brick_voxels;
    const Surroundings around(grid, slot);
    const Place &corner = around.corner;
    for (int32_t i = 0; i < brick_voxels; i += 1) {
      const int32_t x = i >> 6, y = i >> 3 & 7, z = i & 7;
      if (!evidence.counts(voxels[i]) || !is_peak(around, evidence, x, y, z)) continue;
      if (total < rows_max) {
        const Moments moments = moments_of(around, evidence, x, y, z);
        uint32_t *row = rows + total * 16;
        row[0] = corner.x + static_cast<uint32_t>(x), row[1] = corner.y + static_cast<uint32_t>(y), row[2] = corner.z + static_cast<uint32_t>(z);
        row[3] = voxels[i].sum, row[4] = voxels[i].bits, row[5] = static_cast<uint32_t>(moments.count);
        write_sum(row + 6, moments.weight), write_sum(row + 8, moments.x), write_sum(row + 10, moments.y), write_sum(row + 12, moments.z);
        row[14] = around.level, row[15] = 0;
      }
      total += 1;
    }
  }
  return total;
}

}  // namespace skyvox

using namespace skyvox;

int32_t sv_peaks(sv_context *context, int32_t handle, int32_t views_min, uint32_t sum_min) {
  Grid *grid = grid_of_kind(context, handle, false);
  if (grid == nullptr || !sound(context, views_min, sum_min)) return SV_ERROR_ARGUMENT;
  const Evidence evidence = {static_cast<uint32_t>(views_min), sum_min};
  List &list = grid->peaks;
  uint64_t totals[bands_max] = {};
  const uint32_t slots = slots_of(*grid);
  for_bands(context, slots, slots >= slots_worth_threads, [&](uint32_t begin, uint32_t end, int band) {
    totals[band] = peaks_of(*grid, evidence, begin, end, list.band_rows(band), list.rows_max);
  });
  list.join(totals, context->threads);
  return SV_OK;
}
