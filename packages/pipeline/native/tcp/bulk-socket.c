/**
 * Sockets of bulk connections: blocking, each owned by one thread, which another ends by shutting the socket down.
 *
 * Hosts are numeric: the link has resolved them. Bytes moved: one copy into the kernel at the sender, one out of it at the receiver.
 */
#include "bulk-socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define STACK_BYTES (256u * 1024u)

int svt_address(const char *host, int port, struct sockaddr_storage *out, socklen_t *length) {
  struct sockaddr_in *four = (struct sockaddr_in *)out;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
  memset(out, 0, sizeof *out);
  if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    *length = sizeof *four;
    return 0;
  }
  if (inet_pton(AF_INET6, host, &six->sin6_addr) != 1) return -EINVAL;
  six->sin6_family = AF_INET6;
  six->sin6_port = htons((uint16_t)port);
  *length = sizeof *six;
  return 0;
}

int svt_socket(int family) {
  const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  const int one = 1, bytes = SVT_BUFFER_BYTES;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  return fd;
}

int svt_send_all(int fd, const void *bytes, size_t length) {
  for (size_t sent = 0; sent < length;) {
    const ssize_t now = send(fd, (const uint8_t *)bytes + sent, length - sent, MSG_NOSIGNAL);
    if (now > 0) sent += (size_t)now;
    else if (errno != EINTR) return -errno;
  }
  return 0;
}

int svt_receive_all(int fd, void *bytes, size_t length) {
  for (size_t received = 0; received < length;) {
    const ssize_t now = recv(fd, (uint8_t *)bytes + received, length - received, 0);
    if (now > 0) received += (size_t)now;
    else if (now == 0) return -ECONNRESET;
    else if (errno != EINTR) return -errno;
  }
  return 0;
}

int svt_start(pthread_t *thread, void *(*run)(void *), void *data) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int error = pthread_create(thread, &attributes, run, data);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return -error;
}
