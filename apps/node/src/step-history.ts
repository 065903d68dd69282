/**
 * What was published lately, kept so that a person can look back: frame sets and camera reports as the text that went to the stream.
 *
 * Bounded twice, by site time and by bytes; when one is reached the oldest go. Of frame sets with some dozens of tracks or more ten a second are kept. Text is kept instead of objects because its size is known to
 * the byte and it goes out as it is. Voxels and pictures are not kept: a second of them weighs as much as minutes of these.
 */
import type { CamerasMessage, TracksMessage } from "@skyvox/dashboard";

/** A message that is kept. */
export type KeptMessage = TracksMessage | CamerasMessage;

/** How much is kept at most. */
export interface HistoryBounds {
  readonly secondsMax: number;
  readonly bytesMax: number;
}

/** What is kept now: seconds of site time, null where nothing is. */
export interface HistoryExtent extends HistoryBounds {
  readonly firstS: number | null;
  readonly lastS: number | null;
  /** Frame sets among the messages. */
  readonly stepCount: number;
  readonly bytes: number;
}

/** Some of what is kept, oldest first, as JSON texts. */
export interface HistorySlice {
  readonly messages: readonly Uint8Array[];
  /** Where to ask on, site seconds; null where this is all that was asked for. */
  readonly nextS: number | null;
}

interface Entry {
  readonly timeS: number;
  readonly isStep: boolean;
  readonly text: Uint8Array;
}

/** Ten minutes at 30 frame sets a second of some ten tracks are about 50 MB. */
const DEFAULT_BOUNDS: HistoryBounds = { secondsMax: 600, bytesMax: 64 * 1024 * 1024 };
/** After a frame set of more bytes than this the next one kept is a tenth of a second later, less what a sum of decimals may lack. */
const HEAVY_BYTES = 32 * 1024;
const HEAVY_S = 0.1 - 1e-6;
/** Bytes that an entry costs beside its text. */
const ENTRY_BYTES = 160;

/** Keeps the last published messages. Times must not fall. */
export class StepHistory {
  readonly #bounds: HistoryBounds;
  readonly #encoder = new TextEncoder();
  #entries: Entry[] = [];
  /** Entries before this one are gone; the array is cut when half of it is. */
  #first = 0;
  #bytes = 0;
  #stepCount = 0;
  #lastStepS = Number.NEGATIVE_INFINITY;
  #lastStepBytes = 0;

  constructor(bounds: HistoryBounds = DEFAULT_BOUNDS) {
    this.#bounds = bounds;
  }

  add(message: KeptMessage): void {
    if (message.type === "tracks" && this.#lastStepBytes > HEAVY_BYTES && message.timeS < this.#lastStepS + HEAVY_S)
      return;
    const text = this.#encoder.encode(JSON.stringify(message));
    const isStep = message.type === "tracks";
    if (isStep) {
      this.#lastStepS = message.timeS;
      this.#lastStepBytes = text.length;
    }
    this.#entries.push({ timeS: message.timeS, isStep, text });
    this.#bytes += text.length + ENTRY_BYTES;
    if (isStep) this.#stepCount++;
    const { secondsMax, bytesMax } = this.#bounds;
    const oldestS = message.timeS - secondsMax;
    while (this.#bytes > bytesMax || (this.#entries[this.#first]?.timeS ?? oldestS) < oldestS) this.#dropFirst();
    if (this.#first * 2 < this.#entries.length) return;
    this.#entries = this.#entries.slice(this.#first);
    this.#first = 0;
  }

  extent(): HistoryExtent {
    const firstS = this.#entries[this.#first]?.timeS ?? null;
    const lastS = firstS === null ? null : (this.#entries.at(-1)?.timeS ?? null);
    return { ...this.#bounds, firstS, lastS, stepCount: this.#stepCount, bytes: this.#bytes };
  }

  /** Returns what was published from `fromS` to before `toS`, cut after about `bytesMax` bytes but never within one instant. */
  slice(span: { readonly fromS: number; readonly toS: number; readonly bytesMax: number }): HistorySlice {
    const messages: Uint8Array[] = [];
    let bytes = 0;
    let lastS = Number.NEGATIVE_INFINITY;
    for (let i = this.#firstFrom(span.fromS); i < this.#entries.length; i++) {
      const { timeS, text } = this.#entries[i]!;
      if (timeS >= span.toS) break;
      if (bytes >= span.bytesMax && timeS > lastS) return { messages, nextS: timeS };
      messages.push(text);
      bytes += text.length;
      lastS = timeS;
    }
    return { messages, nextS: null };
  }

  #dropFirst(): void {
    const { text, isStep } = this.#entries[this.#first]!;
    this.#bytes -= text.length + ENTRY_BYTES;
    if (isStep) this.#stepCount--;
    this.#first++;
  }

  /** Index of the first kept entry that is not older than a time. */
  #firstFrom(timeS: number): number {
    let low = this.#first;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle]!.timeS < timeS) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
