/** Waiting for a word in shared memory to change: between processes, therefore never the private kind. */
#ifndef SKYVOX_PIPELINE_FUTEX_H
#define SKYVOX_PIPELINE_FUTEX_H

#include <linux/futex.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "shared.h"

/* Returns when the word is no longer `seen`, when somebody wakes it, on a signal, or after the time. */
static inline void futex_wait(shared_u32 *word, uint32_t seen, uint64_t timeout_ns) {
  struct timespec timeout = {(time_t)(timeout_ns / 1000000000u), (long)(timeout_ns % 1000000000u)};
  syscall(SYS_futex, word, FUTEX_WAIT, seen, &timeout, NULL, 0);
}

static inline void futex_wake_all(shared_u32 *word) {
  atomic_fetch_add_explicit(word, 1, memory_order_seq_cst);
  syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static inline void spin_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
