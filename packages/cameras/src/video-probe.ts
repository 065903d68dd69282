/**
 * What a video file holds, asked of ffprobe before it is decoded.
 *
 * Sizes are as shown, so a file filmed upright on its side counts turned, as the decoder turns it.
 */
import { SkyvoxError } from "@skyvox/core";
import { z } from "zod";

/** What a video file says about its first video stream. */
export interface VideoInfo {
  /** Size as shown, after the rotation the file asks for. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly codec: string;
  /** ffmpeg's name of the pixel format, such as yuv420p. */
  readonly pixelFormat: string;
  /** Frames the container claims, or null where it does not say. */
  readonly frameCount: number | null;
}

const probeSchema = z.object({
  streams: z
    .array(
      z.object({
        codec_name: z.string().default("unknown"),
        pix_fmt: z.string().default("unknown"),
        width: z.int().positive(),
        height: z.int().positive(),
        nb_frames: z.coerce.number().optional(),
        tags: z.object({ rotate: z.coerce.number().optional() }).optional(),
        side_data_list: z.array(z.object({ rotation: z.number().optional() })).optional(),
      }),
    )
    .default([]),
});

/**
 * Asks ffprobe for size, codec and frame count of a file's first video stream.
 *
 * @throws {SkyvoxError} "source" for a file that is absent, unreadable or without video; "missing-program" without ffprobe.
 */
export async function probeVideo(path: string): Promise<VideoInfo> {
  const ffprobe = programPath("ffprobe", path);
  if (!(await Bun.file(path).exists())) {
    throw new SkyvoxError("source", `Cannot read video "${path}": no such file, need a video file`);
  }
  const child = Bun.spawn([ffprobe, ...PROBE_ARGUMENTS, `file:${path}`], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    // As in the decoder: Ctrl-C in a terminal is not for it.
    detached: true,
  });
  const [text, errors, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (exitCode !== 0) {
    const reason = lastLine(errors) ?? `ffprobe ended with ${exitCode}`;
    throw new SkyvoxError("source", `Cannot read video "${path}": ${reason}, need a complete video file`);
  }
  const probed = probeSchema.safeParse(JSON.parse(text));
  const stream = probed.data?.streams[0];
  if (stream === undefined) {
    const found = probed.success ? "no video stream in it" : "its video stream has no size";
    throw new SkyvoxError("source", `Cannot read video "${path}": ${found}, need a video`);
  }
  const rotation =
    stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation ?? stream.tags?.rotate ?? 0;
  const isOnItsSide = Math.abs(Math.round(rotation / 90)) % 2 === 1;
  return {
    widthPx: isOnItsSide ? stream.height : stream.width,
    heightPx: isOnItsSide ? stream.width : stream.height,
    codec: stream.codec_name,
    pixelFormat: stream.pix_fmt,
    frameCount: stream.nb_frames ?? null,
  };
}

/**
 * Finds a program of the ffmpeg package.
 *
 * @throws {SkyvoxError} "missing-program" where it is not installed.
 */
export function programPath(name: "ffmpeg" | "ffprobe", videoPath: string): string {
  const found = Bun.which(name, { PATH: process.env.PATH ?? "" });
  if (found !== null) return found;
  throw new SkyvoxError(
    "missing-program",
    `Cannot read video "${videoPath}": ${name} not found, need it: apt-get install ffmpeg`,
  );
}

// V is a video stream that is not a cover picture or thumbnail.
const PROBE_ARGUMENTS = [
  "-v",
  "error",
  "-select_streams",
  "V:0",
  "-show_entries",
  "stream=codec_name,pix_fmt,width,height,nb_frames:stream_tags=rotate:stream_side_data=rotation",
  "-of",
  "json",
];

function lastLine(text: string): string | undefined {
  return (
    text
      .trim()
      .split("\n")
      .at(-1)
      ?.replace(/^file:.*?: /, "") || undefined
  );
}
