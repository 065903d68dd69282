/**
 * Motion of one camera: pixels per second with the ordered list of moving pixels, beside a copy of the same picture.
 *
 * Bytes are counted as moved: copy 2 per pixel; diff and sigma-delta read the picture, read and write the background: 3; average
 * reads and writes 2 bytes of background: 5. With `--anchors` OpenCV takes the same pictures in fresh processes, turn about.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "@skyvox/core";
import { type Kernels, type KernelsAdapter, type MotionMode, referenceAdapter } from "@skyvox/kernels";
import { cpuAdapter } from "@skyvox/kernels-cpu";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  type BenchRow,
  type BenchTarget,
  digestOf,
  interleave,
  median,
  perSecond,
  type Variant,
} from "./harness.ts";
import { motionFrames } from "./motion-frames.ts";
import { targets } from "./targets.ts";

const THRESHOLD = 20;
const bytesPerPixel: Readonly<Record<MotionMode, number>> = { diff: 3, sigmaDelta: 3, average: 5 };
const modes = ["diff", "sigmaDelta", "average"] as const;
/** Motion moves at least this share of the bytes per second that a copy moves. */
const SHARE_OF_MEMCPY = 0.85;
/** Sigma-delta with list against OpenCV's absdiff + threshold without one, and against its running average with list. */
const TIMES_OPENCV = 2;
const TIMES_OPENCV_AVERAGE = 6;

interface Picture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frames: readonly Uint8Array[];
}

export const bench: Bench = {
  name: "motion",
  subject: "kernels",
  async run({ small, anchors, rounds }: BenchOptions): Promise<BenchResult> {
    const [widthPx, heightPx] = small ? [320, 180] : [7680, 4320];
    const picture = { widthPx, heightPx, frames: motionFrames({ seed: 1, count: 3, widthPx, heightPx }) };
    const adapter: KernelsAdapter = (await cpuAdapter.probe()).ok ? cpuAdapter : referenceAdapter;
    using one = await adapter.open({ threads: 1 });
    using all = await adapter.open();
    using scalar = await adapter.open({ threads: 1, scalar: true });
    const variants = [
      copyVariant(picture),
      ...modes.map((mode) => motionVariant(one, mode, picture)),
      motionVariant(all, "sigmaDelta", picture),
      motionVariant(scalar, "sigmaDelta", picture),
    ];
    const timings = await interleave(variants, rounds);
    const pixels = widthPx * heightPx;
    const rows: BenchRow[] = timings.map(({ name, medianMs, noise }, index) => {
      const bytes = pixels * (variants[index] as MotionVariant).bytesPerPixel;
      return {
        name,
        median: medianMs,
        unit: "ms",
        noise,
        note: `${(perSecond(bytes, medianMs) / 1e9).toFixed(1)} GB/s`,
      };
    });
    const found = anchors ? await openCv(picture, small ? 1 : rounds) : { rows: [], targets: [] };
    const [copyMs, , sigmaDeltaMs, , allMs] = timings.map(({ medianMs }) => medianMs) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const share = (copyMs * bytesPerPixel.sigmaDelta) / (sigmaDeltaMs * COPY_BYTES_PER_PIXEL);
    return {
      rows: [...rows, ...found.rows],
      targets: [
        { name: "sigma-delta bytes/s of memcpy", achieved: share, wanted: SHARE_OF_MEMCPY, unit: "", better: "higher" },
        {
          name: "8K frames",
          achieved: perSecond(1, allMs),
          wanted: targets.motion8kFramesPerSecond,
          unit: "frames/s",
          better: "higher",
        },
        ...found.targets,
      ],
      digest: digestOf(...(await Promise.all(modes.map((mode) => rowsOf(one, mode, picture))))),
    };
  },
};

const COPY_BYTES_PER_PIXEL = 2;

type MotionVariant = Variant & { readonly bytesPerPixel: number };

function copyVariant({ frames }: Picture): MotionVariant {
  const to = new Uint8Array(frames[0]?.length ?? 0);
  let turn = 0;
  const run = () => to.set(frames[turn++ % frames.length] as Uint8Array);
  return { name: "memcpy", bytesPerPixel: COPY_BYTES_PER_PIXEL, run };
}

function motionVariant(kernels: Kernels, mode: MotionMode, picture: Picture): MotionVariant {
  const camera = openCamera(kernels, picture);
  let turn = 0;
  const run = () => {
    kernels.motion(camera, picture.frames[turn++ % picture.frames.length] as Uint8Array, {
      mode,
      threshold: THRESHOLD,
    });
    return kernels.submit();
  };
  // The first picture only becomes the background.
  run();
  return { name: `${mode}, ${kernels.device}`, bytesPerPixel: bytesPerPixel[mode], run };
}

