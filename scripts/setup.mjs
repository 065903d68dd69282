/**
 * Makes a fresh checkout runnable: `node scripts/setup.mjs start` before `npm start`, `… test` before `npm test`.
 *
 * Brings the Bun that package.json pins, the packages of bun.lock, the system programs and the native kernels. What is in
 * place already is left alone: then this only compares fingerprints, touches no network and ends within 0.3 s. Packages
 * and system programs come side by side, since each mostly waits for the other end of a network.
 *
 * A missing ffmpeg never delays `start`: the built-in scene needs none, so it is installed while the program runs already.
 * Plain Node without packages, because it runs before anything is installed.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  canInstall,
  collect,
  findProgram,
  installInBackground,
  installPrograms,
  missingLine,
  missingPrograms,
} from "./system-programs.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stateFolder = join(root, "node_modules", ".skyvox");
const localBun = join(root, "node_modules", ".bin", "bun");
/** npm leaves a text file of some hundred bytes where the real program should be; the program has about 100 MB. */
const BUN_BYTES_MIN = 1_000_000;

const purposes = {
  start: { needed: ["g++"], later: ["ffmpeg"] },
  test: {
    needed: ["g++", "ffmpeg", "chromium", "lz4", "python3", "spin", "nats-server", "ucx", "ip", "openssl"],
    later: [],
  },
};

class SetupError extends Error {}

async function main(purpose) {
  if (!Object.hasOwn(purposes, purpose)) {
    console.error(`Cannot set up: found "${purpose ?? ""}", need "start" or "test"`);
    return 2;
  }
  try {
    const pinned = pinnedBun();
    await Promise.all([bringPackages(pinned), bringPrograms(purposes[purpose].needed)]);
    await buildNatives(purpose);
    startLater(purposes[purpose].later);
    return 0;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`setup: ${error.message}`);
    return 1;
  }
}

/** Reads the version after `bun@` in package.json's packageManager. */
function pinnedBun() {
  const field = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;
  const version = /^bun@(\d+\.\d+\.\d+)/.exec(field ?? "")?.[1];
  if (!version) throw new SetupError(`Cannot choose Bun: found packageManager "${field}", need "bun@x.y.z"`);
  return version;
}

/** Installs Bun and the packages of bun.lock when either changed since the last time. */
async function bringPackages(pinned) {
  const fingerprint = hashOf([pinned, readFileSync(join(root, "bun.lock"))]);
  if (hasWholeBun() && readState("packages") === fingerprint) return;
  const install = ["install", "--frozen-lockfile"];
  const [program, ...args] = hasBun(localBun, pinned)
    ? [localBun, ...install]
    : hasBun("bun", pinned)
      ? ["bun", ...install]
      : ["npx", "--yes", "--allow-scripts=bun", `--package=bun@${pinned}`, "--", "bun", ...install];
  const what = program === "npx" ? `Bun ${pinned} and packages` : "packages";
  await step(
    `install ${what}`,
    () => runLogged("packages", program, args),
    "bun.lock in step with every package.json and a reachable package registry",
  );
  if (!hasBun(localBun, pinned)) {
    throw new SetupError(`Cannot start Bun: found no working node_modules/.bin/bun, need version ${pinned}`);
  }
  writeState("packages", fingerprint);
}

function hasWholeBun() {
  return existsSync(localBun) && statSync(localBun).size > BUN_BYTES_MIN;
}

