import { afterAll, expect, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "skyvox-build-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("The build without a CUDA compiler leaves the library out, says so in one line and succeeds", () => {
  const root = join(import.meta.dir, "..", "..");
  cpSync(join(root, "kernels-cuda", "build.ts"), join(folder, "kernels-cuda", "build.ts"));
  for (const name of ["kernels", "kernels-cuda"]) {
    cpSync(join(root, name, "native"), join(folder, name, "native"), { recursive: true });
  }
  const child = Bun.spawnSync([process.execPath, "build.ts"], {
    cwd: join(folder, "kernels-cuda"),
    env: { ...process.env, NVCC: "no-such-compiler" },
  });
  expect([child.exitCode, child.stdout.toString(), child.stderr.toString()]).toEqual([
    0,
    "The cuda kernels are left out: nvcc not found, need the CUDA toolkit or NVCC set to its compiler\n",
    "",
  ]);
  expect(existsSync(join(folder, "kernels-cuda", "build", "libskyvox_cuda.so"))).toBe(false);
});
