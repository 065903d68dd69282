/**
 * The end of a bulk connection that has the bytes (see `bulk.h`): one thread takes the peer and answers its requests from the slots.
 *
 * It takes one peer at a time; who does not know the key is sent away. Bytes moved: each byte is copied once, from its slot into the kernel.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "bulk-socket.h"
#include "bulk.h"

/* How long a stranger may take to say the key. */
#define KEY_SECONDS 1

struct offer {
  int is_open;
  uint32_t transfer;
  const uint8_t *bytes;
  uint64_t length;
};

struct svt_sender {
  int listener;
  pthread_t thread;
  uint8_t key[SVT_KEY_BYTES];
  pthread_mutex_t lock; /* guards what follows */
  int connection; /* -1: there is none */
  int is_stopping;
  int is_sending;
  uint32_t sending; /* transfer */
  struct offer offers[SVT_OFFERS_MAX];
};

static struct offer *find(svt_sender *sender, uint32_t transfer) {
  for (int i = 0; i < SVT_OFFERS_MAX; i++)
    if (sender->offers[i].is_open && sender->offers[i].transfer == transfer) return &sender->offers[i];
  return NULL;
}

/* Answers requests until the peer or this end is done. */
static void serve(svt_sender *sender, int fd) {
  for (;;) {
    uint8_t request[16];
    uint64_t wanted, length = 0;
    const uint8_t *bytes = NULL;
    uint32_t transfer;
    if (svt_receive_all(fd, request, sizeof request) != 0) return;
    memcpy(&wanted, request, sizeof wanted);
    memcpy(&transfer, request + 8, sizeof transfer);
    pthread_mutex_lock(&sender->lock);
    const struct offer *offer = sender->is_stopping ? NULL : find(sender, transfer);
    if (offer != NULL && offer->length == wanted) {
      length = wanted;
      bytes = offer->bytes;
      sender->is_sending = 1;
      sender->sending = transfer;
    }
    pthread_mutex_unlock(&sender->lock);
    int status = svt_send_all(fd, &length, sizeof length);
    if (length > 0 && status == 0) status = svt_send_all(fd, bytes, length);
    pthread_mutex_lock(&sender->lock);
    sender->is_sending = 0;
    pthread_mutex_unlock(&sender->lock);
    if (status != 0) return;
  }
}

/* Compares in a time that says nothing about where the keys differ. */
static int knows_key(const svt_sender *sender, int fd) {
  const struct timeval limit = {.tv_sec = KEY_SECONDS}, none = {0};
  uint8_t key[SVT_KEY_BYTES], difference = 0;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (svt_receive_all(fd, key, sizeof key) != 0) return 0;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none);
  for (int i = 0; i < SVT_KEY_BYTES; i++) difference |= key[i] ^ sender->key[i];
  return difference == 0;
}

static void *run(void *data) {
  svt_sender *sender = data;
  for (;;) {
    const int fd = accept4(sender->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (fd < 0) return NULL;
    pthread_mutex_lock(&sender->lock);
    const int is_stopping = sender->is_stopping;
    sender->connection = fd;
    pthread_mutex_unlock(&sender->lock);
    if (!is_stopping && knows_key(sender, fd)) serve(sender, fd);
    pthread_mutex_lock(&sender->lock);
    sender->connection = -1;
    pthread_mutex_unlock(&sender->lock);
    close(fd);
    if (is_stopping) return NULL;
  }
}

static int listen_at(svt_sender *sender, const char *host, int32_t *port) {
  struct sockaddr_storage address;
  socklen_t length;
  int status = svt_address(host, 0, &address, &length);
  if (status != 0) return status;
  sender->listener = svt_socket(address.ss_family);
  if (sender->listener < 0) return sender->listener;
  if (bind(sender->listener, (struct sockaddr *)&address, length) != 0 || listen(sender->listener, 4) != 0 ||
      getsockname(sender->listener, (struct sockaddr *)&address, &length) != 0)
    return -errno;
  const struct sockaddr_in *four = (struct sockaddr_in *)&address;
  const struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
  *port = ntohs(address.ss_family == AF_INET ? four->sin_port : six->sin6_port);
  return 0;
}

static void release(svt_sender *sender) {
  if (sender->listener >= 0) close(sender->listener);
  pthread_mutex_destroy(&sender->lock);
  free(sender);
}

int32_t svt_sender_open(const char *host, const uint8_t *key, int32_t *port, svt_sender **out) {
  svt_sender *sender = calloc(1, sizeof *sender);
  if (sender == NULL) return -ENOMEM;
  sender->listener = sender->connection = -1;
  memcpy(sender->key, key, SVT_KEY_BYTES);
  pthread_mutex_init(&sender->lock, NULL);
  int status = listen_at(sender, host, port);
  if (status == 0) status = svt_start(&sender->thread, run, sender);
  if (status != 0) {
    release(sender);
    return status;
  }
  *out = sender;
  return 0;
}

int32_t svt_sender_offer(svt_sender *sender, uint32_t transfer, const uint8_t *bytes, double length) {
  int32_t status = -ENOSPC;
  pthread_mutex_lock(&sender->lock);
  for (int i = 0; i < SVT_OFFERS_MAX && status != 0; i++) {
    if (sender->offers[i].is_open) continue;
    sender->offers[i] = (struct offer){.is_open = 1, .transfer = transfer, .bytes = bytes, .length = (uint64_t)length};
    status = 0;
  }
  pthread_mutex_unlock(&sender->lock);
  return status;
}

int32_t svt_sender_withdraw(svt_sender *sender, uint32_t transfer) {
  pthread_mutex_lock(&sender->lock);
  struct offer *offer = find(sender, transfer);
  if (offer != NULL) offer->is_open = 0;
  const int is_busy = sender->is_sending && sender->sending == transfer;
  pthread_mutex_unlock(&sender->lock);
  return is_busy;
}

int32_t svt_sender_close(svt_sender *sender) {
  pthread_mutex_lock(&sender->lock);
  sender->is_stopping = 1;
  if (sender->connection >= 0) shutdown(sender->connection, SHUT_RDWR);
  pthread_mutex_unlock(&sender->lock);
  shutdown(sender->listener, SHUT_RDWR);
  pthread_join(sender->thread, NULL);
  release(sender);
  return 0;
}
