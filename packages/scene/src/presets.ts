/** Scenes ready to run: the demonstration, a small pair for quick tests, a rig whose rays meet at small angles, and a wide sky. */
import { cameraId, createPrng, type Intrinsics, lookAt, SkyvoxError, type Vec3 } from "@skyvox/core";
import { circling, type Harmonic, harmonicPath, hurry, stopAndGo, swinging, wandering } from "./path.ts";
import type { Scene, SceneBody, SceneCamera, SceneTarget } from "./scene.ts";

/** The names {@link presetByName} knows. */
export const presetNames = ["demo", "pair", "grazing", "sky"] as const;

/**
 * Returns a preset scene by name.
 *
 * @throws {SkyvoxError} code "usage" for a name that is no preset.
 */
export function presetByName(name: string, seed = 1): Scene {
  if (name === "demo") return demoScene(seed);
  if (name === "pair") return pairScene(seed);
  if (name === "grazing") return grazingScene(seed);
  if (name === "sky") return skyScene(seed);
  throw new SkyvoxError("usage", `Cannot open scene: "${name}", need one of ${presetNames.join(", ")}`);
}

/**
 * Makes the demonstration: four cameras of 1280 by 720 at 30 Hz on masts around 60 by 60 by 30 m, six targets, a few birds far behind.
 *
 * The targets orbit, trace a Lissajous curve, cross closely as a pair in a figure of eight, climb and dive, and hover and go.
 */
export function demoScene(seed = 1): Scene {
  const intrinsics = lens({
    widthPx: 1280,
    heightPx: 720,
    focalPx: 780,
    distortion: [-0.06, 0.008, 0.0003, -0.0002, 0],
  });
  const aim: Vec3 = [0, 0, 14];
  return {
    name: "demo",
    seed,
    volume: { minM: [-30, -30, 0], maxM: [30, 30, 30], voxelSizeM: 0.25 },
    cameras: [
      camera({ name: "south-west", at: [-33, -31, 2.2], aim, intrinsics }),
      camera({ name: "south-east", at: [34, -28, 4.5], aim, intrinsics }),
      camera({ name: "north-east", at: [30, 34, 1.6], aim, intrinsics }),
      camera({ name: "north-west", at: [-31, 32, 6], aim, intrinsics }),
    ],
    targets: demoTargets(seed),
    clutter: birds(seed, 5),
  };
}

/** Makes the small scene: four cameras of 320 by 240 around 20 by 20 by 10 m and two targets; no birds, no hot pixels. */
export function pairScene(seed = 1): Scene {
  const intrinsics = lens({ widthPx: 320, heightPx: 240, focalPx: 240, distortion: [0, 0, 0, 0, 0] });
  const phase = createPrng(seed)
    .fork("pair")
    .uniform(0, 2 * Math.PI);
  const at = (e: number, n: number, u: number, name: string) => ({
    ...camera({ name, at: [e, n, u], aim: [0, 0, 5], intrinsics }),
    hotPixelCount: 0,
  });
  return {
    name: "pair",
    seed,
    volume: { minM: [-10, -10, 0], maxM: [10, 10, 10], voxelSizeM: 0.25 },
    cameras: [at(-13, -12, 1.5, "a"), at(13, -12, 2, "b"), at(12, 13, 1.5, "c"), at(-12, 12, 2.5, "d")],
    targets: [
      {
        name: "orbit",
        radiusM: 0.3,
        contrast: -0.8,
        pathAt: harmonicPath([0, 0, 6], [circling(6, 0.7, phase), swinging(2, 1.2, 0.9, phase)]),
      },
      {
        name: "sweep",
        radiusM: 0.25,
        contrast: -0.7,
        pathAt: harmonicPath(
          [0, 0, 4],
          [swinging(0, 6, 0.55, phase + 1), swinging(1, 5, 0.83, phase), swinging(2, 1, 0.6, 0)],
        ),
      },
    ],
    clutter: [],
  };
}

