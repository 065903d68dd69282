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

/** Says where a table is not as expected: a count, or the first word that differs; null where it is. */
export function differenceOf(expected: Table, got: Table): string | null {
  for (const field of ["total", "count", "status"] as const) {
    if (got[field] !== expected[field]) return `${field} is ${got[field]}, expected ${expected[field]}`;
  }
  if (got.rows.length !== expected.rows.length) return `${got.rows.length} words, expected ${expected.rows.length}`;
  const at = expected.rows.findIndex((word, index) => word !== got.rows[index]);
  if (at < 0) return null;
  const rowWords = expected.rows.length / expected.count;
  return `row ${Math.floor(at / rowWords)}, word ${at % rowWords} is ${got.rows[at]}, expected ${expected.rows[at]}`;
}
