/**
 * A calibration's report as one page that needs nothing but itself: the lines of the text, a plan of cameras and path, and held-out errors over time.
 *
 * Drawn as inline SVG without script; colours follow the reader's light or dark scheme.
 */
import { distance } from "@skyvox/core";
import type { CalibrationReport } from "./report.ts";
import { reportText } from "./report-text.ts";

const PLAN_PX = 560;
const PLOT_WIDTH_PX = 900;
const PLOT_HEIGHT_PX = 220;
/** Held-out errors are drawn up to this, metres; what is larger stands at the edge. */
const ERROR_MAX_M = 0.5;

/** Writes the page. */
export function reportHtml(report: CalibrationReport, title: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>
:root { color-scheme: light dark; font: 14px/1.45 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
pre { overflow-x: auto; font-size: 12px; }
svg { max-width: 100%; height: auto; }
.path { fill: none; stroke: #3a7bd5; stroke-width: 1; opacity: .7; }
.camera { fill: #d5533a; } text { fill: currentColor; font-size: 12px; }
.axis { stroke: currentColor; opacity: .3; } .error { fill: #3a7bd5; opacity: .7; }
</style></head><body>
<h1>${escapeHtml(title)}</h1>
<pre>${escapeHtml(reportText(report))}</pre>
<h2>Plan</h2>
${plan(report)}
${heldOutPlot(report)}
</body></html>
`;
}

function plan({ cameras, path }: CalibrationReport): string {
  const points = [...cameras.map(({ centreM }) => centreM), ...path.map(([, e, n]) => [e, n] as const)];
  const easts = points.map((point) => point[0]);
  const norths = points.map((point) => point[1]);
  const low = [Math.min(...easts), Math.min(...norths)] as const;
  const spanM = Math.max(1, Math.max(...easts) - low[0], Math.max(...norths) - low[1]) * 1.15;
  const x = (e: number) => ((((e - low[0]) / spanM) * 0.87 + 0.065) * PLAN_PX).toFixed(1);
  const y = (n: number) => ((1 - ((n - low[1]) / spanM) * 0.87 - 0.065) * PLAN_PX).toFixed(1);
  const line = path.map(([, e, n]) => `${x(e)},${y(n)}`).join(" ");
  const marks = cameras.map(
    ({ id, centreM: [e, n] }) =>
      `<circle class="camera" cx="${x(e)}" cy="${y(n)}" r="5"/><text x="${Number(x(e)) + 8}" y="${y(n)}">${escapeHtml(id)}</text>`,
  );
  const label = `Plan of cameras and path, ${spanM.toFixed(0)} m across, north up`;
  return `<svg viewBox="0 0 ${PLAN_PX} ${PLAN_PX}" width="${PLAN_PX}" role="img" aria-label="${label}"><polyline class="path" points="${line}"/>${marks.join("")}</svg><p>${label}.</p>`;
}

function heldOutPlot({ heldOut }: CalibrationReport): string {
  const rows = heldOut?.control?.rows ?? [];
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return "";
  const spanS = Math.max(1, last.timeS - first.timeS);
  const x = (timeS: number) => ((timeS - first.timeS) / spanS) * PLOT_WIDTH_PX;
  const y = (metres: number) => PLOT_HEIGHT_PX * (1 - Math.min(metres, ERROR_MAX_M) / ERROR_MAX_M);
  const dots = rows.map(
    ({ timeS, truthM, foundM }) =>
      `<circle class="error" cx="${x(timeS).toFixed(1)}" cy="${y(distance(truthM, foundM)).toFixed(1)}" r="1.5"/>`,
  );
  const grid = [0.1, 0.2, 0.3, 0.4].map(
    (metres) =>
      `<line class="axis" x1="0" x2="${PLOT_WIDTH_PX}" y1="${y(metres)}" y2="${y(metres)}"/><text x="2" y="${y(metres) - 2}">${metres * 100} cm</text>`,
  );
  const label = `Held-out error from ${first.timeS.toFixed(0)} to ${last.timeS.toFixed(0)} s`;
  return `<h2>Where it was not fitted</h2><svg viewBox="0 0 ${PLOT_WIDTH_PX} ${PLOT_HEIGHT_PX}" width="${PLOT_WIDTH_PX}" role="img" aria-label="${label}">${grid.join("")}${dots.join("")}</svg><p>${label}, a dot per control row; errors above ${ERROR_MAX_M * 100} cm stand at the upper edge.</p>`;
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
