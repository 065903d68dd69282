/*
 * Messages and one-sided fetches over UCX (libucp): active messages for what is small, GET into the caller's memory for what is large.
 *
 * Inputs: bytes of any kind; addresses of regions that a peer shared. Launch: one progress thread per node, which alone calls UCX, as a GET
 * over TCP needs progress at the peer that is read from and a caller's event loop must not stall it. Bytes moved: a message is copied once on
 * each end; a fetch is written into its target by the transport. Nothing is ever put: over TCP that is a hundred times slower.
 * Peers must be trusted: whoever connects may fetch from any address of this process, as UCX checks none where the network card does not.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node.h"

#define EXPORT __attribute__((visibility("default")))

static struct command *command_for(enum command_type type, int32_t peer, uint32_t payload_length) {
  struct command *command = calloc(1, sizeof *command + payload_length);
  if (command == NULL) return NULL;
  command->type = type;
  command->peer = peer;
  command->payload_length = payload_length;
  return command;
}

static int32_t give(struct sv_ucx *node, struct command *command) {
  if (command == NULL) return UCS_ERR_NO_MEMORY;
  pthread_mutex_lock(&node->lock);
  *node->commands_end = command;
  node->commands_end = &command->next;
  pthread_mutex_unlock(&node->lock);
  ucp_worker_signal(node->worker);
  return 0;
}

static ucs_status_t resolve(const char *host, int32_t port, struct sockaddr_storage *address, socklen_t *length) {
  char service[8];
  snprintf(service, sizeof service, "%d", port);
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
  if (getaddrinfo(host, service, &hints, &found) != 0) return UCS_ERR_INVALID_ADDR;
  memcpy(address, found->ai_addr, found->ai_addrlen);
  *length = found->ai_addrlen;
  freeaddrinfo(found);
  return UCS_OK;
}

static ucs_status_t listen_at(struct sv_ucx *node, const char *host, int32_t port) {
  struct sockaddr_storage address;
  socklen_t length;
  ucs_status_t status = resolve(host, port, &address, &length);
  if (status != UCS_OK) return status;
  ucp_listener_params_t params = {
      .field_mask = UCP_LISTENER_PARAM_FIELD_SOCK_ADDR | UCP_LISTENER_PARAM_FIELD_CONN_HANDLER,
      .sockaddr = {.addr = (struct sockaddr *)&address, .addrlen = length},
      .conn_handler = {.cb = sv_on_connection, .arg = node},
  };
  status = ucp_listener_create(node->worker, &params, &node->listener);
  if (status != UCS_OK) return status;
  ucp_listener_attr_t attr = {.field_mask = UCP_LISTENER_ATTR_FIELD_SOCKADDR};
  status = ucp_listener_query(node->listener, &attr);
  if (attr.sockaddr.ss_family == AF_INET6) node->port = ntohs(((struct sockaddr_in6 *)&attr.sockaddr)->sin6_port);
  else node->port = ntohs(((struct sockaddr_in *)&attr.sockaddr)->sin_port);
  return status;
}

static ucs_status_t open_worker(struct sv_ucx *node) {
  ucp_config_t *config;
  ucs_status_t status = ucp_config_read(NULL, NULL, &config);
  if (status != UCS_OK) return status;
  /* Regions are mapped from the caller's thread, hence the context is shared between threads. */
  ucp_params_t params = {.field_mask = UCP_PARAM_FIELD_FEATURES | UCP_PARAM_FIELD_MT_WORKERS_SHARED,
                         .features = UCP_FEATURE_RMA | UCP_FEATURE_AM | UCP_FEATURE_WAKEUP,
                         .mt_workers_shared = 1};
  status = ucp_init(&params, config, &node->context);
  ucp_config_release(config);
  if (status != UCS_OK) return status;
  ucp_worker_params_t worker = {.field_mask = UCP_WORKER_PARAM_FIELD_THREAD_MODE, .thread_mode = UCS_THREAD_MODE_SERIALIZED};
  status = ucp_worker_create(node->context, &worker, &node->worker);
  if (status != UCS_OK) return status;
  ucp_am_handler_param_t handler = {
      .field_mask = UCP_AM_HANDLER_PARAM_FIELD_ID | UCP_AM_HANDLER_PARAM_FIELD_FLAGS | UCP_AM_HANDLER_PARAM_FIELD_CB |
                    UCP_AM_HANDLER_PARAM_FIELD_ARG,
      .id = SV_UCX_AM,
      .flags = UCP_AM_FLAG_WHOLE_MSG,
      .cb = sv_on_message,
      .arg = node,
  };
  status = ucp_worker_set_am_recv_handler(node->worker, &handler);
  return status == UCS_OK ? ucp_worker_get_efd(node->worker, &node->worker_fd) : status;
}

