/**
 * Frames of cameras between processes of one machine, under the names of the specification: a ring buffer per camera, frames written and
 * read, and what it cost.
 *
 * Each camera has one segment (`cameraLayout`): a ring of descriptors and a pool of frames. The process that creates it hands its place to
 * others, which attach; any of them may write and read. Frames are read where they lie. They are also written there by `acquireFrame` and
 * `commitFrame`; `writeFrame` copies once. Nobody waits: a writer drops what finds no slot, a consumer loses what it is too slow for, and
 * both is counted. Who must have every frame asks for them one by one instead, as the shared sources of `@skyvox/cameras` do.
 */
import { assert, type CameraId, type Clock } from "@skyvox/core";
import {
  FrameConsumer,
  type FrameConsumerOptions,
  type FrameConsumerStatistics,
  type FrameMetadata,
  type HeldFrame,
  type ReadTotals,
} from "./frame-consumer.ts";
import type { PoolBusy } from "./frame-pool.ts";
import { FrameProducer, type FrameProducerStatistics, type WriteOutcome } from "./frame-producer.ts";
import type { FrameSlot } from "./frame-slot.ts";
import { machineClock } from "./machine-clock.ts";
import { type CameraPoolSpec, cameraLayout } from "./pool-memory.ts";
import { SharedSegment } from "./shared-segment.ts";

/** Frames of one camera in shared memory, as another process attaches to them; plain values, to be sent as they are. */
export interface RingBufferPlace extends Omit<CameraPoolSpec, "cameraCount"> {
  /** As of `SharedSegment`: valid while the creator's pipeline is open. */
  readonly path: string;
}

/** What went through a pipeline, as this process saw it since it opened its ring buffers. */
export interface PipelineStatistics {
  /** Frames that this process wrote, and those it read that another one wrote; the latter once for each consumer that got them. */
  readonly framesProcessed: number;
  /** Their bytes. */
  readonly bytesTransferred: number;
  /** Share of them that was written where it lies, and so never copied; null while there are none. Reading copies nothing. */
  readonly zeroCopyRatio: number | null;
  /** Mean from the call that wrote a frame to the one that read it here, checksums and the reader's coming included; null while there is none. */
  readonly avgTransferTimeMs: number | null;
  readonly cameras: readonly {
    readonly id: CameraId;
    readonly written: FrameProducerStatistics;
    readonly consumers: readonly FrameConsumerStatistics[];
  }[];
}

interface CameraBuffer {
  readonly producer: FrameProducer;
  readonly consumers: readonly FrameConsumer[];
}

const defaultConsumers: readonly FrameConsumerOptions[] = [{ name: "reader", policy: "dropOldest" }];

/**
 * The ring buffers that a process has created or attached to. Disposing it closes them all; frames in hand are released before.
 *
 * @example
 * ```ts
 * import { cameraId } from "@skyvox/core";
 * import { DataPipeline } from "@skyvox/pipeline";
 * const north = cameraId("north");
 * using pipeline = new DataPipeline();
 * pipeline.createRingBuffer(north, { widthPx: 4, heightPx: 2, bytesPerPixel: 1, slots: 8 });
 * pipeline.writeFrame(north, new Uint8Array(8).fill(7), { sequence: 0, captureNs: 0n });
 * const slot = pipeline.acquireFrame(north);
 * if (slot.ok) {
 *   slot.bytes.fill(9);
 *   pipeline.commitFrame(north, slot, { sequence: 1, captureNs: 33_000_000n });
 * }
 * for (let frame = pipeline.readFrame(north); frame !== null; frame = pipeline.readFrame(north)) {
 *   console.log(frame.metadata.sequence, frame.pixels[0]); // 0 7, then 1 9
 *   frame.release();
 * }
 * pipeline.getStatistics().zeroCopyRatio; // 0.5
 * ```
 */
export class DataPipeline implements Disposable {
  readonly #buffers = new Map<CameraId, CameraBuffer>();
  readonly #stack = new DisposableStack();
  readonly #isChecked: boolean;
  readonly #clock: Clock;
  readonly #read: ReadTotals = { frames: 0, transferNs: 0n, foreignFrames: 0, foreignBytes: 0, foreignInPlace: 0 };

  /** `isChecked`: XXH3 goes with every frame written here. `clock` is one that all processes of the pipeline share. */
  constructor(options: { readonly isChecked?: boolean; readonly clock?: Clock } = {}) {
    this.#isChecked = options.isChecked ?? true;
    this.#clock = options.clock ?? machineClock;
  }