/** Makes a hard geometry: four cameras in a row 12 m long look the same way, so range is known worse than direction. */
export function grazingScene(seed = 1): Scene {
  const intrinsics = lens({ widthPx: 640, heightPx: 480, focalPx: 520, distortion: [0, 0, 0, 0, 0] });
  const row = [-6, -2, 2, 6].map((east, index) =>
    camera({ name: `row-${index + 1}`, at: [east, 0, 2], aim: [east / 2, 60, 12], intrinsics }),
  );
  return {
    name: "grazing",
    seed,
    volume: { minM: [-20, 30, 2], maxM: [20, 80, 26], voxelSizeM: 0.25 },
    cameras: row,
    targets: [
      {
        name: "receding",
        radiusM: 0.35,
        contrast: -0.75,
        pathAt: harmonicPath(
          [0, 55, 12],
          [swinging(1, 20, 0.3, 0), swinging(0, 4, 0.23, 1), ...wandering([1, 1, 2], seed)],
        ),
      },
      {
        name: "crossing",
        radiusM: 0.3,
        contrast: -0.7,
        pathAt: harmonicPath(
          [0, 50, 15],
          [swinging(0, 13, 0.5, 0), swinging(2, 4, 0.37, 2), ...wandering([1, 2, 1], seed + 1)],
        ),
      },
    ],
    clutter: birds(seed, 3),
  };
}

/**
 * Makes a sky: six cameras of 960 by 720 with long lenses around 2.4 by 2.4 km, and four targets of about three pixels, 1.2 m across.
 *
 * A pixel covers 0.2 to 0.7 m where they fly, so the voxel size is left to the range.
 */
export function skyScene(seed = 1): Scene {
  const intrinsics = lens({ widthPx: 960, heightPx: 720, focalPx: 1900, distortion: [-0.02, 0, 0, 0, 0] });
  const prng = createPrng(seed).fork("sky");
  const names = ["north", "north-west", "south-west", "south", "south-east", "north-east"];
  const cameras = names.map((name, index) => {
    const bearingRad = (index * Math.PI) / 3;
    const at: Vec3 = [-1150 * Math.sin(bearingRad), 1150 * Math.cos(bearingRad), prng.uniform(2, 12)];
    return camera({ name, at, aim: [0, 0, 230], intrinsics });
  });
  const target = (index: number): SceneTarget => {
    const phaseRad = prng.uniform(0, 2 * Math.PI);
    const radiusM = prng.uniform(60, 160);
    const circle = circling(radiusM, prng.uniform(6, 11) / radiusM, phaseRad);
    const centre: Vec3 = [prng.uniform(-110, 110), prng.uniform(-110, 110), 170 + 35 * index];
    const path = harmonicPath(centre, [circle, ...wandering([8, 8, 6], prng.int(2 ** 31))]);
    return { name: `far-${index + 1}`, radiusM: 0.6, contrast: -0.8, pathAt: path };
  };
  return {
    name: "sky",
    seed,
    volume: { minM: [-1200, -1200, 0], maxM: [1200, 1200, 400], voxelSizeM: "auto" },
    cameras,
    targets: [0, 1, 2, 3].map(target),
    clutter: [],
  };
}

