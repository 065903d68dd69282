import type { Site } from "@skyvox/cameras";
import { defaultTrackerOptions, type TrackerOptions } from "@skyvox/tracking";

/** False detections expected in one frame set of a whole volume, before anything is known of the site. */
const FALSE_DETECTIONS_PER_SET = 0.2;

/** Targets slower than this, in metres per second, may be people who stand: what stays where it is then speaks against no track. */
const STANDING_SPEED_MPS = 3;
const STILL_SHARE_STANDING = 1e-6;

/** Tells the tracker what the site says about its targets and how large the watched volume is. */
export function trackerOptionsOf(site: Site): TrackerOptions {
  const { minM, maxM } = site.volume;
  const volumeM3 = (maxM[0] - minM[0]) * (maxM[1] - minM[1]) * (maxM[2] - minM[2]);
  return {
    ...defaultTrackerOptions,
    // After a gap of a second or two several hypotheses kept fewer tracks on their targets than one did.
    hypothesesMax: 1,
    clutterPerM3: FALSE_DETECTIONS_PER_SET / volumeM3,
    ...(site.options.target.speedMps < STANDING_SPEED_MPS ? { stillShare: STILL_SHARE_STANDING } : {}),
    speedMps: site.options.target.speedMps,
    accelerationMps2: site.options.target.accelerationMps2,
  };
}
