/*
 * The progress thread of a UCX node: runs what the caller asked for, drives UCX, and sleeps on its descriptor when there is nothing to do.
 *
 * A command wakes it through the same descriptor. Stopping closes all peers by force and takes half a second at most. Bytes moved: none.
 */
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node.h"

enum { STOP_MS = 500 };

double sv_now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

void sv_tell(struct sv_ucx *node, struct sv_ucx_event event, const void *payload) {
  struct event_item *item = malloc(sizeof *item + event.length);
  if (item == NULL) return;
  item->next = NULL;
  item->event = event;
  if (payload != NULL) memcpy(item->payload, payload, event.length);
  pthread_mutex_lock(&node->lock);
  *node->events_end = item;
  node->events_end = &item->next;
  int wake = !node->is_woken;
  node->is_woken = 1;
  pthread_mutex_unlock(&node->lock);
  if (wake && write(node->wake_fd, "!", 1) != 1) return; /* The other end is closed: nobody listens any more. */
}

int32_t sv_reserve_peer(struct sv_ucx *node) {
  int32_t found = -1;
  pthread_mutex_lock(&node->lock);
  for (int32_t i = 0; i < SV_UCX_PEERS_MAX && found < 0; i++)
    if (!node->reserved_peers[i]) found = i;
  if (found >= 0) node->reserved_peers[found] = 1;
  pthread_mutex_unlock(&node->lock);
  return found;
}

void sv_on_connection(ucp_conn_request_h request, void *data) {
  struct sv_ucx *node = data;
  char text[SV_UCX_TEXT_MAX] = "", host[INET6_ADDRSTRLEN] = "", port[8] = "";
  ucp_conn_request_attr_t attr = {.field_mask = UCP_CONN_REQUEST_ATTR_FIELD_CLIENT_ADDR};
  if (ucp_conn_request_query(request, &attr) == UCS_OK) {
    socklen_t length = attr.client_address.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    getnameinfo((struct sockaddr *)&attr.client_address, length, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(text, sizeof text, "%s:%s", host, port);
  }
  int32_t index = node->is_stopping ? -1 : sv_reserve_peer(node);
  if (index < 0) {
    ucp_listener_reject(node->listener, request);
    return;
  }
  ucp_ep_params_t params = {.field_mask = UCP_EP_PARAM_FIELD_CONN_REQUEST, .conn_request = request};
  struct sv_ucx_event event = {.type = SV_UCX_ACCEPTED, .peer = index, .length = (uint32_t)strlen(text)};
  sv_tell(node, event, text);
  sv_open_endpoint(node, index, &params);
}

static void connect_peer(struct sv_ucx *node, const struct command *command) {
  ucp_ep_params_t params = {
      .field_mask = UCP_EP_PARAM_FIELD_FLAGS | UCP_EP_PARAM_FIELD_SOCK_ADDR,
      .flags = UCP_EP_PARAMS_FLAGS_CLIENT_SERVER,
      .sockaddr = {.addr = (const struct sockaddr *)&command->address, .addrlen = command->address_length},
  };
  sv_open_endpoint(node, command->peer, &params);
}

static int run_commands(struct sv_ucx *node) {
  pthread_mutex_lock(&node->lock);
  struct command *command = node->commands;
  node->commands = NULL;
  node->commands_end = &node->commands;
  pthread_mutex_unlock(&node->lock);
  int count = 0;
  while (command != NULL) {
    struct command *next = command->next;
    if (command->type == CONNECT) connect_peer(node, command);
    if (command->type == SEND) sv_send_message(node, command);
    if (command->type == FETCH) sv_fetch(node, command);
    if (command->type == LEAVE) sv_leave(node, command->peer, (int)command->is_patient);
    if (command->type == STOP) node->is_stopping = 1;
    free(command);
    command = next;
    count++;
  }
  return count;
}

static int has_peers(struct sv_ucx *node) {
  for (int32_t i = 0; i < SV_UCX_PEERS_MAX; i++)
    if (node->peers[i].state != UNUSED) return 1;
  return 0;
}

void *sv_progress(void *data) {
  struct sv_ucx *node = data;
  double stop_at_ms = 0;
  for (;;) {
    int work = run_commands(node);
    while (ucp_worker_progress(node->worker) > 0) {
      work++;
      if ((work & 63) == 0) run_commands(node);
    }
    int is_timed = sv_look_at_peers(node);
    if (node->is_stopping) {
      if (stop_at_ms == 0) stop_at_ms = sv_now_ms() + STOP_MS;
      if (!has_peers(node) || sv_now_ms() > stop_at_ms) return NULL;
    }
    if (work > 0) continue;
    if (ucp_worker_arm(node->worker) == UCS_ERR_BUSY) continue;
    struct pollfd poll_fd = {.fd = node->worker_fd, .events = POLLIN};
    poll(&poll_fd, 1, node->is_stopping || is_timed ? 1 : -1);
  }
}

