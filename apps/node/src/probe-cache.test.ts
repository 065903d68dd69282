import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashOf, keptReport, readKept, writeKept } from "./probe-cache.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "skyvox-cache-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("What was kept is read back, for its key and no other", () => {
  const path = join(folder, "new", "backends.json");
  const report = { ok: true, reason: "gives the reference's bits", device: "AVX2, 1 thread", stepMs: 3.25 };
  writeKept(path, { cpu: { key: "a", report }, cuda: { key: "b", report: { ok: false, reason: "no driver" } } });
  expect(keptReport(readKept(path), "cpu", "a")).toEqual(report);
  expect(keptReport(readKept(path), "cuda", "b")).toEqual({ ok: false, reason: "no driver" });
  expect(keptReport(readKept(path), "cpu", "b")).toBeNull();
  expect(keptReport(readKept(path), "wgsl", "a")).toBeNull();
});

test("A file that is absent, cut off or of another shape keeps nothing", () => {
  const path = join(folder, "backends.json");
  expect(readKept(path)).toEqual({});
  for (const text of [
    '{ "cpu": { "key": "a", "rep',
    '{ "cpu": { "key": "a", "report": { "ok": "yes" } } }',
    "[]",
    "",
  ]) {
    writeFileSync(path, text);
    expect(readKept(path)).toEqual({});
  }
});

test("A package's key follows its manifest, its sources and its libraries, not its tests and objects", () => {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  for (const name of ["src", "src/ops", "build"]) mkdirSync(join(folder, name));
  write("package.json", '{ "dependencies": { "webgpu": "0.6.2" } }');
  write("src/mod.ts", "export {};");
  write("build/libskyvox_cpu.so", "one");
  const key = () => hashOf([folder], ["Bun 1.4.5"]);
  const first = key();
  write("src/mod.test.ts", "test();");
  write("build/motion.o", "object");
  expect(key()).toBe(first);
  for (const [name, before, after] of [
    ["build/libskyvox_cpu.so", "one", "two"],
    ["package.json", '{ "dependencies": { "webgpu": "0.6.2" } }', '{ "dependencies": { "webgpu": "0.6.3" } }'],
    ["src/mod.ts", "export {};", "export const a = 1;"],
  ] as const) {
    write(name, after);
    expect([name, key() === first]).toEqual([name, false]);
    write(name, before);
    expect([name, key() === first]).toEqual([name, true]);
  }
  write("src/ops/new.wgsl", "");
  expect(key()).not.toBe(first);
  expect(hashOf([folder], ["Bun 1.4.6"])).not.toBe(key());
});
