/** Bits of `Table.status`: a limit was passed and the table holds only the first rows. */
export const statusBits = {
  motionOverflow: 1,
  cellsOverflow: 2,
  blobsOverflow: 4,
  bricksOverflow: 8,
  peaksOverflow: 16,
  voxelsOverflow: 32,
  spotsOverflow: 64,
  /** A tile of 64 by 64 pixels held more spots than were asked for. */
  spotsCapped: 128,
  fusedOverflow: 256,
  tilesOverflow: 512,
  segmentsOverflow: 1024,
  tileBricksOverflow: 2048,
} as const;
