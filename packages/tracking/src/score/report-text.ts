/**
 * A score in words: the rows of its tables, which text and page share, and the plain text of all of them.
 *
 * Every value stands beside what is needed to read it: its parts, its interval, what it should be. Lengths in metres, times in seconds.
 */
import { RATE_DEFINITIONS } from "./detection-rates.ts";
import type { Interval } from "./interval.ts";
import type { Score } from "./score.ts";

/** One row of a table of results: what was measured, the value, and what belongs to it. */
export interface ReportRow {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

/** Words the measures of a score, in the order of the report. */
export function reportRows(score: Score): ReportRow[] {
  const { gospa, trajectoryGospa: run, hota, clear, identity, rates, nees, options } = score;
  const row = (name: string, value: string, note = ""): ReportRow => ({ name, value, note });
  const m2 = (value: number): string => `${decimal(value)} m²`;
  return [
    row(
      `GOSPA (c = ${options.cutoffM} m, p = 2)`,
      metres(gospa.gospaM),
      `localisation ${m2(gospa.localisationM2)}, missed ${m2(gospa.missedM2)}, false ${m2(gospa.falseM2)} per step; pairs ${metres(gospa.pairRmsM)} rms`,
    ),
    row(
      `GOSPA of the run (switch ${options.switchM} m)`,
      metres(run.gospaM),
      `switches ${run.switchCount}, ${m2(run.switchM2)} per step${run.isExact ? "" : "; an upper bound"}`,
    ),
    row(`OSPA (c = ${options.cutoffM} m, p = 2)`, metres(score.ospaM)),
    row("HOTA", decimal(hota.hota), `DetA ${decimal(hota.detA)}, AssA ${decimal(hota.assA)}`),
    row(
      "MOTA",
      decimal(clear.mota),
      `misses ${clear.falseNegatives}, false ${clear.falsePositives}, switches ${clear.switches}`,
    ),
    row(
      "MOTP",
      metres(clear.motpM),
      `fragmentations ${clear.fragmentations}; mostly tracked ${clear.mostlyTracked}, partly ${clear.partlyTracked}, lost ${clear.mostlyLost}`,
    ),
    row(
      "IDF1",
      decimal(identity.idf1),
      `precision ${decimal(identity.idPrecision)}, recall ${decimal(identity.idRecall)}`,
    ),
    row("Pd", decimal(rates.pd.value), interval(rates.pd)),
    row("False tracks per hour", decimal(rates.falsePerHour.value), interval(rates.falsePerHour)),
    row(
      "False share of tracks",
      decimal(rates.falseShare.value),
      `${rates.falseTrackCount} of ${rates.trackCount}, ${interval(rates.falseShare)}`,
    ),
    row(
      "Latency to confirmation",
      `${decimal(rates.latency.medianS)} s`,
      `median; p90 ${decimal(rates.latency.p90S)} s, longest ${decimal(rates.latency.maxS)} s, never found ${rates.latency.neverFoundCount}`,
    ),
    row(
      "NEES of position",
      decimal(nees.mean),
      nees.sampleCount === 0
        ? "no pair with a covariance"
        : `should be 3, ${decimal(nees.low)} to ${decimal(nees.high)} if all were independent; ${percent(nees.stepsInside)} of steps and ${percent(nees.samplesInside)} of samples inside their 95 %`,
    ),
  ];
}

/** Words the errors under every alignment, one row each. */
export function errorRows(score: Score): ReportRow[] {
  return score.errors.map((errors) => ({
    name: `${ALIGNMENTS[errors.alignment]}, ${errors.hasTimeFit ? `clock moved by ${errors.offsetS.toFixed(4)} s` : "clock as it is"}`,
    value: metres(errors.rmseM),
    note: `mean ${metres(errors.meanM)}, median ${metres(errors.medianM)}, p90 ${metres(errors.p90M)}, largest ${metres(errors.maxM)}; ${errors.pairCount} pairs${errors.alignment === "similarity" ? `, scale ${errors.scale.toFixed(5)}` : ""}`,
  }));
}

const ALIGNMENTS = { none: "not aligned", rigid: "rigidly aligned", similarity: "similarity aligned" } as const;

/** Says what was scored in one line. */
export function reportTitle(score: Score, tracks: string, truth: string): string {
  return `${tracks} against ${truth}: ${score.stepCount} steps from ${decimal(score.startS)} to ${decimal(score.endS)} s, ${score.targetCount} targets, ${score.rates.trackCount} confirmed tracks`;
}

/** The definitions a reader needs beside the numbers. */
export function reportNotes(score: Score): string[] {
  const pairs =
    score.options.pairing === "near"
      ? `Errors and NEES: of pairs nearer than ${score.options.cutoffM} m, which hides larger ones.`
      : "Errors and NEES: of the one target and the longest track of each step, whatever their distance.";
  return [RATE_DEFINITIONS, pairs];
}

/** Lays the whole score out as plain text. */
export function reportText(score: Score, tracks: string, truth: string): string {
  return [
    reportTitle(score, tracks, truth),
    ...table(reportRows(score)),
    "RMSE of position",
    ...table(errorRows(score)),
    ...reportNotes(score),
  ].join("\n");
}

function table(rows: readonly ReportRow[]): string[] {
  const width = (pick: (row: ReportRow) => string): number => Math.max(0, ...rows.map((row) => pick(row).length));
  const [name, value] = [width((row) => row.name), width((row) => row.value)];
  return rows.map((row) => `  ${row.name.padEnd(name)}  ${row.value.padStart(value)}  ${row.note}`.trimEnd());
}

function interval({ low, high }: Interval): string {
  return `95 %: ${decimal(low)} to ${decimal(high)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function metres(value: number): string {
  return `${decimal(value)} m`;
}

/** Four significant digits; large numbers whole. */
function decimal(value: number): string {
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(4)));
}
