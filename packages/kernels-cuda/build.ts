/**
 * Compiles `native/library.cu` into `build/libskyvox_cuda.so`, when a source is newer than it. Run by `bun run native:cuda`.
 *
 * The library holds machine code for every architecture below that the compiler knows, and intermediate code for what is older or newer.
 * It needs no driver to be loaded. Without a CUDA compiler there is nothing to build: one line says so, and the other backends are none
 * the worse for it. The task is not cached by turbo, whose key knows nothing of the compiler that comes or goes; a build that is newer
 * than its sources costs a look at their times.
 */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const nativeFolder = join(import.meta.dir, "native");
const sharedFolder = join(import.meta.dir, "..", "kernels", "native");
const buildFolder = join(import.meta.dir, "build");
const library = join(buildFolder, "libskyvox_cuda.so");
/** What each kernel takes of each architecture, in the words of the assembler; a test holds it to a budget. */
const usage = join(buildFolder, "usage.txt");
const compiler = process.env.NVCC || "nvcc";
/** Turing, Ampere (two), Ada, Hopper, Blackwell of data centres and of desks. */
const architectures = [75, 80, 86, 89, 90, 100, 120];
const flags = ["-O3", "-std=c++17", "--threads", "2", "-shared", "-cudart", "static", "-Xptxas", "-v"];
const hostFlags = ["-Xcompiler", "-fPIC,-fvisibility=hidden,-Wall,-Wextra"];

await build();

async function build(): Promise<void> {
  if (isFresh()) return;
  mkdirSync(buildFolder, { recursive: true });
  if (Bun.which(compiler) === null) {
    rmSync(library, { force: true });
    console.log("The cuda kernels are left out: nvcc not found, need the CUDA toolkit or NVCC set to its compiler");
    return;
  }
  const targets = targetsOf(knownArchitectures());
  const source = join(nativeFolder, "library.cu");
  const args = [...flags, ...hostFlags, ...targets, "-o", `${library}.new`, source];
  const child = Bun.spawn([compiler, ...args], { stdout: "inherit", stderr: "pipe" });
  const said = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) {
    console.error(said);
    stop(`Cannot build the cuda kernels: "${compiler} ${args.join(" ")}" failed, need it to pass`);
  }
  // Renamed into place, so that a process that runs the old library keeps it whole.
  writeFileSync(usage, said);
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

/** Those of the architectures that this compiler has: older toolkits do not know the newest ones. */
function knownArchitectures(): number[] {
  const child = Bun.spawnSync([compiler, "--list-gpu-code"]);
  const known = new Set(child.stdout.toString().split(/\s+/));
  const found = architectures.filter((architecture) => known.has(`sm_${architecture}`));
  if (found.length === 0)
    stop(
      `Cannot build the cuda kernels: ${compiler} knows no architecture of them, need one of ${architectures.join(", ")}`,
    );
  return found;
}

/** Machine code for each, and intermediate code of the oldest and the newest for those between and after. */
function targetsOf(known: readonly number[]): string[] {
  const codes = known.map((architecture) => [architecture, `sm_${architecture}`] as const);
  const between = [known[0], known.at(-1)].map((architecture) => [architecture, `compute_${architecture}`] as const);
  return [...codes, ...between].flatMap(([from, code]) => ["-gencode", `arch=compute_${from},code=${code}`]);
}

function stop(message: string): never {
  console.error(message);
  process.exit(1);
}
