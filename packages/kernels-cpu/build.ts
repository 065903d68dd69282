/**
 * Compiles `native/*.cpp` into `build/libskyvox_cpu.so`, when a source is newer than it. Run by `bun run native`.
 *
 * Files named `*-avx2.cpp` are compiled for AVX2 and entered only after a check of the processor; all others run on any machine of
 * the architecture.
 */
import { mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

const nativeFolder = join(import.meta.dir, "native");
const sharedFolder = join(import.meta.dir, "..", "kernels", "native");
const buildFolder = join(import.meta.dir, "build");
const library = join(buildFolder, "libskyvox_cpu.so");
const compiler = process.env.CXX || "g++";
const flags = ["-O3", "-std=c++17", "-fopenmp", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"];

await build();

async function build(): Promise<void> {
  if (isFresh()) return;
  if (Bun.which(compiler) === null) {
    stop(`Cannot build the cpu kernels: ${compiler} not found, need it: apt-get install g++`);
  }
  mkdirSync(buildFolder, { recursive: true });
  const sources = readdirSync(nativeFolder).filter((name) => name.endsWith(".cpp"));
  const objects = await Promise.all(sources.map(compile));
  await call([...flags, "-shared", "-o", `${library}.new`, ...objects]);
  // Renamed into place, so that a process that runs the old library keeps it whole.
  renameSync(`${library}.new`, library);
}

function isFresh(): boolean {
  const built = statSync(library, { throwIfNoEntry: false });
  if (built === undefined) return false;
  const sources = [nativeFolder, sharedFolder].flatMap((folder) =>
    readdirSync(folder).map((name) => join(folder, name)),
  );
  return [...sources, import.meta.path].every((path) => statSync(path).mtimeMs <= built.mtimeMs);
}

async function compile(source: string): Promise<string> {
  const object = join(buildFolder, source.replace(/\.cpp$/, ".o"));
  const isAvx2 = source.endsWith("-avx2.cpp") && process.arch === "x64";
  await call([...flags, ...(isAvx2 ? ["-mavx2"] : []), "-c", "-o", object, join(nativeFolder, source)]);
  return object;
}

async function call(args: string[]): Promise<void> {
  const child = Bun.spawn([compiler, ...args], { stdout: "inherit", stderr: "inherit" });
  if ((await child.exited) !== 0)
    stop(`Cannot build the cpu kernels: "${compiler} ${args.join(" ")}" failed, need it to pass`);
}

function stop(message: string): never {
  console.error(message);
  process.exit(1);
}
