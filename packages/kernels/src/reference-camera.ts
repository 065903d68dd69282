/**
 * A camera of the reference backend: a background and the tables of its ops.
 *
 * State: the background, the deviation of the last frame within it, and for each op the table of its last run. Callers have checked
 * the parameters.
 */
import type { CameraSpec, CameraTable, FuseParams, MotionParams, SpotParams } from "./camera-spec.ts";
import type { Table } from "./kernels.ts";
import type { LensBend } from "./node-table.ts";
import { BLOB_WORDS, labelBlobs } from "./ops/blobs.ts";
import { binCells, CELL_WORDS } from "./ops/cells.ts";
import { FUSED_WORDS, fusePoints } from "./ops/fuse.ts";
import { type Background, createBackground, extractMotion, MOTION_WORDS } from "./ops/motion.ts";
import { registerPoints } from "./ops/register.ts";
import { findSpots, SPOT_WORDS } from "./ops/spots.ts";
import { statusBits } from "./status.ts";
import { emptyTable, limitedTable } from "./table.ts";

/** One open camera. */
export class ReferenceCamera {
  readonly spec: CameraSpec;
  readonly #background: Background;
  readonly #tables: Record<CameraTable, Table> = {
    motion: emptyTable,
    cells: emptyTable,
    blobs: emptyTable,
    spots: emptyTable,
    registered: emptyTable,
    fused: emptyTable,
  };

  constructor(spec: CameraSpec) {
    this.spec = spec;
    this.#background = createBackground(spec.widthPx * spec.heightPx);
  }

  motion(pixels: Uint8Array, params: MotionParams): void {
    const rows = extractMotion(this.#background, pixels, this.spec.widthPx, params);
    this.#tables.motion = limitedTable(rows, MOTION_WORDS, this.spec.motionMax, statusBits.motionOverflow);
  }

  cells(params: { shift: number; pixelsMin: number }): void {
    const rows = binCells(this.#tables.motion.rows, params);
    this.#tables.cells = limitedTable(rows, CELL_WORDS, this.spec.cellsMax, statusBits.cellsOverflow);
  }

  blobs(params: { pixelsMin: number }): void {
    const rows = labelBlobs(this.#tables.motion.rows, params);
    this.#tables.blobs = limitedTable(rows, BLOB_WORDS, this.spec.blobsMax, statusBits.blobsOverflow);
  }

  spots(params: SpotParams): void {
    const { gaussian } = this.#background;
    if (gaussian === null) {
      this.#tables.spots = emptyTable;
      return;
    }
    const { rows, isCapped } = findSpots(gaussian, this.spec.widthPx, params);
    const table = limitedTable(rows, SPOT_WORDS, this.spec.spotsMax ?? 0, statusBits.spotsOverflow);
    this.#tables.spots = { ...table, status: table.status | (isCapped ? statusBits.spotsCapped : 0) };
  }

  register(points: Uint32Array, shift: LensBend): void {
    const rows = registerPoints(points, shift, this.spec);
    this.#tables.registered = limitedTable(rows, FUSED_WORDS, this.spec.fusedMax ?? 0, statusBits.fusedOverflow);
  }

  fuse(points: Uint32Array, params: FuseParams): void {
    const rows = fusePoints(points, this.#tables.registered.rows, params);
    this.#tables.fused = limitedTable(rows, FUSED_WORDS, this.spec.fusedMax ?? 0, statusBits.fusedOverflow);
  }

  /** Returns a table as it is now. */
  read(table: CameraTable): Table {
    return this.#tables[table];
  }
}
