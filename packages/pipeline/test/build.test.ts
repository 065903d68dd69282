import { afterAll, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "skyvox-build-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("The build without a compiler ends with one line that says what to install", () => {
  const home = join(import.meta.dir, "..");
  cpSync(join(home, "build.ts"), join(folder, "build.ts"));
  cpSync(join(home, "native"), join(folder, "native"), { recursive: true });
  const child = Bun.spawnSync([process.execPath, "build.ts"], {
    cwd: folder,
    env: { ...process.env, CC: "no-such-compiler" },
  });
  expect(child.exitCode).toBe(1);
  expect(child.stderr.toString()).toBe(
    "Cannot build the pipeline: no-such-compiler not found, need it: apt-get install gcc\n",
  );
});
