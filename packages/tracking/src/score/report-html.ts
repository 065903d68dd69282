/**
 * A score as one page of HTML: tables and charts, drawn as SVG in the page. It loads nothing and holds no script.
 */
import { errorRows, type ReportRow, reportNotes, reportRows, reportTitle } from "./report-text.ts";
import type { Score, StepScore } from "./score.ts";
import type { ScoredStep } from "./scored-run.ts";
import { type Chart, escapeText, type Series, svgChart } from "./svg-chart.ts";

/** What a page is made of: the score, the steps behind it, and the names of the files. */
export interface ReportInput {
  readonly score: Score;
  readonly steps: readonly ScoredStep[];
  readonly tracks: string;
  readonly truth: string;
}

/** Writes the page. */
export function reportHtml({ score, steps, tracks, truth }: ReportInput): string {
  const charts = [planChart(steps), gospaChart(score), countChart(score), neesChart(score), hotaChart(score)];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Score of ${escapeText(tracks)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Score of tracks</h1>
<p>${escapeText(reportTitle(score, tracks, truth))}</p>
${tableOf("Measures", reportRows(score))}
${tableOf("RMSE of position", errorRows(score))}
${reportNotes(score)
  .map((note) => `<p>${escapeText(note)}</p>`)
  .join("\n")}
${charts.map((chart) => `<figure>${svgChart(chart)}</figure>`).join("\n")}
</body>
</html>
`;
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
table { border-collapse: collapse; width: 100%; margin: 1rem 0 }
caption { text-align: left; font-weight: 600 }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ddd; vertical-align: top; font-weight: 400 }
td:nth-child(2) { font-weight: 600; white-space: nowrap; text-align: right }
figure { margin: 2rem 0 }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; fill: #444 }
.title { font-size: 14px; font-weight: 600; fill: #1a1a1a } .key { font-weight: 600 }
.grid { stroke: #e4e4e4; fill: none } .line { fill: none; stroke-width: 1.5 }`;

/** Colours that people with any colour vision tell apart (Okabe & Ito 2008). */
const COLOURS = { blue: "#0072b2", orange: "#d55e00", green: "#009e73", purple: "#aa4499", grey: "#777777" } as const;

function tableOf(caption: string, rows: readonly ReportRow[]): string {
  const lines = rows.map(
    ({ name, value, note }) =>
      `<tr><th scope="row">${escapeText(name)}</th><td>${escapeText(value)}</td><td>${escapeText(note)}</td></tr>`,
  );
  return `<table><caption>${escapeText(caption)}</caption>\n${lines.join("\n")}\n</table>`;
}

/** A line over time of one number of each step. */
function overTime(
  name: string,
  colour: string,
  steps: readonly StepScore[],
  pick: (step: StepScore) => number | null,
): Series {
  return { name, colour, points: steps.map((step) => [step.timeS, pick(step) ?? Number.NaN]) };
}

function gospaChart({ steps, options }: Score): Chart {
  return {
    title: `GOSPA and OSPA, c = ${options.cutoffM} m`,
    xLabel: "time, s",
    yLabel: "metres",
    yFromZero: true,
    series: [
      overTime("GOSPA", COLOURS.blue, steps, ({ gospaM }) => gospaM),
      overTime("OSPA", COLOURS.orange, steps, ({ ospaM }) => ospaM),
    ],
  };
}

function countChart({ steps }: Score): Chart {
  return {
    title: "Targets and tracks",
    xLabel: "time, s",
    yLabel: "count",
    yFromZero: true,
    series: [
      overTime("targets", COLOURS.grey, steps, ({ truthCount }) => truthCount),
      overTime("found", COLOURS.green, steps, ({ matchedCount }) => matchedCount),
      overTime("missed", COLOURS.orange, steps, ({ missedCount }) => missedCount),
      overTime("false", COLOURS.purple, steps, ({ falseCount }) => falseCount),
    ],
  };
}

function neesChart({ steps }: Score): Chart {
  const known = steps.filter(({ nees }) => nees !== null);
  const dashed = (series: Series): Series => ({ ...series, isDashed: true });
  return {
    title: "NEES of position, mean over the targets of a step (should be 3, inside the band 95 % of the time)",
    xLabel: "time, s",
    yLabel: "NEES",
    yFromZero: true,
    series: [
      overTime("NEES", COLOURS.blue, known, ({ nees }) => nees),
      dashed(overTime("95 % band", COLOURS.grey, known, ({ neesLow }) => neesLow)),
      dashed(overTime("95 % band", COLOURS.grey, known, ({ neesHigh }) => neesHigh)),
    ],
  };
}

function hotaChart({ hota }: Score): Chart {
  const curve = (name: string, colour: string, values: readonly number[]): Series => ({
    name,
    colour,
    points: values.map((value, index) => [hota.alphas[index] ?? 0, value]),
  });
  return {
    title: "HOTA by similarity threshold",
    xLabel: "threshold alpha",
    yLabel: "0 to 1",
    yFromZero: true,
    series: [
      curve("HOTA", COLOURS.blue, hota.hotaOfAlpha),
      curve("DetA", COLOURS.green, hota.detAOfAlpha),
      curve("AssA", COLOURS.orange, hota.assAOfAlpha),
    ],
  };
}

/** Truth and tracks from above. */
function planChart(steps: readonly ScoredStep[]): Chart {
  const paths = new Map<string | number, [number, number][]>();
  const extend = (key: string | number, [e, n]: readonly [number, number, number]): void => {
    const path = paths.get(key) ?? [];
    paths.set(key, path);
    path.push([e, n]);
  };
  for (const { truth, tracks } of steps) {
    for (const { name, positionEnuM } of truth) extend(name, positionEnuM);
    for (const { id, positionEnuM } of tracks) extend(id, positionEnuM);
  }
  const ofKind = (kind: "string" | "number", name: string, colour: string): Series[] =>
    [...paths].flatMap(([key, points]) => (typeof key === kind ? { name, colour, points: decimated(points) } : []));
  return {
    title: "From above",
    xLabel: "east, m",
    yLabel: "north, m",
    isEqual: true,
    series: [...ofKind("string", "truth", COLOURS.grey), ...ofKind("number", "confirmed tracks", COLOURS.blue)],
  };
}

/** Every so many points of a path, and its last: a path has no peaks to lose by time. */
function decimated(points: readonly [number, number][]): [number, number][] {
  const stride = Math.ceil(points.length / PATH_POINTS_MAX);
  return points.filter((_, index) => index % stride === 0 || index === points.length - 1);
}

const PATH_POINTS_MAX = 1000;
