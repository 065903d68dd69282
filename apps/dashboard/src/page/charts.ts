/**
 * Curves of the last minute, drawn with uPlot, and the costs of the line as plain numbers.
 *
 * A chart has no legend and no cursor of its own: its caption holds the newest values in the colours of their curves.
 */
import uPlot from "uplot";
import type { Choices } from "./choices.ts";
import { byId, element, emPx, setText } from "./element.ts";
import type { LiveState } from "./live-state.ts";
import { ACCENT, cssColour, DIM, TEXT } from "./palette.ts";
import { bytesText, fixed } from "./readout.ts";
import { type Curve, WINDOW_S } from "./series.ts";

interface CurveStyle {
  readonly curve: Curve;
  readonly label: string;
  readonly colour: number;
  readonly dashed?: boolean;
  readonly filled?: boolean;
}

interface ChartSpec {
  readonly title: string;
  readonly unit: string;
  readonly places: number;
  readonly needsTruth?: boolean;
  readonly stepped?: boolean;
  readonly curves: readonly CurveStyle[];
}

const CHARTS: readonly ChartSpec[] = [
  {
    title: "Latency",
    unit: "ms",
    places: 0,
    curves: [
      { curve: "p50", label: "p50", colour: TEXT, filled: true },
      { curve: "p99", label: "p99", colour: ACCENT },
    ],
  },
  {
    title: "Frame sets",
    unit: "/s",
    places: 1,
    curves: [{ curve: "frameSets", label: "", colour: TEXT, filled: true }],
  },
  {
    title: "Tracks",
    unit: "",
    places: 0,
    stepped: true,
    curves: [
      { curve: "confirmed", label: "", colour: TEXT, filled: true },
      { curve: "tentative", label: "tentative", colour: DIM },
      { curve: "truth", label: "truth", colour: ACCENT, dashed: true },
    ],
  },
  {
    title: "Error",
    unit: "m",
    places: 2,
    needsTruth: true,
    curves: [
      { curve: "rmse", label: "RMSE", colour: TEXT, filled: true },
      { curve: "gospa", label: "GOSPA", colour: ACCENT },
    ],
  },
];

const STAGES_MAX = 5;

/** The strip of charts below the scene. */
export class Charts implements Disposable {
  private readonly charts: Chart[];
  private readonly stages = new Map<string, HTMLElement>();
  private readonly observer = new ResizeObserver(() => {
    for (const chart of this.charts) chart.resize();
  });

  /** Adds the charts to `host` before what is there. */
  constructor(host: HTMLElement) {
    this.charts = CHARTS.map((spec) => new Chart(spec));
    host.prepend(...this.charts.map(({ root }) => root));
    for (const { area } of this.charts) this.observer.observe(area);
  }

  /** Draws anew; called at most ten times a second. */
  update(state: LiveState, { recorded }: Choices): void {
    for (const chart of this.charts) chart.update(state, recorded ? "then" : "now");
    const line = state.report?.line;
    const process = state.report?.process;
    this.tellStages(line?.stageMs ?? {});
    setText(byId("cost-rays"), line ? fixed(line.raysPerFrameSet, 0) : "–");
    setText(byId("cost-voxels"), voxelText(state));
    setText(byId("cost-cpu"), process ? `${fixed(process.cpuPercent, 0)} %` : "–");
    setText(byId("cost-memory"), process ? bytesText(process.memoryBytes) : "–");
  }

  /** One row per station of the line; the stations are the node's to name. */
  private tellStages(stageMs: Readonly<Record<string, number>>): void {
    for (const [name, ms] of Object.entries(stageMs).slice(0, STAGES_MAX)) {
      let value = this.stages.get(name);
      if (!value) {
        value = element("dd");
        this.stages.set(name, value);
        byId("costs").insertBefore(element("div", {}, element("dt", { text: name }), value), byId("costs-rest"));
      }
      setText(value, `${fixed(ms, 1)} ms`);
    }
  }

  [Symbol.dispose](): void {
    this.observer.disconnect();
    for (const chart of this.charts) chart.plot.destroy();
  }
}

