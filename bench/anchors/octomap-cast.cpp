/* Casts rays into a cube of unit voxels with OctoMap, the way its own insertion of scans does: the keys along the ray, then one lazy
 * update a key. One thread. The tree starts empty, as a time step does; inner nodes are brought up to date within the time.
 *
 * Usage: octomap-cast FILE SIDE EVERY; FILE holds rows of 6 float64, origin and direction in voxels; every EVERY-th row is cast.
 * Prints one JSON object: rays, voxels visited, milliseconds, bytes. */
#include <octomap/OcTree.h>

#include "rays-file.h"

int main(int argc, char **argv) {
  const Rays rays = readRays(argc, argv);
  octomap::OcTree tree(1.0);
  octomap::KeyRay keys;
  uint64_t visited = 0;
  const double startMs = nowMs();
  for (const ClippedRay &ray : rays.inside) {
    const octomap::point3d from(float(ray.from[0]), float(ray.from[1]), float(ray.from[2]));
    const octomap::point3d to(float(ray.to[0]), float(ray.to[1]), float(ray.to[2]));
    if (!tree.computeRayKeys(from, to, keys)) continue;
    for (const octomap::OcTreeKey &key : keys) tree.updateNode(key, true, true);
    // The keys end before the last voxel, as scans treat what they hit apart.
    tree.updateNode(to, true, true);
    visited += keys.size() + 1;
  }
  tree.updateInnerOccupancy();
  printResult(rays, visited, nowMs() - startMs, tree.memoryUsage());
}
