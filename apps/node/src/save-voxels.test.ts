import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { saveChunks } from "./save-voxels.ts";

test("Saving replaces a longer file whole and leaves nothing beside it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "skyvox-save-"));
  const path = join(folder, "voxels.ply");
  writeFileSync(path, "a file that was longer");
  await saveChunks(path, [Uint8Array.of(1, 2), Uint8Array.of(3)]);
  expect([...readFileSync(path)]).toEqual([1, 2, 3]);
  expect(readdirSync(folder)).toEqual(["voxels.ply"]);
});

test("Saving names the file that cannot be written", async () => {
  await expect(saveChunks("/nowhere/voxels.ply", [])).rejects.toThrow('Cannot write "/nowhere/voxels.ply"');
});
