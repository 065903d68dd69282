/* Casts rays into a cube of unit voxels with OpenVDB: its digital differential analyser on single voxels, one cached accessor, one
 * modified value a voxel. One thread. The grid starts empty, as a time step does.
 *
 * Usage: openvdb-cast FILE SIDE EVERY; FILE holds rows of 6 float64, origin and direction in voxels; every EVERY-th row is cast.
 * Prints one JSON object: rays, voxels visited, milliseconds, bytes. */
#include <openvdb/math/DDA.h>
#include <openvdb/math/Ray.h>
#include <openvdb/openvdb.h>

#include "rays-file.h"

int main(int argc, char **argv) {
  using Ray = openvdb::math::Ray<double>;
  const Rays rays = readRays(argc, argv);
  openvdb::initialize();
  const openvdb::Int32Grid::Ptr grid = openvdb::Int32Grid::create(0);
  openvdb::Int32Grid::Accessor accessor = grid->getAccessor();
  uint64_t visited = 0;
  const double startMs = nowMs();
  for (const ClippedRay &clipped : rays.inside) {
    const openvdb::Vec3d from(clipped.from), to(clipped.to);
    const Ray ray(from, to - from, 0.0, 1.0);
    openvdb::math::DDA<Ray> walk(ray);
    do {
      accessor.modifyValue(walk.voxel(), [](int32_t &value) { value += 1; });
      visited++;
    } while (walk.step());
  }
  printResult(rays, visited, nowMs() - startMs, grid->memUsage());
}
