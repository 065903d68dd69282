/** Checksums of messages: XXH3-64, or CRC-32 for peers whose language brings no XXH3. Neither keeps out forgers. */

/** Which checksum a message carries. */
export type Checksum = "xxh3" | "crc32";

/** The numbers of checksums in headers. */
export const checksumCodes: Readonly<Record<Checksum, number>> = { xxh3: 1, crc32: 2 };

/**
 * Computes the checksum of a message over the head of its header and its payload, as a number of 64 bits.
 *
 * `crc32` is the CRC-32 of zlib over both, one after the other. `xxh3` is XXH3-64 of the payload, seeded with the CRC-32 of the head: so
 * it guards the header too, and a payload under an older header is caught. (Bun takes 32 bits of a seed and drops the rest.)
 */
export function checksumOf(checksum: Checksum, head: Uint8Array, payload: Uint8Array): bigint {
  const headCrc = Bun.hash.crc32(head);
  if (checksum === "crc32") return BigInt(crcAfter(headCrc, payload));
  return Bun.hash.xxHash3(payload, BigInt(headCrc));
}

/** Goes on with the CRC-32 of what came before. */
function crcAfter(before: number, bytes: Uint8Array): number {
  const crc32: (data: Uint8Array, seed: number) => number = Bun.hash.crc32;
  return crc32(bytes, before);
}
