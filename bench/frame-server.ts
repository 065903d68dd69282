/**
 * The source's side of one camera, for `profiles.bench.ts`: some frames as fast as they are asked for, then one per period, without end.
 *
 * Usage: frame-server.ts PATH PROFILE WIDTH HEIGHT FAST_FRAMES. Prints "ready" once it listens. A frame's capture time is the moment at
 * which it was written, by the clock of the machine, before its checksum.
 */
import { exchangeLayout, type FrameProfileName, type FrameSource, frameProfiles, SourceServer } from "@skyvox/cameras";
import { cameraId, frameSeq } from "@skyvox/core";
import { machineClock, SharedSegment } from "@skyvox/pipeline";

/** Time between two frames in the second part. Not a whole number of the reader's looks, so that they fall anywhere between them. */
const PERIOD_MS = 3.3;

/** Frames that are ready made and only copied, as those of a driver are. `end` is its last sequence plus one. */
export function copyingSource(options: {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fastFrames: number;
  readonly end: number;
}): FrameSource {
  const { widthPx, heightPx, fastFrames, end } = options;
  const pictures = [1, 2, 3, 4].map((level) => new Uint8Array(widthPx * heightPx).fill(level));
  let seq = 0;
  let dueMs = 0;
  return {
    ...{ cameraId: cameraId("a"), widthPx, heightPx, frameCount: null },
    get stats() {
      return { delivered: seq, skipped: 0, missing: 0 };
    },
    async next(_notBeforeNs, pixels = new Uint8Array(widthPx * heightPx)) {
      if (seq >= end) return null;
      if (seq >= fastFrames) {
        dueMs = Math.max(performance.now(), dueMs + PERIOD_MS);
        await Bun.sleep(dueMs - performance.now());
      }
      pixels.set(pictures[seq % pictures.length]!);
      const stamp = { captureNs: machineClock.nowNs(), timeSigmaNs: 0, clockState: "locked" as const };
      return { ...stamp, cameraId: this.cameraId, seq: frameSeq(seq++), widthPx, heightPx, pixels };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

if (import.meta.main) {
  const [path = "", profile = "balanced", ...numbers] = process.argv.slice(2);
  const [widthPx = 0, heightPx = 0, fastFrames = 0] = numbers.map(Number);
  const knobs = frameProfiles[profile as FrameProfileName];
  using segment = SharedSegment.attach(path, exchangeLayout({ widthPx, heightPx, slots: knobs.slots }));
  using server = new SourceServer(segment, knobs);
  await using source = copyingSource({ widthPx, heightPx, fastFrames, end: Number.POSITIVE_INFINITY });
  process.stdout.write("ready\n");
  await server.serve(source);
}
