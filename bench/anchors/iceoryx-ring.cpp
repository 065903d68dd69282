/* The same exchange with iceoryx 2: loan a chunk of 256 bytes, write 8 bytes, publish, take, read, release, on one thread. Its daemon runs
 * inside this process, as its own single-process example does it, so that nothing but the exchange is timed.
 *
 * Usage: iceoryx-ring COUNT ROUNDS. Prints one JSON object: the fastest round in ns for one message, and the sum of what was read. */
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "iceoryx_hoofs/log/logmanager.hpp"
#include "iceoryx_posh/iceoryx_posh_config.hpp"
#include "iceoryx_posh/internal/roudi/roudi.hpp"
#include "iceoryx_posh/popo/untyped_publisher.hpp"
#include "iceoryx_posh/popo/untyped_subscriber.hpp"
#include "iceoryx_posh/roudi/iceoryx_roudi_components.hpp"
#include "iceoryx_posh/runtime/posh_runtime_single_process.hpp"

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  // The daemon greets on both; the result goes where they went.
  FILE *const result = fdopen(dup(1), "w");
  if (freopen("/dev/null", "w", stdout) == nullptr || freopen("/dev/null", "w", stderr) == nullptr) return 3;
  iox::log::LogManager::GetLogManager().SetDefaultLogLevel(iox::log::LogLevel::kError);
  iox::RouDiConfig_t config = iox::RouDiConfig_t().setDefaults();
  iox::roudi::IceOryxRouDiComponents components(config);
  iox::roudi::RouDi daemon(components.rouDiMemoryManager, components.portManager,
                           iox::roudi::RouDi::RoudiStartupParameters{iox::roudi::MonitoringMode::OFF, false});
  iox::runtime::PoshRuntimeSingleProcess runtime("skyvox-bench");
  iox::popo::UntypedPublisher publisher({"Skyvox", "bench", "ring"});
  iox::popo::SubscriberOptions options;
  options.queueCapacity = 64;
  iox::popo::UntypedSubscriber subscriber({"Skyvox", "bench", "ring"}, options);
  const int count = std::atoi(argv[1]);
  double best = 1e9, sum = 0;
  for (int round = 0; round < std::atoi(argv[2]); round++) {
    sum = 0;
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < count; i++) {
      const double value = i;
      publisher.loan(256).and_then([&](void *&chunk) {
        std::memcpy(chunk, &value, sizeof value);
        publisher.publish(chunk);
      });
      subscriber.take().and_then([&](const void *chunk) {
        double read;
        std::memcpy(&read, chunk, sizeof read);
        sum += read;
        subscriber.release(chunk);
      });
    }
    const double ns = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / count;
    if (ns < best) best = ns;
  }
  std::fprintf(result, "{\"ns\":%.3f,\"sum\":%.0f}\n", best, sum);
  std::fclose(result);
}
