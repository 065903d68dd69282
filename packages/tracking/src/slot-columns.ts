/** Copies of what the pools of a tracker hold, so that a step can be taken back. */

/** An array of a pool: `width` values for each slot. */
export interface Column {
  readonly values: Float64Array | BigInt64Array | Int32Array | Uint8Array;
  readonly width: number;
}

/** One copy of the first slots of some columns; its memory grows and is used again. */
export class ColumnsCopy {
  #bytes = new Uint8Array(0);
  #slotCount = 0;

  save(columns: readonly Column[], slotCount: number): void {
    let byteLength = 0;
    for (const column of columns) byteLength += byteLengthOf(column, slotCount);
    if (this.#bytes.length < byteLength) this.#bytes = new Uint8Array(Math.ceil(1.5 * byteLength));
    this.#slotCount = slotCount;
    let at = 0;
    for (const column of columns) {
      const bytes = bytesOf(column, slotCount);
      this.#bytes.set(bytes, at);
      at += bytes.length;
    }
  }

  /** Writes back what was saved of the same columns. */
  restore(columns: readonly Column[]): void {
    let at = 0;
    for (const column of columns) {
      const bytes = bytesOf(column, this.#slotCount);
      bytes.set(this.#bytes.subarray(at, at + bytes.length));
      at += bytes.length;
    }
  }
}

function byteLengthOf({ values, width }: Column, slotCount: number): number {
  return slotCount * width * values.BYTES_PER_ELEMENT;
}

function bytesOf(column: Column, slotCount: number): Uint8Array {
  return new Uint8Array(column.values.buffer, column.values.byteOffset, byteLengthOf(column, slotCount));
}