function demoTargets(seed: number): SceneTarget[] {
  const prng = createPrng(seed).fork("demo targets");
  const phase = () => prng.uniform(0, 2 * Math.PI);
  const rate = (periodS: number) => ((2 * Math.PI) / periodS) * prng.uniform(0.95, 1.05);
  const drift = (amplitudeM: Vec3) => wandering(amplitudeM, prng.int(2 ** 31));
  const pairRate = rate(22);
  const pairPhase = phase();
  const divePeriodS = 19 * prng.uniform(0.95, 1.05);
  const diveRate = (2 * Math.PI) / divePeriodS;
  const target = (name: string, radiusM: number, contrast: number, pathAt: SceneTarget["pathAt"]): SceneTarget => ({
    name,
    radiusM,
    contrast,
    pathAt,
  });
  return [
    target(
      "orbit",
      0.4,
      -0.78,
      harmonicPath(
        [0, 0, 19],
        [circling(19, rate(17), phase()), swinging(2, 3, rate(11), phase()), ...drift([2, 2, 1])],
      ),
    ),
    target(
      "lissajous",
      0.35,
      -0.72,
      harmonicPath(
        [0, 0, 13],
        [
          swinging(0, 19, rate(19), phase()),
          swinging(1, 17, rate(13), phase()),
          swinging(2, 4, rate(9), phase()),
          ...drift([3, 3, 1.5]),
        ],
      ),
    ),
    target("pair-a", 0.3, -0.75, harmonicPath([-2, 1, 10.4], figureOfEight(pairRate, pairPhase))),
    target("pair-b", 0.3, -0.75, harmonicPath([-2, 1, 9.2], figureOfEight(pairRate, pairPhase + Math.PI))),
    target(
      "dive",
      0.5,
      -0.68,
      // The height falls where the hurry is greatest: a slow climb, a steep dive.
      hurry(
        harmonicPath(
          [3, -2, 15],
          [circling(13, diveRate, phase()), swinging(2, 9.5, diveRate, Math.PI), ...drift([2, 2, 0.5])],
        ),
        { periodS: divePeriodS, unevenness: 0.55 },
      ),
    ),
    target(
      "hover",
      0.25,
      0.55,
      stopAndGo(
        harmonicPath(
          [0, 2, 16],
          [swinging(0, 20, rate(61), phase()), swinging(1, 18, rate(47), phase()), swinging(2, 6, rate(37), phase())],
        ),
        { periodS: 33, stopCount: 3 },
      ),
    ),
  ];
}

/** A lying eight 30 m wide: one round east-west is two rounds north-south. Half a round apart, two bodies meet at the waist. */
function figureOfEight(rateRadps: number, phaseRad: number): readonly Harmonic[] {
  return [
    swinging(0, 15, rateRadps, phaseRad),
    swinging(1, 8, 2 * rateRadps, 2 * phaseRad),
    swinging(2, 1.5, rateRadps / 2, 0),
  ];
}

/** Birds that circle 120 to 200 m away from the site, outside any preset's volume. */
function birds(seed: number, count: number): SceneBody[] {
  const prng = createPrng(seed).fork("birds");
  return Array.from({ length: count }, () => {
    const bearingRad = prng.uniform(0, 2 * Math.PI);
    const rangeM = prng.uniform(120, 200);
    const centre: Vec3 = [rangeM * Math.sin(bearingRad), rangeM * Math.cos(bearingRad), prng.uniform(25, 60)];
    const circle = circling(prng.uniform(8, 20), prng.uniform(0.3, 0.7), prng.uniform(0, 2 * Math.PI));
    return {
      radiusM: prng.uniform(0.2, 0.35),
      contrast: -0.6,
      pathAt: harmonicPath(centre, [circle, ...wandering([15, 15, 4], prng.int(2 ** 31))]),
    };
  });
}

function lens(options: {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly focalPx: number;
  readonly distortion: Intrinsics["distortion"];
}): Intrinsics {
  const { widthPx, heightPx, focalPx, distortion } = options;
  const [cxPx, cyPx] = [(widthPx - 1) / 2, (heightPx - 1) / 2];
  return { widthPx, heightPx, fxPx: focalPx, fyPx: focalPx, cxPx, cyPx, distortion };
}

/** A camera of the presets: surveyed to a centimetre and a tenth of a milliradian, noise of 2 grey levels, 12 hot pixels. */
function camera(options: {
  readonly name: string;
  readonly at: Vec3;
  readonly aim: Vec3;
  readonly intrinsics: Intrinsics;
}): SceneCamera {
  return {
    id: cameraId(options.name),
    intrinsics: options.intrinsics,
    pose: lookAt({ cameraInEnuM: options.at, targetEnuM: options.aim, positionSigmaM: 0.01, angleSigmaRad: 1e-4 }),
    frameRateHz: 30,
    clockOffsetS: 0,
    dropRate: 0,
    noiseSigma: 2,
    hotPixelCount: 12,
  };
}
