import { beforeEach, describe, expect, test } from "bun:test";
import { ClusterStore } from "./cluster-store.ts";
import { GlobalHypotheses } from "./global-hypotheses.ts";
import { Pruning } from "./pruning.ts";
import { TrackPool } from "./track-pool.ts";

const STEPS = 6;

/** A pool with the tracks 0 and 1 (slots 0 and 1) and a branch of each (slots 2 and 3), after step 5. */
let pool: TrackPool;
let freeBefore: number;

beforeEach(() => {
  pool = new TrackPool({
    tracksMax: 4,
    branchesMax: 4,
    historySteps: STEPS,
    motionModels: ["velocity"],
    speedMps: 1,
    accelerationMps2: 1,
    manoeuvreMps2: 1,
  });
  pool.take(1n);
  pool.take(1n);
  pool.branch(0);
  pool.branch(1);
  freeBefore = pool.freeCount;
});

/** What a slot took in the steps 0 … 5; step k stands at place k. */
function remember(slot: number, ...detections: readonly number[]): void {
  pool.history.set(detections, slot * STEPS);
}

function hypotheses(
  trackCount: number,
  rows: readonly (readonly number[])[],
  logWeights: readonly number[],
): GlobalHypotheses {
  const list = new GlobalHypotheses();
  list.resize(trackCount, rows.length);
  list.slots.set(rows.flat());
  list.logWeights.set(logWeights);
  return list;
}

function rowsOf({ slots, trackCount, count }: GlobalHypotheses): number[][] {
  return Array.from({ length: count }, (_, h) => [...slots.slice(h * trackCount, (h + 1) * trackCount)]);
}

describe("Pruning", () => {
  test("keeps hypotheses that differ in the last steps alone", () => {
    remember(0, 1, 2, 3, 4, 5, 6);
    remember(2, 1, 2, 3, 4, 5, -1);
    const list = hypotheses(1, [[0], [2]], [0, -1]);
    new Pruning(pool).prune(list, 5);
    expect(rowsOf(list)).toEqual([[0], [2]]);
    expect(pool.freeCount).toBe(freeBefore);
  });

  test("decides the oldest step by the likeliest hypothesis and gives the branches of the others back", () => {
    remember(0, 1, 2, 3, 4, 5, 6);
    remember(2, 9, 2, 3, 4, -1, -1);
    const list = hypotheses(1, [[0], [2]], [0, -1]);
    new Pruning(pool).prune(list, 5);
    expect(rowsOf(list)).toEqual([[0]]);
    expect(pool.freeCount).toBe(freeBefore + 1);
  });

  test("lets the likelier of two branches stand for both that agree in the last three steps, and adds their chances", () => {
    remember(0, 1, 2, 3, 4, 5, 6);
    remember(2, 1, 2, 9, 4, 5, 6);
    remember(1, 1, 1, 1, -1, 1, 1);
    remember(3, 1, 1, 1, 1, 1, 1);
    const list = hypotheses(
      2,
      [
        [0, 1],
        [2, 3],
        [2, 1],
      ],
      [0, Math.log(0.5), Math.log(0.25)],
    );
    new Pruning(pool).prune(list, 5);
    // 0 stands for 2: 1 + 0.25 against 0.5.
    expect(rowsOf(list)).toEqual([
      [0, 1],
      [0, 3],
    ]);
    expect(list.logWeights[1]).toBeCloseTo(Math.log(0.5 / 1.25), 12);
    expect(pool.freeCount).toBe(freeBefore + 1);
  });

  test("splits tracks that share no detection, and sums over what the others do", () => {
    remember(0, 1, 2, 3, 4, 5, 6);
    remember(2, 1, 2, 3, 4, 5, -1);
    remember(1, 11, 12, 13, 14, 15, 16);
    remember(3, 11, 12, 13, 14, 15, -1);
    const list = hypotheses(
      2,
      [
        [0, 1],
        [2, 3],
        [2, 1],
      ],
      [0, Math.log(0.8), Math.log(0.6)],
    );
    const store = new ClusterStore(pool.capacity);
    new Pruning(pool).split(list, store, Int32Array.of(0, 1));
    // Track 0: slot 0 has 1, slot 2 has 0.8 + 0.6. Track 1: slot 1 has 1.6, slot 3 has 0.8.
    expect([store.count, ...store.trackCounts.slice(0, 2), ...store.hypothesisCounts.slice(0, 2)]).toEqual([
      2, 1, 1, 2, 2,
    ]);
    expect([...store.slots.slice(0, 4)]).toEqual([2, 0, 1, 3]);
    expect(store.logWeights[1]).toBeCloseTo(Math.log(1 / 1.4), 12);
    expect(store.logWeights[3]).toBeCloseTo(Math.log(0.8 / 1.6), 12);
    expect([...pool.alive.slice(0, 2)]).toEqual([2, 1]);
  });

  test("leaves out of the clusters what no hypothesis doubts, and keeps together what shares a detection", () => {
    remember(0, 1, 2, 3, 4, 5, 6);
    remember(2, 1, 2, 3, 4, 5, 7);
    remember(1, 1, 1, 1, 1, 1, 7);
    remember(3, 1, 1, 1, 1, 1, 6);
    const third = pool.take(1n);
    const store = new ClusterStore(pool.capacity);
    const rows = [
      [0, third, 1],
      [2, third, 3],
    ];
    new Pruning(pool).split(hypotheses(3, rows, [0, -1]), store, Int32Array.of(0, 2, 1));
    expect([store.count, store.trackCounts[0]]).toEqual([1, 2]);
    expect([...store.slots.slice(0, 4)]).toEqual([0, 1, 2, 3]);
    expect(store.isInDoubt[third]).toBe(0);
    expect([...pool.alive.slice(0, 3)]).toEqual([0, 1, third]);
  });
});

