/* The ring in a loop of native code: claim, write 8 bytes, commit, take, read, release, on one thread, in the slots of 256 bytes that the
 * bench uses from JavaScript. The library is loaded at run time, as the bench does it.
 *
 * Usage: ring-loop LIBRARY COUNT ROUNDS. Prints one JSON object: the fastest round in ns for one message, and the sum of what was read. */
#include <dlfcn.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../../packages/pipeline/native/pipeline.h"

static void *library;

#define BIND(name) const auto name = reinterpret_cast<decltype(::name) *>(dlsym(library, #name))

int main(int argc, char **argv) {
  if (argc != 4 || (library = dlopen(argv[1], RTLD_NOW)) == nullptr) return 2;
  BIND(svp_segment_create);
  BIND(svp_segment_describe);
  BIND(svp_segment_place);
  BIND(svp_producer_open);
  BIND(svp_consumer_open);
  BIND(svp_ring_claim);
  BIND(svp_ring_commit);
  BIND(svp_ring_take);
  BIND(svp_ring_release);
  const svp_part part = {SVP_RING, 64, 256};
  svp_segment *segment;
  svp_producer *producer;
  svp_consumer *consumer;
  svp_segment_info info;
  svp_place place;
  if (svp_segment_create(&part, 1, nullptr, &segment) != SVP_OK) return 3;
  svp_segment_describe(segment, &info);
  svp_segment_place(segment, 0, &place);
  if (svp_producer_open(segment, 0, &producer) != SVP_OK) return 3;
  if (svp_consumer_open(segment, 0, SVP_DROP_OLDEST, 0, &consumer) != SVP_OK) return 3;
  auto *payload = reinterpret_cast<unsigned char *>(info.base + place.payload_offset);
  const int count = std::atoi(argv[2]);
  double best = 1e9, sum = 0;
  for (int round = 0; round < std::atoi(argv[3]); round++) {
    sum = 0;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < count; i++) {
      double value = i;
      std::memcpy(payload + svp_ring_claim(producer) * place.payload_stride, &value, sizeof value);
      svp_ring_commit(producer, sizeof value);
      std::memcpy(&value, payload + svp_ring_take(consumer) * place.payload_stride, sizeof value);
      svp_ring_release(consumer);
      sum += value;
    }
    const double ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / count;
    if (ns < best) best = ns;
  }
  std::printf("{\"ns\":%.3f,\"sum\":%.0f}\n", best, sum);
}
