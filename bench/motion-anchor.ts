/**
 * Motion beside OpenCV: both programs take the same files on one thread, in fresh processes, in turn and in changing order.
 *
 * OpenCV's absdiff + threshold makes no list; findNonZero adds one. MOG2 is its model of a background with variances.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert } from "@skyvox/core";
import { outputOf, pythonAnchor } from "./anchors.ts";
import { type BenchRow, type BenchTarget, median } from "./harness.ts";
import type { Pictures } from "./motion-frames.ts";
import { targets } from "./targets.ts";

/** Rows and targets of a comparison, or why there is none. */
export interface Compared {
  readonly rows: readonly BenchRow[];
  readonly targets: readonly BenchTarget[];
  readonly leftOut: readonly string[];
}

interface OpenCvTimes {
  readonly version: string;
  readonly moving: number;
  readonly absdiffThresholdMs: number;
  readonly withListMs: number;
  readonly runningAverageMs: number;
  readonly mog2Ms: number;
}
interface OwnTimes {
  readonly moving: number;
  readonly sigmaDeltaMs: number;
  readonly averageMs: number;
}

const PASSES = 9;

/** Compares with OpenCV where it is installed. */
export async function compareWithOpenCv(pictures: Pictures, threshold: number, rounds: number): Promise<Compared> {
  const openCv = pythonAnchor("opencv-motion.py", ["cv2", "numpy"]);
  if (!openCv.ok) return { rows: [], targets: [], leftOut: [`OpenCV: ${openCv.reason}`] };
  const folder = mkdtempSync(join(tmpdir(), "skyvox-motion-"));
  try {
    await Promise.all(pictures.frames.map((frame, i) => Bun.write(join(folder, `${i}.gray`), frame)));
    const args = [folder, pictures.widthPx, pictures.heightPx, threshold, PASSES].map(String);
    const theirs: OpenCvTimes[] = [];
    const ours: OwnTimes[] = [];
    const own = [process.execPath, join(import.meta.dir, "./anchors/own-motion.ts")];
    const turns = [
      () => theirs.push(outputOf([...openCv.command, ...args])),
      () => ours.push(outputOf([...own, ...args])),
    ];
    for (let round = 0; round < rounds; round++)
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) turn();
    assert(theirs[0]?.moving === ours[0]?.moving, "OpenCV and the kernels find the same number of moving pixels");
    return compared(theirs, ours);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What OpenCV does, which of our modes it stands beside, and how many times as fast ours is to be. */
const comparisons = [
  {
    name: "absdiff + threshold",
    theirs: "absdiffThresholdMs",
    ours: "sigmaDeltaMs",
    wanted: targets.motion.timesOpenCv,
  },
  {
    name: "absdiff + threshold + findNonZero",
    theirs: "withListMs",
    ours: "sigmaDeltaMs",
    wanted: targets.motion.timesOpenCvList,
  },
  { name: "MOG2", theirs: "mog2Ms", ours: "sigmaDeltaMs", wanted: targets.motion.timesMog2 },
  {
    name: "running average + findNonZero",
    theirs: "runningAverageMs",
    ours: "averageMs",
    wanted: targets.motion.timesOpenCvAverage,
  },
] as const;
const modeOf = { sigmaDeltaMs: "sigma-delta", averageMs: "average" } as const;

function compared(theirs: readonly OpenCvTimes[], ours: readonly OwnTimes[]): Compared {
  const rows: BenchRow[] = (["sigmaDeltaMs", "averageMs"] as const).map((key) => {
    return { name: `${modeOf[key]} in a fresh process`, median: median(ours.map((times) => times[key])), unit: "ms" };
  });
  const wanted = comparisons.map((comparison): BenchTarget => {
    const times = theirs.map((one) => one[comparison.theirs]);
    const achieved = median(times.map((ms, round) => ms / (ours[round] as OwnTimes)[comparison.ours]));
    const name = `OpenCV ${theirs[0]?.version} ${comparison.name}`;
    rows.push({ name, median: median(times), unit: "ms", note: `${achieved.toFixed(1)} x ours` });
    const mode = modeOf[comparison.ours];
    return {
      name: `${mode} against ${comparison.name}`,
      achieved,
      wanted: comparison.wanted,
      unit: "x",
      better: "higher",
    };
  });
  return { rows, targets: wanted, leftOut: [] };
}
