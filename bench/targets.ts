/**
 * The numbers the project promises, one home for all benches.
 *
 * A bench puts what it reached beside them.
 */
export const targets = {
  /** Motion on 7680 x 4320 bytes: all cores of a 2-core machine, and on one thread beside a copy and OpenCV on the same pictures. */
  motion: {
    framesPerSecond8k: 30,
    /** Bytes a second of sigma-delta with its ordered list, as a share of those of memcpy. */
    shareOfCopy: 0.85,
    timesOpenCv: 2,
    timesOpenCvList: 6,
    timesOpenCvAverage: 6,
    timesMog2: 50,
  },
  /** Two passes through a 500^3 grid at about 735 steps per ray, per core, and beside the rivals on the same rays. */
  cast: {
    raysPerSecondPerCore: 1_000_000,
    timesOpenVdb: 4,
    timesOctoMap: 40,
    timesOneThread: 1.7,
    stateBytesMax: 100e6,
  },
  /** Motion to detections with one ray per blob, against one ray per moving pixel. */
  blobRaysTimesPixelRays: 5,
  /** 200 targets in a world of 10 km: voxel state, and how many are found within two voxels. */
  world: { stateBytesMax: 100e6, foundShare: 0.95 },
  /** On a GPU: without transfer, the world and the 20 cameras as above. */
  gpu: {
    motionShareOfCopy: 0.8,
    denseRaysPerSecond: 30e6,
    twoPassRaysPerSecond: 100e6,
    stepMs: 2,
    wgslShareOfCuda: 0.5,
  },
  /** 500 targets, tracker only, on 2 cores. */
  trackerFrameSetsPerSecond: 30,
  /** The tracker on `trackScene`, hypotheses on: milliseconds per scan, GOSPA at c = 5 m, targets missed and false tracks per scan. */
  trackScenes: {
    s1: { msMedian: 2, msP99: 10, gospaM: 8.1 },
    s2: { msMedian: 15, gospaM: 14, missed: 2, false: 5 },
    s3: { idf1: 0.95 },
    s4: {},
    s5: { msMedian: 25 },
  },
  /** 200 targets, 10 cameras, 1000 false bearings each, poses to 0.005 degrees: confirmed ghosts, and a search for births. */
  ghosts: { per100Frames: 1, birthMs: 10 },
  /** `drone6`, metres: rows of the control track that were not fitted (`held`), and labels with the survey alone, laid on the track. */
  calibration: {
    held: { threeMedianM: 0.055, threeRmseM: 0.22, twoMedianM: 0.065, twoRmseM: 0.22 },
    halves: { meanM: 0.22, medianM: 0.14 },
    alone: { meanM: 0.2, medianM: 0.13 },
    solveS: 180,
  },
  /** Pixels of physics, 10 pairs and 200 targets: centres from d 6 on, and tracks within a metre. */
  pixelScene: { centreOverBound: 1.15, confirmedPd: 0.993, trueShare: 0.982, positionRmsM: 1 },
  /** 20 cameras of 640 x 480 at 30 frames per second: capture to published track, 99th percentile. */
  endToEndMsP99: 50,
  /** Control interface under full pipeline load, 99th percentile. */
  apiMsP99: 5,
  /** Messages and frames through shared memory: in one process, beside C and iceoryx, and between two. */
  pipeline: {
    slotNs: 50,
    timesNative: 2,
    timesIceoryx: 15,
    /** What a consumer that was stopped costs the others. */
    timesBesideStopped: 1.05,
    oneWayNs: 500,
    oneWayAsleepNs: 10_000,
    /** A frame of 33 MB against one of 64 bytes. */
    handOffRatio: 1.5,
    timesTcp: 1000,
    messagesPerSecond: 500_000,
  },
  /** What each profile is for, beside the balanced one: frames/s, half of the frames from write to read, time until another source's side is heard. */
  profiles: { timesThroughput: 1.5, timesLatency: 2, foundShare: 1, timesRecovery: 2 },
  /** Frames over loopback, and the checksum that guards them, one core. */
  links: {
    xxh3TimesMd5: 10,
    fusedTimesCopy: 1.25,
    tcpTimesBunSockets: 1.5,
    ucxTimesBunSockets: 1.5,
    ucxTimesSend: 0.8,
  },
  /** A motion message, one core, beside protobufjs on the same bytes; a mask of 7680 x 4320 bytes and as much noise under LZ4. */
  protocol: {
    fixedEncodeNs: 60,
    wireEncodeNs: 200,
    timesProtobufjs: 5,
    maskRatio: 100,
    maskShareOfCopy: 0.5,
    noisePercentOfCopy: 2,
  },
  /** Tasks from submission to outcome on 2 cores; between processes paced at 1000 a second, and as many as go through. */
  processor: {
    tasksPerSecond: 20_000,
    tasksPerSecondBetweenProcesses: 5000,
    tasksPerSecondThroughEngine: 10_000,
    roundTripMsP50: 0.5,
    roundTripMsP99: 3,
    /** Share of their time that 40 workers with tasks of 20 ms are at work. */
    efficiencyOf40Workers: 0.96,
  },
  /** Checksum of a transfer, one core. */
  checksumBytesPerSecond: 3e9,
} as const;
