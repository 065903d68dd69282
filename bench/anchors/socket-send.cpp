/*
 * Frames over a loopback TCP connection with nothing but send() and recv(): what any link over TCP is measured against.
 *
 * Arguments: bytes of a frame, frames and, where the receiver is to hash what it receives (XXH3), the library that has the hash: it is
 * then hashed by parts while they are in the cache, as our own receivers do. A child process sends them, the parent receives into two buffers in turn and prints
 * {"ms": …} from its request to the last byte, after two untimed frames. Each process has buffers of its own, touched before the clock
 * runs: pages that a child has in common with its parent would be copied at the first write.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

static void all(ssize_t (*move)(int, void *, size_t), int fd, unsigned char *bytes, size_t count) {
  while (count > 0) {
    ssize_t now = move(fd, bytes, count);
    if (now <= 0) exit(1);
    bytes += now;
    count -= (size_t)now;
  }
}

static ssize_t send_some(int fd, void *bytes, size_t count) { return send(fd, bytes, count, MSG_NOSIGNAL); }
static ssize_t receive_some(int fd, void *bytes, size_t count) { return recv(fd, bytes, count, 0); }

static const size_t part_bytes = 256 * 1024;

/* The hash of a library, or none. */
struct Hash {
  void (*start)(void *, double, uint32_t) = nullptr;
  void (*advance)(void *, const uint8_t *, double) = nullptr;
  void (*finish)(void *, const uint8_t *, uint64_t *) = nullptr;
  std::vector<unsigned char> state;

  explicit Hash(const char *path) {
    if (path == nullptr) return;
    void *library = dlopen(path, RTLD_NOW);
    if (library == nullptr) exit(1);
    start = reinterpret_cast<decltype(start)>(dlsym(library, "sv_xxh3_start"));
    advance = reinterpret_cast<decltype(advance)>(dlsym(library, "sv_xxh3_advance"));
    finish = reinterpret_cast<decltype(finish)>(dlsym(library, "sv_xxh3_finish"));
    auto bytes = reinterpret_cast<uint32_t (*)()>(dlsym(library, "sv_xxh3_state_bytes"));
    state.resize(bytes());
  }
};

static void receive(int fd, std::vector<unsigned char> &slot, Hash &hash) {
  if (hash.start == nullptr) return all(receive_some, fd, slot.data(), slot.size());
  hash.start(hash.state.data(), (double)slot.size(), 1);
  for (size_t filled = 0; filled < slot.size();) {
    const size_t part = std::min(part_bytes, slot.size() - filled);
    all(receive_some, fd, slot.data() + filled, part);
    hash.advance(hash.state.data(), slot.data(), (double)(filled += part));
  }
  uint64_t sum;
  hash.finish(hash.state.data(), slot.data(), &sum);
}

int main(int count, char **words) {
  if (count != 3 && count != 4) return 2;
  Hash hash(count == 4 ? words[3] : nullptr);
  size_t bytes = strtoull(words[1], nullptr, 10);
  int frames = atoi(words[2]);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (bind(listener, (sockaddr *)&address, length) != 0 || listen(listener, 1) != 0) return 1;
  getsockname(listener, (sockaddr *)&address, &length);
  unsigned char go = 1;
  int one = 1;
  if (fork() == 0) {
    std::vector<unsigned char> frame(bytes, 7);
    int out = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(out, (sockaddr *)&address, length) != 0) _exit(1);
    for (int round = 0; round < 2; round++) {
      all(receive_some, out, &go, 1);
      for (int i = 0; i < (round == 0 ? 2 : frames); i++) all(send_some, out, frame.data(), bytes);
    }
    _exit(0);
  }
  std::vector<unsigned char> slots[] = {std::vector<unsigned char>(bytes), std::vector<unsigned char>(bytes)};
  int in = accept(listener, nullptr, nullptr);
  setsockopt(in, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  all(send_some, in, &go, 1);
  all(receive_some, in, slots[0].data(), bytes);
  all(receive_some, in, slots[1].data(), bytes);
  auto start = std::chrono::steady_clock::now();
  all(send_some, in, &go, 1);
  for (int i = 0; i < frames; i++) receive(in, slots[i % 2], hash);
  double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  wait(nullptr);
  printf("{\"ms\": %.3f}\n", ms);
  return 0;
}
