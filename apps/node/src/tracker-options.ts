import type { Site } from "@skyvox/cameras";
import { BearingTracker, defaultTrackerOptions, type TrackerOptions } from "@skyvox/tracking";

/** False detections expected in one frame set of a whole volume, before anything is known of the site. */
const FALSE_DETECTIONS_PER_SET = 0.2;

/** Targets slower than this, in metres per second, may be people who stand: what stays where it is then speaks against no track. */
const STANDING_SPEED_MPS = 3;
const STILL_SHARE_STANDING = 1e-6;

/** A place known worse than by this share of the volume's diagonal is not shown: one camera is left that sees the target. */
const PLACE_SIGMA_SHARE = 0.02;

/** Makes the tracker of a site whose cameras mark points: few of them false, and one target at a time as a rule. */
export function bearingTrackerOf(site: Site): BearingTracker {
  return new BearingTracker(
    site.cameras.map(({ id }) => id),
    {
      targetsPerM3: 1 / volumeM3Of(site),
      speedMps: site.options.target.speedMps,
      accelerationMps2: site.options.target.accelerationMps2,
      placeSigmaMaxM: PLACE_SIGMA_SHARE * diagonalM(site),
    },
  );
}

/** Tells the tracker what the site says about its targets and how large the watched volume is. */
export function trackerOptionsOf(site: Site): TrackerOptions {
  return {
    ...defaultTrackerOptions,
    // Over a takeover several keep fewer tracks on their targets (`bun bench takeover`).
    hypothesesMax: 1,
    clutterPerM3: FALSE_DETECTIONS_PER_SET / volumeM3Of(site),
    ...(site.options.target.speedMps < STANDING_SPEED_MPS ? { stillShare: STILL_SHARE_STANDING } : {}),
    speedMps: site.options.target.speedMps,
    accelerationMps2: site.options.target.accelerationMps2,
  };
}

function diagonalM({ volume: { minM, maxM } }: Site): number {
  return Math.hypot(maxM[0] - minM[0], maxM[1] - minM[1], maxM[2] - minM[2]);
}

function volumeM3Of({ volume: { minM, maxM } }: Site): number {
  return (maxM[0] - minM[0]) * (maxM[1] - minM[1]) * (maxM[2] - minM[2]);
}
