import { expect, test } from "bun:test";
import { mkdir } from "node:fs/promises";
import { basename } from "node:path";
import { TemporaryFolder } from "../test/fixtures.ts";
import { compareNaturally, listFiles } from "./file-list.ts";

test("Natural order counts, and leaves no two names equal", () => {
  expect(["f10", "f9", "f1", "F2"].sort(compareNaturally)).toEqual(["f1", "F2", "f9", "f10"]);
  expect(["f01", "f1", "F1"].sort(compareNaturally)).toEqual(["F1", "f01", "f1"]);
});

test("File list takes a folder, a pattern or a file", async () => {
  await using folder = await TemporaryFolder.create();
  for (const name of ["b10.png", "b9.png", "a1.png", "b1.txt", ".hidden"]) await Bun.write(folder.join(name), "x");
  await mkdir(folder.join("b11.png"));
  const names = async (path: string) => (await listFiles(folder.join(path))).map((file) => basename(file));
  expect(await names("")).toEqual(["a1.png", "b1.txt", "b9.png", "b10.png"]);
  expect(await names("b*.png")).toEqual(["b9.png", "b10.png"]);
  expect(await names("{a1,b9}.png")).toEqual(["a1.png", "b9.png"]);
  expect(await names("a1.png")).toEqual(["a1.png"]);
  expect(await names("c*.png")).toEqual([]);
  expect(await names("absent/*.png")).toEqual([]);
});

test("File list takes a file whose name looks like a pattern as that file", async () => {
  await using folder = await TemporaryFolder.create();
  await Bun.write(folder.join("[1].png"), "x");
  expect(await listFiles(folder.join("[1].png"))).toEqual([folder.join("[1].png")]);
});
