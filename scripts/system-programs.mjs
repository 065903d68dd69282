/**
 * Programs of the operating system that the project calls: which are missing, and how they come.
 *
 * Where this runs as root on a system with apt they are installed; elsewhere the caller prints one line with the command to
 * type. Plain Node without packages, because it runs before anything is installed.
 */
import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, openSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** What each Debian package is needed for, by the program it brings; what brings none is told by a file. */
const PACKAGES = {
  ffmpeg: { package: "ffmpeg", why: "video sources" },
  "g++": { package: "g++", why: "native kernels" },
  chromium: { package: "chromium", why: "browser tests" },
  ip: { package: "iproute2", why: "tests of several machines", file: "/usr/sbin/ip" },
  lz4: { package: "lz4", why: "tests of compressed messages" },
  "nats-server": { package: "nats-server", why: "the engine between machines", file: "/usr/sbin/nats-server" },
  openssl: { package: "openssl", why: "tests of TLS", file: "/usr/bin/openssl" },
  python3: { package: "python3", why: "the reader of docs/PROTOCOL.md" },
  spin: { package: "spin", why: "the models of rings and pools" },
  ucx: { package: "libucx-dev", why: "tests of links through UCX", file: "/usr/include/ucp/api/ucp.h" },
};

/** Finds a program on a search path; a name with a slash is taken as it is. */
export function findProgram(name, path = process.env.PATH ?? "") {
  const candidates = name.includes("/") ? [name] : path.split(delimiter).map((folder) => join(folder || ".", name));
  return candidates.find(isExecutableFile);
}

function isExecutableFile(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES", "ELOOP"].includes(error.code)) return false;
    throw error;
  }
}

/** Lists which of the named programs are missing. `CXX` may name another compiler in place of g++. */
export function missingPrograms(names, env = process.env) {
  const isThere = (name) => {
    const { file } = PACKAGES[name];
    if (file !== undefined) return existsSync(file);
    return findProgram(name === "g++" ? env.CXX || name : name, env.PATH) !== undefined;
  };
  return names.filter((name) => !isThere(name));
}

/** Says what is missing and the command that brings it, in one line. */
export function missingLine(names) {
  const found = names.map((name) => `${name} (${PACKAGES[name].why})`).join(", ");
  const packages = names.map((name) => PACKAGES[name].package).join(" ");
  const install = `apt-get install -y --no-install-recommends ${packages}`;
  return `missing ${found}; type: sudo sh -c "apt-get update && ${install}"`;
}

/** True where packages can be installed without asking anybody. */
export function canInstall(env = process.env) {
  return process.getuid?.() === 0 && findProgram("apt-get", env.PATH) !== undefined;
}

/** The command that installs the packages of the named programs; waits for another apt that is at work. */
function installCommand(names) {
  const packages = names.map((name) => PACKAGES[name].package).join(" ");
  const apt = "apt-get -q -o DPkg::Lock::Timeout=120";
  return `${apt} update && ${apt} install -y --no-install-recommends ${packages}`;
}

/** Installs the packages of the named programs; resolves to the exit status and everything that apt printed. */
export function installPrograms(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const child = spawn("sh", ["-c", installCommand(names)], { env, stdio: ["ignore", "pipe", "pipe"] });
  return collect(child);
}

/** Starts an installation that goes on after this process has ended; its output goes to a log file. */
export function installInBackground(names, logFile) {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, "w");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const child = spawn("sh", ["-c", installCommand(names)], { env, detached: true, stdio: ["ignore", log, log] });
  child.on("error", () => {});
  child.unref();
}

/** Waits for a child; resolves to its status and its output, never rejects. */
export function collect(child) {
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  child.stderr.on("data", (chunk) => chunks.push(chunk));
  return new Promise((resolve) => {
    const end = (status, text) => resolve({ status, output: Buffer.concat(chunks).toString() + text });
    child.on("error", (error) => end(127, `${error.message}\n`));
    child.on("close", (status, signal) => end(status ?? 1, signal ? `ended by ${signal}\n` : ""));
  });
}
