import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SkyvoxError } from "@skyvox/core";
import { openNative, probeNative } from "./native.ts";

const folder = mkdtempSync(join(tmpdir(), "skyvox-native-"));
afterAll(() => rmSync(folder, { recursive: true }));

const header = join(import.meta.dir, "..", "native", "kernels.h");
const compiler = ["cc", "gcc", "clang"].find((name) => Bun.which(name) !== null);

/** Compiles a library that says of itself what `abi` says and implements nothing else. */
function buildStub(name: string, abi: string): string {
  const library = join(folder, name);
  const source = `#include "${header}"\nint32_t sv_abi_describe(sv_abi *out) { *out = (sv_abi){${abi}}; return SV_OK; }\n`;
  const flags = ["-x", "c", "-shared", "-fPIC", "-o", library, "-"];
  const child = Bun.spawnSync([compiler as string, ...flags], { stdin: Buffer.from(source), stderr: "inherit" });
  expect(child.exitCode).toBe(0);
  return library;
}

const reasonOf = (library: string) => {
  const probe = probeNative(library);
  return probe.ok ? "runs" : probe.reason;
};

describe("A native library", () => {
  test("that is missing is named with the command that builds it", () => {
    const missing = join(folder, "absent.so");
    const message = `Cannot load "${missing}": not found, need it built: bun run native`;
    expect(reasonOf(missing)).toBe(message);
    expect(() => openNative(missing, "cpu")).toThrow(new SkyvoxError("backend", message));
  });

  test("that is no library is refused", async () => {
    const text = join(folder, "text.so");
    await Bun.write(text, "not a library");
    expect(reasonOf(text)).toStartWith(`Cannot load "${text}": `);
    expect(reasonOf(text)).toEndWith("need a library of kernels.h: bun run native");
  });

  test.skipIf(compiler === undefined)("of another version is refused before anything runs", () => {
    const later = buildStub("later.so", "5, 28, 48, 72, 16, 128, 32");
    expect(reasonOf(later)).toBe(
      `Cannot load "${later}": kernels.h version 5 with structs of 28, 48, 72, 16, 128, 32 bytes, ` +
        "need version 4 with 28, 48, 72, 16, 128, 32: bun run native",
    );
  });

  test.skipIf(compiler === undefined)("with other struct sizes is refused", () => {
    const other = buildStub("other.so", "4, 28, 36, 72, 16, 128, 32");
    expect(reasonOf(other)).toContain("structs of 28, 36, 72, 16, 128, 32 bytes, need version 4 with 28, 48, 72");
  });

  test.skipIf(compiler === undefined)("that lacks a function is refused", () => {
    const bare = buildStub("bare.so", "SV_ABI_VERSION, 28, 48, 72, 16, 128, 32");
    expect(reasonOf(bare)).toContain("sv_probe");
    expect(() => openNative(bare, "cuda")).toThrow(SkyvoxError);
  });

  // The sizes the binding checks are those of the structs as a C compiler lays them out.
  test.skipIf(compiler === undefined)("of this header passes the check of sizes", () => {
    const sizes = ["sv_camera_spec", "sv_grid_spec", "sv_ray_model", "sv_table", "sv_device_info", "sv_motion_params"];
    const right = buildStub("right.so", ["SV_ABI_VERSION", ...sizes.map((type) => `sizeof(${type})`)].join(", "));
    expect(reasonOf(right)).not.toContain("structs of");
  });
});
