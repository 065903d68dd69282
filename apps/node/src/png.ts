import { promisify } from "node:util";
import { deflate } from "node:zlib";
import type { Picture } from "./shrink.ts";

const deflateAsync = promisify(deflate);

/**
 * Encodes a grey picture as PNG (8 bits, no filter), compressing on a thread of the runtime's pool: an encoder in JavaScript would hold
 * the event loop for milliseconds several times a second. PNG specification, second edition, clauses 5 and 9 to 11.
 */
export async function encodePng(picture: Picture): Promise<Uint8Array<ArrayBuffer>> {
  const rows = new Uint8Array((picture.widthPx + 1) * picture.heightPx);
  for (let row = 0; row < picture.heightPx; row++) {
    const from = row * picture.widthPx;
    rows.set(picture.pixels.subarray(from, from + picture.widthPx), row * (picture.widthPx + 1) + 1);
  }
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, picture.widthPx);
  header.setUint32(4, picture.heightPx);
  header.setUint8(8, 8);
  return Buffer.concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", await deflateAsync(rows, { level: 1 })),
    chunk("IEND", new Uint8Array()),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(Buffer.from(type, "latin1"), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, Bun.hash.crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
