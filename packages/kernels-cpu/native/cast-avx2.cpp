#if defined(__x86_64__)
#include "context.h"
namespace skyvox {
extern void cast_rays_scalar(const Grid &grid, uint32_t begin, uint32_t end, bool shared);
void cast_rays_avx2(const Grid &grid, uint32_t begin, uint32_t end, bool shared) { cast_rays_scalar(grid, begin, end, shared); }
}
#endif
