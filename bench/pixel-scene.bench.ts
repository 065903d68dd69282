/**
 * Pixels of physics to tracks: how often a target is seen, by range and by signal to noise, how sharply, and what becomes of 200 of them.
 *
 * Two experiments, both on synthetic pixels. One camera with a lens of 50, 100 or 200 mm looks at dark targets of 0.2 m (contrast -0.9) at 0.5
 * to 10 km in 23 km of visibility: a target counts as seen in a frame where a point lies within 1.5 pixels of its true place, and centres
 * are set against the Cramér-Rao bound of the same frame. Then ten pairs of a visible and a thermal camera, 200 mm, 4 km around 200 targets,
 * in windows of 1920 by 1080 (640 by 360 thermal) of their sensors, with poses off by 0.005°, clocks by 0.5 ms, pictures that shake by 0.3
 * pixels, a rolling shutter, clouds, birds and stuck pixels. Its tracks are of the bearings of the visible cameras: those of the thermal
 * ones share the error of their mast, which a tracker would have to know. A track counts within 1 m of its target; a track is false that
 * does so in less than half of its steps.
 */
import { type CameraId, secondsFromNs } from "@skyvox/core";
import type { KernelsAdapter } from "@skyvox/kernels";
import { type PixelScene, pixelPreset, rangeScene } from "@skyvox/scene";
import {
  BearingTracker,
  type BearingView,
  defaultScoreOptions,
  type Score,
  type ScoredStep,
  scoreRun,
  viewFromPoints,
} from "@skyvox/tracking";
import { type Bench, type BenchOptions, type BenchResult, type BenchRow, digestOf } from "./harness.ts";
import { nearestPoint, observeScene, type SeenFrame, TIME_SIGMA_NS } from "./pixel-frames.ts";
import { targets } from "./targets.ts";

export const bench: Bench = {
  name: "pixel-scene",
  subject: "tracking",
  async run({ small, adapter }: BenchOptions): Promise<BenchResult> {
    const curves: Curve[] = [];
    for (const lens of small ? LENSES.slice(-1) : LENSES) curves.push(await measureCurve(lens, small, adapter));
    const flight = await fly(small, adapter);
    const byTarget = curves.flatMap(({ sights }) => sights);
    return {
      rows: [
        ...curves.flatMap(rangeRows),
        ...SNR_BINS.flatMap((bin) => snrRow(byTarget, bin)),
        ...thermalRow(flight),
        ...flightRows(flight.score),
      ],
      // A tracker needs more frames than the small size has.
      targets: small ? [] : [...centreTargets(byTarget), ...flightTargets(flight.score)],
      leftOut: ["the whole sensor of 7680 by 4320: windows of it are drawn, which crowds the targets"],
      digest: digestOf(
        Float64Array.from(byTarget, ({ error2 }) => error2 ?? -1),
        flight.digest,
      ),
    };
  },
};

interface Lens {
  readonly focalMm: number;
  readonly fNumber: number;
}

const LENSES: readonly Lens[] = [
  { focalMm: 50, fNumber: 2.8 },
  { focalMm: 100, fNumber: 2.8 },
  { focalMm: 200, fNumber: 4 },
];

/** One target in one frame. */
interface Sight {
  readonly rangeM: number;
  readonly snr: number;
  /** Mean square of the centre's error per axis over that of the bound; null where the target was not seen. */
  readonly error2: number | null;
}

interface Curve {
  readonly lens: Lens;
  readonly sights: readonly Sight[];
}

const SEEN_PX = 1.5;
const KM = Array.from({ length: 20 }, (_, index) => (index + 1) / 2);

async function measureCurve(lens: Lens, small: boolean, adapter: KernelsAdapter): Promise<Curve> {
  const kms = small ? KM.filter((km) => km === 2 || km === 4 || km === 6) : KM;
  const rangesM = kms.flatMap((km) => Array.from({ length: small ? 2 : 6 }, () => 1000 * km));
  const scene = rangeScene({ seed: 1, ...lens, contrast: -0.9, rangesM });
  const sights: Sight[] = [];
  const span = small ? { learnt: 6, frameCount: 8 } : { learnt: 32, frameCount: 60 };
  await observeScene(scene, adapter, span, ({ cameras }) => {
    for (const seen of cameras) sights.push(...sightsOf(seen));
  });
  return { lens, sights };
}