function voxelText(state: LiveState): string {
  const { leftOut } = state.voxels;
  const total = state.report?.line.voxelCount ?? state.voxels.count;
  return leftOut > 0 ? `${total} (${leftOut} not drawn)` : String(total);
}

class Chart {
  readonly root: HTMLElement;
  readonly plot: uPlot;
  private readonly spec: ChartSpec;
  readonly area = element("div", { className: "chart-area" });
  private readonly values = new Map<Curve, HTMLElement>();
  private end = "now";

  constructor(spec: ChartSpec) {
    this.spec = spec;
    const legend = element("span", { className: "chart-legend" });
    for (const { curve, label, colour } of spec.curves) {
      const value = element("b");
      value.style.color = cssColour(colour);
      this.values.set(curve, value);
      legend.append(element("span", {}, element("span", { text: label }), value));
    }
    const unit = element("span", { className: "unit", text: spec.unit });
    const title = element("h3", { text: `${spec.title} ` }, unit);
    this.root = element("figure", { className: "chart" }, element("figcaption", {}, title, legend), this.area);
    this.plot = new uPlot(
      options(spec, () => this.end),
      [[], ...spec.curves.map(() => [])],
      this.area,
    );
  }

  resize(): void {
    const { clientWidth: width, clientHeight: height } = this.area;
    if (width > 0 && height > 0) this.plot.setSize({ width, height });
  }

  /** `end` names the right end of the time axis. */
  update({ series, timeS, hello }: LiveState, end: string): void {
    this.end = end;
    this.root.hidden = this.spec.needsTruth === true && hello?.hasTruth !== true;
    if (this.root.hidden) return;
    this.plot.batch(() => {
      this.plot.setData([series.timeS, ...this.spec.curves.map(({ curve }) => series.column(curve))], false);
      this.plot.setScale("x", { min: timeS - WINDOW_S, max: timeS });
    });
    for (const [curve, value] of this.values) setText(value, fixed(series.latest(curve), this.spec.places));
  }
}

function options(spec: ChartSpec, end: () => string): uPlot.Options {
  const em = emPx();
  const font = `${0.74 * em}px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace`;
  const grid = { stroke: cssColour(0xffffff, 0.06), width: 1 };
  const axis = { font, stroke: cssColour(DIM), grid, ticks: { show: false } };
  return {
    width: 300,
    height: 90,
    legend: { show: false },
    cursor: { show: false },
    padding: [0.4 * em, em, 0, 0],
    scales: { x: { time: false }, y: { range: (_, __, max) => [0, headroom(max, spec.places)] } },
    axes: [
      {
        ...axis,
        size: 1.3 * em,
        gap: 0.2 * em,
        space: 3.6 * em,
        splits: ({ scales }) => secondsAgo(scales.x?.max ?? 0),
        values: (_, at) => at.map((_split, i) => X_LABELS[i] ?? end()),
      },
      {
        ...axis,
        size: 2.7 * em,
        gap: 0.35 * em,
        space: 1.9 * em,
        values: (_, splits) => splits.map((value) => String(Number(value.toFixed(3)))),
      },
    ],
    series: [
      {},
      ...spec.curves.map(
        ({ colour, dashed, filled }): uPlot.Series => ({
          stroke: cssColour(colour),
          width: 0.1 * em,
          points: { show: false },
          ...(filled && { fill: cssColour(colour, 0.07) }),
          ...(dashed && { dash: [3, 4] }),
          ...(spec.stepped && { paths: stepped }),
        }),
      ),
    ],
  };
}

const stepped = uPlot.paths.stepped?.({ align: 1 }) ?? (() => null);
const X_LABELS = ["−60 s", "−40", "−20"];

function secondsAgo(now: number): number[] {
  return [now - WINDOW_S, now - 40, now - 20, now];
}

/** Top of the axis: a little above the highest value, and never so low that noise fills the chart. */
function headroom(max: number | null, places: number): number {
  return Math.max((max ?? 0) * 1.15, places === 2 ? 0.2 : 5);
}
