/**
 * What `calibrate` reads: the draft or site with its labels, the target's positions (RTK) and the cameras' surveyed places.
 *
 * Every refusal names file and line.
 */
import { dirname, join, resolve } from "node:path";
import type { CalibrationInput, CameraInput, ControlInput, SurveyInput } from "@skyvox/calibration";
import { parseSiteDraft, readLabels, type SiteDraft } from "@skyvox/cameras";
import { messageOf, SkyvoxError } from "@skyvox/core";
import type { CalibrateConfig } from "./calibrate.ts";

/** What was read. */
export interface CalibrationFiles {
  readonly draft: SiteDraft;
  /** Per camera of the draft the file that its labels are in. */
  readonly labelFiles: readonly string[];
  readonly input: CalibrationInput;
}

/** Reads all files. @throws {SkyvoxError} naming the file and line that is wrong. */
export async function readCalibrationFiles(config: CalibrateConfig): Promise<CalibrationFiles> {
  const draft = await readDraft(config.cameras);
  const labelFiles = await Promise.all(draft.cameras.map((camera) => labelFileOf(camera, config)));
  const cameras = await Promise.all(
    draft.cameras.map((camera, index) => readCamera(camera, labelFiles[index]!, config)),
  );
  const control = config.rtk === undefined ? null : readControl(await readText(config.rtk), config.rtk, config);
  const survey = config.survey === undefined ? null : readSurvey(await readText(config.survey), config.survey, config);
  return { draft, labelFiles, input: { cameras, control, survey, scale: scaleOf(config) } };
}

/** Reads a draft, or a site of which poses, volume and options are forgotten. */
async function readDraft(path: string): Promise<SiteDraft> {
  let json: unknown;
  try {
    json = JSON.parse(await readText(path));
  } catch (error) {
    if (error instanceof SkyvoxError) throw error;
    throw new SkyvoxError("site", `Cannot read cameras "${path}": ${messageOf(error)}, need JSON`, { cause: error });
  }
  if (typeof json !== "object" || json === null) return parseSiteDraft(json, path);
  const cameras: unknown = Reflect.get(json, "cameras");
  const bare = Array.isArray(cameras) ? cameras.map((camera) => without(camera, ["pose"])) : cameras;
  return parseSiteDraft({ ...without(json, ["volume", "options"]), cameras: bare }, path);
}

function without(value: object, keys: readonly string[]): object {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}

type DraftCamera = SiteDraft["cameras"][number];

async function readCamera(camera: DraftCamera, path: string, config: CalibrateConfig): Promise<CameraInput> {
  const { id, intrinsics, frameRateHz } = camera;
  if (frameRateHz === undefined) {
    throw new SkyvoxError(
      "site",
      `Cannot calibrate camera "${id}": "${config.cameras}" gives it no frameRateHz, need one`,
    );
  }
  const labels = readLabels(await readText(path), path);
  const seen = [...labels.frames.keys()].filter((i) => !Number.isNaN(labels.uvPx[i * 2]));
  return {
    id,
    intrinsics,
    frameRateHz,
    frames: Float64Array.from(seen, (i) => labels.frames[i] ?? Number.NaN),
    uvPx: Float64Array.from(seen.flatMap((i) => [...labels.uvPx.subarray(i * 2, i * 2 + 2)])),
    clock: config.sync === "given" ? lineOf(camera) : null,
  };
}

/** The clock of the middle row; one in pieces as the line through its ends, which is near enough to start from. */
function lineOf({ clock, intrinsics }: DraftCamera): NonNullable<CameraInput["clock"]> {
  const { pieces, offsetS, rate, lineTimeUs = 0 } = clock;
  const middleS = (lineTimeUs * 1e-6 * intrinsics.heightPx) / 2;
  const [first, last] = [pieces?.[0], pieces?.at(-1)];
  if (first === undefined || last === undefined) return { offsetS: offsetS + middleS, rate };
  const slope = (last[1] - first[1]) / (last[0] - first[0]);
  return { offsetS: first[1] - slope * first[0] + middleS, rate: 1 + slope };
}

async function labelFileOf({ id, source }: DraftCamera, config: CalibrateConfig): Promise<string> {
  return config.labels === undefined ? sourceFile(id, source, config.cameras) : await findLabels(config.labels, id);
}

