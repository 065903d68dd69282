/**
 * How a processor is: healthy, degraded, overloaded or critical, by stated thresholds with hysteresis.
 *
 * | state      | begins when                                                         | ends when, for `holdMs` on end              |
 * | ---------- | ------------------------------------------------------------------- | ------------------------------------------- |
 * | critical   | no worker; under 50 % of tasks succeed; 95 % of the places are taken | a worker; 60 % succeed; under 85 % are taken |
 * | overloaded | 70 % of the places are taken; 10 % of tasks miss their deadline        | under 50 % are taken; under 5 % miss it        |
 * | degraded   | a worker is missing; under 95 % of tasks succeed                     | all workers; 97 % succeed                    |
 *
 * Each threshold is watched by itself; the worst that holds is the state. It gets worse at once and better only after `holdMs`, so a value
 * that hovers at a threshold does not make it flicker.
 */

/** From best to worst. */
export const healthStates = ["healthy", "degraded", "overloaded", "critical"] as const;

/** How a processor is. */
export type HealthState = (typeof healthStates)[number];

/** What health is judged by. */
export interface HealthMeasures {
  readonly workersWanted: number;
  readonly workersHere: number;
  /** Share of the places for tasks that are taken. */
  readonly takenShare: number;
  /** Of the tasks that ended lately: completed, as a share of those and dead letters; 1 where none ended. */
  readonly successRate: number;
  /** Of the tasks that ended lately: those that missed a deadline; 0 where none ended. */
  readonly missedShare: number;
}

/** The state and what holds it there. */
export interface Health {
  readonly state: HealthState;
  /** One line for each threshold that holds; none where healthy. */
  readonly reasons: readonly string[];
}

interface Threshold {
  readonly state: Exclude<HealthState, "healthy">;
  readonly begins: (measures: HealthMeasures) => boolean;
  readonly ends: (measures: HealthMeasures) => boolean;
  readonly text: (measures: HealthMeasures) => string;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const taken = ({ takenShare }: HealthMeasures): string => `${percent(takenShare)} of the places for tasks are taken`;
const succeeding = ({ successRate }: HealthMeasures): string => `${percent(successRate)} of the tasks succeed`;

const thresholds: readonly Threshold[] = [
  {
    state: "critical",
    begins: ({ workersHere }) => workersHere === 0,
    ends: ({ workersHere }) => workersHere > 0,
    text: () => "no worker is here",
  },
  {
    state: "critical",
    begins: ({ successRate }) => successRate < 0.5,
    ends: ({ successRate }) => successRate >= 0.6,
    text: succeeding,
  },
  {
    state: "critical",
    begins: ({ takenShare }) => takenShare >= 0.95,
    ends: ({ takenShare }) => takenShare < 0.85,
    text: taken,
  },
  {
    state: "overloaded",
    begins: ({ takenShare }) => takenShare >= 0.7,
    ends: ({ takenShare }) => takenShare < 0.5,
    text: taken,
  },
  {
    state: "overloaded",
    begins: ({ missedShare }) => missedShare >= 0.1,
    ends: ({ missedShare }) => missedShare < 0.05,
    text: ({ missedShare }) => `${percent(missedShare)} of the tasks miss their deadline`,
  },
  {
    state: "degraded",
    begins: ({ workersHere, workersWanted }) => workersHere < workersWanted,
    ends: ({ workersHere, workersWanted }) => workersHere >= workersWanted,
    text: ({ workersHere, workersWanted }) => `${workersHere} of ${workersWanted} workers are here`,
  },
  {
    state: "degraded",
    begins: ({ successRate }) => successRate < 0.95,
    ends: ({ successRate }) => successRate >= 0.97,
    text: succeeding,
  },
];

/** Judges health from measures taken from time to time. */
export class HealthMonitor {
  readonly #holdMs: number;
  /** For each threshold that holds: since when it could end; null while it could not. */
  readonly #held = new Map<Threshold, { endableSinceMs: number | null }>();

  constructor(options: { readonly holdMs: number }) {
    this.#holdMs = options.holdMs;
  }

  /** Takes the measures of now; times never go back. */
  judge(nowMs: number, measures: HealthMeasures): Health {
    for (const threshold of thresholds) this.#watch(nowMs, threshold, measures);
    const holding = thresholds.filter((threshold) => this.#held.has(threshold));
    return { state: holding[0]?.state ?? "healthy", reasons: holding.map(({ text }) => text(measures)) };
  }

  #watch(nowMs: number, threshold: Threshold, measures: HealthMeasures): void {
    const held = this.#held.get(threshold);
    if (held === undefined) {
      if (threshold.begins(measures)) this.#held.set(threshold, { endableSinceMs: null });
    } else if (!threshold.ends(measures)) {
      held.endableSinceMs = null;
    } else {
      held.endableSinceMs ??= nowMs;
      if (nowMs - held.endableSinceMs >= this.#holdMs) this.#held.delete(threshold);
    }
  }
}
