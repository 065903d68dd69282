/** The checksums of the native library under AddressSanitizer and UndefinedBehaviorSanitizer. */
import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "./native-program.ts";

const native = join(import.meta.dir, "..", "native");
const program = join(import.meta.dir, "..", "build", "test", "hash-calls");
const compiler = process.env.CC || "gcc";
const COMPILE_MS_MAX = 60_000;

if (Bun.which(compiler) === null) console.warn(`Checksums under sanitizers skipped: ${compiler} not found`);

describe.skipIf(Bun.which(compiler) === null)("Checksums under sanitizers", () => {
  test(
    "agree in parts and whole, with the instruction and without, and touch no foreign memory",
    async () => {
      mkdirSync(join(program, ".."), { recursive: true });
      const flags = ["-O1", "-g1", "-std=gnu11", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
      const sources = [join(native, "hash.c"), join(native, "test", "hash-calls.c")];
      const built = await runToEnd([compiler, ...flags, "-o", program, ...sources]);
      expect(built).toEqual({ status: 0, output: "" });
      for (const seed of ["1", "2"]) expect(await runToEnd([program, seed])).toEqual({ status: 0, output: "" });
    },
    COMPILE_MS_MAX,
  );
});
