/**
 * The kernel backends that benches measure, and the ways each is opened.
 *
 * Each is loaded only when it is asked for, so that one that cannot load stops no other. The GPU backends are asked in a process of their
 * own (`probe.ts`): a broken driver may crash it, and drivers print lines of their own.
 */
import { join } from "node:path";
import { messageOf, SkyvoxError } from "@skyvox/core";
import {
  type BackendName,
  type Kernels,
  type KernelsAdapter,
  type OpenOptions,
  referenceAdapter,
} from "@skyvox/kernels";

const loaders: Readonly<Record<BackendName, () => Promise<KernelsAdapter>>> = {
  reference: async () => referenceAdapter,
  cpu: async () => (await import("@skyvox/kernels-cpu")).cpuAdapter,
  cuda: async () => (await import("@skyvox/kernels-cuda")).cudaAdapter,
  wgsl: async () => (await import("@skyvox/kernels-wgsl")).wgslAdapter,
};

/** All names of backends, whether they can run here or not. */
export const backendNames: readonly BackendName[] = ["reference", "cpu", "cuda", "wgsl"];

/** What a backend answered: itself and its device, or why it cannot run here. */
export type BackendAnswer =
  | { readonly ok: true; readonly adapter: KernelsAdapter; readonly device: string }
  | { readonly ok: false; readonly reason: string };

const PROBE_MS_MAX = 30_000;

/** Asks a backend whether it can run here; `software` takes a GPU that is simulated too, which is right but slow. */
export async function askBackend(name: BackendName, { software = false } = {}): Promise<BackendAnswer> {
  if (!isGpu({ backend: name })) return await askHere(name, { software });
  const probe = [join(import.meta.dir, "./probe.ts"), name, ...(software ? ["software"] : [])];
  const options = { stdout: "pipe", stderr: "ignore", timeout: PROBE_MS_MAX, killSignal: "SIGKILL" } as const;
  const child = Bun.spawn([process.execPath, ...probe], options);
  const [text, code] = await Promise.all([new Response(child.stdout).text(), child.exited]);
  if (code !== 0) return { ok: false, reason: `its probe ended with ${child.signalCode ?? `exit code ${code}`}` };
  const answer = JSON.parse(text) as { ok: true; device: string } | { ok: false; reason: string };
  return answer.ok ? { ...answer, adapter: await loaders[name]() } : answer;
}

/** Asks a backend in this process. */
export async function askHere(name: BackendName, { software }: { software: boolean }): Promise<BackendAnswer> {
  try {
    const adapter = await loaders[name]();
    const probe = await adapter.probe(0, { software });
    return probe.ok ? { ok: true, adapter, device: probe.device } : { ok: false, reason: reasonIn(probe.reason) };
  } catch (error) {
    return { ok: false, reason: reasonIn(messageOf(error)) };
  }
}

/** A reason may be a whole message, `Cannot probe …: found, need wanted`: what was found and is needed tells enough. */
function reasonIn(message: string): string {
  return message.replace(/^Cannot [^:]*: /, "");
}

/** Says that a backend cannot be used for what the command does, and what is needed. */
export function refusalOf(verb: string, name: BackendName, reason: string): SkyvoxError {
  const need = reason.includes(", need ") ? "" : ", need a backend that can run here";
  return new SkyvoxError("backend", `Cannot ${verb} "${name}": ${reason}${need}`);
}

/**
 * Returns a backend that can run here.
 *
 * @throws {SkyvoxError} code "backend" for one that cannot.
 */
export async function adapterOf(name: BackendName): Promise<KernelsAdapter> {
  const answer = await askBackend(name);
  if (answer.ok) return answer.adapter;
  throw refusalOf("run kernels", name, answer.reason);
}

/** The ways through one backend that are measured. */
export interface Ways {
  /** On one thread where there is a choice. */
  readonly one: Kernels;
  /** On all threads; `one` itself where there is no choice. */
  readonly all: Kernels;
  /** On one thread and with the instructions of every processor; null where there is no choice. */
  readonly scalar: Kernels | null;
}

/** Opens the ways through a backend; `stack` owns them. */
export async function openWays(adapter: KernelsAdapter, stack: DisposableStack): Promise<Ways> {
  const open = async (options: OpenOptions) => stack.use(await adapter.open(options));
  const one = await open({ threads: 1 });
  if (adapter.backend !== "cpu") return { one, all: one, scalar: null };
  return { one, all: await open({}), scalar: await open({ threads: 1, scalar: true }) };
}

/**
 * Finds a backend by what was typed.
 *
 * @throws {SkyvoxError} code "usage" for a word that names none.
 */
export function backendNamed(word: string): BackendName {
  const name = backendNames.find((known) => known === word);
  if (name !== undefined) return name;
  throw new SkyvoxError("usage", `Cannot find the backend "${word}": need one of ${backendNames.join(", ")}`);
}

/** True for the backends whose memory is not the host's. */
export function isGpu({ backend }: { readonly backend: BackendName }): boolean {
  return backend === "cuda" || backend === "wgsl";
}
