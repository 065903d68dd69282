/** Bits of `Table.status`: a limit was passed and the table holds only the first rows. */
export const statusBits = {
  motionOverflow: 1,
  cellsOverflow: 2,
  blobsOverflow: 4,
  bricksOverflow: 8,
  peaksOverflow: 16,
  voxelsOverflow: 32,
} as const;
