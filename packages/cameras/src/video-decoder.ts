/**
 * Decodes one video file to grey frames with their presentation times, through an `ffmpeg` child.
 *
 * Pixels come as raw luma on standard output, times as the lines the `showinfo` filter writes to standard error, one per frame and in the
 * same order; ffmpeg writes a frame's line before its pixels, so the n-th frame belongs to the n-th line. Nothing makes or drops frames
 * (`-fps_mode passthrough`), so variable frame rates come out as recorded, and `-copyts` keeps the file's own times whatever other streams
 * it holds. ffmpeg waits while its pipe is full: a reader that stops stops the decoder, two to four frames on.
 *
 * `extractplanes=y` hands the luma plane through as it was coded. Asking for a grey pixel format instead would stretch it from video range
 * to full range: slower, and not the recorded levels. What is not stored as planes of luma and chroma is turned into such first.
 */
import { assert } from "@skyvox/core";

/** One decoded frame: its time on the file's time line. The pixels lie in the caller's buffer. */
export interface DecodedFrame {
  readonly timeNs: bigint;
  /** `WIDTHxHEIGHT` of the decoded picture. */
  readonly size: string;
}

/** How the decoding ended: `fault` says in one line what ffmpeg complained about, or is null for a file read to its end. */
export interface DecoderEnd {
  readonly fault: string | null;
}

/** What is decoded: a file, and what was found in it. */
export interface DecoderOptions {
  /** Path of the program. */
  readonly ffmpeg: string;
  readonly path: string;
  readonly codec: string;
  readonly pixelFormat: string;
}

/**
 * One thread per decoder: with two, on a busy machine, ffmpeg may hand out a picture that it mended and finds damaged only afterwards.
 * Four HD files at once on 2 cores take as long either way.
 */
const THREADS = 1;

/** A running decoder. Disposing it kills the child and waits for its end. */
export class VideoDecoder implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  readonly #pixels: ReadableStreamDefaultReader<Uint8Array>;
  readonly #log: ShowinfoLog;
  readonly #logEnd: Promise<void>;
  #rest: Uint8Array = new Uint8Array();

  constructor(options: DecoderOptions) {
    this.#child = Bun.spawn([options.ffmpeg, ...argumentsFor(options)], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      // Ctrl-C in a terminal reaches its whole process group: who ends a decoder is its owner.
      detached: true,
    });
    this.#pixels = this.#child.stdout.getReader();
    this.#log = new ShowinfoLog(options.codec);
    this.#logEnd = this.#readLog();
  }

  /**
   * Fills `pixels` with the next frame.
   *
   * Returns null after the last whole frame. The buffer's content is undefined then.
   */
  async next(pixels: Uint8Array): Promise<DecodedFrame | null> {
    let filled = 0;
    while (filled < pixels.length) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#pixels.read();
        if (done) return null;
        this.#rest = value;
      }
      const part = this.#rest.subarray(0, pixels.length - filled);
      pixels.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return this.#log.nextFrame();
  }

  /** Waits for the child's own end and tells how it came. Call it after `next` has returned null. */
  async end(): Promise<DecoderEnd> {
    const exitCode = await this.#child.exited;
    await this.#logEnd;
    const { fault } = this.#log;
    if (fault !== null || exitCode === 0) return { fault };
    return { fault: `ffmpeg ended with ${exitCode ?? this.#child.signalCode}` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#pixels.cancel().catch(() => undefined);
    await this.#child.exited;
    await this.#logEnd;
  }

  async #readLog(): Promise<void> {
    const decoder = new TextDecoder();
    let line = "";
    for await (const chunk of this.#child.stderr) {
      const lines = (line + decoder.decode(chunk, { stream: true })).split("\n");
      line = lines.pop() ?? "";
      for (const whole of lines) this.#log.take(whole);
    }
    this.#log.take(line);
    this.#log.close();
  }
}

function argumentsFor({ path, pixelFormat }: DecoderOptions): string[] {
  const log = ["-hide_banner", "-nostats", "-nostdin", "-loglevel", "repeat+level+info"];
  // -xerror: a frame that could not be decoded ends the run. Concealed pixels would look like motion.
  const input = ["-xerror", "-threads", String(THREADS), "-filter_threads", "1", "-copyts", "-i", `file:${path}`];
  const planar = /^(yuv|gray)/.test(pixelFormat) ? "" : "format=yuv444p,";
  const filters = ["-map", "0:V:0", "-vf", `${planar}extractplanes=y,format=gray,showinfo=checksum=0`];
  return [...log, ...input, ...filters, "-fps_mode", "passthrough", "-f", "rawvideo", "pipe:1"];
}

/**
 * Reads ffmpeg's log: one line per frame from `showinfo`, and complaints.
 *
 * A complaint of the decoder itself that did not end the run (`-xerror` would have) is no fault: recordings that start between key frames
 * begin with some. Every other line of level error or fatal is.
 */
export class ShowinfoLog {
  /** The last complaint that matters, or null. */
  fault: string | null = null;
  readonly #codec: string;
  readonly #frames: DecodedFrame[] = [];
  #timeBaseNs: readonly [bigint, bigint] = [1n, 1n];
  #closed = false;
  #wake: (() => void) | null = null;

  constructor(codec: string) {
    this.#codec = codec;
  }

  /** Takes one line of the log. */
  take(line: string): void {
    const frame = /\bpts: *(-?\d+|NOPTS) .* s:(\d+x\d+) /.exec(line);
    if (frame?.[1] !== undefined && frame[2] !== undefined) this.#takeFrame(frame[1], frame[2]);
    const base = /config in time_base: (\d+)\/(\d+)/.exec(line);
    if (base?.[1] !== undefined && base[2] !== undefined) {
      this.#timeBaseNs = [BigInt(base[1]) * 1_000_000_000n, BigInt(base[2])];
    }
    const complaint = /^(?:\[(\S+) @ \S+\] )?\[(?:error|fatal|panic)\] (.*)$/.exec(line);
    if (complaint?.[2] !== undefined && complaint[2] !== "Conversion failed!" && complaint[1] !== this.#codec) {
      this.fault = complaint[2].replace(/^file:.*?: /, "");
    }
  }

  /** Ends the log: waiting readers get null. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** Waits for the line of the next frame; null where the log ended without one. */
  async nextFrame(): Promise<DecodedFrame | null> {
    while (this.#frames.length === 0 && !this.#closed) {
      assert(this.#wake === null, "one reader waits for a frame's line at a time");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    return this.#frames.shift() ?? null;
  }

  #takeFrame(pts: string, size: string): void {
    if (pts === "NOPTS") {
      this.fault = "a frame without presentation time";
    } else {
      const [numerator, denominator] = this.#timeBaseNs;
      this.#frames.push({ timeNs: roundedDivision(BigInt(pts) * numerator, denominator), size });
    }
    this.#wake?.();
  }
}

/** Divides to the nearest integer, halves up; the denominator is positive. */
function roundedDivision(numerator: bigint, denominator: bigint): bigint {
  const twice = 2n * numerator + denominator;
  const quotient = twice / (2n * denominator);
  return twice < 0n && twice % (2n * denominator) !== 0n ? quotient - 1n : quotient;
}