function hasBun(program, version) {
  if (program === localBun && !hasWholeBun()) return false;
  const result = spawnSync(program, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return result.status === 0 && result.stdout.trim() === version;
}

/** Installs missing system programs, or says in one line what to type. Only CI takes a missing program as a failure. */
async function bringPrograms(names) {
  const missing = missingPrograms(names);
  if (missing.length === 0) return;
  if (!canInstall()) {
    if (process.env.CI) throw new SetupError(missingLine(missing));
    console.log(`setup: ${missingLine(missing)}`);
    return;
  }
  const result = await timed(`install ${missing.join(", ")} with apt`, () => installPrograms(missing));
  if (result.status === 0) return;
  showLog("apt", result.output);
  if (process.env.CI) throw new SetupError(`Cannot install system programs: ${lastLine(result.output)}`);
  console.log(`setup: ${missingLine(missing)}`);
}

/** Starts the installation of programs that may come after the start, or says what to type. */
function startLater(names) {
  const missing = missingPrograms(names);
  if (missing.length === 0) return;
  if (!canInstall()) {
    console.log(`setup: ${missingLine(missing)}`);
    return;
  }
  const log = join(stateFolder, "apt-later.log");
  console.log(`setup: ${missing.join(", ")} is being installed in the background`);
  installInBackground(missing, log);
}

/** Builds the native kernels, and those for NVIDIA devices where they can be built and are wanted. */
async function buildNatives(purpose) {
  const hasGxx = missingPrograms(["g++"]).length === 0;
  await buildTask("native", purpose, {
    what: "native kernels",
    compiler: hasGxx ? null : "compiler",
    otherwise: "the slower reference kernels run",
  });
  // Elsewhere they only cost the time to build them.
  const isWanted = purpose === "test" || existsSync("/proc/driver/nvidia/version");
  const hasNvcc = findProgram(process.env.NVCC || "nvcc") !== undefined;
  if (isWanted)
    await buildTask("native:cuda", purpose, {
      what: "cuda kernels",
      compiler: hasNvcc ? null : "nvcc",
      otherwise: "the other kernels run",
    });
}

/** Runs a build task through turbo when a source, the compiler or an output changed. `compiler` names the one that is missing. */
async function buildTask(task, purpose, { what, compiler, otherwise }) {
  const packages = packagesWith(task);
  if (packages.length === 0) return;
  const state = what.replace(" ", "-");
  const fingerprint = nativeFingerprint(packages);
  const built = packages.every((folder) => filesUnder(join(folder, "build")).length > 0);
  if (built && readState(state) === fingerprint) return;
  if (compiler !== null) {
    console.log(`setup: no ${compiler}, so ${otherwise}`);
    return;
  }
  try {
    await step(`build ${what}`, () => runLogged(state, localBun, ["run", task]), "a working compiler");
  } catch (error) {
    if (purpose === "test" || !(error instanceof SetupError)) throw error;
    console.log(`setup: ${error.message}; ${otherwise}`);
    return;
  }
  writeState(state, fingerprint);
}

/** Folders of the packages that have a script of that name. */
function packagesWith(script) {
  const folder = join(root, "packages");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => {
      const file = join(path, "package.json");
      return existsSync(file) && JSON.parse(readFileSync(file, "utf8")).scripts?.[script] !== undefined;
    })
    .sort();
}

function nativeFingerprint(packages) {
  const headers = filesUnder(join(root, "packages", "kernels", "native"));
  const sources = packages.flatMap((folder) => [join(folder, "build.ts"), ...filesUnder(join(folder, "native"))]);
  const parts = [process.arch, process.env.CXX ?? "g++"];
  for (const file of [...headers, ...sources].filter((path) => existsSync(path))) {
    parts.push(file.slice(root.length), readFileSync(file));
  }
  return hashOf(parts);
}

function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function hashOf(parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(String(part.length)).update("\n").update(part);
  return hash.digest("hex");
}

function readState(name) {
  const file = join(stateFolder, `${name}.sha256`);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function writeState(name, text) {
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(join(stateFolder, `${name}.sha256`), text);
}

/** Runs one step under a progress line; a failed one becomes one line with the last words of its output. */
async function step(what, run, need) {
  const result = await timed(what, run);
  if (result.status === 0) return;
  throw new SetupError(`Cannot ${what}: ${lastLine(result.output)} (exit ${result.status}), need ${need}`);
}

async function timed(what, run) {
  console.log(`setup: ${what} …`);
  const startMs = performance.now();
  const result = await run();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  if (result.status === 0) console.log(`setup: ${what}: done in ${seconds} s`);
  return result;
}

async function runLogged(name, program, args) {
  const child = spawn(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const result = await collect(child);
  if (result.status !== 0) showLog(name, result.output);
  return result;
}

/** Keeps the whole output of a failed step where a person can read it; in CI on the screen. */
function showLog(name, output) {
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(join(stateFolder, `${name}.log`), output);
  if (process.env.CI) console.error(output);
}

function lastLine(output) {
  const lines = output.split("\n").map((line) => line.trim());
  const errors = lines.filter((line) => /\berror\b|^E:/i.test(line));
  return errors[0] ?? lines.filter((line) => line !== "").at(-1) ?? "no output";
}

process.exitCode = await main(process.argv[2]);
