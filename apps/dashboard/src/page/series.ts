/** Seconds the charts look back. */
export const WINDOW_S = 60;
const INTERVAL_S = 0.1;

/** The curves of the charts, in the order of a sample's values after its time. */
export const CURVES = ["p50", "p99", "frameSets", "confirmed", "tentative", "truth", "gospa", "rmse"] as const;
export type Curve = (typeof CURVES)[number];

/** At most ten samples a second of the last minute, as columns that a chart can draw; null where nothing was measured. */
export class Series {
  readonly timeS: number[] = [];
  private readonly columns: Record<Curve, (number | null)[]> = {
    p50: [],
    p99: [],
    frameSets: [],
    confirmed: [],
    tentative: [],
    truth: [],
    gospa: [],
    rmse: [],
  };

  /** Adds a sample unless the last one is younger than a tenth of a second; forgets what is older than the window. */
  push(timeS: number, values: Partial<Record<Curve, number>>): void {
    const last = this.timeS.at(-1);
    // A float step of 0.1 s may fall a hair short: half a millisecond of grace keeps ten samples a second.
    if (last !== undefined && timeS - last < INTERVAL_S - 0.0005) return;
    this.timeS.push(timeS);
    for (const curve of CURVES) this.columns[curve].push(values[curve] ?? null);
    let old = 0;
    while ((this.timeS[old] ?? timeS) < timeS - WINDOW_S) old++;
    if (old === 0) return;
    this.timeS.splice(0, old);
    for (const curve of CURVES) this.columns[curve].splice(0, old);
  }

  /** Samples of one curve, as long as `timeS`. */
  column(curve: Curve): (number | null)[] {
    return this.columns[curve];
  }

  /** Newest measured value of a curve, or null. */
  latest(curve: Curve): number | null {
    return this.columns[curve].at(-1) ?? null;
  }

  /** Forgets everything, after a jump of the site's time line. */
  clear(): void {
    this.timeS.length = 0;
    for (const curve of CURVES) this.columns[curve].length = 0;
  }
}