describe("Clusters", () => {
  test("weigh the existence of a track over all hypotheses", () => {
    const store = new ClusterStore(pool.capacity);
    store.add(1, 2, Int32Array.of(0, 2), Float64Array.of(0, Math.log(0.25)));
    pool.existence[0] = 0;
    pool.existence[2] = Math.log(9);
    // Half of 1 and nine tenths of 0.25.
    expect(store.existence(pool, 0, 0)).toBeCloseTo((0.5 + 0.225) / 1.25, 12);
  });

  test("are settled by their likeliest hypothesis once a track of theirs is removed; others stay", () => {
    const store = new ClusterStore(pool.capacity);
    const [third, fourth] = [pool.branch(0), pool.branch(1)];
    store.add(1, 2, Int32Array.of(0, 2), Float64Array.of(0, -1));
    store.add(1, 3, Int32Array.of(1, 3, fourth), Float64Array.of(0, -1, -2));
    pool.removed[0] = 1;
    const free = pool.freeCount;
    store.settle(pool);
    expect([store.count, store.slots[store.slotStarts[0] ?? 0]]).toEqual([1, 1]);
    expect(pool.freeCount).toBe(free + 1);
    expect([store.isInDoubt[0], store.isInDoubt[2], store.isInDoubt[1]]).toEqual([0, 0, 1]);
    const branches: number[] = [];
    store.forEachBranch((slot) => branches.push(slot));
    expect(branches).toEqual([3, fourth]);
    expect(third).not.toBe(fourth);
  });
});

describe("Hypotheses of a group", () => {
  test("are the pairs of those of its clusters, the likeliest kept, with tracks that have but one explanation", () => {
    const store = new ClusterStore(pool.capacity);
    store.add(1, 2, Int32Array.of(0, 2), Float64Array.of(0, -1));
    store.add(1, 2, Int32Array.of(1, 3), Float64Array.of(0, -2));
    const list = new GlobalHypotheses();
    list.begin();
    list.addCluster(store, 0, 9);
    list.addTrack(7);
    list.addCluster(store, 1, 3);
    expect(rowsOf(list)).toEqual([
      [0, 7, 1],
      [2, 7, 1],
      [0, 7, 3],
    ]);
    expect([...list.logWeights.slice(0, 3)]).toEqual([0, -1, -2]);
  });
});