  /**
   * Creates a camera's ring buffer; its memory is allocated and touched before this returns. Consumers get frames from now on.
   *
   * @throws {SkyvoxError} code "capacity" when the memory cannot be had, "io" when the native library is missing.
   */
  createRingBuffer(
    cameraId: CameraId,
    frames: Omit<CameraPoolSpec, "cameraCount">,
    consumers: readonly FrameConsumerOptions[] = defaultConsumers,
  ): RingBufferPlace {
    const segment = this.#stack.use(SharedSegment.create(cameraLayout(frames)));
    this.#open(cameraId, segment, consumers);
    return { ...frames, path: segment.path };
  }

  /**
   * Attaches to a ring buffer that another process has created.
   *
   * @throws {SkyvoxError} code "io" when there is none there, or one of another layout.
   */
  attachRingBuffer(
    cameraId: CameraId,
    place: RingBufferPlace,
    consumers: readonly FrameConsumerOptions[] = defaultConsumers,
  ): void {
    this.#open(cameraId, this.#stack.use(SharedSegment.attach(place.path, cameraLayout(place))), consumers);
  }

  /** Copies a frame of at most the slot's size into shared memory and announces it to all consumers. */
  writeFrame(cameraId: CameraId, frame: Uint8Array, metadata: FrameMetadata): WriteOutcome {
    return this.#buffer(cameraId).producer.write(frame, metadata);
  }

  /** Takes a slot to write a frame into without a copy; then `commitFrame` or `abortFrame`. */
  acquireFrame(cameraId: CameraId): FrameSlot | PoolBusy {
    return this.#buffer(cameraId).producer.acquire();
  }

  /** Announces the first `byteLength` bytes (all, where nothing is said) of an acquired slot as a frame. */
  commitFrame(
    cameraId: CameraId,
    slot: FrameSlot,
    metadata: FrameMetadata,
    byteLength: number = slot.bytes.length,
  ): WriteOutcome {
    return this.#buffer(cameraId).producer.commit(slot, metadata, byteLength);
  }

  /** Gives an acquired slot up; nobody sees it. */
  abortFrame(cameraId: CameraId, slot: FrameSlot): void {
    this.#buffer(cameraId).producer.abort(slot);
  }

  /** Holds the next frame for a consumer, the first one where none is named; null while there is none. The caller releases it. */
  readFrame(cameraId: CameraId, consumer?: string): HeldFrame | null {
    const { consumers } = this.#buffer(cameraId);
    const found = consumer === undefined ? consumers[0] : consumers.find(({ name }) => name === consumer);
    assert(found !== undefined, "the consumer was named when the ring buffer was opened");
    return found.next(this.#read);
  }

  /** What went through since the ring buffers were opened. */
  getStatistics(): PipelineStatistics {
    const cameras = [...this.#buffers].map(([id, { producer, consumers }]) => ({
      id,
      written: producer.statistics(),
      consumers: consumers.map((consumer) => consumer.statistics()),
    }));
    const { frames, transferNs, foreignFrames, foreignBytes, foreignInPlace } = this.#read;
    const sumOf = (of: "frames" | "bytes" | "inPlace") => cameras.reduce((sum, { written }) => sum + written[of], 0);
    const framesProcessed = sumOf("frames") + foreignFrames;
    return {
      framesProcessed,
      bytesTransferred: sumOf("bytes") + foreignBytes,
      zeroCopyRatio: framesProcessed === 0 ? null : (sumOf("inPlace") + foreignInPlace) / framesProcessed,
      avgTransferTimeMs: frames === 0 ? null : Number(transferNs) / 1e6 / frames,
      cameras,
    };
  }

  [Symbol.dispose](): void {
    this.#buffers.clear();
    this.#stack.dispose();
  }

  #open(cameraId: CameraId, segment: SharedSegment, consumers: readonly FrameConsumerOptions[]): void {
    assert(!this.#buffers.has(cameraId), "a camera has one ring buffer");
    assert(new Set(consumers.map(({ name }) => name)).size === consumers.length, "each consumer has a name of its own");
    const clock = this.#clock;
    this.#buffers.set(cameraId, {
      consumers: consumers.map((options) => this.#stack.use(new FrameConsumer(segment, options, clock))),
      producer: this.#stack.use(new FrameProducer(segment, { isChecked: this.#isChecked, clock })),
    });
  }

  #buffer(cameraId: CameraId): CameraBuffer {
    const buffer = this.#buffers.get(cameraId);
    assert(buffer !== undefined, "the camera has a ring buffer here");
    return buffer;
  }
}
