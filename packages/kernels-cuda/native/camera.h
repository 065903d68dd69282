/* Sizes that the ops on a picture and the opening of a camera share. */
#ifndef SKYVOX_CUDA_CAMERA_H
#define SKYVOX_CUDA_CAMERA_H
#include "../../kernels/native/spots.h"
#include "context.h"

namespace skyvox {

/* Motion is counted and listed by tiles of so many pixels in raster order: four words of masks for each thread of a block. */
constexpr uint32_t tile_pixels = 1u << 15, tile_mask_words = tile_pixels / 32;
/* Words of the sums of one cell; see cells.cu. */
constexpr uint32_t cell_words = 5;
/* Op spots searches tiles of 64 x 64 pixels, a bit per pixel. */
constexpr uint32_t spot_tile_side = 1u << SV_SPOT_TILE_SHIFT, spot_tile_words = spot_tile_side * spot_tile_side / 32;
inline uint32_t spot_tiles(int32_t side) { return (static_cast<uint32_t>(side) - 1) / spot_tile_side + 1; }

/* The moving pixel at a place of the picture, as a row number of table "motion"; its bit in the masks is set. */
DEVICE uint32_t moved_index(const Moved &moved, uint32_t pixel) {
  const uint32_t word = pixel / 32;
  return moved.first[word] + bit_count(moved.masks[word] & bits_below(pixel % 32));
}

DEVICE bool has_moved(const Moved &moved, uint32_t pixel) { return (moved.masks[pixel / 32] >> (pixel % 32) & 1u) != 0; }

}  // namespace skyvox
#endif
