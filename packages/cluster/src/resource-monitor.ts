/**
 * Samples the resources of this machine from a thread of its own: the driver of a GPU or a disk on the network may keep a caller waiting
 * for seconds, and nothing may keep the event loop of a node.
 */
import type { ResourceOptions, ResourceSample } from "./resources.ts";

/** What the thread is told. */
export type ToResourceThread =
  | { readonly type: "open"; readonly options: ResourceOptions; readonly intervalMs: number }
  | { readonly type: "end" };

/** A thread at work; dispose it to end it. */
export class ResourceMonitor implements AsyncDisposable {
  readonly #thread: Worker;
  readonly #ended = Promise.withResolvers<void>();
  #latest: ResourceSample | null = null;

  /** Begins to sample, at once and then every `intervalMs`. */
  constructor(
    options: ResourceOptions & {
      readonly intervalMs: number;
      /** Hears of each sample. */
      readonly onSample?: (sample: ResourceSample) => void;
      /** Hears that the thread has ended by a fault; there are no samples any more. */
      readonly onFault: (line: string) => void;
    },
  ) {
    const { intervalMs, onSample, onFault, ...rest } = options;
    this.#thread = new Worker(new URL("./resource-thread.ts", import.meta.url).href);
    this.#thread.onmessage = ({ data }: MessageEvent<ResourceSample>) => {
      this.#latest = data;
      onSample?.(data);
    };
    this.#thread.onerror = ({ message }) => onFault(`Cannot sample resources: ${message}, need a thread that runs`);
    this.#thread.addEventListener("close", () => this.#ended.resolve());
    this.#tell({ type: "open", options: rest, intervalMs });
  }

  /** The last sample; null before the first. */
  get latest(): ResourceSample | null {
    return this.#latest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tell({ type: "end" });
    await this.#ended.promise;
  }

  #tell(message: ToResourceThread): void {
    this.#thread.postMessage(message);
  }
}
