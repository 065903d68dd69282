/**
 * The finer voxels of one grid: its tiles, its segments and what is cast in them, and how ops `refine` and `castTiles` are dispatched.
 *
 * How many tiles and segments there are only the device knows. All of it is what the last `refine` and `castTiles` made; a new `refine`
 * takes back the slots of what was cast.
 */
import { type FineSpec, type GridSpec, statusBits } from "@skyvox/kernels";
import { BrickPool, sizeInBricks } from "./brick-pool.ts";
import type { DeviceBuffer } from "./buffers.ts";
import type { EvidencePlace } from "./evidence.ts";
import { PIECES_PER_SEGMENT } from "./program.ts";
import type { RayList } from "./ray-list.ts";
import type { ReadSource } from "./reads.ts";
import type { Step } from "./step.ts";
import { closeTable, countWords, type DeviceTable, finishList, groupsOf, openTables } from "./tables.ts";
import { piecesOf } from "./walkers.ts";

/** Tiles of an open grid. */
export class Tiles implements EvidencePlace {
  /** Bricks of all tiles. */
  readonly pool: BrickPool;
  readonly isFine = true;
  readonly #sizeVoxels: GridSpec["sizeVoxels"];
  readonly #marksMax: number;
  /** Level of each brick of the grid, a byte each. */
  readonly #levels: DeviceBuffer;
  readonly #cut: Readonly<Record<"tiles" | "segments", DeviceTable>>;

  /** @throws {SkyvoxError} code "capacity" when a table is too large for a buffer of the device. */
  constructor(sizeVoxels: GridSpec["sizeVoxels"], fine: FineSpec, step: Step) {
    const { levels, tilesMax, segmentsMax, marksMax, bricksMax } = fine;
    this.#sizeVoxels = sizeVoxels;
    this.#marksMax = marksMax;
    this.pool = new BrickPool(step, { brickCount: marksMax, bricksMax, overflowBit: statusBits.tileBricksOverflow });
    this.#cut = openTables(step, {
      tiles: { rowWords: 3, rowsMax: tilesMax, overflowBit: statusBits.tilesOverflow },
      segments: { rowWords: 5, rowsMax: segmentsMax, overflowBit: statusBits.segmentsOverflow },
    });
    const levelBytes = 4 * Math.ceil(levels.length / 4);
    this.#levels = step.take(levelBytes);
    step.copy(step.uploadBytes(levels), this.#levels, levelBytes);
  }

  /** The tables that ops change. */
  get all(): readonly DeviceTable[] {
    return [this.#cut.tiles, this.#cut.segments, this.pool.bricks, this.pool.pool];
  }

  close(step: Step): void {
    this.pool.close(step);
    for (const table of Object.values(this.#cut)) closeTable(step, table);
    step.release(this.#levels);
  }

  clear(step: Step): void {
    this.pool.clear(step, this.#cut.tiles, this.#cut.segments);
  }

  /** Turns voxels of the grid's pool into tiles and cuts its rays to them. */
  refine(step: Step, viewsMin: number, grid: BrickPool, rays: RayList): void {
    const tileBits = step.scratch("tileBits", 4 * BIT_WORDS * grid.bricks.rowsMax);
    this.#findTiles(step, viewsMin, grid, tileBits);
    this.#cutRays(step, grid, rays, tileBits);
    this.pool.empty(step);
  }

  #findTiles(step: Step, viewsMin: number, { bricks, pool }: BrickPool, tileBits: DeviceBuffer): void {
    const { tiles } = this.#cut;
    const [, nby, nbz] = sizeInBricks(this.#sizeVoxels);
    const bricksAt = countWords(bricks.rowsMax);
    const counts = step.scratch("counts", 8 * bricksAt);
    const bound = step.bind(step.programs.refine, {
      slotHead: bricks.head,
      bricks: bricks.rows,
      pool: pool.rows,
      levels: this.#levels,
      counts,
      tileBits,
      tileHead: tiles.head,
      tiles: tiles.rows,
    });
    const params = [viewsMin, nby, nbz, tiles.rowsMax, this.#marksMax, tiles.overflowBit, bricksAt];
    step.runForRows(bound, "count", params, bricks.head, "group");
    finishList(step, tiles, { counts, blocks: { of: bricks, perBlock: 1 }, secondAt: bricksAt });
    step.runForRows(bound, "place", params, bricks.head, "group");
  }

  #cutRays(step: Step, { bricks, slots }: BrickPool, rays: RayList, tileBits: DeviceBuffer): void {
    const { tiles, segments } = this.#cut;
    const { pieces, layers } = piecesOf(rays.count, this.#sizeVoxels);
    const threads = rays.count * pieces;
    const blocks = groupsOf(threads);
    const perThreadAt = countWords(blocks);
    const counts = step.scratch("counts", 4 * (perThreadAt + threads));
    const bound = step.bind(step.programs.cutRays, {
      slotHead: bricks.head,
      slots,
      tileBits,
      tiles: tiles.rows,
      counts,
      segments: segments.rows,
      ...rays.settle(step),
    });
    const cut = (isWriting: 0 | 1) => {
      const params = [rays.count, ...this.#sizeVoxels, segments.rowsMax, perThreadAt, isWriting, layers, pieces];
      step.run(bound, "cutRays", params, blocks);
    };
    cut(0);
    finishList(step, segments, { counts, blocks, pieces: PIECES_PER_SEGMENT });
    cut(1);
  }

  /** Marks, selects and casts within the tiles. */
  cast(step: Step, viewsMin: number, rays: RayList): void {
    const { tiles, segments } = this.#cut;
    const { bricks, slots, pool } = this.pool;
    this.pool.unmark(step);
    const bound = step.bind(step.programs.castTiles, {
      segmentHead: segments.head,
      segments: segments.rows,
      tiles: tiles.rows,
      marks: this.pool.toMark(),
      slotHead: bricks.head,
      slots,
      pool: pool.rows,
      rays: rays.settle(step).rays,
    });
    step.runForRows(bound, "mark", [], segments.head, "thread");
    this.pool.select(step, viewsMin);
    step.runForRows(bound, "castSegments", [], segments.head, "thread");
  }

  gather(step: Step, near: DeviceBuffer): void {
    const { tiles } = this.#cut;
    const { bricks, slots } = this.pool;
    const [, nby, nbz] = sizeInBricks(this.#sizeVoxels);
    const bound = step.bind(step.programs.nearTiles, {
      slotHead: bricks.head,
      bricks: bricks.rows,
      slots,
      tileHead: tiles.head,
      tiles: tiles.rows,
      near,
    });
    step.runForRows(bound, "gather", [...this.#sizeVoxels, nby, nbz], bricks.head, "group");
  }

  /** What a table is now. */
  read(table: "tiles" | "segments" | "tileBricks" | "tilePool"): ReadSource {
    if (table === "tilePool") return this.pool.readPool();
    return { table: table === "tileBricks" ? this.pool.bricks : this.#cut[table], count: "in head", isWhole: false };
  }
}

/** Words of tileBits per slot. */
const BIT_WORDS = 32;
