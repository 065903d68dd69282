/**
 * How a case reads a backend: it opens a camera or a grid, runs ops, and asks for tables on the way.
 *
 * Readings are snapshots, taken in the order asked for and delivered by one `submit` at the end, so a case also examines that a later
 * op does not change what was asked for before.
 */
import { SkyvoxError } from "@skyvox/core";
import type {
  CameraHandle,
  CameraSpec,
  CameraTable,
  GridHandle,
  GridSpec,
  GridTable,
  Kernels,
  Table,
} from "../src/mod.ts";

/** One table that a case has read, with the name of the moment. */
export interface Reading {
  readonly label: string;
  readonly table: Table;
}

/** Collects what a case reads from a backend, in order. */
export class ReadingLog {
  readonly #kernels: Kernels;
  readonly #pending: Promise<Reading>[] = [];

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  /** Asks for a table of a camera as it is now. */
  camera(camera: CameraHandle, table: CameraTable): void {
    this.#add(table, this.#kernels.readCamera(camera, table));
  }

  /** Asks for a table of a grid as it is now. */
  grid(grid: GridHandle, ...tables: GridTable[]): void {
    for (const table of tables) this.#add(table, this.#kernels.readGrid(grid, table));
  }

  /** Runs an op that may be refused for capacity and notes whether it was. */
  attempt(op: () => void): void {
    let isRefused = 0;
    try {
      op();
    } catch (error) {
      if (!(error instanceof SkyvoxError) || error.code !== "capacity") throw error;
      isRefused = 1;
    }
    const table = { rows: Uint32Array.of(isRefused), count: 1, total: 1, status: 0 };
    this.#pending.push(Promise.resolve({ label: `${this.#pending.length}: refused`, table }));
  }

  /** Submits, waits and returns all readings. */
  async finish(): Promise<Reading[]> {
    await this.#kernels.submit();
    return Promise.all(this.#pending);
  }

  #add(name: CameraTable | GridTable, table: Promise<Table>): void {
    const label = `${this.#pending.length}: ${name}`;
    this.#pending.push(table.then((value) => ({ label, table: value })));
  }
}

/** Opens a camera for one case and closes it. */
export async function onCamera(
  kernels: Kernels,
  spec: CameraSpec,
  body: (camera: CameraHandle, log: ReadingLog) => void | Promise<void>,
): Promise<Reading[]> {
  const camera = kernels.openCamera(spec);
  try {
    const log = new ReadingLog(kernels);
    await body(camera, log);
    return await log.finish();
  } finally {
    kernels.closeCamera(camera);
  }
}

/** Opens a grid for one case and closes it. */
export async function onGrid(
  kernels: Kernels,
  spec: Partial<GridSpec> & Pick<GridSpec, "sizeVoxels">,
  body: (grid: GridHandle, log: ReadingLog) => void | Promise<void>,
): Promise<Reading[]> {
  const roomy = { raysMax: 4096, bricksMax: 4096, peaksMax: 4096, voxelsMax: 65_536, dense: false };
  const grid = kernels.openGrid({ ...roomy, ...spec });
  try {
    const log = new ReadingLog(kernels);
    await body(grid, log);
    return await log.finish();
  } finally {
    kernels.closeGrid(grid);
  }
}
