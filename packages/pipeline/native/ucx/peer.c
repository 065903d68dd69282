/*
 * The peers of a UCX node: endpoints, messages, fetches, and the care with which a peer is let go. Runs on the progress thread only.
 *
 * A peer is gone when its endpoint is closed and no request of it is left. Only then the caller is told, and may use the memory again that
 * fetches were to go into. Bytes moved: a message is copied into its request, a fetch by the transport.
 */
#include <stdlib.h>
#include <string.h>

#include "node.h"

enum { CUT_MS = 50 };

/* What a request of UCX belongs to. */
struct pending {
  struct sv_ucx *node;
  int32_t peer;
  uint32_t request;
  ucp_rkey_h rkey;
  uint8_t bytes[];
};

/* A peer is gone when its endpoint is closed and no request of it is left; only then may its memory be touched by others. */
static void settle_peer(struct sv_ucx *node, int32_t index) {
  struct peer *peer = &node->peers[index];
  if (peer->state != CLOSING || peer->ep != NULL || peer->fetches > 0 || peer->sends > 0) return;
  peer->state = UNUSED;
  sv_tell(node, (struct sv_ucx_event){.type = SV_UCX_GONE, .peer = index, .status = peer->status}, NULL);
}

static void on_closed(void *request, ucs_status_t status, void *data) {
  struct pending *pending = data;
  (void)status;
  pending->node->peers[pending->peer].ep = NULL;
  settle_peer(pending->node, pending->peer);
  if (request != NULL) ucp_request_free(request);
  free(pending);
}

static struct pending *pending_for(struct sv_ucx *node, int32_t peer, uint32_t bytes) {
  struct pending *pending = calloc(1, sizeof *pending + bytes);
  if (pending == NULL) abort(); /* A few bytes: the process cannot go on anyway. */
  pending->node = node;
  pending->peer = peer;
  return pending;
}

static void close_peer(struct sv_ucx *node, int32_t index, uint32_t flags) {
  struct peer *peer = &node->peers[index];
  if (peer->state == CLOSING || peer->state == UNUSED) return;
  peer->state = CLOSING;
  struct pending *pending = pending_for(node, index, 0);
  ucp_request_param_t param = {
      .op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS | UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
      .flags = flags,
      .cb.send = on_closed,
      .user_data = pending,
  };
  void *request = ucp_ep_close_nbx(peer->ep, &param);
  if (!UCS_PTR_IS_PTR(request)) on_closed(NULL, UCS_PTR_STATUS(request), pending);
}

static void on_flushed(void *request, ucs_status_t status, void *data) {
  struct pending *pending = data;
  struct peer *peer = &pending->node->peers[pending->peer];
  (void)status;
  if (request != NULL) ucp_request_free(request);
  peer->sends--;
  if (peer->state == FLUSHING) close_peer(pending->node, pending->peer, peer->has_failed ? UCP_EP_CLOSE_FLAG_FORCE : 0);
  settle_peer(pending->node, pending->peer);
  free(pending);
}

void sv_leave(struct sv_ucx *node, int32_t index, int is_patient) {
  struct peer *peer = &node->peers[index];
  if (peer->state == FLUSHING && !is_patient && peer->cut_at_ms == 0) peer->cut_at_ms = sv_now_ms() + CUT_MS;
  if (peer->state != OPEN) return;
  peer->state = FLUSHING;
  peer->cut_at_ms = is_patient ? 0 : sv_now_ms() + CUT_MS;
  struct pending *pending = pending_for(node, index, 0);
  ucp_request_param_t param = {
      .op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
      .cb.send = on_flushed,
      .user_data = pending,
  };
  peer->sends++;
  void *request = ucp_ep_flush_nbx(peer->ep, &param);
  if (!UCS_PTR_IS_PTR(request)) on_flushed(NULL, UCS_PTR_STATUS(request), pending);
}

static void on_error(void *data, ucp_ep_h ep, ucs_status_t status) {
  struct sv_ucx *node = data;
  for (int32_t i = 0; i < SV_UCX_PEERS_MAX; i++) {
    struct peer *peer = &node->peers[i];
    if (peer->ep != ep || peer->state == UNUSED) continue;
    peer->has_failed = 1;
    if (peer->status == 0) peer->status = status;
  }
}

static void on_sent(void *request, ucs_status_t status, void *data) {
  struct pending *pending = data;
  (void)status; /* A message that cannot be sent fails its endpoint, which on_error hears of. */
  if (request != NULL) ucp_request_free(request);
  pending->node->peers[pending->peer].sends--;
  settle_peer(pending->node, pending->peer);
  free(pending);
}

