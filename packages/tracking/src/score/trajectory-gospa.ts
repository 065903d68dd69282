/**
 * GOSPA over a whole run, with a price for switches: the metric on sets of trajectories of García-Fernández, Rahmathullah & Svensson
 * (2020, definition by multi-dimensional assignment) at p = 2.
 *
 * Each truth holds at most one track from step to step, each track at most one truth. Sum over the steps: min(d, c)² of pairs that are
 * both there, c²/2 for each truth or track that is there without its partner; and γ² for each truth that goes over to another track,
 * γ²/2 where it takes or leaves one. Holding on through a pause costs nothing. The least such sum is searched.
 *
 * Truths and tracks that ever come closer than c fall into clusters. Where a cluster has few ways to pair, all sequences are weighed
 * (Viterbi), so the sum is exact; a larger cluster is improved step by step until no single step can do better, which gives an upper
 * bound. `isExact` says whether any cluster was of the second kind.
 */
import { assert, distance } from "@skyvox/core";
import { cheapest } from "./close-pairs.ts";
import type { ScoredStep } from "./scored-run.ts";

/** The cut-off c and the price γ of a switch, both in metres. */
export interface TrajectoryGospaOptions {
  readonly cutoffM: number;
  readonly switchM: number;
}

/** The metric per step (root of the mean square) and its four shares, in square metres per step; they add up to its square. */
export interface TrajectoryGospa {
  readonly gospaM: number;
  readonly localisationM2: number;
  readonly missedM2: number;
  readonly falseM2: number;
  readonly switchM2: number;
  /** Changes from one track to another count 1, from or to none 1/2; over the whole run. */
  readonly switchCount: number;
  readonly isExact: boolean;
}

/** Scores a run of at least one step. */
export function trajectoryGospa(steps: readonly ScoredStep[], options: TrajectoryGospaOptions): TrajectoryGospa {
  assert(steps.length > 0, "a run has at least one step");
  assert(options.switchM >= 0, "the price of a switch is not below 0");
  const limit = options.cutoffM ** 2;
  const clusters = clustersOf(steps, options.cutoffM);
  let pairedM2 = 0;
  let pairCount = 0;
  let switchCount = 0;
  let isExact = true;
  for (const cluster of clusters) {
    const states = statesOf(cluster);
    isExact &&= states !== null;
    const chosen = states === null ? improve(cluster, options) : best(cluster, states, options);
    for (const [step, held] of chosen.entries()) {
      for (const [row, column] of held.entries()) {
        const cost = costAt(cluster, step, row, column);
        if (cost < 0) {
          pairCount++;
          pairedM2 += cost + limit;
        }
        if (step > 0) switchCount += changeOf(chosen[step - 1]![row]!, column);
      }
    }
  }
  const count = (pick: (step: ScoredStep) => number): number => steps.reduce((sum, step) => sum + pick(step), 0);
  const localisationM2 = pairedM2 / steps.length;
  const missedM2 = ((limit / 2) * (count(({ truth }) => truth.length) - pairCount)) / steps.length;
  const falseM2 = ((limit / 2) * (count(({ tracks }) => tracks.length) - pairCount)) / steps.length;
  const switchM2 = (options.switchM ** 2 * switchCount) / steps.length;
  const gospaM = Math.sqrt(localisationM2 + missedM2 + falseM2 + switchM2);
  return { gospaM, localisationM2, missedM2, falseM2, switchM2, switchCount, isExact };
}

/** Truths and tracks that may be paired: rows and columns, and what each pair saves in each step. */
interface Cluster {
  readonly rowCount: number;
  readonly columnCount: number;
  readonly stepCount: number;
  /** For each row the columns it ever comes close to, ascending, with d² - c² in each step; 0 where they are not close. */
  readonly edges: readonly { readonly column: number; readonly costs: Float64Array }[][];
}

/** For each row its column, or -1. */
type Held = Int32Array;

function costAt(cluster: Cluster, step: number, row: number, column: number): number {
  return cluster.edges[row]?.find((edge) => edge.column === column)?.costs[step] ?? 0;
}

function changeOf(before: number, after: number): number {
  if (before === after) return 0;
  return before < 0 || after < 0 ? 0.5 : 1;
}

function clustersOf(steps: readonly ScoredStep[], cutoffM: number): Cluster[] {
  const costsOfTruth = new Map<string, Map<number, Float64Array>>();
  const parent = new Map<string | number, string | number>();
  const root = (key: string | number): string | number => {
    let at = key;
    for (let up = parent.get(at); up !== undefined; up = parent.get(at)) at = up;
    return at;
  };
  for (const [index, { truth, tracks }] of steps.entries()) {
    for (const { name, positionEnuM } of truth) {
      for (const track of tracks) {
        if (Math.abs(positionEnuM[0] - track.positionEnuM[0]) >= cutoffM) continue;
        const apartM = distance(positionEnuM, track.positionEnuM);
        if (apartM >= cutoffM) continue;
        const costs = costsOfTruth.get(name) ?? new Map<number, Float64Array>();
        costsOfTruth.set(name, costs);
        const line = costs.get(track.id) ?? new Float64Array(steps.length);
        costs.set(track.id, line);
        line[index] = apartM ** 2 - cutoffM ** 2;
        const from = root(name);
        const to = root(track.id);
        if (from !== to) parent.set(from, to);
      }
    }
  }
  const truthsOfRoot = Map.groupBy(costsOfTruth, ([name]) => root(name));
  return [...truthsOfRoot.values()].map((truths) => {
    const columnOfTrack = new Map<number, number>();
    for (const [, costs] of truths)
      for (const id of costs.keys()) columnOfTrack.set(id, columnOfTrack.get(id) ?? columnOfTrack.size);
    const edges = truths.map(([, costs]) =>
      [...costs]
        .map(([id, line]) => ({ column: columnOfTrack.get(id) ?? 0, costs: line }))
        .sort((a, b) => a.column - b.column),
    );
    return { rowCount: truths.length, columnCount: columnOfTrack.size, stepCount: steps.length, edges };
  });
}

