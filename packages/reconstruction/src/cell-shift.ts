/**
 * Chooses the size of a camera's cells for its next frame, by how many the last one had.
 *
 * A large target close by fills hundreds of cells, and every cell casts a ray. Past `cellsMax` cells double their edge, which leaves about a
 * quarter of them and still covers all motion; once so few are left that four times as many would be half of `cellsMax`, they halve it
 * again. The gap between the two keeps the size from flickering.
 */
export function nextCellShift(
  shift: number,
  shifts: { readonly min: number; readonly max: number },
  cellCount: number,
  cellsMax: number,
): number {
  if (cellCount > cellsMax) return Math.min(shifts.max, shift + 1);
  if (cellCount * 8 < cellsMax) return Math.max(shifts.min, shift - 1);
  return shift;
}