function sourceFile(id: string, source: string, cameras: string): string {
  if (!source.startsWith("labels:")) {
    throw new SkyvoxError(
      "site",
      `Cannot calibrate camera "${id}": its source is "${source}", need labels:FILE or --labels`,
    );
  }
  return resolve(dirname(resolve(cameras)), source.slice("labels:".length));
}

async function findLabels(folder: string, id: string): Promise<string> {
  for (const name of [`${id}.txt`, `${id}.csv`]) {
    const path = join(folder, name);
    if (await Bun.file(path).exists()) return path;
  }
  throw new SkyvoxError(
    "io",
    `Cannot read labels of camera "${id}": no ${id}.txt or ${id}.csv in "${folder}", need one`,
  );
}

/** Lines `e n u`, or CSV with a header and a time in front. */
function readControl(text: string, where: string, config: CalibrateConfig): ControlInput {
  const rows = rowsOf(text);
  const isTimed = rows[0]?.values.length === 4 || /^time/i.test(rows[0]?.values[0] ?? "");
  const data = rows.filter(({ values }, index) => index > 0 || isNumber(values[0] ?? ""));
  const numbers = data.map(({ values, line }) => numbersOf(values, isTimed ? 4 : 3, `control "${where}" line ${line}`));
  return {
    timesS: Float64Array.from(numbers, (row, index) => (isTimed ? (row[0] ?? 0) : index / config["rtk-rate"])),
    positionsM: Float64Array.from(numbers.flatMap((row) => row.slice(-3))),
    sigmaM: config["rtk-sigma"],
  };
}

/** Lines `x y z` in any order of the cameras, or `NAME x y z`. */
function readSurvey(text: string, where: string, config: CalibrateConfig): SurveyInput {
  const rows = rowsOf(text).map(({ values, line }) => {
    const place = `survey "${where}" line ${line}`;
    const [first = ""] = values;
    const named = values.length === 4;
    const [x = 0, y = 0, z = 0] = numbersOf(named ? values.slice(1) : values, 3, place);
    return { camera: named ? first : null, positionM: [x, y, z] as const };
  });
  if (rows.length === 0)
    throw new SkyvoxError("calibration", `Cannot read survey "${where}": no line of a place, need x y z`);
  const namedCount = rows.filter(({ camera }) => camera !== null).length;
  if (namedCount > 0 && namedCount < rows.length) {
    throw new SkyvoxError(
      "calibration",
      `Cannot read survey "${where}": ${namedCount} of ${rows.length} lines have a name, need all or none`,
    );
  }
  return { rows, sigmaM: config["survey-sigma"] };
}

function scaleOf({ distance, speed }: CalibrateConfig): CalibrationInput["scale"] {
  if (speed !== undefined) return { kind: "speed", medianMps: speed };
  if (distance === undefined) return null;
  const [a = "", b = "", length = ""] = distance.split(",");
  return { kind: "distance", cameras: [a, b], metres: Number(length) };
}

interface Row {
  readonly line: number;
  readonly values: readonly string[];
}

/** Lines that hold something, split at blanks or commas; lines that begin with # are comments. */
function rowsOf(text: string): Row[] {
  return text
    .split(/\r?\n/)
    .map((row, index) => ({ line: index + 1, values: row.trim() }))
    .filter(({ values }) => values !== "" && !values.startsWith("#"))
    .map(({ line, values }) => ({ line, values: values.split(values.includes(",") ? /\s*,\s*/ : /\s+/) }));
}

function isNumber(value: string): boolean {
  return value !== "" && Number.isFinite(Number(value));
}

function numbersOf(values: readonly string[], count: number, place: string): number[] {
  const bad = values.length !== count ? `${values.length} values` : values.find((value) => !isNumber(value));
  if (bad !== undefined) {
    throw new SkyvoxError("calibration", `Cannot read ${place}: found ${bad}, need ${count} finite numbers`);
  }
  return values.map(Number);
}

async function readText(path: string): Promise<string> {
  try {
    return await Bun.file(path).text();
  } catch (error) {
    throw new SkyvoxError("io", `Cannot read "${path}": ${messageOf(error)}, need a readable file`, { cause: error });
  }
}
