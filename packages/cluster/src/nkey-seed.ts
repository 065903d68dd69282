/**
 * Seeds of NATS user keys in their written form, from 32 bytes that both sides can derive.
 *
 * With a key a server knows only the public half, and a client proves itself by signing a nonce: neither the server's configuration nor
 * the wire carries a secret. Written form: prefix for "seed of a user", 32 bytes, CRC-16/XMODEM (little endian), all in base32 without
 * padding. Source: github.com/nats-io/nkeys, README and `strkey.go`.
 */
import { assert } from "@skyvox/core";

const SEED_BYTES = 32;
/** "S" and "U" in base32, in the upper bits. */
const PREFIX_SEED = 18 << 3;
const PREFIX_USER = 20 << 3;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Writes the seed of a user key. */
export function userSeed(raw: Uint8Array): string {
  assert(raw.length === SEED_BYTES, "a seed has 32 bytes");
  const bytes = new Uint8Array(2 + SEED_BYTES + 2);
  bytes[0] = PREFIX_SEED | (PREFIX_USER >> 5);
  bytes[1] = (PREFIX_USER & 31) << 3;
  bytes.set(raw, 2);
  const sum = crc16(bytes.subarray(0, 2 + SEED_BYTES));
  bytes[2 + SEED_BYTES] = sum & 255;
  bytes[3 + SEED_BYTES] = sum >> 8;
  return base32(bytes);
}

/** CRC-16/XMODEM: polynomial 0x1021, begins with 0, most significant bit first. */
function crc16(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) sum = (sum & 0x8000 ? (sum << 1) ^ 0x1021 : sum << 1) & 0xffff;
  }
  return sum;
}

/** RFC 4648 without padding. */
function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(value >> bits) & 31];
    }
  }
  return bits > 0 ? text + ALPHABET[(value << (5 - bits)) & 31] : text;
}
