/** Small videos of known content, made by ffmpeg: the tests that use them are skipped where it is not installed. */

/** True where videos can be made and read. */
export const hasFfmpeg = Bun.which("ffmpeg") !== null && Bun.which("ffprobe") !== null;

export const VIDEO_WIDTH_PX = 64;
export const VIDEO_HEIGHT_PX = 48;

/** The luma of a frame: a gradient that shifts with the frame's number, within the range every codec keeps. */
export function lumaOf(frame: number): Uint8Array {
  const length = VIDEO_WIDTH_PX * VIDEO_HEIGHT_PX;
  return Uint8Array.from({ length }, (_, at) => 16 + ((at * 3 + frame * 17 + (at >> 6) * 5) % 200));
}

/** Makes a video of `frameCount` frames of {@link lumaOf} at 10 Hz with neutral colour; `output` are ffmpeg's options and the file. */
export function writeVideo(frameCount: number, output: readonly string[]): void {
  const chroma = new Uint8Array((VIDEO_WIDTH_PX * VIDEO_HEIGHT_PX) / 2).fill(128);
  const frames = Array.from({ length: frameCount }, (_, frame) => [lumaOf(frame), chroma]).flat();
  const input = [
    "-f",
    "rawvideo",
    "-pix_fmt",
    "yuv420p",
    "-s",
    `${VIDEO_WIDTH_PX}x${VIDEO_HEIGHT_PX}`,
    "-r",
    "10",
    "-i",
    "pipe:0",
  ];
  runFfmpeg([...input, ...output], Buffer.concat(frames));
}

/** Encoder options that keep every level of luma, with a key frame first and predicted frames after it. */
export const LOSSLESS = ["-c:v", "libx264", "-qp", "0", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];

/** Runs ffmpeg and fails with what it complained of. */
export function runFfmpeg(options: readonly string[], input?: Uint8Array): void {
  const result = Bun.spawnSync(["ffmpeg", "-v", "error", "-y", ...options], {
    stdin: input ?? "ignore",
    stderr: "pipe",
  });
  if (result.exitCode !== 0) throw new Error(`ffmpeg cannot make a test video: ${result.stderr.toString()}`);
}
