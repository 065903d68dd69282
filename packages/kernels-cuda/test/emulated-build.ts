/** Compiles the sources of the kernels for the emulated device of `native/test/emulated-cuda.h`, when one of them is newer. */
import { mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { assert } from "@skyvox/core";

const native = join(import.meta.dir, "..", "native");
const shared = join(import.meta.dir, "..", "..", "kernels", "native");
const folder = join(import.meta.dir, "..", "build", "emulated");
const compiler = process.env.CXX || "g++";
/** Where a compiler fortifies by default, its longjmp ends the program, since it takes a change of fibers for a broken stack. */
const unfortified = "-U_FORTIFY_SOURCE";
const warnings = ["-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas"];
const flags = ["-std=c++17", "-g1", "-fno-strict-aliasing", unfortified, ...warnings];

/** Why nothing can be emulated here, or null. */
export const emulationReason: string | null = Bun.which(compiler) === null ? `no ${compiler} here` : null;

/** Compiles the library; returns its path. */
export function buildEmulatedLibrary(): Promise<string> {
  const source = join(native, "library.cu");
  return build("libskyvox_cuda.so", ["-O2", "-shared", "-fPIC", "-fvisibility=hidden", "-x", "c++", source]);
}

/** Compiles the program of random calls with AddressSanitizer and UndefinedBehaviorSanitizer; returns its path. */
export function buildRandomCalls(): Promise<string> {
  const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
  return build("random-calls", ["-O1", ...sanitizers, join(native, "test", "random-calls.cpp")]);
}

async function build(name: string, args: readonly string[]): Promise<string> {
  const target = join(folder, name);
  const builtMs = statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = [native, join(native, "test"), shared].flatMap((from) =>
    readdirSync(from, { withFileTypes: true }).filter((entry) => entry.isFile()),
  );
  if (sources.every((file) => statSync(join(file.parentPath, file.name)).mtimeMs <= builtMs)) return target;
  mkdirSync(folder, { recursive: true });
  const child = Bun.spawn([compiler, ...flags, ...args, "-o", `${target}.new`], { stderr: "pipe" });
  const said = await new Response(child.stderr).text();
  assert((await child.exited) === 0, `the emulated kernels compile: ${said}`);
  renameSync(`${target}.new`, target);
  return target;
}
