import type { VoxelSnapshot } from "../node-view.ts";

/**
 * Keeps the `limit` voxels of the largest evidence, in index order; among equals the first by index stay. Returns the snapshot itself
 * where it holds no more.
 */
export function strongest(snapshot: VoxelSnapshot, limit: number): VoxelSnapshot {
  const { indices, evidence } = snapshot;
  if (evidence.length <= limit) return snapshot;
  const sorted = evidence.toSorted();
  const weakestKept = sorted[evidence.length - limit]!;
  let equalsLeft = limit - evidence.reduce((count, value) => (value > weakestKept ? count + 1 : count), 0);
  const kept = { indices: new Uint16Array(3 * limit), evidence: new Float32Array(limit) };
  let at = 0;
  for (let i = 0; i < evidence.length; i++) {
    const value = evidence[i]!;
    if (value < weakestKept || (value === weakestKept && equalsLeft-- <= 0)) continue;
    for (let axis = 0; axis < 3; axis++) kept.indices[3 * at + axis] = indices[3 * i + axis]!;
    kept.evidence[at++] = value;
  }
  return { ...snapshot, ...kept };
}
