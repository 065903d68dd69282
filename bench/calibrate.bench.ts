/**
 * Calibration from a real flight beside what was promised: `drone6` of `SKYVOX_DATA`, six consumer cameras, labels by hand, RTK.
 *
 * Errors are those of control rows that were in nothing that was fitted; the path there is the smoothed one of the labels. Protocols: alternate blocks of 20 s
 * (both ways), halves (both ways), labels with the surveyed camera places alone (laid on the track by a rigid motion and a time shift), each
 * from the published clocks and, but for the halves, from frame rates only. The small size is one solve of the first 100 s with three cameras.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type CalibrationInput,
  calibrate,
  defaultCalibrationOptions,
  judgeAligned,
  judgeRows,
  summarize,
} from "@skyvox/calibration";
import { importDrone6, listFiles, parseSiteDraft, readLabels } from "@skyvox/cameras";
import type { Vec3 } from "@skyvox/core";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  type BenchRow,
  type BenchTarget,
  digestOf,
} from "./harness.ts";
import { targets } from "./targets.ts";

const DATA = resolve(import.meta.dir, "..", process.env.SKYVOX_DATA ?? "../shared/data", "drone6");
/** Frame 0 of cam0 is this much after the first row of the control track, seconds. */
const SHIFT_S = 61.85;
const BLOCK_S = 20;
const HALF_S = 340;

export const bench: Bench = {
  name: "calibrate",
  subject: "tracking",
  async run({ small }: BenchOptions): Promise<BenchResult> {
    if (!existsSync(join(DATA, "rtk.txt"))) {
      return { rows: [], targets: [], leftOut: [`drone6: not in "${DATA}" (SKYVOX_DATA)`], digest: digestOf("absent") };
    }
    const known = await readDrone6();
    const found = small ? [smallSolve(known)] : protocols(known);
    return {
      rows: found.flatMap(({ rows }) => rows),
      targets: found.flatMap(({ wanted }) => wanted),
      digest: digestOf(
        ...found.map(({ rows }) =>
          Float64Array.from(
            rows.filter(({ unit }) => unit === "m"),
            ({ median }) => median,
          ),
        ),
      ),
    };
  },
};

interface Found {
  readonly rows: readonly BenchRow[];
  readonly wanted: readonly BenchTarget[];
}

/** Everything of the data set, with the published clocks. */
async function readDrone6(): Promise<CalibrationInput> {
  const read = (name: string) => Bun.file(join(DATA, name)).text();
  const paths = await listFiles(join(DATA, "calibration/*.json"));
  const texts = await Promise.all(paths.map((path) => Bun.file(path).text()));
  const names = paths.map((path) => path.split("/").at(-1)?.replace(".json", "") ?? "");
  const files = {
    cameras: await read("cameras.txt"),
    readme: await read("README.md"),
    calibrations: new Map(names.map((name, i) => [name, texts[i] ?? ""])),
  };
  const { draft } = importDrone6(files, { where: DATA, name: "drone6", labelsFolder: join(DATA, "detections") });
  const cameras = await Promise.all(
    parseSiteDraft(draft, "drone6").cameras.map(async ({ id, source, intrinsics, frameRateHz = 30, clock }) => {
      const path = source.slice("labels:".length);
      const labels = readLabels(await Bun.file(path).text(), path);
      const seen = [...labels.frames.keys()].filter((i) => !Number.isNaN(labels.uvPx[i * 2]));
      const frames = Float64Array.from(seen, (i) => labels.frames[i]!);
      const uvPx = Float64Array.from(seen.flatMap((i) => [labels.uvPx[i * 2]!, labels.uvPx[i * 2 + 1]!]));
      return { id, intrinsics, frameRateHz, frames, uvPx, clock: { offsetS: clock.offsetS, rate: clock.rate } };
    }),
  );
  const rowsOf = (text: string) =>
    text
      .split("\n")
      .map((row) => row.trim().split(/\s+/).map(Number))
      .filter((row) => row.length === 3 && row.every(Number.isFinite));
  const rtk = rowsOf(await read("rtk.txt"));
  const survey = rowsOf(await read("campos.txt"));
  return {
    cameras,
    control: {
      timesS: Float64Array.from(rtk, (_, i) => i / 5),
      positionsM: Float64Array.from(rtk.flat()),
      sigmaM: 0.03,
    },
    survey: {
      rows: survey.map(([x = 0, y = 0, z = 0]) => ({ camera: null, positionM: [x, y, z] as Vec3 })),
      sigmaM: 0.05,
    },
    scale: null,
  };
}

