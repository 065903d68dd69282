import { afterAll, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "skyvox-build-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("The build without a compiler ends with one line that says what to install", () => {
  const root = join(import.meta.dir, "..", "..");
  cpSync(join(root, "kernels-cpu", "build.ts"), join(folder, "kernels-cpu", "build.ts"));
  for (const name of ["kernels", "kernels-cpu"]) {
    cpSync(join(root, name, "native"), join(folder, name, "native"), { recursive: true });
  }
  const child = Bun.spawnSync([process.execPath, "build.ts"], {
    cwd: join(folder, "kernels-cpu"),
    env: { ...process.env, CXX: "no-such-compiler" },
  });
  expect(child.exitCode).toBe(1);
  expect(child.stderr.toString()).toBe(
    "Cannot build the cpu kernels: no-such-compiler not found, need it: apt-get install g++\n",
  );
});
