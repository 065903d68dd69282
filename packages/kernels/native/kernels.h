/* The C ABI of every native backend (cpu, cuda). Fixed-width types, int32 status, out-pointers last.
 *
 * The meaning and the arithmetic of each op stand in packages/kernels/src/ops/<op>.ts. All functions of a context are called from
 * one thread. Handles are small integers, used again after close. Pixels and points are read until the next fence at the latest. */
#ifndef SKYVOX_KERNELS_H
#define SKYVOX_KERNELS_H
#include <stdint.h>

#if defined(__cplusplus)
#define SV_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define SV_EXPORT __attribute__((visibility("default")))
#endif

#define SV_ABI_VERSION 2

/* Status of a call. */
enum { SV_OK = 0, SV_ERROR_ARGUMENT = 1, SV_ERROR_MEMORY = 2, SV_ERROR_DEVICE = 3, SV_ERROR_CAPACITY = 4 };

/* Bits of sv_table.status, as in src/status.ts. */
enum { SV_MOTION_OVERFLOW = 1, SV_CELLS_OVERFLOW = 2, SV_BLOBS_OVERFLOW = 4,
       SV_BRICKS_OVERFLOW = 8, SV_PEAKS_OVERFLOW = 16, SV_VOXELS_OVERFLOW = 32 };

enum { SV_MOTION_DIFF = 0, SV_MOTION_SIGMA_DELTA = 1, SV_MOTION_AVERAGE = 2 };

enum { SV_TABLE_MOTION = 0, SV_TABLE_CELLS = 1, SV_TABLE_BLOBS = 2, SV_TABLE_RAYS = 3, SV_TABLE_MARKS = 4, SV_TABLE_BRICKS = 5,
       SV_TABLE_POOL = 6, SV_TABLE_DENSE = 7, SV_TABLE_PEAKS = 8, SV_TABLE_VOXELS = 9 };

enum { SV_ISA_AUTO = 0, SV_ISA_SCALAR = 1, SV_ISA_AVX2 = 2 };

/* Sizes checked by the binding at load. */
typedef struct { int32_t version, camera_spec, grid_spec, ray_model, table, device_info; } sv_abi;

typedef struct { uint64_t memory_bytes; char name[120]; } sv_device_info;

typedef struct { int32_t width, height, motion_max, cells_max, blobs_max; } sv_camera_spec;

typedef struct { int32_t nx, ny, nz, rays_max, bricks_max, peaks_max, voxels_max, dense; } sv_grid_spec;

/* RayModel of src/ray-model.ts; bend is [rows][columns][2] and is copied. */
typedef struct {
  int32_t origin[3], a[3], b[3], c[3];
  int32_t fraction_bits, principal_u, principal_v, bend_shift, bend_columns, bend_rows;
} sv_ray_model;

/* count: rows copied (or, with dst NULL, rows there are); total: rows found, past the limit too. */
typedef struct { uint32_t count, total, status, row_words; } sv_table;

typedef struct sv_context sv_context;

SV_EXPORT int32_t sv_abi_describe(sv_abi *out);
SV_EXPORT int32_t sv_probe(int32_t index, sv_device_info *out);
SV_EXPORT int32_t sv_open(int32_t index, int32_t threads, int32_t isa, sv_context **out);
SV_EXPORT int32_t sv_close(sv_context *context);
/* What runs the ops of this context. */
SV_EXPORT int32_t sv_describe(sv_context *context, sv_device_info *out);
/* Why the last call on this context (NULL: the last open or probe) failed: zero-terminated, at most `capacity` bytes. */
SV_EXPORT int32_t sv_last_error(sv_context *context, char *text, int32_t capacity);

SV_EXPORT int32_t sv_camera_open(sv_context *context, const sv_camera_spec *spec, int32_t *camera);
SV_EXPORT int32_t sv_camera_close(sv_context *context, int32_t camera);
SV_EXPORT int32_t sv_grid_open(sv_context *context, const sv_grid_spec *spec, int32_t *grid);
SV_EXPORT int32_t sv_grid_close(sv_context *context, int32_t grid);

SV_EXPORT int32_t sv_motion(sv_context *context, int32_t camera, const uint8_t *pixels, int32_t mode, int32_t threshold, int32_t step);
SV_EXPORT int32_t sv_cells(sv_context *context, int32_t camera, int32_t shift, int32_t pixels_min);
SV_EXPORT int32_t sv_blobs(sv_context *context, int32_t camera, int32_t pixels_min);

SV_EXPORT int32_t sv_set_view(sv_context *context, int32_t grid, int32_t view, const sv_ray_model *model, const int32_t *bend);
SV_EXPORT int32_t sv_clear(sv_context *context, int32_t grid);
SV_EXPORT int32_t sv_rays(sv_context *context, int32_t grid, int32_t view, const uint32_t *points, int32_t count);
SV_EXPORT int32_t sv_mark(sv_context *context, int32_t grid);
SV_EXPORT int32_t sv_select(sv_context *context, int32_t grid, int32_t views_min);
SV_EXPORT int32_t sv_cast(sv_context *context, int32_t grid);
SV_EXPORT int32_t sv_cast_dense(sv_context *context, int32_t grid);
SV_EXPORT int32_t sv_peaks(sv_context *context, int32_t grid, int32_t views_min, uint32_t sum_min);
SV_EXPORT int32_t sv_voxels(sv_context *context, int32_t grid, int32_t views_min, uint32_t sum_min);

/* Copies at most `capacity_rows` rows of a table; dst NULL only asks for the counts. Waits for the ops it depends on. */
SV_EXPORT int32_t sv_read(sv_context *context, int32_t table, int32_t handle, uint32_t *dst, uint32_t capacity_rows, sv_table *out);
/* Starts what was enqueued and returns a sequence number; sv_fence tells the last one completed. Neither blocks on a device. */
SV_EXPORT int32_t sv_submit(sv_context *context, uint32_t *sequence);
SV_EXPORT int32_t sv_fence(sv_context *context, uint32_t *completed);

#endif
