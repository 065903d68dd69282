/**
 * Ops `peaks` and `voxels`, on the bricks of a grid and on those of its tiles.
 *
 * Both see a voxel with its neighbours through `near`, which names the slots around each slot and says where it stands
 * (`evidence.wgsl`); who owns the bricks makes it.
 */
import type { Evidence } from "@skyvox/kernels";
import type { BrickPool } from "./brick-pool.ts";
import type { DeviceBuffer } from "./buffers.ts";
import type { Step } from "./step.ts";
import { type DeviceTable, finishList } from "./tables.ts";

/** Bricks with evidence in them. */
export interface EvidencePlace {
  readonly pool: BrickPool;
  /** Tiles are named otherwise than bricks of a grid. */
  readonly isFine: boolean;
  /** Writes `near`. */
  gather(step: Step, near: DeviceBuffer): void;
}

/** Finds the local maxima. */
export function findPeaks(step: Step, place: EvidencePlace, table: DeviceTable, evidence: Evidence): void {
  const staged = step.scratch("stagedPeaks", 4 * PEAKS_PER_BRICK_MAX * place.pool.bricks.rowsMax);
  listEvidence(step, place, table, evidence, { program: "peaks", first: "find", staged });
}

/** Lists all voxels that count. */
export function listVoxels(step: Step, place: EvidencePlace, table: DeviceTable, evidence: Evidence): void {
  listEvidence(step, place, table, evidence, { program: "voxels", first: "count" });
}

/** Two peaks are never neighbours. */
const PEAKS_PER_BRICK_MAX = 64;
const NEAR_WORDS = 32;

interface Kernel {
  readonly program: "peaks" | "voxels";
  readonly first: string;
  readonly staged?: DeviceBuffer;
}

function listEvidence(
  step: Step,
  place: EvidencePlace,
  table: DeviceTable,
  { viewsMin, sumMin }: Evidence,
  { program, first, staged = table.rows }: Kernel,
): void {
  const { bricks, pool } = place.pool;
  const near = step.scratch("near", 4 * NEAR_WORDS * bricks.rowsMax);
  place.gather(step, near);
  const counts = step.scratch("counts", 4 * (bricks.rowsMax + 1));
  const buffers = { counts, staged, rows: table.rows, slotHead: bricks.head, near, pool: pool.rows };
  const bound = step.bind(step.programs[program], buffers);
  const params = [viewsMin, sumMin, table.rowsMax, place.isFine ? 1 : 0];
  step.runForRows(bound, first, params, bricks.head, "group");
  finishList(step, table, { counts, blocks: { of: bricks, perBlock: 1 } });
  step.runForRows(bound, "place", params, bricks.head, "group");
}
