/**
 * One camera of the wgsl backend: its background and its tables, and how its ops are dispatched.
 *
 * One method per op, which records the op in a time step; callers have checked the parameters. What the kernels need besides state and
 * tables is scratch, which all cameras share.
 */
import { assert } from "@skyvox/core";
import {
  type CameraSpec,
  type CameraTable,
  type FuseParams,
  type LensBend,
  type MotionParams,
  type SpotParams,
  statusBits,
} from "@skyvox/kernels";
import { Background } from "./background.ts";
import { WORKGROUP } from "./program.ts";
import type { ReadSource } from "./reads.ts";
import type { Step } from "./step.ts";
import {
  closeTable,
  type DeviceTable,
  emptyTable,
  finishList,
  groupsOf,
  openTables,
  type TableShape,
} from "./tables.ts";

/** One open camera. */
export class WgslCamera {
  readonly spec: CameraSpec;
  readonly #background: Background;
  readonly #tables: Readonly<Partial<Record<CameraTable, DeviceTable>>>;

  /** @throws {SkyvoxError} code "capacity" when a table is too large for a buffer of the device. */
  constructor(spec: CameraSpec, step: Step) {
    this.spec = spec;
    this.#tables = openTables(step, shapesOf(spec));
    this.#background = new Background(spec, this.table("motion"));
  }

