/**
 * Compiles `native/*.c` and `native/tcp/*.c` into `build/libskyvox_pipeline.so`, when a source is newer than it. Run by `bun run native`.
 *
 * A folder listed in `optional` becomes a library of its own, and only where the header it needs is installed; the program asks at run
 * time whether that library is there.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

const nativeFolder = join(import.meta.dir, "native");
const buildFolder = join(import.meta.dir, "build");
const compiler = process.env.CC || "gcc";
const flags = [
  "-O3",
  "-std=gnu11",
  "-fPIC",
  "-fvisibility=hidden",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-fno-strict-aliasing",
];
const optional: readonly { folder: string; header: string; links: readonly string[] }[] = [
  { folder: "ucx", header: "/usr/include/ucp/api/ucp.h", links: ["-lucp", "-lucs"] },
];

await build();

async function build(): Promise<void> {
  await link("libskyvox_pipeline.so", [nativeFolder, join(nativeFolder, "tcp")], ["-lpthread"]);
  for (const { folder, header, links } of optional) {
    if (existsSync(header)) await link(`libskyvox_${folder}.so`, [join(nativeFolder, folder)], links);
  }
}

async function link(name: string, folders: readonly string[], links: readonly string[]): Promise<void> {
  const library = join(buildFolder, name);
  if (isFresh(library, folders)) return;
  if (Bun.which(compiler) === null)
    stop(`Cannot build the pipeline: ${compiler} not found, need it: apt-get install gcc`);
  mkdirSync(buildFolder, { recursive: true });
  const paths = folders.flatMap(filesOf).filter((source) => source.endsWith(".c"));
  const fresh = `${library}.new-${process.pid}`;
  const args = [...flags, "-shared", "-o", fresh, ...paths, ...links];
  const child = Bun.spawn([compiler, ...args], { stdout: "inherit", stderr: "inherit" });
  if ((await child.exited) !== 0)
    stop(`Cannot build the pipeline: "${compiler} ${args.join(" ")}" failed, need it to pass`);
  // Renamed into place, so that a process that runs the old library keeps it whole.
  renameSync(fresh, library);
}

function filesOf(folder: string): string[] {
  return readdirSync(folder).map((name) => join(folder, name));
}

function isFresh(library: string, folders: readonly string[]): boolean {
  const built = statSync(library, { throwIfNoEntry: false });
  if (built === undefined) return false;
  return [...folders.flatMap(filesOf), import.meta.path].every((path) => statSync(path).mtimeMs <= built.mtimeMs);
}

function stop(message: string): never {
  console.error(message);
  process.exit(1);
}
