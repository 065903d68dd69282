/**
 * The kernel backends that benches measure, and the ways each is opened.
 *
 * Each is loaded only when it is asked for, so that one that cannot load stops no other.
 */
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

/** Asks a backend whether it can run here; `software` takes a GPU that is simulated too, which is right but slow. */
export async function askBackend(name: BackendName, { software = false } = {}): Promise<BackendAnswer> {
  try {
    const adapter = await loaders[name]();
    const probe = await adapter.probe(0, { software });
    return probe.ok ? { ok: true, adapter, device: probe.device } : probe;
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
}

/**
 * Returns a backend that can run here.
 *
 * @throws {SkyvoxError} code "backend" for one that cannot.
 */
export async function adapterOf(name: BackendName): Promise<KernelsAdapter> {
  const answer = await askBackend(name);
  if (answer.ok) return answer.adapter;
  throw new SkyvoxError("backend", `Cannot run kernels "${name}": ${answer.reason}`);
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
