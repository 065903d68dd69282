/**
 * Op `cells`: the motion list binned into squares of 2^shift pixels, each a point in 1/256 pixel with a weight.
 *
 * Input: the stored rows of table "motion" (what passed `motionMax` is not seen), shift 0 … 5, pixelsMin ≥ 1. A difference is the
 * low 8 bits of its word.
 * Table "cells": rows of 4 words `[u, v, weight, pixelCount]`, ordered by (cell row, cell column): the points that op `rays` takes.
 *
 * Pixel (x, y) falls into cell (x >> shift, y >> shift). Over the pixels of one cell, each weighted by its difference,
 *   Sw = Σ difference,   Swx = Σ difference · (x mod 2^shift),   Swy likewise,
 *   u = ((x >> shift) << (shift + 8)) + floor((256 Swx + floor(Sw / 2)) / Sw),   v likewise,   weight = Sw.
 * A difference is at least 1, so Sw is too; with 1,024 pixels of 255 in a cell every sum stays below 2^31.
 * Cells of fewer than pixelsMin pixels give no row. At shift 0 a row is `[x << 8, y << 8, difference, 1]`.
 * The table keeps the first `cellsMax` rows; `total` counts all, and `cellsOverflow` is set where they differ.
 */
import { Rows } from "./rows.ts";

/** Words in a row of table "cells". */
export const CELL_WORDS = 4;

/** Bins rows of table "motion". Returns all rows of table "cells", past any limit too. */
export function binCells(
  motion: Uint32Array,
  params: { readonly shift: number; readonly pixelsMin: number },
): Uint32Array {
  const { shift, pixelsMin } = params;
  const inCell = (1 << shift) - 1;
  const cells = new Map<number, { row: number; column: number; count: number; sw: number; swx: number; swy: number }>();
  for (let i = 0; i < motion.length; i += 2) {
    const x = motion[i]! & 0xffff;
    const y = motion[i]! >>> 16;
    const difference = motion[i + 1]! & 255;
    const key = (y >> shift) * 65536 + (x >> shift);
    const cell = cells.get(key) ?? { row: y >> shift, column: x >> shift, count: 0, sw: 0, swx: 0, swy: 0 };
    cells.set(key, cell);
    cell.count += 1;
    cell.sw += difference;
    cell.swx += difference * (x & inCell);
    cell.swy += difference * (y & inCell);
  }
  const rows = new Rows();
  for (const cell of [...cells.values()].sort((a, b) => a.row - b.row || a.column - b.column)) {
    if (cell.count < pixelsMin) continue;
    const u = (cell.column << (shift + 8)) + centre(cell.swx, cell.sw);
    const v = (cell.row << (shift + 8)) + centre(cell.swy, cell.sw);
    rows.push(u, v, cell.sw, cell.count);
  }
  return rows.toArray();
}

/** The weighted mean in 1/256 pixel from the first pixel of the cell, rounded half up. */
function centre(sum: number, weight: number): number {
  return Math.floor((sum * 256 + (weight >> 1)) / weight);
}
