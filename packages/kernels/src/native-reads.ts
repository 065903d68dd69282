/**
 * The tables that were asked for and are still to be delivered.
 *
 * They are copied behind the fence, when reading waits for nothing. An op that would overwrite one before has it copied at once: then
 * the copy waits for the device, and what arrives is still the table as it was asked for.
 */
import { type Pointer, ptr } from "bun:ffi";
import type { CameraTable } from "./camera-spec.ts";
import type { GridTable } from "./grid-spec.ts";
import type { CameraHandle, GridHandle, Table } from "./kernels.ts";
import type { NativeFunctions } from "./native-library.ts";

/** Number of a table in `kernels.h`. */
const tableNumbers: Record<CameraTable | GridTable, number> = {
  motion: 0,
  cells: 1,
  blobs: 2,
  spots: 3,
  registered: 4,
  fused: 5,
  rays: 6,
  marks: 7,
  bricks: 8,
  pool: 9,
  dense: 10,
  peaks: 11,
  voxels: 12,
  tiles: 13,
  segments: 14,
  tileBricks: 15,
  tilePool: 16,
};

interface Read {
  readonly kind: "camera" | "grid";
  readonly handle: number;
  readonly table: CameraTable | GridTable;
  readonly resolve: (table: Table) => void;
  /** Null until it is copied. */
  copy: Table | null;
}

/** Keeps what was asked of one context. */
export class NativeReads {
  readonly #library: NativeFunctions;
  readonly #context: Pointer;
  readonly #check: (status: number) => void;
  readonly #waiting = new Set<Read>();
  readonly #found = new Uint32Array(new ArrayBuffer(16));
  readonly #foundPointer = ptr(this.#found);

  constructor(library: NativeFunctions, context: Pointer, check: (status: number) => void) {
    this.#library = library;
    this.#context = context;
    this.#check = check;
  }

  /** Notes that a table is wanted; the promise resolves when `deliver` of the next `close` is called. */
  askCamera(handle: CameraHandle, table: CameraTable): Promise<Table> {
    return this.#ask("camera", handle, table);
  }

  askGrid(handle: GridHandle, table: GridTable): Promise<Table> {
    return this.#ask("grid", handle, table);
  }

  /** Copies now what is waited for of a camera, before an op overwrites these tables (none named: any). */
  takeCamera(handle: CameraHandle, ...tables: CameraTable[]): void {
    if (this.#waiting.size > 0) this.#take("camera", handle, tables);
  }

  takeGrid(handle: GridHandle, ...tables: GridTable[]): void {
    if (this.#waiting.size > 0) this.#take("grid", handle, tables);
  }

  /** Ends a time step: returns what delivers the tables asked for so far, to be called behind its fence. */
  close(): () => void {
    const reads = [...this.#waiting];
    return () => {
      for (const read of reads) {
        // One that is submitted before the step before has arrived lists the reads of that too: each is delivered once.
        if (!this.#waiting.delete(read)) continue;
        read.resolve(read.copy ?? this.#copy(read));
      }
    };
  }

  #ask(kind: Read["kind"], handle: number, table: Read["table"]): Promise<Table> {
    const { promise, resolve } = Promise.withResolvers<Table>();
    this.#waiting.add({ kind, handle, table, resolve, copy: null });
    return promise;
  }

  #take(kind: Read["kind"], handle: number, tables: readonly Read["table"][]): void {
    for (const read of this.#waiting) {
      if (read.kind !== kind || read.handle !== handle || read.copy !== null) continue;
      if (tables.length === 0 || tables.includes(read.table)) read.copy = this.#copy(read);
    }
  }

  #copy({ table, handle }: Read): Table {
    const found = this.#found;
    const number = tableNumbers[table];
    this.#check(this.#library.sv_read(this.#context, number, handle, null, 0, this.#foundPointer));
    const [count, total, status, rowWords] = [found[0]!, found[1]!, found[2]!, found[3]!];
    const rows = new Uint32Array(count * rowWords);
    if (rows.length > 0) {
      this.#check(this.#library.sv_read(this.#context, number, handle, ptr(rows), count, this.#foundPointer));
    }
    return { rows, count, total, status };
  }
}
