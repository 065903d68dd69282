/**
 * What the watched space has shown lately: a sparse grid of evidence on the host that fades with time.
 *
 * Each frame set adds its rows of the table `voxels`; between them evidence halves every `halfLifeS`. Space is kept in bricks of 8³ voxels
 * that exist only where something was seen: a brick fades when it is touched or read, so an untouched one costs nothing per frame set,
 * and it is freed once its strongest voxel has faded below `evidenceMin`. At `bricksMax` the weakest brick not touched in this frame
 * set makes room (ties: the one touched longest ago, then the lowest index) and is counted. It shows and stores evidence; it takes no
 * part in tracking.
 */
import { assert, secondsFromNs } from "@skyvox/core";
import { BRICK_BYTES, BRICK_EDGE, BRICK_VOXELS, type Brick, fadeBrick, newBrick } from "./brick.ts";

/** Size, fading and limits of a grid. */
export interface VoxelGridOptions {
  readonly sizeVoxels: readonly [number, number, number];
  /** Time in which evidence halves, seconds. */
  readonly halfLifeS: number;
  /** Hard limit of live bricks, `BRICK_BYTES` each: 110 000 are just under 500 MB. */
  readonly bricksMax: number;
  /** Evidence below this is nothing; 1 by default (the least sum a ray can leave). */
  readonly evidenceMin?: number;
}

/** A box of voxels: `min` inside, `max` outside. */
export interface GridBox {
  readonly min: readonly [number, number, number];
  readonly max: readonly [number, number, number];
}

/**
 * Voxels that hold evidence at one instant, ordered by brick and by voxel in the brick; the arrays belong to the caller.
 *
 * `xyz` is `[count, 3]` voxel indices from the lower corner, `evidence` and `viewBits` are `[count]`.
 */
export interface VoxelSnapshot {
  readonly count: number;
  readonly xyz: Uint16Array;
  readonly evidence: Float32Array;
  readonly viewBits: Uint32Array;
}

/** The evidence of one volume; see the head of this file. */
export class VoxelGrid {
  readonly sizeVoxels: readonly [number, number, number];
  readonly #halfLifeS: number;
  readonly #bricksMax: number;
  readonly #evidenceMin: number;
  readonly #bricksY: number;
  readonly #bricksZ: number;
  readonly #bricks = new Map<number, Brick>();
  /** Emptied bricks kept for the next ones, so that moving evidence allocates nothing. */
  readonly #spare: Brick[] = [];
  #originNs: bigint | null = null;
  #nowS = 0;
  #evictedBrickCount = 0;
  #refusedVoxelCount = 0;

