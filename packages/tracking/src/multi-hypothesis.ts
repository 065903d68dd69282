/**
 * Confirmed tracks and the detections of one step: decided at once where there is no doubt, deferred where there is (Reid 1979; Blackman
 * 2004; the global hypotheses as in the track-oriented Poisson multi-Bernoulli mixture of Williams 2015).
 *
 * Tracks that may take the same detection, or are in doubt together from before, form a group. A group without earlier doubt is solved
 * once; where the prices of the solution prove that any other costs `DOUBT` more, it stands: that is what global nearest neighbour costs.
 * Only the rest is expanded into several global hypotheses and pruned.
 *
 * With `hypothesesMax` 1 every group is solved once and nothing is deferred.
 */

import type { AssignmentEdges } from "./assignment.ts";
import type { Association } from "./association.ts";
import { Branching } from "./branching.ts";
import { ClusterStore } from "./cluster-store.ts";
import type { DetectionSet } from "./detection-set.ts";
import type { Evidence } from "./evidence.ts";
import { DOUBT, type ExpansionLimits, HypothesisExpansion } from "./expansion.ts";
import { GlobalHypotheses } from "./global-hypotheses.ts";
import { Groups } from "./groups.ts";
import { Pruning } from "./pruning.ts";
import type { TrackPool } from "./track-pool.ts";

/** What one step of a tracker works on. */
export interface AssociationStep {
  readonly set: DetectionSet;
  readonly index: number;
  readonly firstNumber: number;
  /** Per detection: how likely it is that it belongs to a confirmed track; written. */
  readonly claims: Float64Array;
  /** 1 for each detection that is not to be had; nothing is, at first. */
  readonly taken: Uint8Array;
}

/** Keeps the doubts of the confirmed tracks of one pool. */
export class MultiHypothesis {
  readonly #pool: TrackPool;
  readonly #evidence: Evidence;
  readonly #association: Association;
  readonly #limits: ExpansionLimits;
  #clusters: ClusterStore;
  #next: ClusterStore;
  readonly #groups = new Groups();
  readonly #expansion: HypothesisExpansion;
  readonly #branching: Branching;
  readonly #pruning: Pruning;
  readonly #before = new GlobalHypotheses();
  readonly #after = new GlobalHypotheses();
  /** Rows of a step: slots, where their tracks stand in `pool.alive` (-1: a branch), and the row of each slot. */
  readonly #rowSlot: Int32Array;
  readonly #rowAliveAt: Int32Array;
  readonly #rowOfSlot: Int32Array;
  #rowCount = 0;
  #fallbackCount = 0;
  /** Cluster of each row, -1 for none. */
  readonly #rowCluster: Int32Array;
  /** First row that gates each detection. */
  readonly #firstRow: Int32Array;
  /** Where the tracks of the group at hand stand in `pool.alive`. */
  readonly #aliveAt: Int32Array;

  constructor(
    pool: TrackPool,
    evidence: Evidence,
    association: Association,
    limits: ExpansionLimits & { readonly detectionsMax: number },
  ) {
    this.#pool = pool;
    this.#evidence = evidence;
    this.#association = association;
    this.#limits = limits;
    this.#clusters = new ClusterStore(pool.capacity);
    this.#next = new ClusterStore(pool.capacity);
    this.#expansion = new HypothesisExpansion(limits.detectionsMax);
    this.#branching = new Branching(pool.capacity);
    this.#pruning = new Pruning(pool);
    this.#rowSlot = new Int32Array(pool.capacity);
    this.#rowAliveAt = new Int32Array(pool.capacity);
    this.#rowOfSlot = new Int32Array(pool.capacity);
    this.#rowCluster = new Int32Array(pool.capacity);
    this.#firstRow = new Int32Array(limits.detectionsMax);
    this.#aliveAt = new Int32Array(pool.capacity);
  }

  /** The tracks in doubt after the last step. */
  get clusters(): ClusterStore {
    return this.#clusters;
  }

