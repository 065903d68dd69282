import type { GridHandle, Kernels, RayModel } from "@skyvox/kernels";

/** Rays cast at once. */
const RAYS_MAX = 1 << 20;
/** Weights a grid takes before its 32-bit sums could wrap. */
const WEIGHT_MAX = 2 ** 32 - 1;

/**
 * A cube of voxels in which any number of rays may be summed.
 *
 * A kernel grid refuses rays once all their weights together could fill one 32-bit voxel. This adds what the grid holds to single-precision
 * sums on the host before that happens and empties it, so a recording may be as long as it likes.
 */
export class DenseSpace {
  readonly #kernels: Kernels;
  readonly #grid: GridHandle;
  #carried: Float32Array | null = null;
  #weight = 0;
  readonly #voxelCount: number;

  constructor(kernels: Kernels, count: number) {
    this.#kernels = kernels;
    this.#voxelCount = count ** 3;
    this.#grid = kernels.openGrid({
      sizeVoxels: [count, count, count],
      raysMax: RAYS_MAX,
      bricksMax: 1,
      peaksMax: 1,
      voxelsMax: 1,
      dense: true,
    });
  }

  /** Adds each point's weight to every voxel its ray crosses; points as `Kernels.rays` takes them. */
  async cast(model: RayModel, points: Uint32Array): Promise<void> {
    this.#kernels.setView(this.#grid, 0, model);
    for (let at = 0; at < points.length; at += RAYS_MAX * 4) {
      const part = points.subarray(at, at + RAYS_MAX * 4);
      const weight = weightOf(part);
      if (this.#weight + weight > WEIGHT_MAX) {
        this.#carried = await this.total();
        this.#kernels.clear(this.#grid);
        this.#weight = 0;
      }
      this.#weight += weight;
      this.#kernels.rays(this.#grid, 0, part);
      this.#kernels.castDense(this.#grid);
      await this.#kernels.submit();
    }
  }

  /** Returns the sums, `[count³]` float32, x slowest and z fastest. Takes them: ask once, at the end. */
  async total(): Promise<Float32Array> {
    const reading = this.#kernels.readGrid(this.#grid, "dense");
    await this.#kernels.submit();
    const { rows } = await reading;
    // Before the first ray the grid has no rows.
    const sums = this.#carried ?? new Float32Array(this.#voxelCount);
    for (let voxel = 0; voxel < rows.length; voxel++) sums[voxel] = sums[voxel]! + rows[voxel]!;
    return sums;
  }
}

function weightOf(points: Uint32Array): number {
  let weight = 0;
  for (let at = 2; at < points.length; at += 4) weight += points[at]!;
  return weight;
}
