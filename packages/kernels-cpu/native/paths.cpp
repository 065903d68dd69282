/* The two sets of ops that differ by instruction set. */
#include "context.h"

namespace skyvox {

uint64_t motion_rows_scalar(const Camera &, const uint8_t *, int32_t, Grey, uint32_t, uint32_t, uint32_t *, uint32_t);
uint64_t gaussian_pixels_scalar(const GaussianPart &);
void spot_row_scalar(const SpotField &, SpotSums *, uint32_t, bool, uint8_t *);
void mark_rays_scalar(const Grid &, uint32_t, uint32_t, bool);
void cast_rays_scalar(const Grid &, uint32_t, uint32_t);
void cast_tile_scalar(const Grid &, uint32_t);
const Paths scalar_paths = {"scalar",         motion_rows_scalar, gaussian_pixels_scalar, spot_row_scalar,
                            mark_rays_scalar, cast_rays_scalar,   cast_tile_scalar};

#if defined(__x86_64__)
uint64_t motion_rows_avx2(const Camera &, const uint8_t *, int32_t, Grey, uint32_t, uint32_t, uint32_t *, uint32_t);
uint64_t gaussian_pixels_avx2(const GaussianPart &);
void spot_row_avx2(const SpotField &, SpotSums *, uint32_t, bool, uint8_t *);
void mark_rays_avx2(const Grid &, uint32_t, uint32_t, bool);
void cast_rays_avx2(const Grid &, uint32_t, uint32_t);
void cast_tile_avx2(const Grid &, uint32_t);
const Paths avx2_paths = {"AVX2",         motion_rows_avx2, gaussian_pixels_avx2, spot_row_avx2,
                          mark_rays_avx2, cast_rays_avx2,   cast_tile_avx2};
#endif

}  // namespace skyvox
