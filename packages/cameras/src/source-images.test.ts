import { expect, test } from "bun:test";
import { encode } from "fast-png";
import { cameraOf, TemporaryFolder } from "../test/fixtures.ts";
import { openSource } from "./open-source.ts";
import type { SiteCamera } from "./site.ts";

/** A camera of 2 by 1 pixels at 10 Hz fed by images. */
function camera(source: string): SiteCamera {
  const intrinsics = { widthPx: 2, heightPx: 1, fxPx: 1, fyPx: 1, cxPx: 0.5, cyPx: 0 };
  return cameraOf({ source, frameRateHz: 10, intrinsics });
}

async function writeGrey(path: string, ...pixels: number[]): Promise<void> {
  await Bun.write(path, encode({ width: pixels.length, height: 1, channels: 1, data: Uint8Array.from(pixels) }));
}

test("Images come in natural order at the site's frame rate", async () => {
  await using folder = await TemporaryFolder.create();
  await writeGrey(folder.join("cam/10.png"), 3, 4);
  await writeGrey(folder.join("cam/9.png"), 1, 2);
  await using source = await openSource(camera("images:cam"), { siteDirectory: folder.path });
  expect(source.frameCount).toBe(2);
  const first = await source.next();
  expect(first).toMatchObject({ seq: 0, captureNs: 0n, widthPx: 2, heightPx: 1, pixels: Uint8Array.from([1, 2]) });
  expect(await source.next()).toMatchObject({ seq: 1, captureNs: 100_000_000n, pixels: Uint8Array.from([3, 4]) });
  expect(await source.next()).toBeNull();
  expect(await source.next()).toBeNull();
  expect(source.stats).toEqual({ delivered: 2, skipped: 0, missing: 0 });
});

test("Images captured too early are skipped unread", async () => {
  await using folder = await TemporaryFolder.create();
  await Bun.write(folder.join("0.png"), "no image at all");
  await writeGrey(folder.join("1.png"), 1, 2);
  await using source = await openSource(camera("images:*.png"), { siteDirectory: folder.path });
  expect(await source.next(50_000_000n)).toMatchObject({ seq: 1 });
  expect(source.stats).toEqual({ delivered: 1, skipped: 1, missing: 0 });
});

test("Image of another size is named with both sizes, and again when asked again", async () => {
  await using folder = await TemporaryFolder.create();
  await writeGrey(folder.join("0.png"), 1, 2);
  await writeGrey(folder.join("1.png"), 1, 2, 3);
  await using source = await openSource(camera("images:."), { siteDirectory: folder.path });
  await source.next();
  const need = `Cannot read image "${folder.join("1.png")}" as camera "a": it is 3x1, need 2x1 as its intrinsics say`;
  await expect(source.next()).rejects.toThrow(need);
  await expect(source.next()).rejects.toThrow(need);
});

test("Folder without images is named", async () => {
  await using folder = await TemporaryFolder.create();
  await expect(openSource(camera("images:none/*.png"), { siteDirectory: folder.path })).rejects.toThrow(
    `Cannot read images "${folder.join("none/*.png")}": no such file, need a folder or pattern that names images`,
  );
});
