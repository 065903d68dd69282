/** Voxels per axis of a brick, and in all. */
export const BRICK_EDGE = 8;
export const BRICK_VOXELS = 512;

/** What a live brick costs: 512 float32 + 512 uint32, and about 256 bytes for two array headers, the record and its map entry. */
export const BRICK_BYTES = BRICK_VOXELS * 8 + 256;

/** The evidence of 8³ voxels as it was at `timeS`; voxel in brick = (x & 7) << 6 | (y & 7) << 3 | (z & 7). */
export interface Brick {
  index: number;
  timeS: number;
  /** The largest evidence in it at `timeS`. */
  peak: number;
  readonly evidence: Float32Array;
  readonly viewBits: Uint32Array;
}

/** Makes an empty brick. */
export function newBrick(): Brick {
  return {
    index: 0,
    timeS: 0,
    peak: 0,
    evidence: new Float32Array(BRICK_VOXELS),
    viewBits: new Uint32Array(BRICK_VOXELS),
  };
}

/** Fades the brick to `timeS`; voxels that fall under `evidenceMin` are emptied with their view bits. */
export function fadeBrick(brick: Brick, timeS: number, factor: number, evidenceMin: number): void {
  const { evidence, viewBits } = brick;
  let peak = 0;
  for (let voxel = 0; voxel < BRICK_VOXELS; voxel++) {
    const faded = evidence[voxel]! * factor;
    if (faded >= evidenceMin) {
      evidence[voxel] = faded;
      if (faded > peak) peak = faded;
    } else {
      evidence[voxel] = 0;
      viewBits[voxel] = 0;
    }
  }
  brick.timeS = timeS;
  brick.peak = peak;
}