/** Lists all ways to pair the rows of a cluster, or null where there are more than can be weighed. */
function statesOf(cluster: Cluster): Held[] | null {
  let states: number[][] = [[]];
  for (const edges of cluster.edges) {
    states = states.flatMap((held) => [
      [...held, -1],
      ...edges.filter(({ column }) => !held.includes(column)).map(({ column }) => [...held, column]),
    ]);
    if (states.length > STATES_MAX) return null;
  }
  return states.map((held) => Int32Array.from(held));
}

/** Weighing all sequences takes the square of this, times rows and steps: about 10 ms for 100 steps. */
const STATES_MAX = 128;

/** Finds the best sequence of states (Viterbi). */
function best(cluster: Cluster, states: readonly Held[], { switchM }: TrajectoryGospaOptions): Held[] {
  const price = switchM ** 2;
  const changes = states.map((before) => states.map((after) => price * changesOf(before, after)));
  const from: Int32Array[] = [];
  let totals = Float64Array.from(states, (held) => stateCost(cluster, 0, held));
  for (let step = 1; step < cluster.stepCount; step++) {
    const origin = new Int32Array(states.length);
    const next = new Float64Array(states.length);
    for (const [to, held] of states.entries()) {
      let least = Number.POSITIVE_INFINITY;
      for (let before = 0; before < states.length; before++) {
        const total = totals[before]! + changes[before]![to]!;
        if (total >= least) continue;
        least = total;
        origin[to] = before;
      }
      next[to] = least + stateCost(cluster, step, held);
    }
    from.push(origin);
    totals = next;
  }
  let state = totals.indexOf(Math.min(...totals));
  const chosen = [states[state]!];
  for (let step = from.length - 1; step >= 0; step--) {
    state = from[step]![state]!;
    chosen.push(states[state]!);
  }
  return chosen.reverse();
}

function changesOf(before: Held, after: Held): number {
  let count = 0;
  for (let row = 0; row < before.length; row++) count += changeOf(before[row]!, after[row]!);
  return count;
}

function stateCost(cluster: Cluster, step: number, held: Held): number {
  let cost = 0;
  for (let row = 0; row < held.length; row++) cost += costAt(cluster, step, row, held[row]!);
  return cost;
}

/** Chooses step after step with a view to the step before, then goes over all steps until none can do better between its neighbours. */
function improve(cluster: Cluster, { switchM }: TrajectoryGospaOptions): Held[] {
  const price = switchM ** 2;
  const chosen: Held[] = [];
  for (let step = 0; step < cluster.stepCount; step++) {
    chosen.push(choose(cluster, step, step > 0 ? [chosen[step - 1]!] : [], price));
  }
  for (let sweep = 0; sweep < SWEEPS_MAX; sweep++) {
    let isBetter = false;
    for (let step = cluster.stepCount - 1; step >= 0; step--) {
      const neighbours = [chosen[step - 1], chosen[step + 1]].filter((held) => held !== undefined);
      const total = (held: Held): number =>
        stateCost(cluster, step, held) + price * neighbours.reduce((sum, other) => sum + changesOf(other, held), 0);
      const found = choose(cluster, step, neighbours, price);
      if (total(found) >= total(chosen[step]!) - IMPROVEMENT_MIN) continue;
      chosen[step] = found;
      isBetter = true;
    }
    if (!isBetter) break;
  }
  return chosen;
}

const SWEEPS_MAX = 50;
/** Keeps rounding from looking like progress. */
const IMPROVEMENT_MIN = 1e-9;

/** The cheapest pairs of one step given what its neighbours hold: an assignment, since changes are counted row by row. */
function choose(cluster: Cluster, step: number, neighbours: readonly Held[], price: number): Held {
  const rowStart = new Int32Array(cluster.rowCount + 1);
  const columns: number[] = [];
  const costs: number[] = [];
  for (const [row, edges] of cluster.edges.entries()) {
    const change = (column: number): number =>
      price * neighbours.reduce((sum, held) => sum + changeOf(held[row]!, column), 0);
    const alone = change(-1);
    for (const edge of edges) {
      const cost = edge.costs[step]! + change(edge.column) - alone;
      if (cost >= 0) continue;
      columns.push(edge.column);
      costs.push(cost);
    }
    rowStart[row + 1] = columns.length;
  }
  return cheapest({ rowStart, columns, costs, columnCount: cluster.columnCount }).columnOfRow;
}
