/**
 * The few colours of the page as numbers `0xRRGGBB`, shared by the scene, the map, the camera tiles and the charts.
 *
 * Warm means evidence and what wants attention (voxels, the accent), cool means conclusions (tracks). `style.css` holds the same
 * values for text and panels.
 */
export const ACCENT = 0xffb454;
export const ALERT = 0xff7a6b;
export const TEXT = 0xece9e1;
export const DIM = 0x9fa9af;
export const STEEL = 0x7f93a0;
export const GRID = 0x48606e;

/** One colour per confirmed track, told apart on black and from the amber of the evidence. */
export const TRACK_COLOURS: readonly number[] = [
  0x5cc8ff, 0xff8ac2, 0xa6e36b, 0xb69cff, 0x4fe3c1, 0xf3f1ea, 0x8197ff, 0xe59af2,
];

/** Colour of a track that is not confirmed yet. */
export const TENTATIVE = 0x8b98a1;

/** Colours of the 95 % ellipsoids by the state of their track: calm, wanting attention, not sure yet. */
export const STATE_COLOURS = { confirmed: 0x9cc9dd, coasting: ALERT, tentative: TENTATIVE } as const;

/** Writes a colour for CSS and for a 2D canvas. */
export function cssColour(colour: number, alpha = 1): string {
  return `rgb(${(colour >> 16) & 255} ${(colour >> 8) & 255} ${colour & 255} / ${alpha})`;
}

/** Returns the index of the colour the fewest live tracks wear, the first of equals. */
export function freeColourIndex(worn: Iterable<number>): number {
  const wearers = new Array<number>(TRACK_COLOURS.length).fill(0);
  for (const index of worn) wearers[index] = (wearers[index] ?? 0) + 1;
  return wearers.indexOf(Math.min(...wearers));
}