static void release(struct sv_ucx *node) {
  if (node->listener != NULL) ucp_listener_destroy(node->listener);
  for (int i = 0; i < SV_UCX_REGIONS_MAX; i++)
    if (node->regions[i] != NULL) ucp_mem_unmap(node->context, node->regions[i]);
  if (node->worker != NULL) ucp_worker_destroy(node->worker);
  if (node->context != NULL) ucp_cleanup(node->context);
  if (node->wake_fd >= 0) close(node->wake_fd);
  for (struct command *command = node->commands, *next; command != NULL; command = next) {
    next = command->next;
    free(command);
  }
  for (struct event_item *item = node->events, *next; item != NULL; item = next) {
    next = item->next;
    free(item);
  }
  pthread_mutex_destroy(&node->lock);
  free(node);
}

EXPORT int32_t sv_ucx_abi(void) { return SV_UCX_ABI * 1000000 + (int32_t)sizeof(struct sv_ucx_region) * 100 + (int32_t)sizeof(struct sv_ucx_event); }

EXPORT int32_t sv_ucx_text(int32_t status, char *text, int32_t capacity) {
  return snprintf(text, (size_t)capacity, "%s", ucs_status_string((ucs_status_t)status));
}

/* Opens a node; `port` below 0 listens nowhere, 0 takes a free one. `wake` gets the descriptor that a byte is written to, the caller's. */
EXPORT int32_t sv_ucx_open(const char *host, int32_t port, int32_t *wake, int32_t *bound_port, struct sv_ucx **out) {
  struct sv_ucx *node = calloc(1, sizeof *node);
  int fds[2];
  if (node == NULL) return UCS_ERR_NO_MEMORY;
  node->wake_fd = -1;
  node->commands_end = &node->commands;
  node->events_end = &node->events;
  pthread_mutex_init(&node->lock, NULL);
  ucs_status_t status = open_worker(node);
  if (status == UCS_OK && port >= 0) status = listen_at(node, host, port);
  if (status == UCS_OK && socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) status = UCS_ERR_IO_ERROR;
  if (status != UCS_OK) {
    release(node);
    return status;
  }
  node->wake_fd = fds[1];
  if (pthread_create(&node->thread, NULL, sv_progress, node) != 0) {
    close(fds[0]);
    release(node);
    return UCS_ERR_NO_RESOURCE;
  }
  *wake = fds[0];
  *bound_port = node->port;
  *out = node;
  return 0;
}

/* Starts to connect; the peer's number comes at once, its fate as events. */
EXPORT int32_t sv_ucx_connect(struct sv_ucx *node, const char *host, int32_t port, int32_t *peer) {
  struct command *command = command_for(CONNECT, 0, 0);
  if (command == NULL) return UCS_ERR_NO_MEMORY;
  ucs_status_t status = resolve(host, port, &command->address, &command->address_length);
  *peer = status == UCS_OK ? sv_reserve_peer(node) : -1;
  if (*peer < 0) {
    free(command);
    return status == UCS_OK ? UCS_ERR_EXCEEDS_LIMIT : status;
  }
  command->peer = *peer;
  return give(node, command);
}

/* Sends a message; the bytes are copied. */
EXPORT int32_t sv_ucx_send(struct sv_ucx *node, int32_t peer, const uint8_t *bytes, uint32_t length) {
  struct command *command = command_for(SEND, peer, length);
  if (command != NULL) memcpy(command->payload, bytes, length);
  return give(node, command);
}

