/**
 * Asks the kernel backends whether they run on this machine, chooses one and opens it.
 *
 * Each backend is asked in a child process of its own (a broken driver may crash it, and only it): there it is checked against the
 * reference on seeded data and timed. Answers are kept for the next start (`probe-cache.ts`). What follows from them stands in
 * `kernel-choice.ts`. A backend's package is loaded when it is first needed, so never in the node's own process.
 */

import { messageOf, SkyvoxError } from "@skyvox/core";
import {
  type BackendName,
  type Kernels,
  type KernelsAdapter,
  type OpenOptions,
  referenceAdapter,
} from "@skyvox/kernels";
import {
  allowsSoftware,
  askedFor,
  chooseBackend,
  isKnownFromCache,
  type KernelChoice,
  type ProbeAnswer,
  type ProbeReport,
  type Selection,
} from "./kernel-choice.ts";
import { answerKey, cachePath, keptReport, readKept, writeKept } from "./probe-cache.ts";

const adapters: Readonly<Record<BackendName, () => Promise<KernelsAdapter>>> = {
  cuda: async () => (await import("@skyvox/kernels-cuda")).cudaAdapter,
  wgsl: async () => (await import("@skyvox/kernels-wgsl")).wgslAdapter,
  cpu: async () => (await import("@skyvox/kernels-cpu")).cpuAdapter,
  reference: async () => referenceAdapter,
};

/** Threads of the cpu kernels. Decoders and the node need the other cores, and threads that wait for a busy core cost more than they bring. */
export const KERNEL_THREADS = 1;

/** How long a probe may take before it is killed. A driver that wakes compiles all shaders first; simulated in software that takes tens of seconds. */
const PROBE_S_MAX = { hardware: 15, software: 100 };

/** How backends are asked. */
export interface AskOptions {
  /** False asks every backend anew. */
  readonly trustsCache: boolean;
  /** Hears why answers could not be kept. */
  readonly onNotice: (line: string) => void;
}

/**
 * Asks the backends and chooses one.
 *
 * @throws {SkyvoxError} "backend" when the one asked for cannot run here.
 */
export async function selectKernels(choice: KernelChoice, { trustsCache, onNotice }: AskOptions): Promise<Selection> {
  const path = cachePath();
  const kept = trustsCache ? readKept(path) : {};
  const software = allowsSoftware(choice);
  const asked = askedFor(choice).map((backend) => ({
    backend,
    name: software ? `${backend}, software too` : backend,
    key: answerKey(backend),
  }));
  const answers = await Promise.all(
    asked.map(async ({ backend, name, key }): Promise<ProbeAnswer> => {
      const report = keptReport(kept, name, key);
      // Who asks for a backend by name may have mended what kept it from running.
      const isTrusted = report !== null && (report.ok || choice === "auto");
      return isTrusted ? { backend, report, from: "cache" } : await probe(backend, software);
    }),
  );
  const found = answers.flatMap(({ from, report }, index) => {
    const { name, key } = asked[index]!;
    return from === "probe" ? [[name, { key, report }] as const] : [];
  });
  if (found.length > 0) {
    try {
      writeKept(path, { ...readKept(path), ...Object.fromEntries(found) });
    } catch (error) {
      onNotice(`the backends' answers are not kept for the next start: ${messageOf(error)}`);
    }
  }
  return chooseBackend(answers, choice);
}

/**
 * Chooses a backend and opens it in this process. One that was known to run and does not open is asked again.
 *
 * @throws {SkyvoxError} "backend" when none that suits the choice can be opened.
 */
export async function openSelected(
  choice: KernelChoice,
  options: OpenOptions & Pick<AskOptions, "onNotice">,
): Promise<Kernels> {
  const { onNotice, ...open } = options;
  const selection = await selectKernels(choice, { trustsCache: true, onNotice });
  try {
    return await openKernels(selection, open);
  } catch (error) {
    if (!isKnownFromCache(selection)) throw error;
    return await openKernels(await selectKernels(choice, { trustsCache: false, onNotice }), open);
  }
}

/** Loads a backend's package, by its name. */
export async function adapterOf(backend: BackendName): Promise<KernelsAdapter> {
  try {
    return await adapters[backend]();
  } catch (error) {
    const message = `Cannot load kernels "${backend}": ${messageOf(error)}, need what scripts/setup.mjs installs`;
    throw new SkyvoxError("backend", message, { cause: error });
  }
}

/** Opens the chosen backend. @throws {SkyvoxError} "backend" when it cannot be opened. */
export async function openKernels(
  { choice, backend }: Pick<Selection, "choice" | "backend">,
  options: OpenOptions,
): Promise<Kernels> {
  const adapter = await adapterOf(backend);
  return await adapter.open({ ...options, software: allowsSoftware(choice) });
}

async function probe(backend: BackendName, software: boolean): Promise<ProbeAnswer> {
  const limitS = software ? PROBE_S_MAX.software : PROBE_S_MAX.hardware;
  const program = new URL("./probe-kernels.ts", import.meta.url).pathname;
  const child = Bun.spawn([process.execPath, program, backend, ...(software ? ["software"] : [])], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 1000 * limitS,
    killSignal: "SIGKILL",
  });
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const line = output.trim().split("\n").at(-1) ?? "";
  if (code === 0 && line.startsWith("{")) return { backend, report: JSON.parse(line) as ProbeReport, from: "probe" };
  const lastError = errors.trim().split("\n").at(-1);
  const ended = child.signalCode === null ? `exit code ${code}` : `signal ${child.signalCode}`;
  const reason = `the probe ended with ${ended}${lastError ? ` (${lastError})` : ""}, need an answer within ${limitS} s`;
  return { backend, report: { ok: false, reason }, from: "crash" };
}