  /** @throws {AssertionError} when an option lies outside its range. */
  constructor(options: VoxelGridOptions) {
    for (const size of options.sizeVoxels) {
      assert(
        Number.isInteger(size) && size >= 1 && size <= VOXELS_PER_AXIS_MAX,
        "a grid has 1 to 65535 voxels per axis",
      );
    }
    assert(options.halfLifeS > 0, "the half-life is longer than 0 s");
    assert(Number.isInteger(options.bricksMax) && options.bricksMax >= 1, "a grid may hold at least one brick");
    this.sizeVoxels = options.sizeVoxels;
    this.#halfLifeS = options.halfLifeS;
    this.#bricksMax = options.bricksMax;
    this.#evidenceMin = options.evidenceMin ?? 1;
    assert(this.#evidenceMin > 0, "the least evidence is more than 0");
    this.#bricksY = Math.ceil(options.sizeVoxels[1] / BRICK_EDGE);
    this.#bricksZ = Math.ceil(options.sizeVoxels[2] / BRICK_EDGE);
  }

  get brickCount(): number {
    return this.#bricks.size;
  }

  /** Bricks that had to make room since the grid was made. */
  get evictedBrickCount(): number {
    return this.#evictedBrickCount;
  }

  /** Voxels that found no room because every brick was touched in the same frame set. */
  get refusedVoxelCount(): number {
    return this.#refusedVoxelCount;
  }

  /** Bytes held by live and spare bricks. */
  get memoryBytes(): number {
    return (this.#bricks.size + this.#spare.length) * BRICK_BYTES;
  }

  /**
   * Adds the evidence of one frame set: `rows` is `[count, 4]` uint32 `[x | y << 16, z, sum, viewBits]`, the kernels' table `voxels`.
   *
   * @throws {AssertionError} when time goes back, the rows are no whole rows or a voxel lies outside the grid.
   */
  update(timeNs: bigint, rows: Uint32Array): void {
    assert(rows.length % ROW_WORDS === 0, "rows are whole rows of 4 words");
    this.#advance(timeNs);
    this.#freeFaded();
    for (let row = 0, last = -1; row < rows.length; row += ROW_WORDS) {
      const index = this.#brickIndexOf(rows, row);
      if (index === last) continue;
      last = index;
      const brick = this.#bricks.get(index);
      if (brick !== undefined && brick.timeS !== this.#nowS) this.#fade(brick, this.#nowS);
    }
    // Bricks this frame set sees carry its time now, so what makes room below is never one of them.
    let weakestFirst: Brick[] | null = null;
    let brick: Brick | null = null;
    for (let row = 0, last = -1; row < rows.length; row += ROW_WORDS) {
      const index = this.#brickIndexOf(rows, row);
      if (index !== last) {
        last = index;
        brick = this.#bricks.get(index) ?? null;
        if (brick === null && this.#bricks.size >= this.#bricksMax) {
          weakestFirst ??= this.#byWeakness();
          this.#evict(weakestFirst.pop());
        }
        if (brick === null && this.#bricks.size < this.#bricksMax) brick = this.#open(index);
      }
      if (brick === null) this.#refusedVoxelCount++;
      else addRow(brick, rows, row);
    }
  }

  /**
   * Lists the voxels that hold evidence at `timeNs`, no earlier than the last update, in the whole grid or a box of it.
   *
   * @throws {AssertionError} when `timeNs` lies before the last update.
   */
  snapshot(timeNs: bigint, box: GridBox = { min: [0, 0, 0], max: this.sizeVoxels }): VoxelSnapshot {
    const timeS = this.#originNs === null ? 0 : secondsFromNs(timeNs - this.#originNs);
    assert(timeS >= this.#nowS, "a snapshot is no earlier than the last update");
    const inOrder = [...this.#bricks.values()].sort((a, b) => a.index - b.index);
    let count = 0;
    for (const brick of inOrder) count += this.#list(brick, timeS, box, null, 0);
    const snapshot = {
      count,
      xyz: new Uint16Array(count * 3),
      evidence: new Float32Array(count),
      viewBits: new Uint32Array(count),
    };
    let filled = 0;
    for (const brick of inOrder) filled += this.#list(brick, timeS, box, snapshot, filled);
    return snapshot;
  }

  /** Forgets all evidence; counters and time go on. */
  clear(): void {
    for (const brick of this.#bricks.values()) this.#keepSpare(brick);
    this.#bricks.clear();
  }

  #advance(timeNs: bigint): void {
    this.#originNs ??= timeNs;
    const nowS = secondsFromNs(timeNs - this.#originNs);
    assert(nowS >= this.#nowS, "updates go forward in time");
    this.#nowS = nowS;
  }

  #factor(brick: Brick, timeS: number): number {
    return 2 ** ((brick.timeS - timeS) / this.#halfLifeS);
  }

  #fade(brick: Brick, timeS: number): void {
    fadeBrick(brick, timeS, this.#factor(brick, timeS), this.#evidenceMin);
  }

  #freeFaded(): void {
    for (const brick of this.#bricks.values()) {
      if (brick.peak * this.#factor(brick, this.#nowS) >= this.#evidenceMin) continue;
      this.#bricks.delete(brick.index);
      this.#keepSpare(brick);
    }
  }

  #brickIndexOf(rows: Uint32Array, row: number): number {
    const x = rows[row]! & 0xffff;
    const y = rows[row]! >>> 16;
    const z = rows[row + 1]!;
    const [sizeX, sizeY, sizeZ] = this.sizeVoxels;
    assert(x < sizeX && y < sizeY && z < sizeZ, "every voxel lies inside the grid");
    return ((x >> 3) * this.#bricksY + (y >> 3)) * this.#bricksZ + (z >> 3);
  }

  /** Bricks not touched in this frame set, the weakest last. */
  #byWeakness(): Brick[] {
    const strength = (brick: Brick): number => brick.peak * this.#factor(brick, this.#nowS);
    return [...this.#bricks.values()]
      .filter((brick) => brick.timeS !== this.#nowS)
      .sort((a, b) => strength(b) - strength(a) || b.timeS - a.timeS || b.index - a.index);
  }

  #evict(brick: Brick | undefined): void {
    if (brick === undefined) return;
    this.#bricks.delete(brick.index);
    this.#keepSpare(brick);
    this.#evictedBrickCount++;
  }

  #keepSpare(brick: Brick): void {
    if (this.#spare.length >= SPARE_MAX) return;
    brick.evidence.fill(0);
    brick.viewBits.fill(0);
    this.#spare.push(brick);
  }

  #open(index: number): Brick {
    const brick = this.#spare.pop() ?? newBrick();
    brick.index = index;
    brick.timeS = this.#nowS;
    brick.peak = 0;
    this.#bricks.set(index, brick);
    return brick;
  }

  /** Counts the voxels of a brick that lie in the box and hold evidence, and writes them from place `at` on where there is a snapshot. */
  #list(brick: Brick, timeS: number, box: GridBox, into: VoxelSnapshot | null, at: number): number {
    const factor = this.#factor(brick, timeS);
    if (brick.peak * factor < this.#evidenceMin) return 0;
    const baseZ = (brick.index % this.#bricksZ) * BRICK_EDGE;
    const baseY = (Math.floor(brick.index / this.#bricksZ) % this.#bricksY) * BRICK_EDGE;
    const baseX = Math.floor(brick.index / (this.#bricksZ * this.#bricksY)) * BRICK_EDGE;
    let count = 0;
    for (let voxel = 0; voxel < BRICK_VOXELS; voxel++) {
      const evidence = brick.evidence[voxel]! * factor;
      if (evidence < this.#evidenceMin) continue;
      const x = baseX + (voxel >> 6);
      const y = baseY + ((voxel >> 3) & 7);
      const z = baseZ + (voxel & 7);
      if (x < box.min[0] || y < box.min[1] || z < box.min[2]) continue;
      if (x >= box.max[0] || y >= box.max[1] || z >= box.max[2]) continue;
      if (into !== null) {
        into.xyz[(at + count) * 3] = x;
        into.xyz[(at + count) * 3 + 1] = y;
        into.xyz[(at + count) * 3 + 2] = z;
        into.evidence[at + count] = evidence;
        into.viewBits[at + count] = brick.viewBits[voxel]!;
      }
      count++;
    }
    return count;
  }
}

function addRow(brick: Brick, rows: Uint32Array, row: number): void {
  const xy = rows[row]!;
  const voxel = ((xy & 7) << 6) | (((xy >>> 16) & 7) << 3) | (rows[row + 1]! & 7);
  const evidence = brick.evidence[voxel]! + rows[row + 2]!;
  brick.evidence[voxel] = evidence;
  brick.viewBits[voxel] = brick.viewBits[voxel]! | rows[row + 3]!;
  if (evidence > brick.peak) brick.peak = evidence;
}

const ROW_WORDS = 4;
const SPARE_MAX = 1024;
/** Coordinates are 16 bits. */
const VOXELS_PER_AXIS_MAX = 65_535;
