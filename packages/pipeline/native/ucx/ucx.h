/*
 * C ABI of the UCX shim, bound by `src/ucx-library.ts`. Version and struct size are checked at load.
 *
 * All of UCX runs on one thread of the shim, which the caller never waits for, but in `sv_ucx_open`, `sv_ucx_share` and `sv_ucx_close`.
 * The caller hears of anything through a byte on a socket (`wake`), and then takes events until there are none.
 * Status: 0 is well, below 0 a ucs_status_t; `sv_ucx_text` says it in words.
 */
#ifndef SKYVOX_UCX_H
#define SKYVOX_UCX_H

#include <stdint.h>

enum {
  SV_UCX_ABI = 1,
  SV_UCX_PEERS_MAX = 64,
  SV_UCX_REGIONS_MAX = 64,
  SV_UCX_RKEY_MAX = 512,
  SV_UCX_TEXT_MAX = 64,
  SV_UCX_MESSAGE_MAX = 73728, /* longest message; a peer that sends a longer one is given up */
};

enum sv_ucx_event_type {
  SV_UCX_NONE = 0,
  SV_UCX_ACCEPTED = 1, /* a peer connected; the payload is its address as text */
  SV_UCX_MESSAGE = 2,  /* the payload is what it sent */
  SV_UCX_FETCHED = 3,  /* a fetch is over: `request`, `status` */
  SV_UCX_GONE = 4,     /* the peer is gone and nothing touches its memory or ours any more: `status` */
};

/* 24 bytes. */
struct sv_ucx_event {
  int32_t type;
  int32_t peer;
  uint32_t request;
  int32_t status;
  uint32_t length;
  uint32_t reserved;
};

/* What a peer needs to fetch from a region. */
struct sv_ucx_region {
  uint64_t address;
  int32_t index;
  uint32_t rkey_length;
  uint8_t rkey[SV_UCX_RKEY_MAX];
};

#endif
