/**
 * Reads the layout of the ETH drone tracking datasets: cameras without pictures, their labels, lenses and clocks, but no poses.
 *
 * - `cameras.txt` lines `cam0 - NAME`; camera `camK` has its labels in `detections/camK.txt`
 * - `calibration/NAME.json` or `NAME_*.json`: K-matrix, distCoeff k1, k2, p1, p2[, k3], fps, resolution
 * - `README.md` two tables under headings (alpha) and (beta), one row per reference camera: frame i of the reference is frame alpha · i + beta of another one
 *   (the text beside the tables misprints beta). Rates are taken from alpha, which was measured, before `fps`, which was written down.
 *
 * Site time is the time of cam0: frame n is at n / fps. Where the cameras stand is not in it but for a survey whose rows are not in the
 * cameras' order: poses are left to a calibration, so what comes out is a draft.
 *
 * Li, Albl et al., "Reconstruction of 3D flight trajectories from ad-hoc camera networks", arXiv 2003.04784.
 */
import { messageOf, SkyvoxError } from "@skyvox/core";
import { CalibrationNumbers } from "./calibration-numbers.ts";
import type { SiteDraftInput } from "./site.ts";

/** The texts of a data set. */
export interface Drone6Files {
  /** `cameras.txt`. */
  readonly cameras: string;
  /** `README.md`; null where there is none. */
  readonly readme: string | null;
  /** The files of `calibration/` by their names without `.json`, in natural order. */
  readonly calibrations: ReadonlyMap<string, string>;
}

/** How a data set becomes a draft. */
export interface Drone6ImportOptions {
  /** Names the data set in messages. */
  readonly where: string;
  readonly name: string;
  /** Folder `detections` as the site file reaches it. */
  readonly labelsFolder: string;
}

/** A draft, and what was chosen for it that its maker should know. */
export interface Drone6Import {
  readonly draft: SiteDraftInput;
  readonly notes: readonly string[];
}

type DraftCamera = SiteDraftInput["cameras"][number];

/**
 * Turns a data set into a draft of a site. Without tables in the README, cameras run at the rates of their calibrations from one instant
 * on, which is said in the notes.
 *
 * @throws {SkyvoxError} "calibration" naming file and key for what is absent or cannot be used.
 */
export function importDrone6(files: Drone6Files, options: Drone6ImportOptions): Drone6Import {
  const names = cameraNames(files.cameras, options.where);
  const sync = files.readme === null ? null : readSync(files.readme, names.length, options.where);
  const notes: string[] = sync === null ? ["no tables of alpha and beta: the clocks are not synchronised"] : [];
  const rates: number[] = [];
  const cameras = names.map((name, index): DraftCamera => {
    const lens = lensOf(name, `cam${index}`, files, options.where, notes);
    const [alpha, beta] = sync === null ? [1, 0] : [sync.alpha[index] ?? 1, sync.beta[index] ?? 0];
    const frameRateHz = sync === null || index === 0 ? lens.fps : alpha * (rates[0] ?? lens.fps);
    rates.push(frameRateHz);
    return {
      id: `cam${index}`,
      source: `labels:${options.labelsFolder}/cam${index}.txt`,
      intrinsics: lens.intrinsics,
      frameRateHz,
      clock: { offsetS: beta === 0 ? 0 : -beta / frameRateHz, sigmaMs: 500 / frameRateHz, state: "free" },
    };
  });
  return { draft: { name: options.name, cameras }, notes };
}

/** The names of the cameras, `camK` at K. */
function cameraNames(text: string, where: string): string[] {
  const names = text.split(/\r?\n/).flatMap((line, at) => {
    if (line.trim() === "") return [];
    const match = /^cam(\d+)\s*-\s*(\S+)\s*$/.exec(line.trim());
    if (match === null) throw refusal(`${where}/cameras.txt" line ${at + 1}`, `"${line.trim()}"`, "camK - NAME");
    return [{ index: Number(match[1]), name: match[2] ?? "" }];
  });
  const wrong = names.findIndex(({ index }, at) => index !== at);
  if (names.length === 0) throw refusal(`${where}/cameras.txt"`, "no camera", "lines cam0 - NAME, cam1 - NAME, …");
  if (wrong >= 0) throw refusal(`${where}/cameras.txt"`, `cam${names[wrong]?.index} at place ${wrong}`, `cam${wrong}`);
  return names.map(({ name }) => name);
}

function lensOf(name: string, camera: string, { calibrations }: Drone6Files, where: string, notes: string[]) {
  const fitting = [...calibrations.keys()].filter((file) => file === name || file.startsWith(`${name}_`));
  const file = fitting.includes(name) ? name : fitting[0];
  if (file === undefined) throw refusal(`${where}"`, `no calibration/${name}.json`, `one for ${camera}`);
  if (file !== name && fitting.length > 1)
    notes.push(`${camera}: calibration ${file}, the first of ${fitting.join(", ")}`);
  const path = `${where}/calibration/${file}.json`;
  const numbers = new CalibrationNumbers(path, camera, objectOf(calibrations.get(file) ?? "", path));
  const [fxPx = 0, skew = 0, cxPx = 0, , fyPx = 0, cyPx = 0] = numbers.list("K-matrix", [9]);
  if (skew !== 0) throw numbers.refusal("K-matrix", "a matrix without skew");
  const [k1 = 0, k2 = 0, p1 = 0, p2 = 0, k3 = 0] = numbers.list("distCoeff", [4, 5]);
  const [widthPx = 0, heightPx = 0] = numbers.list("resolution", [2]);
  const distortion: [number, number, number, number, number] = [k1, k2, p1, p2, k3];
  return { fps: numbers.number("fps"), intrinsics: { widthPx, heightPx, fxPx, fyPx, cxPx, cyPx, distortion } };
}

function objectOf(text: string, path: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new SkyvoxError("calibration", `Cannot import "${path}": ${messageOf(error)}, need JSON`, { cause: error });
  }
  if (typeof json !== "object" || json === null) throw refusal(`${path}"`, "no object", "K-matrix, distCoeff, fps");
  return json as Record<string, unknown>;
}

/** Row 0 of the tables of alpha and beta; null where there are none. */
function readSync(readme: string, count: number, where: string): { alpha: number[]; beta: number[] } | null {
  const lines = readme.split(/\r?\n/);
  const row = (title: RegExp): number[] | null => {
    const start = lines.findIndex((line) => title.test(line));
    const line = start < 0 ? undefined : lines.slice(start).find((it) => /^\|\s*0\s*\|/.test(it));
    if (line === undefined) return null;
    const values = line
      .split("|")
      .slice(2, 2 + count)
      .map((value) => (value.trim() === "" ? Number.NaN : Number(value)));
    if (values.length === count && values.every(Number.isFinite)) return values;
    throw refusal(`${where}/README.md"`, `"${line.trim()}"`, `${count} numbers in row 0`);
  };
  const [alpha, beta] = [row(/^#.*\(alpha\)/), row(/^#.*\(beta\)/)];
  if (alpha === null || beta === null) return null;
  const slow = alpha.findIndex((value) => !(value > 0));
  if (slow >= 0) throw refusal(`${where}/README.md"`, `alpha ${alpha[slow]} of cam${slow}`, "a number > 0");
  return { alpha, beta };
}

/** `place` begins a quoted file name that the caller ends. */
function refusal(place: string, found: string, need: string): SkyvoxError {
  return new SkyvoxError("calibration", `Cannot import "${place}: found ${found}, need ${need}`);
}
