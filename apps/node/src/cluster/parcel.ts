/**
 * Messages of the line between nodes: a header in JSON, checked by a schema, and bytes that follow it as they are.
 *
 * Bytes: uint32 little-endian length of the header, the header as UTF-8, the rest. What cannot be read is null: whoever listens counts it.
 */
import type { z } from "zod";

const LENGTH_BYTES = 4;
/** A header names a few things; lists of a site's cameras are the largest. */
const HEADER_BYTES_MAX = 262_144;

/** Writes a header and what follows it into new bytes. */
export function packParcel(header: unknown, ...parts: readonly Uint8Array[]): Uint8Array {
  const head = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, LENGTH_BYTES + head.length));
  new DataView(bytes.buffer).setUint32(0, head.length, true);
  bytes.set(head, LENGTH_BYTES);
  let at = LENGTH_BYTES + head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Reads a parcel; null where it is none of this schema. `body` borrows from the bytes. */
export function unpackParcel<Schema extends z.ZodType>(
  bytes: Uint8Array,
  schema: Schema,
): { readonly header: z.infer<Schema>; readonly body: Uint8Array } | null {
  if (bytes.length < LENGTH_BYTES) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  const end = LENGTH_BYTES + length;
  if (length > HEADER_BYTES_MAX || end > bytes.length) return null;
  const read = schema.safeParse(jsonOf(bytes.subarray(LENGTH_BYTES, end)));
  return read.success ? { header: read.data, body: bytes.subarray(end) } : null;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    // Bytes of a stranger: whatever they are, they are no JSON.
    return undefined;
  }
}