/* Fetches `length` bytes of a peer's region at `remote` into `target`, which must stay until the event with `request`. */
EXPORT int32_t sv_ucx_fetch(struct sv_ucx *node, int32_t peer, uint32_t request, uint8_t *target, double length, const uint64_t *remote,
                            const uint8_t *rkey, uint32_t rkey_length) {
  struct command *command = command_for(FETCH, peer, rkey_length);
  if (command == NULL) return UCS_ERR_NO_MEMORY;
  memcpy(command->payload, rkey, rkey_length);
  command->request = request;
  command->target = target;
  command->length = (uint64_t)length;
  command->remote = *remote;
  return give(node, command);
}

/* Leaves a peer after what was sent is on its way; without patience after 50 ms at the latest. */
EXPORT int32_t sv_ucx_leave(struct sv_ucx *node, int32_t peer, uint32_t is_patient) {
  struct command *command = command_for(LEAVE, peer, 0);
  if (command != NULL) command->is_patient = is_patient;
  return give(node, command);
}

/* Registers memory, so that peers may fetch from it and fetches may go into it. */
EXPORT int32_t sv_ucx_share(struct sv_ucx *node, void *bytes, double length, struct sv_ucx_region *out) {
  int32_t index = 0;
  while (index < SV_UCX_REGIONS_MAX && node->regions[index] != NULL) index++;
  if (index == SV_UCX_REGIONS_MAX) return UCS_ERR_EXCEEDS_LIMIT;
  ucp_mem_map_params_t params = {.field_mask = UCP_MEM_MAP_PARAM_FIELD_ADDRESS | UCP_MEM_MAP_PARAM_FIELD_LENGTH,
                                 .address = bytes,
                                 .length = (size_t)length};
  ucs_status_t status = ucp_mem_map(node->context, &params, &node->regions[index]);
  if (status != UCS_OK) {
    node->regions[index] = NULL;
    return status;
  }
  void *rkey = NULL;
  size_t rkey_length = 0;
  status = ucp_rkey_pack(node->context, node->regions[index], &rkey, &rkey_length);
  if (status == UCS_OK && rkey_length > SV_UCX_RKEY_MAX) status = UCS_ERR_BUFFER_TOO_SMALL;
  if (status == UCS_OK) memcpy(out->rkey, rkey, rkey_length);
  if (rkey != NULL) ucp_rkey_buffer_release(rkey);
  if (status != UCS_OK) {
    ucp_mem_unmap(node->context, node->regions[index]);
    node->regions[index] = NULL;
    return status;
  }
  out->address = (uint64_t)(uintptr_t)bytes;
  out->index = index;
  out->rkey_length = (uint32_t)rkey_length;
  return 0;
}

/* Takes a region back; no fetch of this node goes into it any more. */
EXPORT int32_t sv_ucx_unshare(struct sv_ucx *node, int32_t index) {
  ucs_status_t status = ucp_mem_unmap(node->context, node->regions[index]);
  node->regions[index] = NULL;
  return status;
}

/* Takes the next event; its payload goes to `payload`, of at least `capacity` bytes. Type SV_UCX_NONE: there is none. */
EXPORT int32_t sv_ucx_take(struct sv_ucx *node, struct sv_ucx_event *out, uint8_t *payload, uint32_t capacity) {
  pthread_mutex_lock(&node->lock);
  struct event_item *item = node->events;
  if (item == NULL) {
    node->is_woken = 0;
  } else {
    node->events = item->next;
    if (node->events == NULL) node->events_end = &node->events;
    /* Only now nobody names the old peer by this number any more. */
    if (item->event.type == SV_UCX_GONE) node->reserved_peers[item->event.peer] = 0;
  }
  pthread_mutex_unlock(&node->lock);
  *out = (struct sv_ucx_event){0};
  if (item == NULL) return 0;
  *out = item->event;
  if (item->event.length <= capacity) memcpy(payload, item->payload, item->event.length);
  free(item);
  return 0;
}

/* Ends all peers and the thread, and frees everything. Takes at most half a second. */
EXPORT int32_t sv_ucx_close(struct sv_ucx *node) {
  int32_t status = give(node, command_for(STOP, 0, 0));
  if (status != 0) return status;
  pthread_join(node->thread, NULL);
  release(node);
  return 0;
}