void sv_send_message(struct sv_ucx *node, const struct command *command) {
  struct peer *peer = &node->peers[command->peer];
  if (peer->state != OPEN || peer->has_failed) return;
  struct pending *pending = pending_for(node, command->peer, command->payload_length);
  memcpy(pending->bytes, command->payload, command->payload_length);
  ucp_request_param_t param = {
      .op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS | UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
      .flags = UCP_AM_SEND_FLAG_REPLY | UCP_AM_SEND_FLAG_EAGER,
      .cb.send = on_sent,
      .user_data = pending,
  };
  peer->sends++;
  void *request = ucp_am_send_nbx(peer->ep, SV_UCX_AM, NULL, 0, pending->bytes, command->payload_length, &param);
  if (!UCS_PTR_IS_PTR(request)) on_sent(NULL, UCS_PTR_STATUS(request), pending);
}

static void on_fetched(void *request, ucs_status_t status, void *data) {
  struct pending *pending = data;
  if (request != NULL) ucp_request_free(request);
  struct sv_ucx_event event = {
      .type = SV_UCX_FETCHED, .peer = pending->peer, .request = pending->request, .status = status};
  sv_tell(pending->node, event, NULL);
  if (pending->rkey != NULL) ucp_rkey_destroy(pending->rkey);
  pending->node->peers[pending->peer].fetches--;
  settle_peer(pending->node, pending->peer);
  free(pending);
}

void sv_fetch(struct sv_ucx *node, const struct command *command) {
  struct peer *peer = &node->peers[command->peer];
  struct pending *pending = pending_for(node, command->peer, 0);
  pending->request = command->request;
  peer->fetches++;
  ucs_status_t status = UCS_ERR_CONNECTION_RESET;
  if (peer->state == OPEN && !peer->has_failed) status = ucp_ep_rkey_unpack(peer->ep, command->payload, &pending->rkey);
  if (status != UCS_OK) {
    pending->rkey = NULL;
    on_fetched(NULL, status, pending);
    return;
  }
  ucp_request_param_t param = {
      .op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
      .cb.send = on_fetched,
      .user_data = pending,
  };
  void *request = ucp_get_nbx(peer->ep, command->target, command->length, command->remote, pending->rkey, &param);
  if (!UCS_PTR_IS_PTR(request)) on_fetched(NULL, UCS_PTR_STATUS(request), pending);
}

static int32_t peer_of(struct sv_ucx *node, ucp_ep_h ep) {
  for (int32_t i = 0; i < SV_UCX_PEERS_MAX; i++)
    if (node->peers[i].ep == ep && node->peers[i].state != UNUSED) return i;
  return -1;
}

ucs_status_t sv_on_message(void *data, const void *header, size_t header_length, void *bytes, size_t length,
                               const ucp_am_recv_param_t *param) {
  struct sv_ucx *node = data;
  (void)header;
  (void)header_length;
  int32_t peer = param->recv_attr & UCP_AM_RECV_ATTR_FIELD_REPLY_EP ? peer_of(node, param->reply_ep) : -1;
  if (peer < 0) return UCS_OK;
  /* The sender is bound to send at once; bytes that would have to be fetched are those of a stranger. */
  if ((param->recv_attr & UCP_AM_RECV_ATTR_FLAG_RNDV) || length > SV_UCX_MESSAGE_MAX) node->peers[peer].has_failed = 1;
  else sv_tell(node, (struct sv_ucx_event){.type = SV_UCX_MESSAGE, .peer = peer, .length = (uint32_t)length}, bytes);
  return UCS_OK;
}

void sv_open_endpoint(struct sv_ucx *node, int32_t index, ucp_ep_params_t *params) {
  params->field_mask |= UCP_EP_PARAM_FIELD_ERR_HANDLER | UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE;
  params->err_mode = UCP_ERR_HANDLING_MODE_PEER;
  params->err_handler.cb = on_error;
  params->err_handler.arg = node;
  struct peer *peer = &node->peers[index];
  *peer = (struct peer){.state = OPEN};
  ucs_status_t status = ucp_ep_create(node->worker, params, &peer->ep);
  if (status == UCS_OK) return;
  *peer = (struct peer){.state = CLOSING, .status = status};
  settle_peer(node, index);
}

/* Closes what failed and what has been flushed for too long. Returns whether a flush is being timed or an end is under way: closing goes on
 * in steps of which not every one is told by the descriptor. */
int sv_look_at_peers(struct sv_ucx *node) {
  int is_timed = 0;
  for (int32_t i = 0; i < SV_UCX_PEERS_MAX; i++) {
    struct peer *peer = &node->peers[i];
    if (peer->state == CLOSING) is_timed = 1;
    if (peer->state != OPEN && peer->state != FLUSHING) continue;
    int is_late = peer->cut_at_ms > 0 && sv_now_ms() >= peer->cut_at_ms;
    if (peer->has_failed || is_late || node->is_stopping) {
      close_peer(node, i, UCP_EP_CLOSE_FLAG_FORCE);
      is_timed = 1;
    } else if (peer->cut_at_ms > 0) {
      is_timed = 1;
    }
  }
  return is_timed;
}

