import type { BackendName, Kernels } from "./kernels.ts";

/** What a backend answers when it is asked whether it can run here. */
export type Probe =
  | { readonly ok: true; readonly device: string; readonly memoryBytes: number }
  | { readonly ok: false; readonly reason: string };

/** How a backend is opened. `threads` and `scalar` mean something to the cpu backend only. */
export interface OpenOptions {
  readonly index?: number;
  readonly threads?: number;
  readonly scalar?: boolean;
  /** Takes a GPU that is simulated in software too, by default refused: it is right and slower than the cpu backend. Wgsl only. */
  readonly software?: boolean;
}

/** One backend, not yet opened. `probe` may crash the process with a broken driver: call it in a child process. */
export interface KernelsAdapter {
  readonly backend: BackendName;
  probe(index?: number, options?: Pick<OpenOptions, "software">): Promise<Probe>;
  /** @throws {SkyvoxError} code "backend" when it cannot be opened. */
  open(options?: OpenOptions): Promise<Kernels>;
}
