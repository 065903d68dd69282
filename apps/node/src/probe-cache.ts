/**
 * Keeps what the backends answered, so that the next start need not ask them again.
 *
 * An answer holds as long as everything it followed from: the backend's package with its native library, the kernels' own code, the
 * drivers and devices of the machine, its processor and the runtime. A hash over all that is the answer's key; where it differs, the
 * answer is as good as absent. A file that cannot be read is as good as none.
 */
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { cpus, homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import type { BackendName } from "@skyvox/kernels";
import { z } from "zod";
import type { ProbeReport } from "./kernel-choice.ts";

const cacheSchema = z.record(
  z.string(),
  z.strictObject({
    key: z.string(),
    report: z.strictObject({
      ok: z.boolean(),
      reason: z.string(),
      device: z.string().optional(),
      stepMs: z.number().optional(),
    }),
  }),
);

/** The kept answers by name of the backend, each with the key it holds for. */
export type KeptAnswers = z.infer<typeof cacheSchema>;

/** Path of the cache: `skyvox/backends.json` in the user's cache folder (XDG Base Directory Specification). */
export function cachePath(): string {
  const { XDG_CACHE_HOME = "" } = process.env;
  return join(isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(homedir(), ".cache"), "skyvox", "backends.json");
}

/** Reads the kept answers; none where the file is absent or is not what this build writes. */
export function readKept(path: string): KeptAnswers {
  try {
    return cacheSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return {};
  }
}

/** Writes the kept answers, whole or not at all: several nodes may start at once. @throws what the file system says. */
export function writeKept(path: string, kept: KeptAnswers): void {
  mkdirSync(dirname(path), { recursive: true });
  const whole = `${path}.${process.pid}`;
  writeFileSync(whole, `${JSON.stringify(kept, null, 2)}\n`);
  renameSync(whole, path);
}

/** Returns the answer kept for a key, or null. */
export function keptReport(kept: KeptAnswers, name: string, key: string): ProbeReport | null {
  const answer = kept[name];
  if (answer?.key !== key) return null;
  const { ok, reason, device, stepMs } = answer.report;
  return { ok, reason, ...(device === undefined ? {} : { device }), ...(stepMs === undefined ? {} : { stepMs }) };
}

/** Hashes everything that a backend's answer follows from, in a process with these variables. */
export function answerKey(backend: BackendName, environment: NodeJS.ProcessEnv = process.env): string {
  const packages = backend === "reference" ? ["@skyvox/kernels"] : ["@skyvox/kernels", `@skyvox/kernels-${backend}`];
  const folders = packages.flatMap(
    (name) => attempt(() => dirname(dirname(Bun.resolveSync(name, import.meta.dir)))) ?? [],
  );
  const [processor] = cpus();
  const facts = [backend, Bun.version, processor?.model ?? "", String(cpus().length)];
  return hashOf(folders, backend === "cuda" || backend === "wgsl" ? [...facts, ...gpuFacts(environment)] : facts);
}

/** Hashes facts and what packages are made of: their manifests (which pin what they use), sources and built libraries. */
export function hashOf(folders: readonly string[], facts: readonly string[]): string {
  const hash = new Bun.CryptoHasher("sha256");
  for (const fact of facts) hash.update(`${fact}\n`);
  for (const folder of folders) {
    for (const file of packageFiles(folder)) {
      hash.update(`${file}\n`);
      hash.update(readFileSync(join(folder, file)));
    }
  }
  return hash.digest("hex");
}

function packageFiles(folder: string): string[] {
  const sources = filesBelow(folder, "src").filter((file) => !file.endsWith(".test.ts"));
  const libraries = filesBelow(folder, "build").filter((file) => file.endsWith(".so"));
  return ["package.json", ...sources, ...libraries].sort();
}

function filesBelow(folder: string, name: string): string[] {
  const entries = attempt(() => readdirSync(join(folder, name), { recursive: true, withFileTypes: true })) ?? [];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

/** What may be known of GPUs and their drivers without loading one. */
function gpuFacts(environment: NodeJS.ProcessEnv): string[] {
  const { VK_DRIVER_FILES = "", VK_ICD_FILENAMES = "", CUDA_VISIBLE_DEVICES = "" } = environment;
  const drivers = [...VULKAN_FOLDERS.flatMap(pathsIn), ...`${VK_DRIVER_FILES}:${VK_ICD_FILENAMES}`.split(":")];
  const devices = [...pathsIn("/dev").filter((path) => path.startsWith("/dev/nvidia")), ...pathsIn("/dev/dri")];
  return [
    `CUDA_VISIBLE_DEVICES ${CUDA_VISIBLE_DEVICES}`,
    attempt(() => readFileSync("/proc/driver/nvidia/version", "utf8")) ?? "no NVIDIA driver",
    ...pathsIn("/proc/driver/nvidia/gpus"),
    // The package of a driver gives its manifest the time of its build.
    ...drivers
      .filter((path) => path !== "")
      .map((path) => `${path} ${attempt(() => statSync(path).mtimeMs) ?? "absent"}`),
    ...devices.map((path) => `${path} ${isUsable(path) ? "usable" : "closed"}`),
  ];
}

/** Where Vulkan's loader looks for drivers. */
const VULKAN_FOLDERS = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d"];

function pathsIn(folder: string): string[] {
  return (attempt(() => readdirSync(folder)) ?? []).sort().map((name) => join(folder, name));
}

function isUsable(path: string): boolean {
  return attempt(() => accessSync(path, constants.R_OK | constants.W_OK) ?? true) === true;
}

/** A machine may lack any of these places, or keep them to itself; then that is the fact. */
function attempt<Value>(look: () => Value): Value | null {
  try {
    return look();
  } catch {
    return null;
  }
}
