/*
 * What the files of the UCX shim share. `node.c` is what the caller calls, `thread.c` the loop of the progress thread, `peer.c` what happens
 * to one peer. Only the thread touches peers and calls UCX, but for the registration of memory.
 */
#ifndef SKYVOX_UCX_NODE_H
#define SKYVOX_UCX_NODE_H

#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <ucp/api/ucp.h>

#include "ucx.h"

enum { SV_UCX_AM = 1 };
enum command_type { CONNECT, SEND, FETCH, LEAVE, STOP };
enum peer_state { UNUSED, OPEN, FLUSHING, CLOSING };

struct peer {
  enum peer_state state;
  ucp_ep_h ep;
  int32_t fetches, sends;
  int32_t status;
  int has_failed;
  double cut_at_ms; /* when a flush is given up; 0: never */
};

struct command {
  struct command *next;
  enum command_type type;
  int32_t peer;
  uint32_t request;
  uint32_t is_patient;
  uint64_t remote, length;
  uint8_t *target;
  struct sockaddr_storage address;
  socklen_t address_length;
  uint32_t payload_length;
  uint8_t payload[];
};

struct event_item {
  struct event_item *next;
  struct sv_ucx_event event;
  uint8_t payload[];
};

struct sv_ucx {
  ucp_context_h context;
  ucp_worker_h worker;
  ucp_listener_h listener;
  pthread_t thread;
  int worker_fd, wake_fd, port;
  int is_stopping; /* seen by the thread only */
  pthread_mutex_t lock; /* guards what follows */
  struct command *commands, **commands_end;
  struct event_item *events, **events_end;
  int is_woken;
  int32_t reserved_peers[SV_UCX_PEERS_MAX]; /* numbers in use: from before the thread knows until the caller knows it is gone */
  ucp_mem_h regions[SV_UCX_REGIONS_MAX];
  struct peer peers[SV_UCX_PEERS_MAX]; /* the thread's own */
};

/* Monotonic milliseconds. */
double sv_now_ms(void);
/* Queues an event for the caller and wakes it; `payload` may be NULL where the length is 0. */
void sv_tell(struct sv_ucx *node, struct sv_ucx_event event, const void *payload);
/* Takes a free number for a peer, or -1. */
int32_t sv_reserve_peer(struct sv_ucx *node);

/* Opens the endpoint of a reserved number; a failure is told as SV_UCX_GONE. */
void sv_open_endpoint(struct sv_ucx *node, int32_t index, ucp_ep_params_t *params);
/* Flushes, then closes; without patience a flush is given up after 50 ms. */
void sv_leave(struct sv_ucx *node, int32_t index, int is_patient);
void sv_send_message(struct sv_ucx *node, const struct command *command);
void sv_fetch(struct sv_ucx *node, const struct command *command);
/* Closes what failed and what has been flushed for too long. Returns whether a flush is being timed. */
int sv_look_at_peers(struct sv_ucx *node);
/* Takes a message of any peer, as UCX calls it. */
ucs_status_t sv_on_message(void *node, const void *header, size_t header_length, void *bytes, size_t length,
                           const ucp_am_recv_param_t *param);

/* Runs until the node is stopped and its peers are gone. */
void *sv_progress(void *node);
/* Takes a connection, as UCX calls it. */
void sv_on_connection(ucp_conn_request_h request, void *node);

#endif
