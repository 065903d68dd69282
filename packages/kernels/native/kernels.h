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

#define SV_ABI_VERSION 4

/* Status of a call. */
enum { SV_OK = 0, SV_ERROR_ARGUMENT = 1, SV_ERROR_MEMORY = 2, SV_ERROR_DEVICE = 3, SV_ERROR_CAPACITY = 4 };

/* Bits of sv_table.status, as in src/status.ts. */
enum { SV_MOTION_OVERFLOW = 1, SV_CELLS_OVERFLOW = 2, SV_BLOBS_OVERFLOW = 4,
       SV_BRICKS_OVERFLOW = 8, SV_PEAKS_OVERFLOW = 16, SV_VOXELS_OVERFLOW = 32,
       SV_SPOTS_OVERFLOW = 64, SV_SPOTS_CAPPED = 128, SV_FUSED_OVERFLOW = 256,
       SV_TILES_OVERFLOW = 512, SV_SEGMENTS_OVERFLOW = 1024, SV_TILE_BRICKS_OVERFLOW = 2048 };

/* u and v of a point, in 1/256 pixel, are below this. */
#define SV_POINT_MAX (1u << 21)

enum { SV_MOTION_DIFF = 0, SV_MOTION_SIGMA_DELTA = 1, SV_MOTION_AVERAGE = 2, SV_MOTION_GAUSSIAN = 3 };

enum { SV_TABLE_MOTION = 0, SV_TABLE_CELLS = 1, SV_TABLE_BLOBS = 2, SV_TABLE_SPOTS = 3, SV_TABLE_REGISTERED = 4, SV_TABLE_FUSED = 5,
       SV_TABLE_RAYS = 6, SV_TABLE_MARKS = 7, SV_TABLE_BRICKS = 8, SV_TABLE_POOL = 9, SV_TABLE_DENSE = 10, SV_TABLE_PEAKS = 11,
       SV_TABLE_VOXELS = 12, SV_TABLE_TILES = 13, SV_TABLE_SEGMENTS = 14, SV_TABLE_TILE_BRICKS = 15, SV_TABLE_TILE_POOL = 16 };

enum { SV_ISA_AUTO = 0, SV_ISA_SCALAR = 1, SV_ISA_AVX2 = 2 };

/* Sizes checked by the binding at load. */
typedef struct { int32_t version, camera_spec, grid_spec, ray_model, table, device_info, motion_params; } sv_abi;

typedef struct { uint64_t memory_bytes; char name[120]; } sv_device_info;

/* spots_max, fused_max: 0 where the camera takes no such ops. */
typedef struct { int32_t width, height, motion_max, cells_max, blobs_max, spots_max, fused_max; } sv_camera_spec;

/* Those after `step` are of mode gaussian only. */
typedef struct { int32_t mode, threshold, step, slow_shift, fast_shift, hold_shift, snr_min_q4, variance_min_q8; } sv_motion_params;

/* tiles_max and those after it: 0 where the grid has no finer voxels. */
typedef struct {
  int32_t nx, ny, nz, rays_max, bricks_max, peaks_max, voxels_max, dense;
  int32_t tiles_max, segments_max, marks_max, tile_bricks_max;
} sv_grid_spec;

/* A table of nodes [rows][columns][2] every 2^shift pixels, as in src/node-table.ts; columns 0: no table. */
typedef struct { int32_t shift, columns, rows; } sv_bend_shape;

/* RayModel of src/ray-model.ts; the nodes of its bend are copied. */
typedef struct {
  int32_t origin[3], a[3], b[3], c[3];
  int32_t fraction_bits, principal_u, principal_v;
  sv_bend_shape bend;
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

/* Lets the device read memory of the host where it lies, until it is unlocked: before it is freed and before the context is closed.
 * SV_ERROR_CAPACITY: the driver refuses, and nothing has changed. Unlocking waits for the device. */
SV_EXPORT int32_t sv_lock_memory(sv_context *context, void *memory, uint64_t bytes);
SV_EXPORT int32_t sv_unlock_memory(sv_context *context, void *memory);

SV_EXPORT int32_t sv_camera_open(sv_context *context, const sv_camera_spec *spec, int32_t *camera);
SV_EXPORT int32_t sv_camera_close(sv_context *context, int32_t camera);
/* levels: one per brick, copied; NULL where the grid has no finer voxels. */
SV_EXPORT int32_t sv_grid_open(sv_context *context, const sv_grid_spec *spec, const uint8_t *levels, int32_t *grid);
SV_EXPORT int32_t sv_grid_close(sv_context *context, int32_t grid);

SV_EXPORT int32_t sv_motion(sv_context *context, int32_t camera, const uint8_t *pixels, const sv_motion_params *params);
SV_EXPORT int32_t sv_cells(sv_context *context, int32_t camera, int32_t shift, int32_t pixels_min);
SV_EXPORT int32_t sv_blobs(sv_context *context, int32_t camera, int32_t pixels_min);
SV_EXPORT int32_t sv_spots(sv_context *context, int32_t camera, int32_t snr_min_q4, int32_t per_tile_max);
SV_EXPORT int32_t sv_register(sv_context *context, int32_t camera, const uint32_t *points, int32_t count, const sv_bend_shape *shape,
                              const int32_t *nodes);
SV_EXPORT int32_t sv_fuse(sv_context *context, int32_t camera, const uint32_t *points, int32_t count, int32_t gate_q8, int32_t gain_q4);

SV_EXPORT int32_t sv_set_view(sv_context *context, int32_t grid, int32_t view, const sv_ray_model *model, const int32_t *bend);
SV_EXPORT int32_t sv_clear(sv_context *context, int32_t grid);
SV_EXPORT int32_t sv_rays(sv_context *context, int32_t grid, int32_t view, const uint32_t *points, int32_t count);
SV_EXPORT int32_t sv_mark(sv_context *context, int32_t grid);
SV_EXPORT int32_t sv_select(sv_context *context, int32_t grid, int32_t views_min);
SV_EXPORT int32_t sv_cast(sv_context *context, int32_t grid);
SV_EXPORT int32_t sv_cast_dense(sv_context *context, int32_t grid);
SV_EXPORT int32_t sv_refine(sv_context *context, int32_t grid, int32_t views_min);
SV_EXPORT int32_t sv_cast_tiles(sv_context *context, int32_t grid, int32_t views_min);
SV_EXPORT int32_t sv_peaks(sv_context *context, int32_t grid, int32_t views_min, uint32_t sum_min);
SV_EXPORT int32_t sv_voxels(sv_context *context, int32_t grid, int32_t views_min, uint32_t sum_min);

/* Copies at most `capacity_rows` rows of a table; dst NULL only asks for the counts. Waits for the ops it depends on. */
SV_EXPORT int32_t sv_read(sv_context *context, int32_t table, int32_t handle, uint32_t *dst, uint32_t capacity_rows, sv_table *out);
/* Starts what was enqueued and returns a sequence number; sv_fence tells the last one completed. Neither blocks on a device. */
SV_EXPORT int32_t sv_submit(sv_context *context, uint32_t *sequence);
SV_EXPORT int32_t sv_fence(sv_context *context, uint32_t *completed);

#endif