  /**
   * Gives every confirmed track its detection or its miss, in one or several branches.
   *
   * Returns how many groups were too much work, or found no room in the pool: of those only the likeliest hypothesis was kept.
   */
  associate(step: AssociationStep): number {
    this.#listRows();
    const edges = this.#association.gate(this.#pool, this.#rowSlot, this.#rowCount, step.set, {
      missScore: this.#evidence.missScore,
      costMax: this.#limits.hypothesesMax > 1 ? DOUBT : 0,
      taken: step.taken,
    });
    const groupCount = this.#group(edges, step.set.count);
    this.#next.clear();
    this.#fallbackCount = 0;
    for (let group = 0; group < groupCount; group++) {
      const start = this.#groups.starts[group]!;
      const end = this.#groups.starts[group + 1]!;
      const isDecided = end - start === 1 && this.#decideAlone(edges, step, this.#groups.members[start]!);
      if (!isDecided) this.#decideGroup(edges, step, start, end);
    }
    [this.#clusters, this.#next] = [this.#next, this.#clusters];
    return this.#fallbackCount;
  }

  /** Rows are the confirmed tracks in order of birth, then their branches. */
  #listRows(): void {
    const pool = this.#pool;
    this.#rowCount = 0;
    for (let k = 0; k < pool.aliveCount; k++) {
      if (pool.confirmed[pool.alive[k]!] === 1) this.#addRow(pool.alive[k]!, k);
    }
    this.#clusters.forEachBranch((slot) => this.#addRow(slot, -1));
  }

  #addRow(slot: number, aliveAt: number): void {
    this.#rowSlot[this.#rowCount] = slot;
    this.#rowAliveAt[this.#rowCount] = aliveAt;
    this.#rowCluster[this.#rowCount] = -1;
    this.#rowOfSlot[slot] = this.#rowCount++;
  }

  #group({ rowStart, edgeColumn }: AssignmentEdges, detectionCount: number): number {
    this.#groups.begin(this.#rowCount);
    this.#firstRow.fill(-1, 0, detectionCount);
    for (let row = 0; row < this.#rowCount; row++) {
      for (let k = rowStart[row]!; k < rowStart[row + 1]!; k++) {
        const column = edgeColumn[k]!;
        if (this.#firstRow[column]! < 0) this.#firstRow[column] = row;
        else this.#groups.join(this.#firstRow[column]!, row);
      }
    }
    const { count, slots, slotStarts, trackCounts, hypothesisCounts } = this.#clusters;
    for (let cluster = 0; cluster < count; cluster++) {
      const start = slotStarts[cluster]!;
      const first = this.#rowOfSlot[slots[start]!]!;
      const end = start + trackCounts[cluster]! * hypothesisCounts[cluster]!;
      for (let k = start; k < end; k++) {
        const row = this.#rowOfSlot[slots[k]!]!;
        this.#rowCluster[row] = cluster;
        this.#groups.join(first, row);
      }
    }
    return this.#groups.list();
  }

  /** Decides a track that is alone in its group; false where it was in doubt before or is now. */
  #decideAlone({ rowStart, edgeColumn, edgeCost }: AssignmentEdges, step: AssociationStep, row: number): boolean {
    if (this.#rowCluster[row]! >= 0) return false;
    let detection = -1;
    let least = 0;
    let next = Number.POSITIVE_INFINITY;
    for (let k = rowStart[row]!; k < rowStart[row + 1]!; k++) {
      if (edgeCost[k]! < least) {
        next = least;
        least = edgeCost[k]!;
        detection = edgeColumn[k]!;
      } else next = Math.min(next, edgeCost[k]!);
    }
    if (this.#limits.hypothesesMax > 1 && next - least < DOUBT) return false;
    this.#decide(step, this.#rowSlot[row]!, detection);
    return true;
  }

  /** Decides a group, or what of it can be decided, and defers the rest. */
  #decideGroup(edges: AssignmentEdges, step: AssociationStep, start: number, end: number): void {
    const before = this.#before;
    const gated = { edges, rowOfSlot: this.#rowOfSlot };
    const wasInDoubt = this.#listBefore(start, end);
    if (!wasInDoubt && (this.#expansion.decide(before, gated) || this.#limits.hypothesesMax === 1)) {
      for (let track = 0; track < before.trackCount; track++) {
        this.#decide(step, before.slots[track]!, this.#expansion.detectionOf[track]!);
      }
      return;
    }
    for (let track = 0; track < before.trackCount; track++) {
      this.#aliveAt[track] = this.#rowAliveAt[this.#rowOfSlot[before.slots[track]!]!]!;
    }
    this.#expansion.expand(before, gated, this.#limits);
    const world = { pool: this.#pool, set: step.set, evidence: this.#evidence };
    const hasRoom = this.#branching.grow(before, this.#expansion, this.#after, world);
    if (!hasRoom || !this.#expansion.isComplete) this.#fallbackCount++;
    this.#pruning.prune(this.#after, step.index);
    this.#claim(step);
    this.#pruning.split(this.#after, this.#next, this.#aliveAt);
  }

  /** Lists what was believed of the tracks of a group before; true where that was more than one thing. */
  #listBefore(start: number, end: number): boolean {
    const { members } = this.#groups;
    let wasInDoubt = false;
    this.#before.begin();
    for (let k = start; k < end; k++) {
      const row = members[k]!;
      const cluster = this.#rowCluster[row]!;
      if (cluster < 0) this.#before.addTrack(this.#rowSlot[row]!);
      else if (this.#rowSlot[row] === this.#clusters.slots[this.#clusters.slotStarts[cluster]!]) {
        this.#before.addCluster(this.#clusters, cluster, this.#limits.hypothesesMax);
        wasInDoubt = true;
      }
    }
    return wasInDoubt;
  }

  #decide(step: AssociationStep, slot: number, detection: number): void {
    if (detection < 0) {
      this.#evidence.miss(slot);
      return;
    }
    this.#evidence.detect(slot, step.set, detection);
    step.claims[detection] = 1;
  }

  /** Notes how likely each detection is taken by the tracks of the group at hand. */
  #claim(step: AssociationStep): void {
    const { trackCount, count, slots, logWeights } = this.#after;
    const { history, historySteps } = this.#pool;
    const place = step.index % historySteps;
    let total = 0;
    for (let h = 0; h < count; h++) total += Math.exp(logWeights[h]!);
    for (let h = 0; h < count; h++) {
      const chance = Math.exp(logWeights[h]!) / total;
      for (let track = 0; track < trackCount; track++) {
        const number = history[slots[h * trackCount + track]! * historySteps + place]!;
        if (number >= 0) step.claims[number - step.firstNumber]! += chance;
      }
    }
  }
}
