import { expect, test } from "bun:test";
import { encode } from "fast-png";
import { TemporaryFolder } from "../test/fixtures.ts";
import { decodeGrey, readGreyImage } from "./image-file.ts";

const ascii = (text: string) => new TextEncoder().encode(text);

test("Grey PNG keeps its levels", async () => {
  const data = Uint8Array.from([0, 1, 127, 128, 254, 255]);
  const image = await decodeGrey(encode({ width: 3, height: 2, channels: 1, data }), "x.png");
  expect(image).toEqual({ widthPx: 3, heightPx: 2, pixels: data });
});

test("Colour becomes (77 r + 150 g + 29 b) >> 8, alpha ignored", async () => {
  // Red 77·255 >> 8 = 76, green 150·255 >> 8 = 149, blue 29·255 >> 8 = 28, and 77·10 + 150·20 + 29·30 = 4640 >> 8 = 18.
  const data = Uint8Array.from([255, 0, 0, 9, 0, 255, 0, 0, 0, 0, 255, 255, 10, 20, 30, 128]);
  const image = await decodeGrey(encode({ width: 4, height: 1, channels: 4, data }), "x.png");
  expect([...image.pixels]).toEqual([76, 149, 28, 18]);
});

test("16-bit PNG keeps the high byte, of colour after it became grey", async () => {
  const grey = Uint16Array.from([0x12ff, 0xab00]);
  const one = await decodeGrey(encode({ width: 2, height: 1, channels: 1, depth: 16, data: grey }), "x.png");
  expect([...one.pixels]).toEqual([0x12, 0xab]);
  // (77·0x00ff + 150·0x01ff + 29·0x00ff) >> 8 = (106 · 255 + 150 · 511) >> 8 = 405, whose high byte is 1; the high bytes alone give 0.
  const colour = Uint16Array.from([0x00ff, 0x01ff, 0x00ff]);
  const two = await decodeGrey(encode({ width: 1, height: 1, channels: 3, depth: 16, data: colour }), "x.png");
  expect([...two.pixels]).toEqual([1]);
});

test("PNG of one bit per pixel spans black to white", async () => {
  const png = encode({ width: 3, height: 2, channels: 1, depth: 1, data: Uint8Array.from([0b1010_0000, 0b0110_0000]) });
  expect([...(await decodeGrey(png, "x.png")).pixels]).toEqual([255, 0, 255, 0, 255, 255]);
});

test("PNG with a palette is looked up", async () => {
  const source = encode({ width: 2, height: 1, channels: 3, data: Uint8Array.from([255, 0, 0, 0, 0, 255]) });
  const png = await new Bun.Image(source).png({ palette: true }).bytes();
  expect([...(await decodeGrey(png, "x.png")).pixels]).toEqual([76, 28]);
});

test("PGM is read plain and raw, with comments, at 8 and 16 bits", async () => {
  const plain = await decodeGrey(ascii("P2 # a comment\n3 1\n# another\n255\n 7 8\n255 "), "x.pgm");
  expect(plain).toEqual({ widthPx: 3, heightPx: 1, pixels: Uint8Array.from([7, 8, 255]) });
  // The first value is 10, a line feed: only one white space ends the header.
  const raw = await decodeGrey(Uint8Array.from([...ascii("P5\n2 1 255\n"), 10, 200]), "x.pgm");
  expect([...raw.pixels]).toEqual([10, 200]);
  const deep = await decodeGrey(Uint8Array.from([...ascii("P5\n2 1\n65535\n"), 0x12, 0xff, 0xab, 0x01]), "x.pgm");
  expect([...deep.pixels]).toEqual([0x12, 0xab]);
});

test("Lossless WebP gives its colours", async () => {
  const source = encode({ width: 2, height: 1, channels: 3, data: Uint8Array.from([255, 255, 255, 10, 20, 30]) });
  const webp = await new Bun.Image(source).webp({ lossless: true }).bytes();
  expect([...(await decodeGrey(webp, "x.webp")).pixels]).toEqual([255, 18]);
});

test("JPEG is read within its compression", async () => {
  const jpeg = await flatJpeg();
  const image = await decodeGrey(jpeg, "x.jpg");
  // 77·200 + 150·100 + 29·50 = 31850 >> 8 = 124.
  for (const pixel of image.pixels) expect(Math.abs(pixel - 124)).toBeLessThanOrEqual(2);
});

test("Image that is cut short is refused, whatever its kind", async () => {
  const jpeg = await flatJpeg();
  const noise = Uint8Array.from({ length: 64 * 64 }, (_, index) => (index * 7919) >> 3);
  const png = encode({ width: 64, height: 64, channels: 1, data: noise });
  const webp = await new Bun.Image(png).webp({ lossless: true }).bytes();
  const pgm = Uint8Array.from([...ascii("P5 64 64 255\n"), ...noise]);
  for (const bytes of [jpeg, png, webp, pgm]) {
    const cut = bytes.subarray(0, bytes.length - 20);
    await expect(decodeGrey(cut, "x")).rejects.toThrow(
      /^Cannot read image "x": .*, need a whole PNG, JPEG, WebP or PGM$/,
    );
  }
});

test("PNG with a flipped bit is refused", async () => {
  const png = encode({ width: 8, height: 8, channels: 1, data: new Uint8Array(64).fill(50) });
  const damaged = Uint8Array.from(png);
  damaged[45] = (damaged[45] ?? 0) ^ 1;
  await expect(decodeGrey(damaged, "x")).rejects.toThrow(/^Cannot read image "x": /);
});

test("PGM with a broken header is refused", async () => {
  for (const text of ["P5 0 2 255\n", "P5 two 2 255\n", "P5 2 2 70000\n....", "P2 1 1 255\n x", "P5"]) {
    await expect(decodeGrey(ascii(text), "x.pgm")).rejects.toThrow(/^Cannot read image "x.pgm": /);
  }
});

test("File that is no image or absent is named", async () => {
  await using folder = await TemporaryFolder.create();
  await Bun.write(folder.join("notes.txt"), "frames of Monday");
  await expect(readGreyImage(folder.join("notes.txt"))).rejects.toThrow(
    /^Cannot read image ".*notes.txt": .*need a whole PNG/,
  );
  await expect(readGreyImage(folder.join("absent.png"))).rejects.toThrow(
    /^Cannot read image ".*absent.png": .*need a readable file$/,
  );
});

function flatJpeg(): Promise<Uint8Array> {
  const data = Uint8Array.from({ length: 16 * 16 * 3 }, (_, index) => [200, 100, 50][index % 3] ?? 0);
  return new Bun.Image(encode({ width: 16, height: 16, channels: 3, data })).jpeg({ quality: 100 }).bytes();
}
