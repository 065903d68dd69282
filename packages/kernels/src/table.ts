import type { Table } from "./kernels.ts";

/** What reading a table gives before its op has run. */
export const emptyTable: Table = { rows: new Uint32Array(0), count: 0, total: 0, status: 0 };

/** Makes a table of all rows an op found: keeps the first `rowsMax`, counts all, and sets the bit where rows are left out. */
export function limitedTable(rows: Uint32Array, rowWords: number, rowsMax: number, overflowBit: number): Table {
  const total = rows.length / rowWords;
  const count = Math.min(total, rowsMax);
  return { rows: rows.slice(0, count * rowWords), count, total, status: total > rowsMax ? overflowBit : 0 };
}

/** Makes a table that no limit applies to; the rows are copied. */
export function wholeTable(rows: Uint32Array, rowWords: number): Table {
  const count = rows.length / rowWords;
  return { rows: rows.slice(), count, total: count, status: 0 };
}
