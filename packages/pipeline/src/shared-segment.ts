/**
 * Memory that several processes map, with rings and pools in it.
 *
 * The creator makes an anonymous segment and gives its `path` to the processes it starts; the kernel frees it with the last process that
 * maps it. A named segment is for processes that do not descend from each other: it stands in /dev/shm until its owner disposes of it, or
 * until `sweepSegments` finds that the owner was killed. One ArrayBuffer shows the whole segment; whoever takes or claims gets a view of one
 * slot that was made once.
 *
 * Whoever maps a segment is one of at most 64 participants. The kernel knows whether a participant lives: it holds a lock that goes with
 * its process. `reap` gives back what the dead were writing or reading.
 */
import { type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import { assert, SkyvoxError } from "@skyvox/core";
import {
  openHandle,
  type PipelineFunctions,
  pipelineAbi,
  pipelineLibrary,
  pipelineStatus,
  throwPipelineError,
} from "./pipeline-library.ts";
import { layoutBytes, type SegmentLayout } from "./segment-layout.ts";

/** What one pass of `reap` found. */
export interface ReapReport {
  /** Participants that had died. */
  readonly participants: number;
  /** Slots they were writing: nothing of those was ever seen by a reader. */
  readonly claims: number;
  /** Slots they were reading. */
  readonly holds: number;
  readonly durationUs: number;
}

/** Where one part lies, in bytes from the start of the segment. */
export interface PartPlace {
  readonly partOffset: number;
  readonly partBytes: number;
  readonly consumersOffset: number;
  readonly slotsOffset: number;
  readonly slotStride: number;
  readonly payloadOffset: number;
  readonly payloadStride: number;
}

/** The most that one ArrayBuffer shows. */
const SEGMENT_BYTES_MAX = 2 ** 32 - 1;

/** A mapped segment; the opener disposes of it, after everything that was opened on it. */
export class SharedSegment implements Disposable {
  readonly layout: SegmentLayout;
  readonly byteLength: number;
  /** Names this segment among all that ever were. */
  readonly uuid: string;
  /** Place of this attachment in the table of participants; the creator's is 0. */
  readonly participant: number;
  /** Where other processes attach: /proc/PID/fd/N, or the file in /dev/shm. Stays valid while this attachment is open. */
  readonly path: string;
  readonly library: PipelineFunctions;
  readonly #pointer: Pointer;
  readonly #buffer: ArrayBuffer;
  #handles = 0;
  #isOpen = true;

  /**
   * Creates a segment. All its memory is allocated and touched before this returns.
   *
   * @throws {SkyvoxError} code "capacity" when the memory cannot be had, "io" when the native library is missing.
   */
  static create(layout: SegmentLayout, { named = false }: { readonly named?: boolean } = {}): SharedSegment {
    const library = pipelineLibrary();
    assertShowable(layout);
    const name = named ? `skyvox.${crypto.randomUUID()}` : null;
    const parts = nativeParts(layout);
    const text = name === null ? null : Buffer.from(`${name}\0`);
    const pointer = openHandle(library, "capacity", (out) =>
      library.svp_segment_create(ptr(parts), layout.length, text === null ? null : ptr(text), out),
    );
    return new SharedSegment(library, pointer, layout, name === null ? null : `/dev/shm/${name}`);
  }

  /**
   * Maps a segment that another process, or another thread of this one, has created with the same layout.
   *
   * @throws {SkyvoxError} code "io" when there is none, or one of another version or layout: the message says which.
   */
  static attach(path: string, layout: SegmentLayout): SharedSegment {
    const library = pipelineLibrary();
    assertShowable(layout);
    const parts = nativeParts(layout);
    const text = Buffer.from(`${path}\0`);
    const pointer = openHandle(library, "io", (out) =>
      library.svp_segment_attach(ptr(text), ptr(parts), layout.length, out),
    );
    return new SharedSegment(library, pointer, layout, path);
  }

  private constructor(library: PipelineFunctions, pointer: Pointer, layout: SegmentLayout, path: string | null) {
    const info = new DataView(new ArrayBuffer(pipelineAbi.segmentInfo));
    library.svp_segment_describe(pointer, ptr(info));
    this.library = library;
    this.#pointer = pointer;
    this.layout = layout;
    this.byteLength = Number(info.getBigUint64(8, true));
    this.participant = info.getInt32(28, true);
    this.path = path ?? `/proc/${process.pid}/fd/${info.getInt32(24, true)}`;
    this.uuid = new TextDecoder().decode(new Uint8Array(info.buffer, 32, 36));
    this.#buffer = toArrayBuffer(Number(info.getBigUint64(0, true)) as Pointer, 0, this.byteLength);
  }

  /** The whole segment; borrowed, empty after dispose. Writing to it other than through rings and pools breaks them. */
  get buffer(): ArrayBuffer {
    assert(this.#isOpen, "the segment is open");
    return this.#buffer;
  }

  /** Gives back what dead participants left. Takes microseconds when nobody has died. */
  reap(): ReapReport {
    assert(this.#isOpen, "the segment is open");
    const report = new Uint32Array(4);
    this.library.svp_segment_reap(this.#pointer, ptr(report));
    const [participants = 0, claims = 0, holds = 0, durationUs = 0] = report;
    return { participants, claims, holds, durationUs };
  }

  /** Asks the kernel whether the process behind a participant lives. */
  isAlive(participant: number): boolean {
    assert(this.#isOpen, "the segment is open");
    return this.library.svp_segment_is_alive(this.#pointer, participant) === 1;
  }

  /** Where part `index` of the layout lies. */
  place(index: number): PartPlace {
    assert(this.#isOpen, "the segment is open");
    const out = new BigUint64Array(pipelineAbi.place / 8);
    if (this.library.svp_segment_place(this.#pointer, index, ptr(out)) !== pipelineStatus.ok)
      throwPipelineError(this.library, "capacity");
    const [partOffset = 0, partBytes = 0, consumersOffset = 0, slotsOffset = 0, ...rest] = [...out].map(Number);
    const [slotStride = 0, payloadOffset = 0, payloadStride = 0] = rest;
    return { partOffset, partBytes, consumersOffset, slotsOffset, slotStride, payloadOffset, payloadStride };
  }

  /** Opens something on this segment, which then cannot be disposed of before `closeHandle`. */
  openHandle(call: (segment: Pointer, out: Pointer) => number): Pointer {
    assert(this.#isOpen, "the segment is open");
    const handle = openHandle(this.library, "capacity", (out) => call(this.#pointer, out));
    this.#handles++;
    return handle;
  }

  /** Closes what `openHandle` opened. */
  closeHandle(call: () => number): void {
    assert(this.#isOpen, "the segment is open");
    call();
    this.#handles--;
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    assert(this.#handles === 0, "everything opened on the segment is disposed of before it");
    this.#isOpen = false;
    // Detached first: a view that somebody kept is empty then, instead of pointing at memory that is gone.
    structuredClone(null, { transfer: [this.#buffer] });
    this.library.svp_segment_close(this.#pointer);
  }
}

/**
 * Removes the named segments in /dev/shm whose owner has been killed; returns how many.
 *
 * @throws {SkyvoxError} code "io" when /dev/shm cannot be read or the native library is missing.
 */
export function sweepSegments(): number {
  const library = pipelineLibrary();
  const swept = library.svp_segment_sweep();
  return swept >= 0 ? swept : throwPipelineError(library, "io");
}

function assertShowable(layout: SegmentLayout): void {
  assert(layout.length > 0, "a segment has a part");
  const bytes = layoutBytes(layout);
  if (bytes <= SEGMENT_BYTES_MAX) return;
  const parts = layout.map(({ kind, slots, slotBytes }) => `${kind} ${slots} x ${slotBytes}`).join(" + ");
  throw new SkyvoxError(
    "capacity",
    `Cannot create a segment: ${parts} bytes = ${bytes}, need at most ${SEGMENT_BYTES_MAX} (one segment per camera)`,
  );
}

/** The layout as `svp_part` of `pipeline.h`. */
function nativeParts(layout: SegmentLayout): DataView<ArrayBuffer> {
  const parts = new DataView(new ArrayBuffer(layout.length * pipelineAbi.part));
  for (const [index, { kind, slots, slotBytes }] of layout.entries()) {
    parts.setUint32(index * pipelineAbi.part, kind === "ring" ? 1 : 2, true);
    parts.setUint32(index * pipelineAbi.part + 4, slots, true);
    parts.setBigUint64(index * pipelineAbi.part + 8, BigInt(slotBytes), true);
  }
  return parts;
}
