/* What the casting rivals share: the rays of a file cut to the cube, a clock, and the one line they print.
 *
 * Rays are cut before the clock starts, in the favour of the rivals. The ends keep 1e-5 voxel away from the faces of the cube, so
 * that rounding to float32 puts none of them outside. */
#ifndef SKYVOX_BENCH_RAYS_FILE_H
#define SKYVOX_BENCH_RAYS_FILE_H
#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

struct ClippedRay {
  double from[3], to[3];
};

struct Rays {
  std::vector<ClippedRay> inside;
  uint64_t count;
};

/* Cuts the ray to the cube from 0 to `side`; false where it misses. */
inline bool clip(const double *row, double side, ClippedRay &out) {
  double enter = 0, leave = INFINITY;
  for (int k = 0; k < 3; k++) {
    const double origin = row[k], along = row[3 + k];
    if (along == 0) {
      if (origin < 0 || origin >= side) return false;
      continue;
    }
    const double a = (1e-5 - origin) / along, b = (side - 1e-5 - origin) / along;
    enter = std::max(enter, std::min(a, b));
    leave = std::min(leave, std::max(a, b));
  }
  if (!(enter < leave) || leave == INFINITY) return false;
  for (int k = 0; k < 3; k++) {
    out.from[k] = row[k] + enter * row[3 + k];
    out.to[k] = row[k] + leave * row[3 + k];
  }
  return true;
}

inline Rays readRays(int argc, char **argv) {
  FILE *file = argc == 4 ? std::fopen(argv[1], "rb") : nullptr;
  if (file == nullptr) {
    std::fprintf(stderr, "Cannot read rays: %d arguments, need FILE SIDE EVERY with a FILE that can be opened\n", argc - 1);
    std::exit(2);
  }
  const double side = std::atof(argv[2]);
  const uint64_t every = std::strtoull(argv[3], nullptr, 10);
  Rays rays{{}, 0};
  double row[6];
  ClippedRay ray;
  for (uint64_t index = 0; std::fread(row, sizeof row, 1, file) == 1; index++) {
    if (index % every != 0) continue;
    rays.count++;
    if (clip(row, side, ray)) rays.inside.push_back(ray);
  }
  std::fclose(file);
  return rays;
}

inline double nowMs() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline void printResult(const Rays &rays, uint64_t visited, double ms, uint64_t bytes) {
  std::printf("{\"rays\":%" PRIu64 ",\"voxels\":%" PRIu64 ",\"ms\":%.3f,\"bytes\":%" PRIu64 "}\n", rays.count, visited, ms, bytes);
}

#endif
