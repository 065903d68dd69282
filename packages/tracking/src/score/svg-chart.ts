/**
 * Line charts as SVG text: axes with round numbers, a legend, nothing that is loaded from anywhere.
 *
 * A series with more points than can be seen is thinned to the least and the greatest of each of 600 pieces, so that no peak is lost.
 */

/** A line by its points `[x, y]`; a break is a point whose y is NaN. */
export interface Series {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly (readonly [number, number])[];
  readonly isDashed?: boolean;
}

/** What a chart shows. Series of one name share one place in the legend; `isEqual` gives both axes the same scale. */
export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  readonly yFromZero?: boolean;
  readonly isEqual?: boolean;
}

/** Draws a chart, 720 by 300 units, or 720 by 560 where the scales are equal. */
export function svgChart(chart: Chart): string {
  const heightPx = chart.isEqual === true ? 560 : 300;
  const frame = { left: 64, right: WIDTH_PX - 16, top: 34, bottom: heightPx - 44 };
  const points = chart.series
    .flatMap((series) => series.points)
    .filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
  const plot = scaled(rangeOf(points, 0), rangeOf(points, 1, chart.yFromZero), frame, chart.isEqual === true);
  return [
    `<svg viewBox="0 0 ${WIDTH_PX} ${heightPx}" role="img" aria-label="${escapeText(chart.title)}">`,
    `<text x="${frame.left}" y="16" class="title">${escapeText(chart.title)}</text>`,
    ...axes(plot, frame),
    `<text x="${(frame.left + frame.right) / 2}" y="${heightPx - 8}" text-anchor="middle">${escapeText(chart.xLabel)}</text>`,
    `<text transform="translate(14 ${(frame.top + frame.bottom) / 2}) rotate(-90)" text-anchor="middle">${escapeText(chart.yLabel)}</text>`,
    ...chart.series.flatMap((series) => lineOf(series, plot)),
    ...legend(chart.series, frame),
    "</svg>",
  ].join("\n");
}

const WIDTH_PX = 720;

/** Makes text safe between tags and in quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Range {
  readonly low: number;
  readonly high: number;
}

interface Plot {
  readonly x: Range;
  readonly y: Range;
  toX(value: number): number;
  toY(value: number): number;
}

function rangeOf(points: readonly (readonly [number, number])[], axis: 0 | 1, fromZero = false): Range {
  let low = fromZero ? 0 : Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    low = Math.min(low, point[axis]);
    high = Math.max(high, point[axis]);
  }
  if (points.length === 0) return { low: 0, high: 1 };
  return high > low ? { low, high } : { low: low - (fromZero ? 0 : 0.5), high: low + 1 };
}

function scaled(x: Range, y: Range, frame: Frame, isEqual: boolean): Plot {
  const [width, height] = [frame.right - frame.left, frame.bottom - frame.top];
  const unit = Math.max((x.high - x.low) / width, (y.high - y.low) / height);
  const widen = (range: Range, size: number): Range => {
    const middle = (range.low + range.high) / 2;
    return isEqual ? { low: middle - (unit * size) / 2, high: middle + (unit * size) / 2 } : range;
  };
  const [wideX, wideY] = [widen(x, width), widen(y, height)];
  return {
    x: wideX,
    y: wideY,
    toX: (value) => frame.left + ((value - wideX.low) / (wideX.high - wideX.low)) * width,
    toY: (value) => frame.bottom - ((value - wideY.low) / (wideY.high - wideY.low)) * height,
  };
}

function axes(plot: Plot, frame: Frame): string[] {
  const across = ticks(plot.x).map((tick) => {
    const x = px(plot.toX(tick));
    return `<path d="M${x} ${frame.top}V${frame.bottom}" class="grid"/><text x="${x}" y="${frame.bottom + 16}" text-anchor="middle">${label(tick)}</text>`;
  });
  const up = ticks(plot.y).map((tick) => {
    const y = px(plot.toY(tick));
    return `<path d="M${frame.left} ${y}H${frame.right}" class="grid"/><text x="${frame.left - 6}" y="${y}" dy="4" text-anchor="end">${label(tick)}</text>`;
  });
  return [...across, ...up];
}

/** Round numbers (1, 2 or 5 times a power of ten apart) inside a range, about six. */
function ticks({ low, high }: Range): number[] {
  const rough = (high - low) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) => (first + k) * step);
}

function label(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function lineOf({ points, colour, isDashed }: Series, plot: Plot): string[] {
  let path = "";
  let isOpen = false;
  for (const [x, y] of thinned(points)) {
    if (Number.isNaN(y)) {
      isOpen = false;
      continue;
    }
    path += `${isOpen ? "L" : "M"}${px(plot.toX(x))} ${px(plot.toY(y))}`;
    isOpen = true;
  }
  if (path === "") return [];
  return [`<path d="${path}" class="line" stroke="${colour}"${isDashed === true ? ' stroke-dasharray="4 3"' : ""}/>`];
}

function thinned(points: Series["points"]): Series["points"] {
  if (points.length <= 2 * PIECES) return points;
  return Array.from({ length: PIECES }, (_, piece) => {
    const from = Math.floor((piece * points.length) / PIECES);
    const own = points.slice(from, Math.floor(((piece + 1) * points.length) / PIECES));
    const least = own.reduce((low, point) => (point[1] < low[1] ? point : low));
    const most = own.reduce((high, point) => (point[1] > high[1] ? point : high));
    return least[0] <= most[0] ? [least, most] : [most, least];
  }).flat();
}

const PIECES = 600;

function legend(series: readonly Series[], frame: Frame): string[] {
  const named = new Map(series.map(({ name, colour }) => [name, colour]));
  let x = frame.right;
  return [...named].toReversed().map(([name, colour]) => {
    const anchor = x;
    x -= name.length * 7 + 24;
    return `<text x="${anchor}" y="28" text-anchor="end" fill="${colour}" class="key">${escapeText(name)}</text>`;
  });
}

/** A coordinate with two decimals, so that pages stay small. */
function px(value: number): string {
  return String(Math.round(value * 100) / 100);
}
