/** The numbers the project promises, one home for all benches. A bench puts what it reached beside them. */
export const targets = {
  /** Motion on 7680 x 4320 bytes, all cores of a 2-core machine. */
  motion8kFramesPerSecond: 30,
  /** Rays through a 500^3 grid at about 735 steps per ray, per core. */
  castRaysPerSecondPerCore: 1_000_000,
  /** 500 targets, tracker only, on 2 cores. */
  trackerFrameSetsPerSecond: 30,
  /** 20 cameras of 640 x 480 at 30 frames per second: capture to published track, 99th percentile. */
  endToEndMsP99: 50,
  /** Control interface under full pipeline load, 99th percentile. */
  apiMsP99: 5,
  /** Checksum of a transfer, one core. */
  checksumBytesPerSecond: 3e9,
} as const;
