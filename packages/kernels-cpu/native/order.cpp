/* Sorts rays by view, dominant axis and 64 x 64 tiles of slope: two counting passes of 11 bits. */
#include "order.h"

namespace skyvox {

constexpr uint32_t digit_bits = 11, digits = 1u << digit_bits;

/* view (5 bits), axis and sign (3), slope on j (7 bits of [-1, 1]), slope on l (7). */
static uint32_t key_of(const Ray &ray) {
  const int32_t axis = sv_dominant_axis(ray.d[0], ray.d[1], ray.d[2]);
  if (axis < 0) return 0;
  const int32_t k = ray.d[axis], j = ray.d[axis == 0 ? 1 : 0], l = ray.d[axis == 2 ? 1 : 2];
  const float scale = 63.0f / static_cast<float>(k < 0 ? -static_cast<int64_t>(k) : k);
  const uint32_t y = static_cast<uint32_t>(static_cast<float>(j) * scale + 64.0f);
  const uint32_t z = static_cast<uint32_t>(static_cast<float>(l) * scale + 64.0f);
  const uint32_t face = static_cast<uint32_t>(axis) * 2 + (k < 0 ? 1 : 0);
  return ray.view << 17 | face << 14 | (y & 127) << 7 | (z & 127);
}

static void pass(const uint32_t *from, uint32_t *to, const uint32_t *keys, uint32_t count, uint32_t shift) {
  uint32_t places[digits] = {};
  for (uint32_t i = 0; i < count; i += 1) places[(keys[i] >> shift) & (digits - 1)] += 1;
  uint32_t at = 0;
  for (uint32_t digit = 0; digit < digits; digit += 1) {
    const uint32_t here = places[digit];
    places[digit] = at;
    at += here;
  }
  for (uint32_t i = 0; i < count; i += 1) {
    const uint32_t ray = from[i];
    to[places[(keys[ray] >> shift) & (digits - 1)]++] = ray;
  }
}

void order_rays(Grid *grid) {
  if (grid->ordered) return;
  const uint32_t count = grid->ray_count;
  uint32_t *keys = grid->order_scratch.get(), *half = keys + count, *first = half + count;
  for (uint32_t i = 0; i < count; i += 1) {
    keys[i] = key_of(grid->rays[i]);
    first[i] = i;
  }
  pass(first, half, keys, count, 0);
  pass(half, grid->order.get(), keys, count, digit_bits);
  grid->ordered = true;
}

}  // namespace skyvox