function sightsOf(seen: SeenFrame): Sight[] {
  return seen.sightings.map((sighting) => {
    const point = nearestPoint(seen, sighting, SEEN_PX);
    const error2 = point && ((point.du / sighting.uSigmaPx) ** 2 + (point.dv / sighting.vSigmaPx) ** 2) / 2;
    return { rangeM: sighting.rangeM, snr: sighting.snr, error2 };
  });
}

function summary(sights: readonly Sight[]): { pd: number; snr: number; timesBound: number } {
  const seen = sights.flatMap(({ error2 }) => error2 ?? []);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    pd: seen.length / sights.length,
    snr: mean(sights.map(({ snr }) => snr)),
    timesBound: Math.sqrt(mean(seen)),
  };
}

function rangeRows({ lens, sights }: Curve): BenchRow[] {
  return KM.flatMap((km) => {
    const own = sights.filter(({ rangeM }) => Math.abs(rangeM / 1000 - km) < 0.25);
    const { pd, snr, timesBound } = summary(own);
    // Where nothing is seen there is nothing to say.
    if (own.length === 0 || pd === 0) return [];
    const note = `d ${snr.toFixed(1)}, centre ${timesBound.toFixed(2)} x its bound`;
    return [
      {
        name: `Pd of a frame, ${lens.focalMm} mm f/${lens.fNumber}, ${km.toFixed(1)} km`,
        median: pd,
        unit: "of frames",
        note,
      },
    ];
  });
}

const SNR_BINS = [
  [3, 4],
  [4, 5],
  [5, 6],
  [6, 7],
  [7, 9],
  [9, 13],
  [13, 20],
  [20, 50],
] as const;

function inBin(sights: readonly Sight[], [low, high]: readonly [number, number]): readonly Sight[] {
  return sights.filter(({ snr }) => snr >= low && snr < high);
}

function snrRow(sights: readonly Sight[], bin: readonly [number, number]): BenchRow[] {
  const own = inBin(sights, bin);
  const { pd, timesBound } = summary(own);
  if (own.length === 0 || pd === 0) return [];
  const note = `${own.length} sights, centre ${timesBound.toFixed(2)} x its bound`;
  return [{ name: `Pd of a frame, d ${bin[0]} to ${bin[1]}`, median: pd, unit: "of frames", note }];
}

/** Centres are wanted sharp from d 6 on; below, only the luckiest are seen at all. */
function centreTargets(sights: readonly Sight[]): BenchResult["targets"] {
  return SNR_BINS.filter(([low]) => low >= 6).map((bin) => ({
    name: `centre over its bound, d ${bin[0]} to ${bin[1]}`,
    achieved: summary(inBin(sights, bin)).timesBound,
    wanted: targets.pixelScene.centreOverBound,
    unit: "x",
    better: "lower",
  }));
}

interface Flight {
  readonly score: Score;
  readonly digest: Float64Array;
  /** What the thermal cameras saw of the targets, frame by frame. */
  readonly thermal: readonly Sight[];
}

async function fly(small: boolean, adapter: KernelsAdapter): Promise<Flight> {
  const scene = pixelPreset(small ? "short-range" : "long-range", 1);
  const mono = scene.cameras.filter(({ sensor }) => sensor.kind === "mono").map(({ id }) => id);
  const tracker = new BearingTracker(mono, { speedMps: 10, accelerationMps2: 8 });
  const steps: ScoredStep[] = [];
  const thermal: Sight[] = [];
  const span = small ? { learnt: 6, frameCount: 12 } : { learnt: 20, frameCount: 50 };
  await observeScene(scene, adapter, span, ({ timeNs, cameras }) => {
    thermal.push(...cameras.filter(({ camera }) => camera.sensor.kind === "thermal").flatMap(sightsOf));
    const views = cameras.flatMap((seen) => viewOf(seen, mono, timeNs) ?? []);
    steps.push(stepOf(scene, timeNs, tracker.step(timeNs, views)));
  });
  const truthAt = (timeS: number) => truthOf(scene, timeS);
  return {
    // The first frames are the latency that is allowed.
    score: scoreRun(steps.slice(small ? 0 : LATENCY_FRAMES), truthAt, { ...defaultScoreOptions, cutoffM: NEAR_M }),
    digest: Float64Array.from(steps.flatMap(({ tracks }) => tracks.flatMap(({ positionEnuM }) => positionEnuM))),
    thermal,
  };
}

