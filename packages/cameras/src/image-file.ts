/**
 * Decodes image files to 8-bit grey: PNG, PGM, JPEG, WebP and what else the runtime reads.
 *
 * Colour becomes grey as `(77 r + 150 g + 29 b) >> 8`, and 16-bit values keep their high byte after that: the arithmetic of stb_image, so
 * that results can be compared with programs built on it. (For JPEG, stb_image takes the coded luma without going through colour; grey
 * levels may then differ by one or two.) Alpha is ignored. A JPEG is turned as its EXIF orientation says.
 */
import { messageOf, SkyvoxError } from "@skyvox/core";
import { decode, type PngDataArray } from "fast-png";
import { isPgm, parsePgm } from "./pgm.ts";

/** An image of `[heightPx, widthPx]` uint8. */
export interface GreyImage {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixels: Uint8Array;
}

/**
 * Reads and decodes one image file.
 *
 * @throws {SkyvoxError} "source" for a file that is absent, damaged, cut short or of an unknown kind.
 */
export async function readGreyImage(path: string): Promise<GreyImage> {
  let bytes: Uint8Array;
  try {
    bytes = await Bun.file(path).bytes();
  } catch (error) {
    throw new SkyvoxError("source", `Cannot read image "${path}": ${messageOf(error)}, need a readable file`, {
      cause: error,
    });
  }
  return decodeGrey(bytes, path);
}

/**
 * Decodes one image.
 *
 * @param where names the file in messages.
 * @throws {SkyvoxError} "source" for a file that is damaged, cut short or of an unknown kind.
 */
export async function decodeGrey(bytes: Uint8Array, where: string): Promise<GreyImage> {
  try {
    if (isPgm(bytes)) return parsePgm(bytes);
    if (isJpeg(bytes) && !isWholeJpeg(bytes)) throw new Error("the file is cut short");
    return await decodeViaPng(bytes);
  } catch (error) {
    throw new SkyvoxError(
      "source",
      `Cannot read image "${where}": ${messageOf(error)}, need a whole PNG, JPEG, WebP or PGM`,
      {
        cause: error,
      },
    );
  }
}

async function decodeViaPng(bytes: Uint8Array): Promise<GreyImage> {
  const isPng = PNG_SIGNATURE.every((byte, index) => bytes[index] === byte);
  let png = isPng ? decode(bytes, { checkCrc: true }) : null;
  if (png === null || png.depth < 8 || png.palette !== undefined) {
    // Packed bits and palettes, and every other format, become plain 8-bit channels.
    png = decode(await new Bun.Image(bytes).png({ compressionLevel: 0 }).bytes());
  }
  const grey = greyFrom(png.data, png.channels, png.depth === 16 ? 8 : 0);
  return { widthPx: png.width, heightPx: png.height, pixels: grey };
}

/** Makes 8-bit grey of interleaved channels: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha. */
function greyFrom(data: PngDataArray, channels: number, shift: number): Uint8Array {
  const grey = new Uint8Array(data.length / channels);
  if (channels < 3) {
    for (let pixel = 0; pixel < grey.length; pixel++) grey[pixel] = data[pixel * channels]! >> shift;
    return grey;
  }
  for (let pixel = 0, at = 0; pixel < grey.length; pixel++, at += channels) {
    grey[pixel] = ((77 * data[at]! + 150 * data[at + 1]! + 29 * data[at + 2]!) >> 8) >> shift;
  }
  return grey;
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === JPEG_START;
}

/**
 * True where the JPEG's end marker follows its first scan. The decoder fills a file that was cut short with grey, which would look like
 * motion. In a scan every byte 255 of data is followed by 0, so 255 217 is the marker and nothing else (ITU-T T.81, B.1.1.2).
 */
function isWholeJpeg(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    if (bytes[at + 1] === JPEG_SCAN)
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(JPEG_END_MARKER, at) > 0;
    at += bytes[at + 1] === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return false;
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG_START = 0xd8;
const JPEG_SCAN = 0xda;
const JPEG_END_MARKER = Buffer.from([0xff, 0xd9]);
