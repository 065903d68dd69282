/** How finely the scene is drawn. */
export interface Quality {
  /** Drawing-buffer pixels per CSS pixel, at most the screen's own. */
  readonly scaleMax: number;
  /** Whether voxels are cubes with a halo, or only the halo with a bright middle. */
  readonly cubes: boolean;
}

const STEPS: readonly Quality[] = [
  { scaleMax: 2, cubes: true },
  { scaleMax: 1, cubes: true },
  { scaleMax: 1, cubes: false },
  { scaleMax: 0.75, cubes: false },
];
/** A frame that takes longer than this on average is too slow to be pleasant. */
const SLOW_MS = 75;
const FRAMES_TO_JUDGE = 15;
/** Gaps beyond this are pauses of the browser, not slow drawing. */
const GAP_MS = 600;

/** Lowers the drawing quality step by step where frames come too slowly; it never raises it again, so it cannot swing. */
export class Governor {
  private step: number;
  private frames = 0;
  private totalMs = 0;

  /** Starts at the finest step that the screen can show, given its pixels per CSS pixel. */
  constructor(devicePixelRatio: number) {
    this.step = devicePixelRatio > 1 ? 0 : 1;
  }

  get quality(): Quality {
    return STEPS[this.step] ?? STEPS[0]!;
  }

  /** Counts one drawn frame that came `elapsedMs` after the one before; true where the quality changed. */
  count(elapsedMs: number): boolean {
    if (elapsedMs > GAP_MS) return false;
    this.frames++;
    this.totalMs += elapsedMs;
    if (this.frames < FRAMES_TO_JUDGE) return false;
    const slow = this.totalMs / this.frames > SLOW_MS;
    this.frames = 0;
    this.totalMs = 0;
    if (!slow || this.step === STEPS.length - 1) return false;
    this.step++;
    return true;
  }
}