const NEAR_M = 1;
const LATENCY_FRAMES = 5;
/** Of a point: what its centre is worth at the least d, and the shake of the mast. */
const POINT_SIGMA_PX = 0.4;

function viewOf({ camera, pose, points }: SeenFrame, own: readonly CameraId[], captureNs: bigint): BearingView | null {
  if (!own.includes(camera.id)) return null;
  const variance = POINT_SIGMA_PX ** 2;
  return viewFromPoints({
    camera: camera.id,
    captureNs,
    timeSigmaNs: TIME_SIGMA_NS,
    pose,
    intrinsics: camera.intrinsics,
    points: Array.from({ length: points.length / 2 }, (_, at) => ({
      u: points[2 * at]!,
      v: points[2 * at + 1]!,
      covariancePx2: [variance, 0, variance] as const,
    })),
  });
}

function truthOf(scene: PixelScene, timeS: number) {
  return scene.targets.map(({ name, pathAt }) => ({ name, positionEnuM: pathAt(timeS).positionEnuM }));
}

function stepOf(scene: PixelScene, timeNs: bigint, updates: ReturnType<BearingTracker["step"]>): ScoredStep {
  const timeS = secondsFromNs(timeNs);
  const tracks = updates.flatMap(({ id, state, positionEnuM, covariance: c }) => {
    if (state !== "confirmed" && state !== "coasting") return [];
    const covarianceM2 = [c[0]!, c[1]!, c[2]!, c[1]!, c[7]!, c[8]!, c[2]!, c[8]!, c[14]!] as const;
    return [{ id: Number(id), positionEnuM, covarianceM2 }];
  });
  return { timeS, truth: truthOf(scene, timeS), tracks };
}

function thermalRow({ thermal }: Flight): BenchRow[] {
  const { pd, snr, timesBound } = summary(thermal);
  if (thermal.length === 0 || pd === 0) return [];
  const note = `d ${snr.toFixed(1)}, centre ${timesBound.toFixed(2)} x its bound`;
  return [{ name: "Pd of a frame, thermal cameras of the flight", median: pd, unit: "of frames", note }];
}

function flightRows({ rates, errors, nees, stepCount }: Score): BenchRow[] {
  const { pd, falseShare, falseTrackCount, trackCount, latency } = rates;
  const share = (it: { low: number; high: number }) => `95 %: ${it.low.toFixed(4)} to ${it.high.toFixed(4)}`;
  const rows: BenchRow[] = [
    {
      name: "flight: confirmed Pd",
      median: pd.value,
      unit: "of target steps",
      note: `${stepCount} steps, ${share(pd)}`,
    },
    {
      name: "flight: tracks that are true",
      median: 1 - falseShare.value,
      unit: "of tracks",
      note: `${falseTrackCount} false of ${trackCount}, false share ${share(falseShare)}`,
    },
    {
      name: "flight: position",
      median: errors[0]?.rmseM ?? 0,
      unit: "m rms",
      note: `NEES ${nees.mean.toFixed(2)}, should be 3`,
    },
    {
      name: "flight: latency to confirmation",
      median: latency.medianS,
      unit: "s",
      note: `longest ${latency.maxS.toFixed(2)} s`,
    },
  ];
  return rows.filter(({ median }) => median > 0);
}

function flightTargets({ rates, errors }: Score): BenchResult["targets"] {
  const { confirmedPd, trueShare, positionRmsM } = targets.pixelScene;
  return [
    { name: "confirmed Pd", achieved: rates.pd.value, wanted: confirmedPd, unit: "of target steps", better: "higher" },
    {
      name: "tracks that are true",
      achieved: 1 - rates.falseShare.value,
      wanted: trueShare,
      unit: "of tracks",
      better: "higher",
    },
    { name: "position", achieved: errors[0]?.rmseM ?? 0, wanted: positionRmsM, unit: "m rms", better: "lower" },
  ];
}