  /** The tables that ops change. */
  get all(): readonly DeviceTable[] {
    return Object.values(this.#tables);
  }

  /** A table that the camera has been opened with. */
  table(name: CameraTable): DeviceTable {
    const table = this.#tables[name];
    assert(table !== undefined, `the camera has a table "${name}"`);
    return table;
  }

  /** What a table is now; null where it has no rows. */
  read(name: CameraTable): ReadSource | null {
    const table = this.#tables[name];
    return table === undefined ? null : { table, count: "in head", isWhole: false };
  }

  close(step: Step): void {
    for (const table of this.all) closeTable(step, table);
    this.#background.close(step);
  }

  motion(step: Step, pixels: Uint8Array, params: MotionParams): void {
    this.#background.motion(step, pixels, params);
  }

  cells(step: Step, { shift, pixelsMin }: { shift: number; pixelsMin: number }): void {
    const { widthPx, heightPx, motionMax } = this.spec;
    const [motion, cells] = [this.table("motion"), this.table("cells")];
    const columns = Math.ceil(widthPx / 2 ** shift);
    const words = Math.ceil((columns * Math.ceil(heightPx / 2 ** shift)) / 32);
    const blocks = groupsOf(words);
    const counts = step.scratch("counts", 4 * (blocks + 1));
    const occupied = step.scratch("occupied", 4 * words);
    const bound = step.bind(step.programs.cells, {
      motionHead: motion.head,
      motion: motion.rows,
      occupied,
      counts,
      firstOfWord: step.scratch("firstOfWord", 4 * words),
      sums: step.scratch("sums", 16 * Math.min(motionMax, widthPx * heightPx)),
      rows: cells.rows,
    });
    const params = [shift, pixelsMin, columns, words, cells.rowsMax];
    step.clear(occupied, 4 * words);
    step.runForRows(bound, "occupy", params, motion.head, "thread");
    step.run(bound, "countOccupied", params, blocks);
    finishList(step, cells, { counts, blocks });
    step.run(bound, "rank", params, blocks);
    step.runForRows(bound, "sum", params, motion.head, "thread");
    step.run(bound, "countKept", params, blocks);
    finishList(step, cells, { counts, blocks });
    step.run(bound, "place", params, blocks);
  }

  blobs(step: Step, { pixelsMin }: { pixelsMin: number }): void {
    const [motion, blobs] = [this.table("motion"), this.table("blobs")];
    const counts = step.scratch("counts", 4 * (groupsOf(motion.rowsMax) + 1));
    const bound = step.bind(step.programs.blobs, {
      motionHead: motion.head,
      motion: motion.rows,
      parents: step.scratch("parents", 4 * motion.rowsMax),
      sizes: step.scratch("sizes", 4 * motion.rowsMax),
      counts,
      rows: blobs.rows,
      blobHead: blobs.head,
    });
    const params = [pixelsMin, blobs.rowsMax];
    for (const entryPoint of ["label", "join", "flatten", "countKept"]) {
      step.runForRows(bound, entryPoint, params, motion.head, "thread");
    }
    finishList(step, blobs, { counts, blocks: { of: motion, perBlock: WORKGROUP } });
    for (const entryPoint of ["open", "sum"]) step.runForRows(bound, entryPoint, params, motion.head, "thread");
    step.runForRows(bound, "close", params, blobs.head, "thread");
  }

  spots(step: Step, { snrMinQ4, perTileMax }: SpotParams): void {
    const { widthPx, heightPx } = this.spec;
    const { deviation } = this.#background;
    const spots = this.table("spots");
    emptyTable(step, spots);
    if (deviation === null) return;
    const tileColumns = Math.ceil(widthPx / SPOT_TILE_PX);
    const tiles = tileColumns * Math.ceil(heightPx / SPOT_TILE_PX);
    const counts = step.scratch("counts", 4 * (tiles + 1));
    const bound = step.bind(step.programs.spots, {
      deviation,
      scores: step.scratch("scores", 4 * widthPx * heightPx),
      staged: step.scratch("staged", 4 * SPOTS_PER_TILE_MAX * tiles),
      counts,
      head: spots.head,
      rows: spots.rows,
      best: step.scratch("best", 4 * BEST_WORDS * tiles),
    });
    const sizes = [widthPx, heightPx, snrMinQ4, perTileMax, spots.rowsMax, tileColumns, tiles];
    const params = [...sizes, statusBits.spotsCapped];
    step.run(bound, "score", params, groupsOf(widthPx * heightPx));
    step.run(bound, "find", params, tiles);
    step.run(bound, "keep", params, tiles);
    finishList(step, spots, { counts, blocks: tiles });
    step.run(bound, "place", params, tiles);
  }

  register(step: Step, points: Uint32Array, { bendShift, bendColumns, bendRows, bendQ12 }: LensBend): void {
    const { widthPx, heightPx } = this.spec;
    const registered = this.table("registered");
    const count = points.length / POINT_WORDS;
    const blocks = groupsOf(count);
    const counts = step.scratch("counts", 4 * (blocks + 1));
    const upload = step.upload(points);
    const bound = step.bind(step.programs.register, {
      points: upload.buffer,
      // Without nodes none is read.
      bendNodes: bendQ12.length === 0 ? upload.buffer : step.uploadBytes(bytesOf(bendQ12)),
      counts,
      rows: registered.rows,
    });
    const shift = [bendShift, bendColumns, bendRows];
    const params = [count, upload.at, ...shift, widthPx, heightPx, registered.rowsMax];
    step.run(bound, "count", params, blocks);
    finishList(step, registered, { counts, blocks });
    step.run(bound, "place", params, blocks);
  }

  fuse(step: Step, points: Uint32Array, { gateQ8, gainQ4 }: FuseParams): void {
    const [registered, fused] = [this.table("registered"), this.table("fused")];
    const count = points.length / POINT_WORDS;
    const counts = step.scratch("counts", 4 * (groupsOf(registered.rowsMax) + 1));
    const { buffer, at } = step.upload(points);
    const bound = step.bind(step.programs.fuse, {
      points: buffer,
      registeredHead: registered.head,
      registered: registered.rows,
      counts,
      alone: step.scratch("alone", 4 * registered.rowsMax),
      rows: fused.rows,
    });
    const params = [count, at, gateQ8, gainQ4, fused.rowsMax];
    step.run(bound, "join", params, groupsOf(count));
    step.runForRows(bound, "countAlone", params, registered.head, "thread");
    finishList(step, fused, { counts, blocks: { of: registered, perBlock: WORKGROUP }, base: count });
    step.runForRows(bound, "placeAlone", params, registered.head, "thread");
  }
}

const POINT_WORDS = 4;
const SPOT_TILE_PX = 64;
/** Two spots are never neighbours. */
const SPOTS_PER_TILE_MAX = 1024;
/** A bit for each of them, and how many there are. */
const BEST_WORDS = 33;

function shapesOf({ motionMax, cellsMax, blobsMax, spotsMax, fusedMax }: CameraSpec) {
  const shapes: Partial<Record<CameraTable, TableShape>> = {
    motion: { rowWords: 2, rowsMax: motionMax, overflowBit: statusBits.motionOverflow },
    cells: { rowWords: 4, rowsMax: cellsMax, overflowBit: statusBits.cellsOverflow },
    blobs: { rowWords: 16, rowsMax: blobsMax, overflowBit: statusBits.blobsOverflow },
  };
  if (spotsMax !== undefined) {
    shapes.spots = { rowWords: 12, rowsMax: spotsMax, overflowBit: statusBits.spotsOverflow };
  }
  if (fusedMax !== undefined) {
    const shape = { rowWords: POINT_WORDS, rowsMax: fusedMax, overflowBit: statusBits.fusedOverflow };
    shapes.registered = shape;
    shapes.fused = shape;
  }
  return shapes;
}

function bytesOf(array: Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
