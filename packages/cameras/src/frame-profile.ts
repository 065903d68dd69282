/**
 * What frames through shared memory are set up for: a few knobs, set together.
 *
 * `balanced` is what runs where nothing else is asked for. `throughput` asks far ahead, so that reading and working overlap whatever each
 * takes, and saves the checksums. `latency` takes a frame as soon as it is there: nothing is read ahead that would grow old, and answers are
 * looked for without a pause, which keeps a core busy while a frame is waited for. `reliability` guards every frame and goes on sooner, and
 * more often, when a process dies.
 */

/** The profiles there are. */
export const frameProfileNames = ["balanced", "throughput", "latency", "reliability"] as const;
export type FrameProfileName = (typeof frameProfileNames)[number];

/** The knobs of a profile. */
export interface FrameProfile {
  /** Frames of a camera in memory at once: one in hand, those asked for ahead, one being written, and some to spare. */
  readonly slots: number;
  /** Frames that are asked for beside the one that is waited for. */
  readonly aheadFrames: number;
  /** Pause between two looks for an answer; 0: none, other work of the process runs in between. */
  readonly pollMs: number;
  /** XXH3 goes with every frame, and one that differs is not handed out. */
  readonly isChecked: boolean;
  /** How long no answer comes before a request is made again, in case that nobody was there to hear it. */
  readonly repeatMs: number;
  /** Processes of one kind that may die within a minute and are replaced. */
  readonly replacementsMax: number;
}

/** The knobs of each profile. */
export const frameProfiles: Readonly<Record<FrameProfileName, FrameProfile>> = {
  balanced: { slots: 8, aheadFrames: 2, pollMs: 1, isChecked: true, repeatMs: 100, replacementsMax: 3 },
  throughput: { slots: 16, aheadFrames: 8, pollMs: 1, isChecked: false, repeatMs: 100, replacementsMax: 3 },
  latency: { slots: 8, aheadFrames: 0, pollMs: 0, isChecked: false, repeatMs: 100, replacementsMax: 3 },
  reliability: { slots: 12, aheadFrames: 2, pollMs: 1, isChecked: true, repeatMs: 20, replacementsMax: 12 },
};