function protocols(known: CalibrationInput): Found[] {
  const searched = { ...known, cameras: known.cameras.map((camera) => ({ ...camera, clock: null })) };
  const isEven = (timeS: number) => Math.floor(timeS / BLOCK_S) % 2 === 0;
  const isOdd = (timeS: number) => !isEven(timeS);
  const isFirst = (timeS: number) => timeS < HALF_S;
  const isSecond = (timeS: number) => timeS >= HALF_S;
  const { held, halves } = targets.calibration;
  const blocks = {
    three: { medianM: held.threeMedianM, rmseM: held.threeRmseM },
    two: { medianM: held.twoMedianM, rmseM: held.twoRmseM },
  };
  return [
    heldOut(known, "even blocks fitted", isEven, blocks),
    heldOut(known, "odd blocks fitted", isOdd, blocks),
    heldOut(searched, "even blocks fitted, clocks unknown", isEven, blocks),
    heldOut(known, "first half fitted", isFirst, { two: halves }),
    heldOut(known, "second half fitted", isSecond, { two: halves }),
    alone(known, "labels and survey"),
    alone(searched, "labels and survey, clocks unknown"),
  ];
}

type Wanted = Partial<Record<"meanM" | "medianM" | "rmseM", number>>;

function heldOut(
  input: CalibrationInput,
  name: string,
  isFitted: (timeS: number) => boolean,
  wanted: { readonly two?: Wanted; readonly three?: Wanted },
): Found {
  const startMs = performance.now();
  const { estimates, adjustment } = calibrate(input, { ...defaultCalibrationOptions, keep: isFitted });
  const seconds = (performance.now() - startMs) / 1e3;
  const keep = (timeS: number) => !isFitted(timeS);
  const rows = judgeRows(estimates, input.control!, {
    stepS: defaultCalibrationOptions.pathStepS,
    jerkSigma: adjustment.jerkSigma,
    keep,
  });
  const two = rowsFor(`${name}, 2 cameras or more`, summarize(rows, 2), wanted.two ?? {});
  const three = rowsFor(`${name}, 3 cameras or more`, summarize(rows, 3), wanted.three ?? {});
  return {
    rows: [...two.rows, ...three.rows, { name: `${name}, solve`, median: seconds, unit: "s" }],
    wanted: [...two.wanted, ...three.wanted, timeTarget(name, seconds)],
  };
}

/** No control in the solve: it only judges. */
function alone(input: CalibrationInput, name: string): Found {
  const startMs = performance.now();
  const calibration = calibrate({ ...input, control: null }, defaultCalibrationOptions);
  const seconds = (performance.now() - startMs) / 1e3;
  const score = {
    stepS: defaultCalibrationOptions.pathStepS,
    jerkSigma: calibration.adjustment.jerkSigma,
    keep: () => true,
  };
  const { rows } = judgeAligned(calibration.estimates, input.control!, score, SHIFT_S);
  const found = rowsFor(`${name}, laid on the track`, summarize(rows, 2), targets.calibration.alone);
  return {
    rows: [...found.rows, { name: `${name}, solve`, median: seconds, unit: "s" }],
    wanted: [...found.wanted, timeTarget(name, seconds)],
  };
}

function rowsFor(name: string, errors: ReturnType<typeof summarize>, wanted: Wanted): Found {
  const note = `${errors.count} rows, p90 ${(errors.p90M * 100).toFixed(1)} cm, p99 ${(errors.p99M * 100).toFixed(1)} cm`;
  const kinds = ["medianM", "meanM", "rmseM"] as const;
  return {
    rows: kinds.map((kind) => ({ name: `${name}, ${kind.slice(0, -1)}`, median: errors[kind], unit: "m", note })),
    wanted: kinds.flatMap((kind) => {
      const limit = wanted[kind];
      return limit === undefined
        ? []
        : [
            {
              name: `${name}, ${kind.slice(0, -1)}`,
              achieved: errors[kind],
              wanted: limit,
              unit: "m",
              better: "lower" as const,
            },
          ];
    }),
  };
}

function timeTarget(name: string, achieved: number): BenchTarget {
  return { name: `${name}, solve`, achieved, wanted: targets.calibration.solveS, unit: "s", better: "lower" };
}

function smallSolve(known: CalibrationInput): Found {
  const isUsed = (timeS: number) => timeS >= 100 && timeS < 200;
  const cameras = known.cameras
    .filter(({ id }) => ["cam0", "cam3", "cam5"].includes(id))
    .map((camera) => {
      const timeOf = (frame: number) => frame / camera.frameRateHz + (camera.clock?.offsetS ?? 0) + SHIFT_S;
      const used = [...camera.frames.keys()].filter((i) => isUsed(timeOf(camera.frames[i]!)));
      const frames = Float64Array.from(used, (i) => camera.frames[i]!);
      const uvPx = Float64Array.from(used.flatMap((i) => [camera.uvPx[i * 2]!, camera.uvPx[i * 2 + 1]!]));
      return { ...camera, frames, uvPx };
    });
  const { estimates, adjustment } = calibrate({ ...known, cameras }, { ...defaultCalibrationOptions, keep: isUsed });
  const rows = judgeRows(estimates, known.control!, {
    stepS: defaultCalibrationOptions.pathStepS,
    jerkSigma: adjustment.jerkSigma,
    keep: isUsed,
  });
  return rowsFor("100 s of three cameras", summarize(rows, 2), {});
}