function openCamera(kernels: Kernels, { widthPx, heightPx }: Picture) {
  const motionMax = Math.ceil(0.02 * widthPx * heightPx);
  return kernels.openCamera({ widthPx, heightPx, motionMax, cellsMax: 1, blobsMax: 1 });
}

/** The motion found in the third picture after two of background. */
async function rowsOf(kernels: Kernels, mode: MotionMode, picture: Picture): Promise<Uint32Array> {
  const camera = openCamera(kernels, picture);
  for (const frame of picture.frames) kernels.motion(camera, frame, { mode, threshold: THRESHOLD });
  const table = kernels.readCamera(camera, "motion");
  await kernels.submit();
  kernels.closeCamera(camera);
  return (await table).rows;
}

interface OpenCvTimes {
  readonly version: string;
  readonly moving: number;
  readonly absdiffThresholdMs: number;
  readonly withListMs: number;
  readonly runningAverageMs: number;
}
interface OwnTimes {
  readonly moving: number;
  readonly sigmaDeltaMs: number;
  readonly averageMs: number;
}

/** Compares with OpenCV: both programs take the same files, in fresh processes, in turn and in changing order. */
async function openCv(picture: Picture, rounds: number): Promise<{ rows: BenchRow[]; targets: BenchTarget[] }> {
  const python = "/usr/bin/python3";
  const absent = Bun.spawnSync([python, "-c", "import cv2, numpy"], { stderr: "ignore" }).exitCode !== 0;
  if (absent) {
    console.log("motion: OpenCV left out: no python3 with cv2 and numpy here");
    return { rows: [], targets: [] };
  }
  const folder = mkdtempSync(join(tmpdir(), "skyvox-motion-"));
  try {
    await Promise.all(picture.frames.map((frame, i) => Bun.write(join(folder, `${i}.gray`), frame)));
    const passes = 9;
    const args = [folder, picture.widthPx, picture.heightPx, THRESHOLD, passes].map(String);
    const theirs: OpenCvTimes[] = [];
    const ours: OwnTimes[] = [];
    const turns = [
      () => theirs.push(outputOf([python, join(import.meta.dir, "./anchors/opencv-motion.py"), ...args])),
      () => ours.push(outputOf([process.execPath, join(import.meta.dir, "./anchors/own-motion.ts"), ...args])),
    ];
    for (let round = 0; round < rounds; round++)
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) turn();
    assert(theirs[0]?.moving === ours[0]?.moving, "OpenCV and the kernels find the same number of moving pixels");
    return compared(theirs, ours);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function outputOf<Output>(command: string[]): Output {
  const child = Bun.spawnSync(command, { stderr: "inherit" });
  assert(child.exitCode === 0, `${command[1]} ends with status 0`);
  return JSON.parse(child.stdout.toString()) as Output;
}

function compared(
  theirs: readonly OpenCvTimes[],
  ours: readonly OwnTimes[],
): { rows: BenchRow[]; targets: BenchTarget[] } {
  const sigmaDelta = ours.map(({ sigmaDeltaMs }) => sigmaDeltaMs);
  const average = ours.map(({ averageMs }) => averageMs);
  const rival = (name: string, ms: number[], own: number[]) => {
    const ratio = median(ms.map((value, round) => value / (own[round] as number)));
    return {
      row: {
        name: `OpenCV ${theirs[0]?.version} ${name}`,
        median: median(ms),
        unit: "ms",
        note: `${ratio.toFixed(1)} x ours`,
      },
      ratio,
    };
  };
  const plain = rival(
    "absdiff + threshold",
    theirs.map((t) => t.absdiffThresholdMs),
    sigmaDelta,
  );
  const list = rival(
    "absdiff + threshold + findNonZero",
    theirs.map((t) => t.withListMs),
    sigmaDelta,
  );
  const mean = rival(
    "running average + findNonZero",
    theirs.map((t) => t.runningAverageMs),
    average,
  );
  const own = [
    { name: "sigmaDelta in a fresh process", median: median(sigmaDelta), unit: "ms" },
    { name: "average in a fresh process", median: median(average), unit: "ms" },
  ];
  return {
    rows: [...own, plain.row, list.row, mean.row],
    targets: [
      { name: "sigma-delta against OpenCV", achieved: plain.ratio, wanted: TIMES_OPENCV, unit: "x", better: "higher" },
      {
        name: "average against OpenCV",
        achieved: mean.ratio,
        wanted: TIMES_OPENCV_AVERAGE,
        unit: "x",
        better: "higher",
      },
    ],
  };
}
