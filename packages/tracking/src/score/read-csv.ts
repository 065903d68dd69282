/**
 * Reads tracks and truth from CSV text: a header line that names the columns, then a line per row; other columns are passed over.
 *
 * Tracks have the columns that a node writes with `--tracks`. Truth has `time_s,e_m,n_m,u_m` and, with more than one target, `target`.
 * Values hold no commas and no quotes.
 */
import { SkyvoxError, type TrackState } from "@skyvox/core";
import type { TrackRow } from "./scored-steps.ts";
import type { TruthSample } from "./truth-path.ts";

/** Name of the target in a truth without the column `target`. */
const ONLY_TARGET = "target";

const COVARIANCE = ["cov_ee_m2", "cov_en_m2", "cov_eu_m2", "cov_nn_m2", "cov_nu_m2", "cov_uu_m2"] as const;

/** Reads the rows of a file of tracks; `where` names it in errors. @throws {SkyvoxError} "io" naming the line and what is wrong. */
export function readTracksCsv(text: string, where: string): TrackRow[] {
  const seen = new Set<string>();
  return linesOf(text, where, ["time_s", "track_id", "state", "e_m", "n_m", "u_m", ...COVARIANCE]).map((line) => {
    const id = line.number("track_id");
    const timeS = line.number("time_s");
    if (seen.has(`${timeS} ${id}`))
      throw line.refuse(`track ${id} a second time at ${timeS} s`, "one row per track and time");
    seen.add(`${timeS} ${id}`);
    const [ee, en, eu, nn, nu, uu] = COVARIANCE.map((column) => line.number(column)) as [...Tuple6];
    const covarianceM2 = [ee, en, eu, en, nn, nu, eu, nu, uu] as const;
    return { timeS, id, state: stateOf(line), positionEnuM: placeOf(line), covarianceM2 };
  });
}

type Tuple6 = readonly [number, number, number, number, number, number];

/** Reads the samples of a file of truth; `where` names it in errors. @throws {SkyvoxError} "io" naming the line and what is wrong. */
export function readTruthCsv(text: string, where: string): TruthSample[] {
  const samples = linesOf(text, where, ["time_s", "e_m", "n_m", "u_m"]).map((line) => ({
    timeS: line.number("time_s"),
    name: line.text("target") ?? ONLY_TARGET,
    positionEnuM: placeOf(line),
  }));
  if (samples.length === 0)
    throw new SkyvoxError("io", `Cannot read "${where}": it has no row, need one per target and time`);
  return samples;
}

interface Line {
  text(column: string): string | undefined;
  number(column: string): number;
  refuse(found: string, wanted: string): SkyvoxError;
}

function placeOf(line: Line): [number, number, number] {
  return [line.number("e_m"), line.number("n_m"), line.number("u_m")];
}

const STATES: readonly TrackState[] = ["tentative", "confirmed", "coasting", "deleted"];

function stateOf(line: Line): TrackState {
  const found = line.text("state");
  const state = STATES.find((known) => known === found);
  if (state === undefined) throw line.refuse(`"${found}" for state`, STATES.join(", "));
  return state;
}

function linesOf(text: string, where: string, required: readonly string[]): Line[] {
  const rows = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const header = (rows[0] ?? "").split(",").map((name) => name.trim());
  const missing = required.filter((column) => !header.includes(column));
  if (missing.length > 0) {
    throw new SkyvoxError(
      "io",
      `Cannot read "${where}": its first line does not name ${missing.join(", ")}, need ${required.join(",")}`,
    );
  }
  return rows.flatMap((row, index) =>
    index === 0 || row.trim() === "" ? [] : [lineOf(row.split(","), header, `"${where}" line ${index + 1}`)],
  );
}

function lineOf(values: readonly string[], header: readonly string[], place: string): Line {
  const refuse = (found: string, wanted: string) =>
    new SkyvoxError("io", `Cannot read ${place}: found ${found}, need ${wanted}`);
  if (values.length !== header.length) throw refuse(`${values.length} values`, `${header.length} as in the first line`);
  const text = (column: string): string | undefined => values[header.indexOf(column)]?.trim();
  const number = (column: string): number => {
    const found = text(column) ?? "";
    const value = Number(found);
    if (found === "" || !Number.isFinite(value)) throw refuse(`"${found}" for ${column}`, "a finite number");
    return value;
  };
  return { text, number, refuse };
}
