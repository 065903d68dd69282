/* Zeroed memory with one owner, which says no instead of throwing. Large blocks ask for huge pages: scattered adds over hundreds of
 * megabytes are bound by address translation. */
#ifndef SKYVOX_CPU_MEMORY_H
#define SKYVOX_CPU_MEMORY_H
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

namespace skyvox {

constexpr size_t huge_bytes = size_t{4} << 20;

template <class Item> class Block {
 public:
  Block() = default;
  Block(const Block &) = delete;
  Block &operator=(const Block &) = delete;
  ~Block() { release(); }

  /* Frees what it held and takes `count` zeroed items; false when there is no memory, and then it holds nothing. */
  bool allocate(size_t count) {
    release();
    if (count > SIZE_MAX / sizeof(Item)) return false;
    const size_t bytes = count * sizeof(Item);
    if (bytes >= huge_bytes) {
      void *mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (mapped == MAP_FAILED) return false;
#if defined(MADV_HUGEPAGE)
      madvise(mapped, bytes, MADV_HUGEPAGE);
#endif
      items_ = static_cast<Item *>(mapped);
      mapped_bytes_ = bytes;
    } else {
      /* A cache line multiple at a cache line, so that rows of eight voxels never straddle two. */
      const size_t padded = (bytes + 127) / 64 * 64;
      items_ = static_cast<Item *>(aligned_alloc(64, padded));
      if (items_ == nullptr) return false;
      memset(static_cast<void *>(items_), 0, padded);
    }
    return true;
  }

  Item *get() const { return items_; }
  Item &operator[](size_t index) const { return items_[index]; }

  void release() {
    if (mapped_bytes_ > 0) munmap(static_cast<void *>(items_), mapped_bytes_);
    else free(static_cast<void *>(items_));
    items_ = nullptr;
    mapped_bytes_ = 0;
  }

 private:
  Item *items_ = nullptr;
  size_t mapped_bytes_ = 0;
};

}  // namespace skyvox
#endif
