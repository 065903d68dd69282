/** A clock as a line: site time = offset + rate · nominal time. */
export interface LinearClock {
  readonly offsetS: number;
  readonly rate: number;
}

/** Returns what a clock says at a nominal time, seconds. */
export function timeAt({ offsetS, rate }: LinearClock, nominalS: number): number {
  return offsetS + rate * nominalS;
}

/** Returns the four clocks a step earlier and later, slower and faster; those of another rate agree with the clock at `middleS`. */
export function neighboursOf(
  clock: LinearClock,
  { stepS, stepRate, middleS }: { readonly stepS: number; readonly stepRate: number; readonly middleS: number },
): LinearClock[] {
  const steps = [
    [-1, 0],
    [1, 0],
    [0, -1],
    [0, 1],
  ] as const;
  return steps.map(([k, l]) => ({
    offsetS: clock.offsetS + k * stepS - l * stepRate * middleS,
    rate: clock.rate + l * stepRate,
  }));
}
