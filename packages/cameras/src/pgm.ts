import type { GreyImage } from "./image-file.ts";

/** True where the bytes begin as a grey netpbm image, plain (P2) or raw (P5). */
export function isPgm(bytes: Uint8Array): boolean {
  return bytes[0] === LETTER_P && (bytes[1] === DIGIT_2 || bytes[1] === DIGIT_5);
}

/**
 * Reads a PGM image of 8 or 16 bits; 16-bit values keep their high byte (netpbm's pgm(5)).
 *
 * Values are taken as they are, whatever the maximum below 256: a camera that writes 0…100 stays at 0…100.
 *
 * @throws {Error} for a broken header or too few values.
 */
export function parsePgm(bytes: Uint8Array): GreyImage {
  const header = new Tokens(bytes);
  const isRaw = header.next() === "P5";
  const [widthPx, heightPx, maximum] = [header.integer(), header.integer(), header.integer()];
  if (widthPx < 1 || heightPx < 1 || maximum < 1 || maximum > 65535) throw new Error("its PGM header is broken");
  const count = widthPx * heightPx;
  const bytesPerValue = maximum > 255 ? 2 : 1;
  const shift = maximum > 255 ? 8 : 0;
  if (!isRaw) {
    return { widthPx, heightPx, pixels: Uint8Array.from({ length: count }, () => header.integer() >> shift) };
  }
  // Exactly one white space ends the header; the values may begin with bytes that look like more of it.
  const start = header.at + 1;
  if (bytes.length < start + count * bytesPerValue) throw new Error("the file is cut short");
  const pixels = new Uint8Array(count);
  for (let pixel = 0; pixel < count; pixel++) pixels[pixel] = bytes[start + pixel * bytesPerValue]!;
  return { widthPx, heightPx, pixels };
}

/** The words of a netpbm header, `#` comments left out. */
class Tokens {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(): string {
    let byte = this.#bytes[this.at];
    while (byte !== undefined && (isSpace(byte) || byte === HASH)) {
      if (byte === HASH) this.#skipLine();
      else this.at += 1;
      byte = this.#bytes[this.at];
    }
    const start = this.at;
    while (this.at < this.#bytes.length && !isSpace(this.#bytes[this.at]!)) this.at += 1;
    return String.fromCharCode(...this.#bytes.subarray(start, this.at));
  }

  integer(): number {
    const word = this.next();
    if (!/^\d{1,9}$/.test(word))
      throw new Error(word === "" ? "the file is cut short" : `found "${word.slice(0, 20)}" for a number`);
    return Number(word);
  }

  #skipLine(): void {
    while (this.at < this.#bytes.length && this.#bytes[this.at] !== NEWLINE) this.at += 1;
  }
}

function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

const LETTER_P = 0x50;
const DIGIT_2 = 0x32;
const DIGIT_5 = 0x35;
const HASH = 0x23;
const NEWLINE = 0x0a;
