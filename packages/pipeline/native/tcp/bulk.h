/**
 * Bulk transfers of a TCP link on a connection of their own: sent from the sender's slot, received straight into the receiver's.
 *
 * Each end has one thread, which alone touches the connection. No call here waits for the network; `_close` shuts the connection down and
 * waits for the thread to let go of the memory. The receiver hashes what it receives while it is in the cache (XXH3-64, seeded).
 *
 * Wire, little-endian: the receiver connects and sends the key (16 bytes), then requests of 16 bytes, u64 length and u32 transfer; each is
 * answered with u64 length, 0 when there is no such offer, and the bytes.
 */
#ifndef SKYVOX_TCP_BULK_H
#define SKYVOX_TCP_BULK_H

#include <stdint.h>

#define SVT_API __attribute__((visibility("default")))

enum { SVT_OFFERS_MAX = 64, SVT_KEY_BYTES = 16 };

typedef struct svt_sender svt_sender;
typedef struct svt_receiver svt_receiver;

/* How a fetch ended. 24 bytes. */
typedef struct {
  uint32_t transfer;
  int32_t status; /* 0: the target is full; below 0: a negative errno, and nothing touches the target any more */
  uint64_t hash;
  uint32_t is_there; /* 0: there was nothing to take */
  uint32_t reserved;
} svt_result;

/* Listens on a port of its own at a local address for the one who knows the key. Returns 0 or a negative errno, as all calls here. */
SVT_API int32_t svt_sender_open(const char *host, const uint8_t *key, int32_t *port, svt_sender **out);
SVT_API int32_t svt_sender_offer(svt_sender *sender, uint32_t transfer, const uint8_t *bytes, double length);
/* Takes an offer back. Returns 1 when the thread is not done with it: it may read the memory until it takes up another, or is closed. One who
   settles what it has not received harms itself alone, if the memory stays mapped. */
SVT_API int32_t svt_sender_withdraw(svt_sender *sender, uint32_t transfer);
SVT_API int32_t svt_sender_close(svt_sender *sender);

/* Connects in its thread; `wake` gets the socket on which a byte says that there are results, the caller's to close. */
SVT_API int32_t svt_receiver_open(const char *host, int32_t port, const uint8_t *key, int32_t *wake, svt_receiver **out);
/* `length` is above 240, as the hash is that of long inputs. At most SVT_OFFERS_MAX at once. */
SVT_API int32_t svt_receiver_fetch(svt_receiver *receiver, uint32_t transfer, uint8_t *target, double length, uint32_t seed);
SVT_API void svt_receiver_take(svt_receiver *receiver, svt_result *out);
SVT_API int32_t svt_receiver_close(svt_receiver *receiver);

#endif
