/**
 * Peaks of one frame set gathered into bodies by single linkage: two peaks closer than the link belong together, and so on along chains.
 *
 * A body fills many voxels and shows many peaks with gaps between (still parts do not move, limbs hide each other); one body must be one
 * cluster. Cells of link / √3 make this cheap: all peaks of one cell are linked, and two cells are compared only while they are not yet
 * one cluster. The result, to the last bit, does not depend on the order of the rows.
 */
import { assert, type Vec3 } from "@skyvox/core";

/** A group of linked peaks; lengths in voxels from the lower corner of the grid. */
export interface Cluster {
  readonly centroid: Vec3;
  /** Spread of the evidence about the centroid per axis, voxels squared. */
  readonly variance: Vec3;
  readonly weight: number;
  readonly viewBits: number;
  /** The most views that agreed on one peak. */
  readonly viewsOfOnePeak: number;
}

/**
 * Gathers rows `[count, 16]` of the kernels' table `peaks`, ordered by the first peak of each cluster in (x, y, z).
 *
 * @throws {AssertionError} when the rows are no whole rows or the link is under 2 voxels.
 */
export function clusterPeaks(rows: Uint32Array, linkVoxels: number): Cluster[] {
  assert(rows.length % PEAK_WORDS === 0, "peaks are whole rows of 16 words");
  assert(linkVoxels >= 2, "the link is at least 2 voxels: peaks are never neighbours");
  const peaks = readPeaks(rows);
  const rootOf = linkPeaks(peaks, linkVoxels);
  const members = new Map<number, number[]>();
  for (let index = 0; index < peaks.length; index++) {
    const root = find(rootOf, index);
    const group = members.get(root);
    if (group === undefined) members.set(root, [index]);
    else group.push(index);
  }
  return [...members.values()].map((group) => summarise(group.map((index) => peaks[index]!)));
}

/** Counts the bits that are set in a mask of views. */
export function countViews(bits: number): number {
  let rest = bits >>> 0;
  let count = 0;
  for (; rest !== 0; rest &= rest - 1) count++;
  return count;
}

interface Peak {
  /** Voxel of the peak. */
  readonly voxel: Vec3;
  /** Centre of the evidence of its block. */
  readonly centroid: Vec3;
  readonly weight: number;
  readonly viewBits: number;
  /** Spread within the block per axis, voxels squared. */
  readonly spread: number;
}

/** Reads the rows in order of (x, y, z). */
function readPeaks(rows: Uint32Array): Peak[] {
  const signed = (at: number): number => (rows[at + 1]! | 0) * 2 ** 32 + rows[at]!;
  const peaks: Peak[] = [];
  for (let row = 0; row < rows.length; row += PEAK_WORDS) {
    const voxel: Vec3 = [rows[row]!, rows[row + 1]!, rows[row + 2]!];
    const weight = rows[row + 7]! * 2 ** 32 + rows[row + 6]!;
    assert(weight > 0, "a peak has weight");
    peaks.push({
      voxel,
      // Voxel x covers [x, x + 1).
      centroid: [
        voxel[0] + 0.5 + signed(row + 8) / weight,
        voxel[1] + 0.5 + signed(row + 10) / weight,
        voxel[2] + 0.5 + signed(row + 12) / weight,
      ],
      weight,
      viewBits: rows[row + 4]!,
      // One voxel spreads by 1/12, a full block of 27 by 1/12 + 2/3; the kernels send no second moments, so between them by count.
      spread: 1 / 12 + ((2 / 3) * (rows[row + 5]! - 1)) / 26,
    });
  }
  return peaks.sort((a, b) => a.voxel[0] - b.voxel[0] || a.voxel[1] - b.voxel[1] || a.voxel[2] - b.voxel[2]);
}

/** Joins linked peaks in a union-find forest whose roots are the lowest index of their tree. */
function linkPeaks(peaks: readonly Peak[], linkVoxels: number): Int32Array {
  const rootOf = Int32Array.from(peaks, (_, index) => index);
  const cellVoxels = linkVoxels / Math.sqrt(3);
  const keyOf = (x: number, y: number, z: number): number => ((x + 2) * KEY_STEP + y + 2) * KEY_STEP + z + 2;
  const cells = new Map<number, { readonly at: Vec3; readonly members: number[] }>();
  for (const [index, { voxel }] of peaks.entries()) {
    const at: Vec3 = [
      Math.floor(voxel[0] / cellVoxels),
      Math.floor(voxel[1] / cellVoxels),
      Math.floor(voxel[2] / cellVoxels),
    ];
    const cell = cells.get(keyOf(...at));
    if (cell === undefined) {
      cells.set(keyOf(...at), { at, members: [index] });
    } else {
      join(rootOf, cell.members[0]!, index);
      cell.members.push(index);
    }
  }
  for (const { at, members } of cells.values()) {
    for (const [dx, dy, dz] of cellNeighbours) {
      const other = cells.get(keyOf(at[0] + dx, at[1] + dy, at[2] + dz));
      if (other === undefined || find(rootOf, members[0]!) === find(rootOf, other.members[0]!)) continue;
      if (isLinked(peaks, members, other.members, linkVoxels)) join(rootOf, members[0]!, other.members[0]!);
    }
  }
  return rootOf;
}

function isLinked(peaks: readonly Peak[], some: readonly number[], others: readonly number[], link: number): boolean {
  for (const i of some) {
    const a = peaks[i]!.voxel;
    for (const j of others) {
      const b = peaks[j]!.voxel;
      if ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2 <= link * link) return true;
    }
  }
  return false;
}

function find(rootOf: Int32Array, index: number): number {
  let at = index;
  while (rootOf[at] !== at) {
    rootOf[at] = rootOf[rootOf[at]!]!;
    at = rootOf[at]!;
  }
  return at;
}

function join(rootOf: Int32Array, a: number, b: number): void {
  const rootA = find(rootOf, a);
  const rootB = find(rootOf, b);
  rootOf[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
}

/** Adds up the peaks of one cluster, always in the same order. */
function summarise(peaks: readonly Peak[]): Cluster {
  let weight = 0;
  let viewBits = 0;
  let viewsOfOnePeak = 0;
  const sum = [0, 0, 0];
  for (const peak of peaks) {
    weight += peak.weight;
    viewBits |= peak.viewBits;
    viewsOfOnePeak = Math.max(viewsOfOnePeak, countViews(peak.viewBits));
    for (let axis = 0; axis < 3; axis++) sum[axis] = sum[axis]! + peak.weight * peak.centroid[axis]!;
  }
  const centroid: Vec3 = [sum[0]! / weight, sum[1]! / weight, sum[2]! / weight];
  const squared = [0, 0, 0];
  for (const peak of peaks) {
    for (let axis = 0; axis < 3; axis++) {
      squared[axis] = squared[axis]! + peak.weight * ((peak.centroid[axis]! - centroid[axis]!) ** 2 + peak.spread);
    }
  }
  const variance: Vec3 = [squared[0]! / weight, squared[1]! / weight, squared[2]! / weight];
  return { centroid, variance, weight, viewBits: viewBits >>> 0, viewsOfOnePeak };
}

/** Cells of link / √3 that may hold a peak within the link: two steps on each axis. Each pair of cells is met once. */
const cellNeighbours: readonly Vec3[] = (() => {
  const steps = [-2, -1, 0, 1, 2];
  const all = steps.flatMap((dx) => steps.flatMap((dy) => steps.map((dz): Vec3 => [dx, dy, dz])));
  return all.slice(all.length / 2 + 0.5);
})();

const PEAK_WORDS = 16;
const KEY_STEP = 4096;
